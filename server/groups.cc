#include "server/groups.h"

#include <algorithm>

#include "server/devices.h"
#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kColumns =
    "SELECT g.id, g.name, g.is_protected, g.requires_approval, g.created_at, g.updated_at"
    " FROM groups g WHERE g.deleted_at IS NULL";

Group read_group(Query& row) {
  Group group;
  group.id = row.id<GroupId>();
  group.name = row.text();
  group.is_protected = row.boolean();
  group.requires_approval = row.boolean();
  group.created_at = row.integer();
  group.updated_at = row.integer();
  return group;
}

std::optional<Group> find_one(const Snapshot& snapshot, std::string_view condition,
                              std::initializer_list<Bind> values) {
  const std::string sql = formatted("{} AND {}", kColumns, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  return read_group(query);
}

Subject subject_of(const Group& group) { return {"group", to_text(group.id), group.name}; }

Result<std::string> check_name(const Snapshot& snapshot, std::string_view wanted, GroupId self) {
  std::string name = trim(wanted);
  if (name.empty()) return Refusal::invalid("group name shouldn't be empty");
  if (auto checked = check_text("the group's name", name, kNameLength); !checked)
    return checked.refusal();
  const auto taken = find_group_by_name(snapshot, name);
  if (taken && taken->id != self)
    return Refusal::conflict(formatted("group with name {} already exists", name));
  return name;
}

Result<void> check_devices(const Snapshot& snapshot, const std::vector<DeviceId>& devices) {
  for (const DeviceId device : devices) {
    auto query =
        snapshot.query("SELECT 1 FROM devices WHERE id = ? AND removed_at IS NULL", {device});
    if (!query.step()) return Refusal::invalid(formatted("peer not found: {}", device.value));
  }
  return {};
}

void audit_member(Transaction& tx, const By& by, const Group& group, DeviceId device,
                  std::string_view code) {
  const auto member = *find_device(tx, device);
  append_audit(tx, by,
               {.code = code,
                .target = muster::subject_of(member),
                .details = {{"group", group.name},
                            {"group_id", to_text(group.id)},
                            {"peer_ip", member.address()},
                            {"peer_fqdn", member.full_name()}}});
}

// Replaces the whole list. Only what really changes is written to the audit log.
void set_members(Transaction& tx, const By& by, const Group& group,
                 const std::vector<DeviceId>& devices) {
  const auto before = list_members(tx, group.id);
  tx.run("DELETE FROM group_members WHERE group_id = ?", {group.id});
  for (const DeviceId device : devices) add_member(tx, group.id, device);
  for (const GroupMember& member : before) {
    auto stays = tx.query("SELECT 1 FROM group_members WHERE group_id = ? AND device_id = ?",
                          {group.id, member.id});
    if (!stays.step()) audit_member(tx, by, group, member.id, "peer.group.delete");
  }
  for (const GroupMember& member : list_members(tx, group.id)) {
    const bool was = std::ranges::any_of(before, [&](const auto& m) { return m.id == member.id; });
    if (!was) audit_member(tx, by, group, member.id, "peer.group.add");
  }
}

void audit_switches(Transaction& tx, const By& by, const Group& before, const Group& after) {
  if (before.is_protected != after.is_protected)
    append_audit(tx, by,
                 {.code = after.is_protected ? "group.protect" : "group.unprotect",
                  .target = subject_of(after)});
  if (before.requires_approval != after.requires_approval)
    append_audit(tx, by,
                 {.code = "group.approval",
                  .target = subject_of(after),
                  .details = {{"requires_approval", after.requires_approval ? "true" : "false"}}});
}

// The keys that stand in the way of deleting a group: working ones that name it.
std::optional<NamedKey> find_working_key(const Snapshot& snapshot, GroupId id, std::int64_t now) {
  auto query = snapshot.query(
      "SELECT k.id, k.name FROM setup_key_groups g JOIN setup_keys k ON k.id = g.setup_key_id"
      " WHERE g.group_id = ?1 AND k.deleted_at IS NULL AND k.revoked_at IS NULL"
      " AND (k.expires_at = 0 OR k.expires_at > ?2)"
      " AND (k.usage_limit = 0 OR k.used_times < k.usage_limit)"
      " AND k.group_default_of IS NOT ?1 ORDER BY k.id LIMIT 1",
      {id, now});
  if (!query.step()) return std::nullopt;
  return NamedKey{query.id<KeyId>(), query.text()};
}

}  // namespace

Result<Group> create_group(Transaction& tx, const By& by, const NewGroup& wanted) {
  auto name = check_name(tx, wanted.name, GroupId{});
  if (!name) return name.refusal();
  if (auto checked = check_devices(tx, wanted.devices); !checked) return checked.refusal();
  const GroupId id{
      tx.insert("INSERT INTO groups (name, is_protected, requires_approval, created_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?)",
                {*name, wanted.is_protected, wanted.requires_approval, by.at, by.at})};
  const Group group = *find_group(tx, id);
  append_audit(tx, by,
               {.code = "group.add", .target = subject_of(group), .details = {{"name", *name}}});
  audit_switches(tx, by, Group{}, group);
  set_members(tx, by, group, wanted.devices);
  return *find_group(tx, id);
}

