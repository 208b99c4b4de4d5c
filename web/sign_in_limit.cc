#include "web/sign_in_limit.h"

#include <algorithm>

#include "server/format.h"
#include "server/ip.h"
#include "server/secret.h"

namespace muster {
namespace {

constexpr int kFreeTries = 5;
constexpr std::int64_t kLongestPause = 60;     // seconds
constexpr std::int64_t kForgottenAfter = 900;  // seconds without a try
constexpr std::size_t kMostKept = 10'000;

// Of one size, however long the e-mail address was made.
std::string key_of(std::string_view email, std::string_view numeric_address) {
  return hex_of(hash_of(formatted("{} {}", counting_address(numeric_address), email)));
}

}  // namespace

int SignInLimit::claim_try(std::string_view email, std::string_view numeric_address) {
  const std::int64_t now = clock_.monotonic();
  const std::lock_guard lock{mutex_};
  if (tries_.size() >= kMostKept) forget_old(now);
  Tries& tries = tries_[key_of(email, numeric_address)];
  if (tries.until > now) return static_cast<int>(tries.until - now);
  if (now - tries.last > kForgottenAfter) tries = {};
  tries.last = now;
  if (++tries.count <= kFreeTries) return 0;
  const int doublings = std::min(tries.count - kFreeTries - 1, 6);
  tries.until = now + std::min<std::int64_t>(kLongestPause, std::int64_t{1} << doublings);
  return 0;
}

void SignInLimit::forget(std::string_view email, std::string_view numeric_address) {
  const std::lock_guard lock{mutex_};
  tries_.erase(key_of(email, numeric_address));
}

// Those that nobody waits for any more; when that is not enough, those that never had a pause.
void SignInLimit::forget_old(std::int64_t now) {
  std::erase_if(tries_, [&](const auto& item) { return now - item.second.last > kForgottenAfter; });
  if (tries_.size() >= kMostKept)
    std::erase_if(tries_, [](const auto& item) { return item.second.count <= kFreeTries; });
}

}  // namespace muster
