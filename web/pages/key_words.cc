#include "web/pages/key_words.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/text.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr std::int64_t kSoon = 2 * 24 * 3600;

struct StateWords {
  KeyState state;
  std::string_view word;
  std::string_view tone;
  std::string_view sentence;
};
constexpr std::array kStates{
    StateWords{KeyState::expired, "Expired", "hollow",
               "Its time is over, so it lets nobody in. Devices that came in through it stay."},
    StateWords{KeyState::revoked, "Revoked", "bad hollow",
               "It lets nobody in any more, for good. Devices that came in through it stay."},
    StateWords{KeyState::paused, "Paused", "warn hollow",
               "It lets nobody in until it is resumed. Devices that came in through it stay."},
    StateWords{KeyState::overused, "Used up", "hollow",
               "All its uses are spent, so it lets nobody in. Devices that came in through it "
               "stay."},
    StateWords{KeyState::valid, "Working", "good", "Whoever has it can bring a machine in."}};

const StateWords& words_of(KeyState state) {
  return *std::ranges::find(kStates, state, &StateWords::state);
}

struct ReasonWords {
  std::string_view reason;
  std::string_view words;
};
constexpr std::array kReasons{
    ReasonWords{"key_expired", "The key had expired"},
    ReasonWords{"key_revoked", "The key was revoked"},
    ReasonWords{"key_paused", "The key was paused"},
    ReasonWords{"key_used_up", "All uses were spent"},
    ReasonWords{"group_protected", "A protected group takes one-time keys only"},
    ReasonWords{"group_not_allowed", "It asked for a group that it may not choose"},
    ReasonWords{"source_not_allowed", "It called from an address that the key does not allow"},
    ReasonWords{"dns_labels_not_allowed", "It asked for names that the key does not allow"},
    ReasonWords{"wireguard_key_taken", "Another device uses its WireGuard key"},
    ReasonWords{"address_range_full", "The network had no address left"}};

std::string blocked_by(const Key& key, std::int64_t now) {
  if (key.blocked_by.empty() || state_of(key, now) != KeyState::valid) return "";
  return formatted("{} {} protected", join(key.blocked_by, ", "),
                   key.blocked_by.size() == 1 ? "is" : "are");
}

}  // namespace

void set_state(View& view, const Key& key, std::int64_t now) {
  const std::string blocked = blocked_by(key, now);
  const StateWords& words = words_of(state_of(key, now));
  view.set("state", blocked.empty() ? words.word : "Blocked")
      .set("tone", blocked.empty() ? words.tone : "bad hollow")
      .set("blocked_by", blocked);
}

std::string state_sentence(const Key& key, std::int64_t now) {
  const std::string blocked = blocked_by(key, now);
  if (blocked.empty()) return std::string{words_of(state_of(key, now)).sentence};
  return formatted(
      "Group {}, and a protected group takes one-time keys only. So this key lets nobody in. "
      "Devices that came in through it stay.",
      blocked);
}

void set_use(View& view, const Key& key) {
  std::optional<View> bar;
  std::string use = formatted("{} of {}", key.used_times, key.usage_limit);
  if (key.is_one_time())
    use = key.used_times == 0 ? "One-time, unused" : "One-time, used";
  else if (key.usage_limit == 0)
    use = formatted("{}, no limit", key.used_times);
  else
    bar = View{}.set("value", key.used_times).set("max", key.usage_limit);
  view.set("use", use).set("bar", std::move(bar));
}

void set_expiry(View& view, const Key& key, std::int64_t now) {
  std::optional<View> expires;
  if (key.expires_at != 0) {
    const bool is_soon = state_of(key, now) == KeyState::valid && key.expires_at - now < kSoon;
    expires = time_view(key.expires_at, now).set("is_soon", is_soon);
  }
  view.set("expires", std::move(expires));
}

std::string maker_words(const Key& key) {
  if (key.network_default_of) return formatted("network {}", key.name);
  if (key.group_default_of) return formatted("group {}", key.name);
  return key.created_by.empty() ? "command line" : key.created_by;
}

std::string promise_words(const Key& key) {
  std::string machines = "any number of machines";
  const std::int64_t left = key.usage_limit - key.used_times;
  if (key.is_one_time())
    machines = "one machine";
  else if (key.usage_limit > 0)
    machines = formatted("{}{}", key.used_times > 0 ? "another " : "", counted(left, "machine"));
  if (key.expires_at == 0) return formatted("Works for {}, without an end.", machines);
  return formatted("Works for {} until {}.", machines, readable_time(key.expires_at));
}

std::string_view reason_words(std::string_view reason) {
  const auto* const found = std::ranges::find(kReasons, reason, &ReasonWords::reason);
  return found == kReasons.end() ? reason : found->words;
}

std::string duration_words(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    std::string_view noun;
  };
  for (const auto& [length, noun] : {Unit{86400, "day"}, Unit{3600, "hour"}, Unit{60, "minute"}})
    if (seconds % length == 0) return counted(seconds / length, noun);
  return counted(seconds, "second");
}

}  // namespace muster::pages
