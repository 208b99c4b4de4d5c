#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/clock.h"
#include "server/people.h"

namespace muster {

// Those whose password was right a moment ago and whose code is still to come. The page that asks
// for the code carries a secret that stands for this; it is known to memory alone, for five
// minutes. After a restart one begins with the password again.
class HalfSignIns {
 public:
  explicit HalfSignIns(const Clock& clock) : clock_(clock) {}

  // The secret for the page. `known`: as it was when its password was looked at.
  std::string begin(SignIn known);
  // Nothing for what is unknown, too old or done.
  std::optional<SignIn> find(std::string_view secret);
  void end(std::string_view secret);

 private:
  struct Half {
    SignIn known;
    std::int64_t began = 0;  // monotonic
  };

  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Half> halves_;  // by the hash of the secret
};

}  // namespace muster
