#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/audit.h"
#include "server/db.h"

namespace muster {

// `All` holds every device and cannot be renamed, filled or deleted. It can be protected.
constexpr GroupId kAllGroup{1};

struct Group {
  GroupId id;
  std::string name;
  bool is_protected = false;       // admits one-time keys only
  bool requires_approval = false;  // its devices wait for an administrator
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

struct GroupMember {
  DeviceId id;
  std::string name;
  std::int64_t position = 0;  // in the order in which they came
};

// What a change names; what it leaves out stays.
struct GroupChange {
  std::optional<std::string> name;
  std::optional<bool> is_protected;
  std::optional<bool> requires_approval;
  std::optional<std::vector<DeviceId>> devices;  // the whole new list, in order
};

struct NewGroup {
  std::string name;
  bool is_protected = false;
  bool requires_approval = false;
  std::vector<DeviceId> devices = {};
};

Result<Group> create_group(Transaction& tx, const By& by, const NewGroup& wanted);
// Protecting stops reusable keys from enrolling into the group; devices in it stay.
Result<Group> update_group(Transaction& tx, const By& by, GroupId id, const GroupChange& change);
// Refused while a key that still works names it. Keys that no longer work lose it.
Result<void> delete_group(Transaction& tx, const By& by, GroupId id);

std::optional<Group> find_group(const Snapshot& snapshot, GroupId id);
std::optional<Group> find_group_by_name(const Snapshot& snapshot, std::string_view name);
// A reference as programs send it: an id, or the exact name.
std::optional<Group> find_group_named(const Snapshot& snapshot, std::string_view reference);
std::vector<Group> list_groups(const Snapshot& snapshot);
std::unordered_map<GroupId, std::int64_t> count_members(const Snapshot& snapshot);
// At most `limit` behind position `after`, in order: the pages of a long list.
std::vector<GroupMember> list_members(const Snapshot& snapshot, GroupId id, std::int64_t after = 0,
                                      int limit = INT32_MAX);

// Puts a device into a group, if it is not there. Says nothing to the audit log.
void add_member(Transaction& tx, GroupId group, DeviceId device);

// The working keys that protecting this group stops: reusable ones that name it (any, for `All`).
struct NamedKey {
  KeyId id;
  std::string name;
};
std::vector<NamedKey> list_keys_stopped_by_protection(const Snapshot& snapshot, GroupId id,
                                                      std::int64_t now);

}  // namespace muster
