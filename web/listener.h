#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "web/descriptor.h"

namespace muster {

// A TCP socket that listens on one numeric address. Made by hand, because the HTTP library lets
// two servers share a port (SO_REUSEPORT), keeps the reason of a failure to itself, and ends for
// good when the machine is short of memory or descriptors for a moment.
class Listener {
 public:
  // Port 0 takes any free one. On the IPv6 wildcard IPv4 is served too. Throws std::runtime_error
  // with a sentence for the administrator.
  Listener(const std::string& host, std::uint16_t port);

  std::uint16_t port() const;

  struct Accepted {
    Descriptor socket;         // does not block, is closed on exec, sends without delay
    std::string peer_address;  // numeric; IPv4 as such also when it came over IPv6
  };
  // Waits for the next connection; nothing once `stop` is readable.
  std::optional<Accepted> accept(const Descriptor& stop) const;

 private:
  Descriptor socket_;
};

}  // namespace muster