Result<Group> update_group(Transaction& tx, const By& by, GroupId id, const GroupChange& change) {
  const auto before = find_group(tx, id);
  if (!before) return Refusal::not_found(formatted("group: {} not found", id.value));
  if (id == kAllGroup && (change.name || change.devices))
    return Refusal::invalid("updating group all is not allowed");
  std::string name = before->name;
  if (change.name) {
    auto checked = check_name(tx, *change.name, id);
    if (!checked) return checked.refusal();
    name = *checked;
  }
  if (change.devices)
    if (auto checked = check_devices(tx, *change.devices); !checked) return checked.refusal();

  tx.run(
      "UPDATE groups SET name = ?, is_protected = ?, requires_approval = ?, updated_at = ?"
      " WHERE id = ?",
      {name, change.is_protected.value_or(before->is_protected),
       change.requires_approval.value_or(before->requires_approval), by.at, id});
  const Group after = *find_group(tx, id);
  if (name != before->name) {
    tx.run("UPDATE setup_keys SET name = ?, updated_at = ? WHERE group_default_of = ?",
           {name, by.at, id});
    append_audit(tx, by,
                 {.code = "group.update",
                  .target = subject_of(after),
                  .details = {{"old_name", before->name}, {"new_name", name}}});
  }
  audit_switches(tx, by, *before, after);
  if (change.devices) set_members(tx, by, after, *change.devices);
  return *find_group(tx, id);
}

Result<void> delete_group(Transaction& tx, const By& by, GroupId id) {
  const auto group = find_group(tx, id);
  if (!group) return Refusal::bad_request(formatted("group: {} not found", id.value));
  if (id == kAllGroup) return Refusal::bad_request("deleting group ALL is not allowed");
  if (const auto key = find_working_key(tx, id, by.at))
    return Refusal::bad_request(formatted("group has been linked to setup key: {}", key->name));

  tx.run("DELETE FROM setup_key_groups WHERE group_id = ?", {id});
  tx.run("DELETE FROM group_members WHERE group_id = ?", {id});
  tx.run(
      "UPDATE setup_keys SET revoked_at = coalesce(revoked_at, ?1), deleted_at = ?1, updated_at = "
      "?1 WHERE group_default_of = ?2 AND deleted_at IS NULL",
      {by.at, id});
  tx.run("UPDATE groups SET deleted_at = ?, updated_at = ? WHERE id = ?", {by.at, by.at, id});
  append_audit(
      tx, by,
      {.code = "group.delete", .target = subject_of(*group), .details = {{"name", group->name}}});
  return {};
}

std::optional<Group> find_group(const Snapshot& snapshot, GroupId id) {
  return find_one(snapshot, "g.id = ?", {id});
}

std::optional<Group> find_group_by_name(const Snapshot& snapshot, std::string_view name) {
  return find_one(snapshot, "g.name = ?", {name});
}

std::optional<Group> find_group_named(const Snapshot& snapshot, std::string_view reference) {
  return find_one(snapshot,
                  "(g.id = CAST(?1 AS INTEGER) AND CAST(g.id AS TEXT) = ?1"
                  " OR g.name = ?1) ORDER BY g.name = ?1 LIMIT 1",
                  {reference});
}

std::vector<Group> list_groups(const Snapshot& snapshot) {
  std::vector<Group> groups;
  const std::string sql = formatted("{} ORDER BY g.id", kColumns);
  auto query = snapshot.query(sql);
  while (query.step()) groups.push_back(read_group(query));
  return groups;
}

std::unordered_map<GroupId, std::int64_t> count_members(const Snapshot& snapshot) {
  std::unordered_map<GroupId, std::int64_t> counts;
  auto all = snapshot.query("SELECT count(*) FROM devices WHERE removed_at IS NULL");
  all.step();
  counts[kAllGroup] = all.integer();
  auto query = snapshot.query("SELECT group_id, count(*) FROM group_members GROUP BY group_id");
  while (query.step()) {
    const auto id = query.id<GroupId>();
    counts[id] = query.integer();
  }
  return counts;
}

std::vector<GroupMember> list_members(const Snapshot& snapshot, GroupId id, std::int64_t after,
                                      int limit) {
  std::vector<GroupMember> members;
  auto query = id == kAllGroup
                   ? snapshot.query(
                         "SELECT id, name, id FROM devices WHERE removed_at IS NULL AND id > ?"
                         " ORDER BY id LIMIT ?",
                         {after, limit})
                   : snapshot.query(
                         "SELECT d.id, d.name, m.id FROM group_members m JOIN devices d"
                         " ON d.id = m.device_id WHERE m.group_id = ? AND m.id > ?"
                         " ORDER BY m.id LIMIT ?",
                         {id, after, limit});
  while (query.step()) {
    GroupMember member;
    member.id = query.id<DeviceId>();
    member.name = query.text();
    member.position = query.integer();
    members.push_back(std::move(member));
  }
  return members;
}

void add_member(Transaction& tx, GroupId group, DeviceId device) {
  if (group == kAllGroup) return;
  tx.run("INSERT INTO group_members (group_id, device_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
         {group, device});
}

std::vector<NamedKey> list_keys_stopped_by_protection(const Snapshot& snapshot, GroupId id,
                                                      std::int64_t now) {
  std::vector<NamedKey> keys;
  auto query = snapshot.query(
      "SELECT k.id, k.name FROM setup_keys k WHERE k.deleted_at IS NULL AND k.revoked_at IS NULL"
      " AND (k.expires_at = 0 OR k.expires_at > ?2) AND k.usage_limit <> 1"
      " AND (k.usage_limit = 0 OR k.used_times < k.usage_limit)"
      " AND (?1 = 1 OR k.id IN (SELECT setup_key_id FROM setup_key_groups WHERE group_id = ?1))"
      " ORDER BY k.name, k.id",
      {id, now});
  while (query.step()) {
    NamedKey key;
    key.id = query.id<KeyId>();
    key.name = query.text();
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace muster
