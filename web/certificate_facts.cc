#include "web/certificate_facts.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>

#include "web/openssl.h"

namespace muster {
namespace {

using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

std::string bytes_of(const ASN1_STRING* text) {
  const auto* bytes = ASN1_STRING_get0_data(text);
  return {bytes, bytes + ASN1_STRING_length(text)};
}

std::string address_of(const std::string& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  ::inet_ntop(family, bytes.data(), text.data(), text.size());
  return text.data();
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> found;
  const Names names{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  if (!names) return found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) found.push_back(bytes_of(name->d.dNSName));
    if (name->type == GEN_IPADD) found.push_back(address_of(bytes_of(name->d.iPAddress)));
  }
  return found;
}

}  // namespace

CertificateFacts read_certificate_facts(std::string_view certificate_pem) {
  const auto certificates = read_certificates(certificate_pem);
  const X509* certificate = certificates.front().get();
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    throw_openssl("The end of the TLS certificate cannot be read.");
  return {names_of(certificate), ::timegm(&end)};
}

}  // namespace muster
