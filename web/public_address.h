#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "server/config.h"

namespace muster {

// Where machines and people reach this server: the only source of the host in links, lines,
// redirects and the certificate. What a request says in its Host header is never one.
//
// `--public-url` wins over the stored setting, which may change while it runs. A second address
// (inside and outside) stands beside the chosen one, never alone: machines get both and try them in
// turn; links and lines carry the chosen one.
class PublicAddress {
 public:
  explicit PublicAddress(const ServeConfig& config) : config_(config), port_(config.listen.port) {}

  // The port it got: the configured one may be 0, for any.
  void set_port(std::uint16_t port);
  // What the settings say; empty: nothing.
  void set_stored(std::string url);
  void set_second(std::string url);

  // The address that was chosen; empty while none is.
  std::string chosen() const;
  // The chosen address, or how this machine is found without one, good for a first try: the listen
  // address, or NAME.local where it listens on all of them.
  std::string url() const;
  // The address it has where none is chosen.
  std::string own_url() const;
  // What machines are told with each heartbeat. Empty while none is chosen: they keep what they
  // have.
  std::vector<std::string> control_urls() const;

 private:
  const ServeConfig& config_;
  mutable std::mutex mutex_;
  std::uint16_t port_;
  std::string stored_;
  std::string second_;
};

}  // namespace muster
