#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "server/clock.h"
#include "server/config.h"
#include "server/db.h"
#include "web/http_server.h"
#include "web/public_address.h"

namespace muster {

// A server runs for years; its certificate does not. A given one is read again when its file
// changes, as after a renewal by certbot; a self-made one is made anew each month and when the
// public address changes, with the same key, and so the same pin, and this machine's present
// addresses.
class IdentityRenewal {
 public:
  IdentityRenewal(const ServeConfig& config, const PublicAddress& public_address,
                  Database& database, const Clock& clock, HttpServer& server);
  ~IdentityRenewal();
  IdentityRenewal(const IdentityRenewal&) = delete;
  IdentityRenewal& operator=(const IdentityRenewal&) = delete;

 private:
  void work();
  bool is_due();

  const ServeConfig& config_;
  const PublicAddress& public_address_;
  Database& database_;
  const Clock& clock_;
  HttpServer& server_;
  std::string public_url_;  // that the present certificate names
  std::int64_t renewed_;    // monotonic
  std::filesystem::file_time_type file_time_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace muster
