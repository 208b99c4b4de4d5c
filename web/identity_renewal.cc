#include "web/identity_renewal.h"

#include <chrono>
#include <string>

#include "server/log.h"
#include "web/identity.h"

namespace muster {
namespace {

constexpr std::chrono::minutes kLookEvery{1};
constexpr std::int64_t kRenewEvery = 30 * 24 * 3600;  // seconds

std::filesystem::file_time_type time_of(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::last_write_time(file, ignored);
}

}  // namespace

IdentityRenewal::IdentityRenewal(const ServeConfig& config, const PublicAddress& public_address,
                                 Database& database, const Clock& clock, HttpServer& server)
    : config_(config),
      public_address_(public_address),
      database_(database),
      clock_(clock),
      server_(server),
      public_url_(public_address.chosen()),
      renewed_(clock.monotonic()),
      file_time_(time_of(config.tls_cert)),
      thread_([this] { work(); }) {}

IdentityRenewal::~IdentityRenewal() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool IdentityRenewal::is_due() {
  if (!config_.tls_cert.empty()) return time_of(config_.tls_cert) != file_time_;
  return clock_.monotonic() - renewed_ >= kRenewEvery || public_address_.chosen() != public_url_;
}

void IdentityRenewal::work() {
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, kLookEvery, [&] { return stopping_; })) {
    if (!is_due()) continue;
    try {
      const auto file_time = time_of(config_.tls_cert);
      const std::string public_url = public_address_.chosen();
      server_.replace_identity(make_identity(config_, public_url, database_, clock_.now()).tls);
      public_url_ = public_url;
      renewed_ = clock_.monotonic();
      file_time_ = file_time;
      log_line("The certificate was renewed");
    } catch (const std::exception& fault) {
      // The key's file may be a moment behind the certificate's: the next look tries again.
      log_line(std::string{"The certificate could not be renewed: "} + fault.what());
    }
  }
}

}  // namespace muster
