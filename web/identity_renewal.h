#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "web/app.h"
#include "web/http_server.h"

namespace muster {

// A server runs for years; its certificate does not. A given one is read again when its file
// changes, as after a renewal by certbot; a self-made one is made anew each month and when the
// public or the second address changes, with the same key, and so the same pin, and this machine's
// present addresses.
class IdentityRenewal {
 public:
  IdentityRenewal(App& app, HttpServer& server);
  ~IdentityRenewal();
  IdentityRenewal(const IdentityRenewal&) = delete;
  IdentityRenewal& operator=(const IdentityRenewal&) = delete;

 private:
  void work();
  bool is_due();

  App& app_;
  HttpServer& server_;
  std::vector<std::string> urls_;  // whose hosts the present certificate names
  std::int64_t renewed_;           // monotonic
  std::filesystem::file_time_type file_time_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace muster
