#pragma once

#include <cstddef>
#include <string>

namespace muster {

// The options of `muster serve` as they were typed.
struct ServeOptions {
  std::string listen = "127.0.0.1:8080";
  std::string public_url;
  std::string tls_cert;
  std::string tls_key;
  std::string behind_proxy;
  std::size_t max_connections = 1024;
  bool dev = false;
};

// Serves the folder until SIGTERM or SIGINT. Throws UsageError for options that cannot work.
void serve(const std::string& folder, const ServeOptions& options);

}  // namespace muster
