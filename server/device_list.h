#pragma once

// Lists of devices as people look through them, made for 100,000 of them: whoever lists devices
// walks only over those that match, or over an index until the page is full.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/devices.h"
#include "server/groups.h"

namespace muster {

// Whether any device lives.
bool has_devices(const Snapshot& snapshot);
std::int64_t count_devices(const Snapshot& snapshot, const DeviceFilter& filter);

// At most `limit` ids above `after`, in order.
std::vector<DeviceId> list_device_ids(const Snapshot& snapshot, const DeviceFilter& filter,
                                      DeviceId after, int limit);

// A filter as the part of a statement behind WHERE. The filter must live until the statement ran.
class DeviceConditions {
 public:
  explicit DeviceConditions(const DeviceFilter& filter);
  DeviceConditions(const DeviceConditions&) = delete;
  DeviceConditions& operator=(const DeviceConditions&) = delete;

  // Has only those looked at, of at most `limit` above `after`, that may have the part that the
  // filter searches. True when there may be more behind last_candidate(). Changes nothing for a
  // filter that searches no part, or one too short.
  bool narrow(const Snapshot& snapshot, DeviceId after, int limit);
  DeviceId last_candidate() const { return last_candidate_; }

  std::string sql;
  std::vector<Bind> values;
  // What to select from. Names the index of the few that wait, or are removed: without statistics
  // SQLite would rather walk over all devices.
  std::string_view from = "devices d";

 private:
  void also(std::string_view condition, std::initializer_list<Bind> bound = {});
  std::string pattern_;
  std::string name_pattern_;
  std::string address_pattern_;
  std::string_view part_;  // the one to look up
  std::string candidates_;
  DeviceId last_candidate_{};
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
