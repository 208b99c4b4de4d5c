#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/clock.h"

namespace muster {

// Counts unknown keys and links for each address (IPv6: each /64), never genuine ones: a whole
// school behind one address must get in.
class GuessLimit {
 public:
  explicit GuessLimit(const Clock& clock) : clock_(clock) {}

  // Counts a guess. 0: it may be answered as unknown; else it is one too many, and this many
  // seconds are left until the next is answered.
  int count(std::string_view numeric_address);

 private:
  struct Window {
    std::int64_t began = 0;  // monotonic
    int guesses = 0;
  };

  void forget_old(std::int64_t now);

  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace muster
