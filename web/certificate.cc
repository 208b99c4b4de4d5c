#include "web/certificate.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>

#include "web/openssl.h"
#include "web/tls_context.h"

namespace muster {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::int64_t kDaysValid = 825;
constexpr std::size_t kLongestCommonName = 64;  // X.520

using Bio = Handle<BIO, BIO_free_all>;
using Extension = Handle<X509_EXTENSION, X509_EXTENSION_free>;
using GeneralName = Handle<GENERAL_NAME, GENERAL_NAME_free>;
using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

void check(bool done) {
  if (!done) throw_openssl("The TLS certificate cannot be made.");
}

// `write` is one of OpenSSL's PEM_write_bio_….
template <class WritePem>
std::string pem_of(WritePem write) {
  const Bio bio{BIO_new(BIO_s_mem())};
  check(bio && write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void add_name(GENERAL_NAMES* names, int kind, const void* bytes, std::size_t size) {
  GeneralName name{GENERAL_NAME_new()};
  Handle<ASN1_STRING, ASN1_STRING_free> value{
      ASN1_STRING_type_new(kind == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING)};
  check(name && value && ASN1_STRING_set(value.get(), bytes, static_cast<int>(size)) == 1);
  GENERAL_NAME_set0_value(name.get(), kind, value.release());
  check(sk_GENERAL_NAME_push(names, name.get()) > 0);
  [[maybe_unused]] const auto* owned_by_names = name.release();
}

void add_address(GENERAL_NAMES* names, const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) size = 4;
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) size = 16;
  if (size == 0)
    throw std::runtime_error("A TLS certificate cannot name the address '" + text + "'.");
  add_name(names, GEN_IPADD, bytes.data(), size);
}

void add_dns_name(GENERAL_NAMES* names, const std::string& text) {
  const auto printable = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), printable))
    throw std::runtime_error("A TLS certificate cannot name the host '" + text + "'.");
  add_name(names, GEN_DNS, text.data(), text.size());
}

// Programs look at these names only; the common name is for people.
void set_names(X509* certificate, const CertificateNames& wanted) {
  const Names names{sk_GENERAL_NAME_new_null()};
  check(names != nullptr);
  for (const auto& name : wanted.dns_names) add_dns_name(names.get(), name);
  for (const auto& address : wanted.addresses) add_address(names.get(), address);
  if (sk_GENERAL_NAME_num(names.get()) > 0)
    check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1);

  std::string common_name = "muster";
  if (!wanted.dns_names.empty() && wanted.dns_names.front().size() <= kLongestCommonName)
    common_name = wanted.dns_names.front();
  X509_NAME* subject = X509_get_subject_name(certificate);
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(common_name.data()),
                                   static_cast<int>(common_name.size()), -1, 0) == 1);
  check(X509_set_issuer_name(certificate, subject) == 1);
}

void set_validity(X509* certificate, std::int64_t now) {
  const std::int64_t from = std::max<std::int64_t>(now - kDay, 0);  // a machine without a clock
  const std::int64_t to = from + kDaysValid * kDay - 1;             // both ends count
  check(ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<time_t>(from)) &&
        ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(to)));
}

// Unlike any before, as a browser refuses two certificates of one issuer and number.
void set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  check(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, always as long
  const Handle<BIGNUM, BN_free> number{
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  check(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

void set_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string pin_of(X509_PUBKEY* public_key) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(public_key, &der);
  check(size > 0);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der, static_cast<std::size_t>(size), digest.data());
  OPENSSL_free(der);
  std::array<unsigned char, 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return std::string{"sha256//"} + reinterpret_cast<const char*>(text.data());
}

}  // namespace

std::string make_tls_key() {
  start_openssl();
  const PrivateKey key{EVP_EC_gen("P-256")};
  check(key != nullptr);
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string make_certificate(std::string_view key_pem, const CertificateNames& names,
                             std::int64_t now) {
  const PrivateKey key = read_private_key(key_pem);
  const Certificate certificate{X509_new()};
  check(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
        X509_set_pubkey(certificate.get(), key.get()) == 1);
  set_serial(certificate.get());
  set_validity(certificate.get(), now);
  set_names(certificate.get(), names);
  // No authority: Firefox refuses one that is also a server, and whoever trusts this certificate
  // trusts this one server and nothing it could sign.
  set_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  set_extension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  set_extension(certificate.get(), NID_ext_key_usage, "serverAuth");
  set_extension(certificate.get(), NID_subject_key_identifier, "hash");
  set_extension(certificate.get(), NID_authority_key_identifier, "keyid:always");
  check(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string pin_of_key(std::string_view key_pem) {
  const PrivateKey key = read_private_key(key_pem);
  X509_PUBKEY* made = nullptr;
  check(X509_PUBKEY_set(&made, key.get()) == 1);
  const Handle<X509_PUBKEY, X509_PUBKEY_free> public_key{made};
  return pin_of(public_key.get());
}

std::string pin_of_certificate(std::string_view certificate_pem) {
  return pin_of(X509_get_X509_PUBKEY(read_certificates(certificate_pem).front().get()));
}

void check_identity(std::string_view certificate_pem, std::string_view key_pem) {
  make_tls_context(certificate_pem, key_pem);
}

}  // namespace muster
