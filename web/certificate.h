#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

// The server's own TLS identity when none is given: its key is made once and kept, so the
// pin stays when the certificate is made anew.

// A new ECDSA P-256 private key as PEM (PKCS#8).
std::string make_tls_key();

struct CertificateNames {
  std::vector<std::string> dns_names{};  // the first is also the subject's common name
  std::vector<std::string> addresses{};  // numeric IPv4 and IPv6
};

// A self-signed certificate as PEM. `now` is unix seconds; valid from a day before (clocks of
// machines drift) for 825 days, the longest that browsers accept.
std::string make_certificate(std::string_view key_pem, const CertificateNames& names,
                             std::int64_t now);

// `sha256//` and the base64 of the SHA-256 of the public key (SubjectPublicKeyInfo): what curl's
// --pinnedpubkey takes. Both throw std::runtime_error when the text is no PEM of that kind.
std::string pin_of_key(std::string_view key_pem);
std::string pin_of_certificate(std::string_view certificate_pem);

// Throws std::runtime_error with a sentence when the pair is unreadable or does not match.
void check_identity(std::string_view certificate_pem, std::string_view key_pem);

}  // namespace muster
