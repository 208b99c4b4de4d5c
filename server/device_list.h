#pragma once

// Lists of devices as people look through them.
//
// Who is online is known to memory alone, so a list is found in two steps: the heads of all that
// match, which the caller sorts and counts with that knowledge, then the whole rows of the few that
// are shown. A head of ten thousand costs some milliseconds, a whole row ten times that.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/devices.h"
#include "server/groups.h"

namespace muster {

struct DeviceHead {
  DeviceId id;
  std::string name;
  std::int64_t enrolled_at = 0;
  bool is_waiting = false;
  std::optional<std::int64_t> stored_last_seen_at;
};

// All that match, in no order.
std::vector<DeviceHead> list_device_heads(const Snapshot& snapshot, const DeviceFilter& filter);
std::int64_t count_devices(const Snapshot& snapshot, const DeviceFilter& filter);

// A filter as the part of a statement behind WHERE. The filter must live until the statement ran.
class DeviceConditions {
 public:
  explicit DeviceConditions(const DeviceFilter& filter);
  DeviceConditions(const DeviceConditions&) = delete;
  DeviceConditions& operator=(const DeviceConditions&) = delete;

  std::string sql;
  std::vector<Bind> values;

 private:
  void also(std::string_view condition, std::initializer_list<Bind> bound = {});
  std::string pattern_;
};

// At most `limit` keys through which living devices came, those with the most of them, by name.
std::vector<NamedKey> list_keys_with_devices(const Snapshot& snapshot, int limit);

// The keys that keep a group from being deleted: working ones that name it, not its default key.
struct NamingKey {
  KeyId id;
  std::string name;
  bool is_one_time = false;
};
std::vector<NamingKey> list_keys_naming(const Snapshot& snapshot, GroupId group, std::int64_t now,
                                        int limit);
std::unordered_map<GroupId, std::int64_t> count_keys_naming(const Snapshot& snapshot,
                                                            std::int64_t now);

}  // namespace muster
