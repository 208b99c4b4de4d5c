#include "server/device_list.h"

#include "server/format.h"
#include "server/ip.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kWorkingKey =
    "k.deleted_at IS NULL AND k.revoked_at IS NULL"
    " AND (k.expires_at = 0 OR k.expires_at > ?1)"
    " AND (k.usage_limit = 0 OR k.used_times < k.usage_limit)"
    " AND k.group_default_of IS NOT g.group_id";

}  // namespace

DeviceConditions::DeviceConditions(const DeviceFilter& filter)
    : pattern_(like_pattern(filter.search)) {
  sql =
      filter.status == DeviceStatus::removed ? "d.removed_at IS NOT NULL" : "d.removed_at IS NULL";
  if (filter.status == DeviceStatus::waiting) also("d.approved_at IS NULL");
  if (filter.status == DeviceStatus::connected) also("d.approved_at IS NOT NULL");
  if (filter.setup_key_id) also("d.setup_key_id = ?", {*filter.setup_key_id});
  if (filter.group_id && *filter.group_id != kAllGroup)
    also("d.id IN (SELECT device_id FROM group_members WHERE group_id = ?)", {*filter.group_id});
  if (filter.os) also("d.os = ?", {*filter.os});
  if (!filter.search.empty())
    also(
        "(d.name LIKE ? ESCAPE '\\' OR d.hostname LIKE ? ESCAPE '\\'"
        " OR d.id IN (SELECT device_id FROM addresses WHERE address = ?))",
        {pattern_, pattern_, parse_ipv4(filter.search)});
}

void DeviceConditions::also(std::string_view condition, std::initializer_list<Bind> bound) {
  sql += formatted(" AND {}", condition);
  values.insert(values.end(), bound);
}

std::vector<DeviceHead> list_device_heads(const Snapshot& snapshot, const DeviceFilter& filter) {
  const DeviceConditions conditions{filter};
  const std::string sql =
      "SELECT d.id, d.name, d.enrolled_at, d.approved_at IS NULL, s.at FROM devices d"
      " LEFT JOIN last_seen s ON s.device_id = d.id WHERE " +
      conditions.sql;
  std::vector<DeviceHead> heads;
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  while (query.step()) {
    DeviceHead head;
    head.id = query.id<DeviceId>();
    head.name = query.text();
    head.enrolled_at = query.integer();
    head.is_waiting = query.boolean();
    head.stored_last_seen_at = query.find_integer();
    heads.push_back(std::move(head));
  }
  return heads;
}

std::int64_t count_devices(const Snapshot& snapshot, const DeviceFilter& filter) {
  const DeviceConditions conditions{filter};
  const std::string sql = "SELECT count(*) FROM devices d WHERE " + conditions.sql;
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  query.step();
  return query.integer();
}

std::vector<NamedKey> list_keys_with_devices(const Snapshot& snapshot, int limit) {
  std::vector<NamedKey> keys;
  auto query = snapshot.query(
      "SELECT k.id, k.name FROM (SELECT setup_key_id, count(*) AS devices FROM devices"
      "   WHERE removed_at IS NULL GROUP BY setup_key_id ORDER BY devices DESC LIMIT ?) d"
      " JOIN setup_keys k ON k.id = d.setup_key_id ORDER BY k.name, k.id",
      {limit});
  while (query.step()) {
    NamedKey key;
    key.id = query.id<KeyId>();
    key.name = query.text();
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<NamingKey> list_keys_naming(const Snapshot& snapshot, GroupId group, std::int64_t now,
                                        int limit) {
  const std::string sql = formatted(
      "SELECT DISTINCT k.id, k.name, k.usage_limit = 1 FROM setup_key_groups g"
      " JOIN setup_keys k ON k.id = g.setup_key_id WHERE g.group_id = ?2 AND {}"
      " ORDER BY k.name, k.id LIMIT ?3",
      kWorkingKey);
  std::vector<NamingKey> keys;
  auto query = snapshot.query(sql, {now, group, limit});
  while (query.step()) {
    NamingKey key;
    key.id = query.id<KeyId>();
    key.name = query.text();
    key.is_one_time = query.boolean();
    keys.push_back(std::move(key));
  }
  return keys;
}

std::unordered_map<GroupId, std::int64_t> count_keys_naming(const Snapshot& snapshot,
                                                            std::int64_t now) {
  const std::string sql = formatted(
      "SELECT g.group_id, count(DISTINCT k.id) FROM setup_key_groups g"
      " JOIN setup_keys k ON k.id = g.setup_key_id WHERE {} GROUP BY g.group_id",
      kWorkingKey);
  std::unordered_map<GroupId, std::int64_t> counts;
  auto query = snapshot.query(sql, {now});
  while (query.step()) {
    const auto id = query.id<GroupId>();
    counts[id] = query.integer();
  }
  return counts;
}

}  // namespace muster
