#pragma once

// A load program: some connections that are kept, each of which asks again as soon as it has its
// answer. One thread with epoll, so that it takes little of the processor it shares with the
// server; a thread for each connection would measure the system's scheduler.

#include <cstdint>
#include <functional>
#include <string>

namespace muster {

struct LoadResult {
  std::uint64_t answers = 0;
  double seconds = 0;

  double per_second() const { return static_cast<double>(answers) / seconds; }
};

struct Load {
  std::uint16_t port = 0;
  int connections = 1;
  double seconds = 4;
  std::uint64_t requests_at_most = UINT64_MAX;
  // The bytes of a request on this connection; `number` counts from 0 over all connections.
  std::function<std::string(int connection, std::uint64_t number)> request;
};

// Throws on any answer but 200, and when a connection ends.
LoadResult run_load(const Load& load);

}  // namespace muster
