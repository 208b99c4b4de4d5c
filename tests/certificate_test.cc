#include "web/certificate.h"

#include <stdexcept>

#include "tests/catch.h"
#include "tests/command.h"

namespace muster {
namespace {

constexpr std::int64_t kNow = 1'795'000'000;  // 2026-11-18T11:06:40Z

// What openssl's own program says of the certificate on its standard input.
std::string openssl_says(const std::string& pem, const std::string& options) {
  const ScratchFolder folder;
  const auto ran = run("openssl x509 -noout -in " + folder.put("cert.pem", pem) + " " + options);
  CHECK(ran.exit == 0);
  return ran.output;
}

TEST_CASE("a certificate names its hosts and addresses, and the first host is its subject") {
  const auto pem = make_certificate(
      make_tls_key(), {.dns_names = {"till-1", "till-1.local"}, .addresses = {"10.0.0.7", "::1"}},
      kNow);
  CHECK(openssl_says(pem, "-subject -issuer -ext subjectAltName") ==
        "subject=CN = till-1\nissuer=CN = till-1\n"
        "X509v3 Subject Alternative Name: \n"
        "    DNS:till-1, DNS:till-1.local, IP Address:10.0.0.7, IP Address:0:0:0:0:0:0:0:1\n");
}

TEST_CASE("names cannot smuggle others into a certificate") {
  const auto key = make_tls_key();
  const auto pem = make_certificate(key, {.dns_names = {"a,DNS:evil", "b/CN=evil"}}, kNow);
  CHECK(openssl_says(pem, "-checkhost evil") == "Hostname evil does NOT match certificate\n");
  for (const std::string name : {"", "a b", "a\nb", "caf\xc3\xa9"})
    CHECK_THROWS_AS(make_certificate(key, {.dns_names = {"till-1", name}}, kNow),
                    std::runtime_error);
  for (const std::string address : {"", "till-1", "10.0.0", "10.0.0.7/8", "fe80::1%eth0"})
    CHECK_THROWS_AS(make_certificate(key, {.addresses = {address}}, kNow), std::runtime_error);
}

TEST_CASE("a certificate is for a server, and no authority") {
  const auto pem = make_certificate(make_tls_key(), {.dns_names = {"till-1"}}, kNow);
  CHECK(openssl_says(pem, "-ext basicConstraints,keyUsage,extendedKeyUsage") ==
        "X509v3 Basic Constraints: critical\n    CA:FALSE\n"
        "X509v3 Key Usage: critical\n    Digital Signature\n"
        "X509v3 Extended Key Usage: \n    TLS Web Server Authentication\n");
}

TEST_CASE("a certificate is valid from a day before it was made, for 825 days") {
  const auto key = make_tls_key();
  CHECK(openssl_says(make_certificate(key, {}, kNow), "-dates") ==
        "notBefore=Nov 17 11:06:40 2026 GMT\nnotAfter=Feb 19 11:06:39 2029 GMT\n");
  // A Raspberry Pi without a clock, and one that is long-lived.
  CHECK(openssl_says(make_certificate(key, {}, 0), "-dates") ==
        "notBefore=Jan  1 00:00:00 1970 GMT\nnotAfter=Apr  4 23:59:59 1972 GMT\n");
  CHECK(openssl_says(make_certificate(key, {}, 2'600'000'000), "-dates") ==
        "notBefore=May 21 14:13:20 2052 GMT\nnotAfter=Aug 24 14:13:19 2054 GMT\n");
}

TEST_CASE("a name too long for the subject still stands where programs look") {
  const std::string long_name = std::string(60, 'a') + "." + std::string(60, 'b');
  const auto pem = make_certificate(make_tls_key(), {.dns_names = {long_name}}, kNow);
  const auto text = openssl_says(pem, "-subject -ext subjectAltName");
  CHECK(text.starts_with("subject=CN = muster\n"));
  CHECK(text.find("DNS:" + long_name) != std::string::npos);
}

TEST_CASE("a certificate made anew has another number and the same pin") {
  const auto key = make_tls_key();
  const auto first = make_certificate(key, {.dns_names = {"till-1"}}, kNow);
  const auto second = make_certificate(key, {.dns_names = {"till-2"}}, kNow + 1);
  CHECK(openssl_says(first, "-serial") != openssl_says(second, "-serial"));
  CHECK(pin_of_certificate(first) == pin_of_key(key));
  CHECK(pin_of_certificate(second) == pin_of_key(key));
  CHECK(pin_of_key(make_tls_key()) != pin_of_key(key));
}

TEST_CASE("the pin is what openssl computes, for any kind of key") {
  const ScratchFolder folder;
  const auto own =
      folder.put("own.pem", make_certificate(make_tls_key(), {.dns_names = {"till-1"}}, kNow));
  const auto rsa = folder.put("rsa.pem", "");
  REQUIRE(run("openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -out " + rsa +
              " -subj /CN=x 2>&1")
              .exit == 0);
  for (const auto& file : {own, rsa}) {
    const auto pin = run("openssl x509 -pubkey -noout -in " + file +
                         " | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |"
                         " base64");
    CHECK("sha256//" + pin.output == pin_of_certificate(run("cat " + file).output) + "\n");
  }
}

TEST_CASE("an identity is a readable certificate and the key that belongs to it") {
  const auto key = make_tls_key();
  const auto certificate = make_certificate(key, {.dns_names = {"till-1"}}, kNow);
  CHECK_NOTHROW(check_identity(certificate, key));
  CHECK_NOTHROW(check_identity("text before\n" + certificate + "\n\n" + certificate + "and after",
                               "text before\n" + key));

  using Catch::Matchers::StartsWith;
  CHECK_THROWS_WITH(check_identity(certificate, make_tls_key()),
                    StartsWith("The TLS certificate and the TLS key do not belong together."));
  const std::string cut = certificate + certificate.substr(0, certificate.size() / 2);
  const std::string broken = certificate +
                             "-----BEGIN CERTIFICATE-----\nAAAA\n"
                             "-----END CERTIFICATE-----\n";
  for (const auto& text : {std::string{}, std::string{"nonsense"}, key, cut, broken})
    CHECK_THROWS_WITH(check_identity(text, key),
                      StartsWith("The TLS certificate cannot be read: it must be PEM text."));
  for (const auto& text : {std::string{}, std::string{"nonsense"}, certificate})
    CHECK_THROWS_WITH(check_identity(certificate, text),
                      StartsWith("The TLS key cannot be read: it must be PEM text"));
  CHECK_THROWS_AS(pin_of_key("nonsense"), std::runtime_error);
  CHECK_THROWS_AS(pin_of_certificate("nonsense"), std::runtime_error);
}

TEST_CASE("a key behind a passphrase is refused, and nobody is asked for it") {
  const ScratchFolder folder;
  const auto key = make_tls_key();
  const auto locked =
      run("openssl pkey -aes256 -passout pass:secret -in " + folder.put("key.pem", key)).output;
  REQUIRE(locked.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  CHECK_THROWS_WITH(check_identity(make_certificate(key, {}, kNow), locked),
                    Catch::Matchers::ContainsSubstring("without a passphrase"));
}

}  // namespace
}  // namespace muster
