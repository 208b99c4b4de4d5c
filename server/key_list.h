#pragma once

// Lists of setup keys, for the API and the pages alike.
//
// A list is found in two steps: the ids that match, in order, then the rows of one page. The ids of
// a whole list are 8 bytes each, so it can be written out from one moment's order with little in
// memory; and what stands in a row is looked up for the rows shown, not for those that are only
// sorted.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/keys.h"

namespace muster {

enum class KeySort { id, name, created_at, last_used_at, expires_at, used_times, devices_count };
// As a list is asked for it: `name`, or `-name` for the other way round.
struct KeyOrder {
  KeySort by = KeySort::id;
  bool is_descending = false;
};
std::optional<KeyOrder> parse_key_order(std::string_view text);

// Working keys that somebody should look at. Default keys are none of them: they stand as long as
// what they belong to.
enum class KeyConcern {
  ending,   // expires within 7 days; a link's key is left to the link
  endless,  // neither a limit nor an end
  idle,     // reusable, and for 90 days nobody came in through it
};
constexpr std::int64_t kEndingSeconds = 7LL * 24 * 3600;
constexpr std::int64_t kIdleSeconds = 90LL * 24 * 3600;

struct KeyFilter {
  std::optional<KeyState> state = std::nullopt;
  std::optional<bool> is_dead = std::nullopt;  // expired, revoked or used up
  std::optional<GroupId> group_id = std::nullopt;
  std::optional<NetworkId> network_id = std::nullopt;
  std::optional<UserId> created_by_id = std::nullopt;
  bool is_deleted = false;  // those and no others; else none of them
  std::string search = {};  // in name, hint, and the name and e-mail of who made it
  std::optional<KeyConcern> concern = std::nullopt;
};

// All that match, in order. `now` decides their states. Keys that never expire come after those
// that do, keys that were never used before those that were.
std::vector<KeyId> list_key_ids(const Snapshot& snapshot, const KeyFilter& filter,
                                const KeyOrder& order, std::int64_t now);
// Their rows, in the same order; those that are gone meanwhile are left out.
std::vector<Key> find_keys(const Snapshot& snapshot, std::span<const KeyId> ids);

// How many keys match beside their state, in each state; `state` and `is_dead` are not looked at.
struct KeyCounts {
  std::array<std::int64_t, 5> by_state{};  // in the order of KeyState

  std::int64_t of(KeyState state) const { return by_state.at(static_cast<std::size_t>(state)); }
  std::int64_t dead() const;
  std::int64_t all() const;
};
KeyCounts count_keys(const Snapshot& snapshot, const KeyFilter& filter, std::int64_t now);

// How many a concern has, and those of them that press most: the next to end, the newest without an
// end, those unused for longest.
std::int64_t count_keys_of(const Snapshot& snapshot, KeyConcern concern, std::int64_t now);
std::vector<Key> list_pressing_keys(const Snapshot& snapshot, KeyConcern concern, std::size_t limit,
                                    std::int64_t now);

// A page of a list: `total` is how many match.
struct KeyPage {
  std::vector<Key> keys;
  std::int64_t total = 0;
};
KeyPage list_keys(const Snapshot& snapshot, const KeyFilter& filter, const KeyOrder& order,
                  std::size_t offset, std::size_t limit, std::int64_t now);

}  // namespace muster
