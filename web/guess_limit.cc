#include "web/guess_limit.h"

#include "server/ip.h"

namespace muster {
namespace {

constexpr int kGuesses = 20;
constexpr std::int64_t kWindow = 60;            // seconds
constexpr std::size_t kAddressesKept = 10'000;  // then those whose minute is over are let go

}  // namespace

int GuessLimit::count(std::string_view numeric_address) {
  const std::int64_t now = clock_.monotonic();
  const std::lock_guard lock{mutex_};
  if (windows_.size() >= kAddressesKept) forget_old(now);
  const auto [entry, is_new] = windows_.try_emplace(counting_address(numeric_address));
  Window& window = entry->second;
  if (is_new || now - window.began >= kWindow) window = {now, 0};
  if (++window.guesses <= kGuesses) return 0;
  return static_cast<int>(window.began + kWindow - now);
}

void GuessLimit::forget_old(std::int64_t now) {
  std::erase_if(windows_, [&](const auto& item) { return now - item.second.began >= kWindow; });
}

}  // namespace muster
