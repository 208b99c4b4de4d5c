#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

// What a person asks of a certificate.
struct CertificateFacts {
  std::vector<std::string> names{};  // hosts and addresses it is good for
  std::int64_t valid_until = 0;      // unix seconds
};

// Of the first certificate in the text. Throws std::runtime_error when it is no PEM of one.
CertificateFacts read_certificate_facts(std::string_view certificate_pem);

// The certificate that new connections are shown; it is renewed while the server runs.
class ServedCertificate {
 public:
  void set(std::string pem) {
    const std::lock_guard lock{mutex_};
    pem_ = std::move(pem);
  }
  // Empty where there is none: plain HTTP.
  std::string pem() const {
    const std::lock_guard lock{mutex_};
    return pem_;
  }

 private:
  mutable std::mutex mutex_;
  std::string pem_;
};

}  // namespace muster
