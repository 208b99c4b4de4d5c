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

IdentityRenewal::IdentityRenewal(App& app, HttpServer& server)
    : app_(app),
      server_(server),
      urls_(app.public_address.control_urls()),
      renewed_(app.clock.monotonic()),
      file_time_(time_of(app.config.tls_cert)),
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
  if (!app_.config.tls_cert.empty()) return time_of(app_.config.tls_cert) != file_time_;
  return app_.clock.monotonic() - renewed_ >= kRenewEvery ||
         app_.public_address.control_urls() != urls_;
}

void IdentityRenewal::work() {
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, kLookEvery, [&] { return stopping_; })) {
    if (!is_due()) continue;
    try {
      const auto file_time = time_of(app_.config.tls_cert);
      const auto urls = app_.public_address.control_urls();
      const TlsIdentity tls = make_identity(app_.config, urls, app_.database, app_.clock.now()).tls;
      server_.replace_identity(tls);
      app_.certificate.set(tls.certificate);
      urls_ = urls;
      renewed_ = app_.clock.monotonic();
      file_time_ = file_time;
      log_line("The certificate was renewed");
    } catch (const std::exception& fault) {
      // The key's file may be a moment behind the certificate's: the next look tries again.
      log_line(std::string{"The certificate could not be renewed: "} + fault.what());
    }
  }
}

}  // namespace muster
