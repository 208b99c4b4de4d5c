#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/clock.h"

namespace muster {

// Wrong passwords, for each account and address. From the sixth on each costs a pause that doubles
// up to a minute, for accounts that do not exist just the same: the pause tells nothing. Somebody
// else at another address is not locked out.
class SignInLimit {
 public:
  explicit SignInLimit(const Clock& clock) : clock_(clock) {}

  // Counts a try, before its password is looked at, so that many at once count too. 0: it may be
  // looked at; else so many seconds are left until the next may.
  int claim_try(std::string_view email, std::string_view numeric_address);
  // The password was right.
  void forget(std::string_view email, std::string_view numeric_address);

 private:
  struct Tries {
    int count = 0;
    std::int64_t last = 0;   // monotonic
    std::int64_t until = 0;  // monotonic
  };

  void forget_old(std::int64_t now);

  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Tries> tries_;
};

}  // namespace muster
