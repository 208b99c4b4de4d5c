#include "server/device_list.h"

#include "server/device_search.h"
#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kWorkingKey =
    "k.deleted_at IS NULL AND k.revoked_at IS NULL"
    " AND (k.expires_at = 0 OR k.expires_at > ?1)"
    " AND (k.usage_limit = 0 OR k.used_times < k.usage_limit)"
    " AND k.group_default_of IS NOT g.group_id";

constexpr std::string_view kAddressLike =
    "EXISTS (SELECT 1 FROM addresses a WHERE a.device_id = d.id AND printf('%d.%d.%d.%d',"
    " a.address >> 24, a.address >> 16 & 255, a.address >> 8 & 255, a.address & 255)"
    " LIKE ? ESCAPE '\\')";

std::int64_t count_with(const Snapshot& snapshot, const DeviceConditions& conditions) {
  const std::string sql =
      formatted("SELECT count(*) FROM {} WHERE {}", conditions.from, conditions.sql);
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  query.step();
  return query.integer();
}

}  // namespace

DeviceConditions::DeviceConditions(const DeviceFilter& filter)
    : pattern_(like_pattern(filter.search)),
      name_pattern_(like_pattern(filter.name_part)),
      address_pattern_(like_pattern(filter.address_part)) {
  sql =
      filter.status == DeviceStatus::removed ? "d.removed_at IS NOT NULL" : "d.removed_at IS NULL";
  if (filter.status == DeviceStatus::waiting) also("d.approved_at IS NULL");
  const bool has_more = filter.setup_key_id || filter.group_id || !filter.search.empty() ||
                        !filter.name_part.empty() || !filter.address_part.empty();
  if (!has_more && filter.status == DeviceStatus::waiting)
    from = "devices d INDEXED BY devices_waiting";
  if (!has_more && filter.status == DeviceStatus::removed)
    from = "devices d INDEXED BY devices_removed";
  if (filter.status == DeviceStatus::connected) also("d.approved_at IS NOT NULL");
  if (filter.setup_key_id) also("d.setup_key_id = ?", {*filter.setup_key_id});
  if (filter.group_id && *filter.group_id != kAllGroup)
    also("d.id IN (SELECT device_id FROM group_members WHERE group_id = ?)", {*filter.group_id});
  if (filter.os) also("d.os = ?", {*filter.os});
  if (!filter.search.empty())
    also(formatted("(d.name LIKE ? ESCAPE '\\' OR d.hostname LIKE ? ESCAPE '\\' OR {})",
                   kAddressLike),
         {pattern_, pattern_, pattern_});
  if (!filter.name_part.empty()) also("d.name LIKE ? ESCAPE '\\'", {name_pattern_});
  if (!filter.address_part.empty()) also(kAddressLike, {address_pattern_});
  for (const std::string* part : {&filter.search, &filter.name_part, &filter.address_part})
    if (part_.empty() && is_searchable(*part)) part_ = *part;
}

bool DeviceConditions::narrow(const Snapshot& snapshot, DeviceId after, int limit) {
  if (part_.empty()) return false;
  const auto ids = list_candidates(snapshot, part_, after, limit);
  candidates_ = json_ids(ids);
  also("d.id IN (SELECT value FROM json_each(?))", {candidates_});
  if (!ids.empty()) last_candidate_ = ids.back();
  return ids.size() == static_cast<std::size_t>(limit);
}

void DeviceConditions::also(std::string_view condition, std::initializer_list<Bind> bound) {
  sql += formatted(" AND {}", condition);
  values.insert(values.end(), bound);
}

bool has_devices(const Snapshot& snapshot) {
  return snapshot.query("SELECT 1 FROM devices WHERE removed_at IS NULL LIMIT 1").step();
}

std::int64_t count_devices(const Snapshot& snapshot, const DeviceFilter& filter) {
  DeviceConditions conditions{filter};
  constexpr int kNarrowed = 5'000;
  if (conditions.narrow(snapshot, DeviceId{}, kNarrowed))
    return count_with(snapshot, DeviceConditions{filter});
  return count_with(snapshot, conditions);
}

std::vector<DeviceId> list_device_ids(const Snapshot& snapshot, const DeviceFilter& filter,
                                      DeviceId after, int limit) {
  std::vector<DeviceId> ids;
  const auto wanted = static_cast<std::size_t>(limit);
  for (bool has_more = true; has_more && ids.size() < wanted;) {
    DeviceConditions conditions{filter};
    has_more = conditions.narrow(snapshot, after, limit);
    const std::string sql = formatted(
        "SELECT d.id FROM devices d WHERE {} AND d.id > ? ORDER BY d.id LIMIT ?", conditions.sql);
    std::vector<Bind> values = conditions.values;
    values.insert(values.end(),
                  {Bind{after}, Bind{static_cast<std::int64_t>(wanted - ids.size())}});
    auto query = snapshot.query(sql, std::span<const Bind>{values});
    while (query.step()) ids.push_back(query.id<DeviceId>());
    after = conditions.last_candidate();
  }
  return ids;
}

std::vector<NamedKey> list_keys_with_devices(const Snapshot& snapshot, int limit) {
  std::vector<NamedKey> keys;
  auto query = snapshot.query(
      "SELECT id, name FROM (SELECT id, name FROM setup_keys WHERE devices_count > 0"
      "  ORDER BY devices_count DESC LIMIT ?) ORDER BY name, id",
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
