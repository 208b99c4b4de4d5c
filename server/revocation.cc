#include "server/revocation.h"

#include <algorithm>
#include <array>

#include "server/devices.h"
#include "server/format.h"
#include "server/groups.h"
#include "server/keys.h"
#include "server/networks.h"
#include "server/people.h"
#include "server/secret.h"

namespace muster {
namespace {

constexpr std::array<std::string_view, 6> kKinds{"setup_key", "access_token", "user",
                                                 "group",     "network",      "device"};
constexpr std::array<std::string_view, 9> kEffects{
    "removed",     "ended",         "revoked",       "withdrawn",    "deleted",
    "loses_group", "loses_network", "loses_address", "already_ended"};

constexpr std::string_view kKeys =
    "SELECT k.id, k.name, k.revoked_at IS NOT NULL OR k.deleted_at IS NOT NULL, k.devices_count,"
    " iif(k.used_times = 0 AND l.replaced_by_id IS NULL, l.id, NULL), l.recipient"
    " FROM setup_keys k LEFT JOIN install_links l ON l.setup_key_id = k.id WHERE ";

struct KeyRow {
  KeyId id;
  std::string name;
  bool is_ended = false;
  std::int64_t devices_count = 0;
  std::optional<LinkId> link;  // one that a revocation withdraws
  std::string recipient;
};

class Planner {
 public:
  Planner(const Snapshot& snapshot, const RevocationChoices& choices)
      : snapshot_(snapshot), choices_(choices) {}

  Result<void> plan(const By& by, const Target& target);
  RevocationPlan finish();

 private:
  using Place = std::optional<std::size_t>;

  Result<void> plan_key(KeyId id);
  Result<void> plan_token(const By& by, TokenId id);
  Result<void> plan_person(const By& by, UserId id);
  Result<void> plan_group(GroupId id);
  Result<void> plan_network(NetworkId id);
  Result<void> plan_device(DeviceId id);

  std::size_t add(std::string_view kind, std::int64_t id, std::string name, Effect effect,
                  Place because_of) {
    items_.push_back({kind, id, std::move(name), effect, because_of});
    return items_.size() - 1;
  }
  std::vector<KeyRow> list_keys(std::string_view condition,
                                std::initializer_list<Bind> values) const;
  void add_key(const KeyRow& key, Place because_of);
  void add_revoked(const KeyRow& key, Place because_of);
  void add_devices(KeyId key, std::size_t because_of);
  void add_sessions(UserId person);
  void add_tokens(UserId person);
  void add_members(GroupId group);
  void add_addressees(NetworkId network);
  // Keys that name a group or network: `table` and `column` say where.
  void add_naming_keys(std::string_view table, std::string_view column, std::int64_t id,
                       Effect loses);

  const Snapshot& snapshot_;
  const RevocationChoices& choices_;
  bool removes_devices_ = false;
  std::vector<RevocationItem> items_;
};

RevocationPlan Planner::finish() {
  RevocationPlan plan;
  FieldHasher hasher;
  for (const RevocationItem& item : items_)
    hasher.add(item.kind).add(std::to_string(item.id)).add(text_of(item.effect));
  plan.digest = hex_of(hasher.finish());
  plan.items = std::move(items_);
  return plan;
}

std::vector<KeyRow> Planner::list_keys(std::string_view condition,
                                       std::initializer_list<Bind> values) const {
  std::vector<KeyRow> keys;
  const std::string sql = formatted("{}{} ORDER BY k.id", kKeys, condition);
  auto query = snapshot_.query(sql, values);
  while (query.step()) {
    KeyRow& key = keys.emplace_back();
    key.id = query.id<KeyId>();
    key.name = query.text();
    key.is_ended = query.boolean();
    key.devices_count = query.integer();
    key.link = query.find_id<LinkId>();
    key.recipient = query.find_text().value_or("");
  }
  return keys;
}

void Planner::add_devices(KeyId key, std::size_t because_of) {
  auto query = snapshot_.query(
      "SELECT id, name FROM devices WHERE setup_key_id = ?1 AND removed_at IS NULL"
      " AND enrolled_at >= ?2 ORDER BY id",
      {key, choices_.since.value_or(0)});
  while (query.step()) {
    const auto id = query.integer();
    add("device", id, query.text(), Effect::removed, because_of);
  }
}

void Planner::add_revoked(const KeyRow& key, Place because_of) {
  const auto place = add("setup_key", key.id.value, key.name, Effect::revoked, because_of);
  if (key.link) add("install_link", key.link->value, key.recipient, Effect::withdrawn, place);
  if (removes_devices_) add_devices(key.id, place);
}

// One that ended before stands in the tree for the devices that fall below it, if there are any.
void Planner::add_key(const KeyRow& key, Place because_of) {
  if (!key.is_ended) return add_revoked(key, because_of);
  if (because_of && (!removes_devices_ || key.devices_count == 0)) return;
  const auto place = add("setup_key", key.id.value, key.name, Effect::already_ended, because_of);
  if (removes_devices_) add_devices(key.id, place);
  if (because_of && items_.size() == place + 1) items_.pop_back();
}

Result<void> Planner::plan_key(KeyId id) {
  const auto key = find_key_even_deleted(snapshot_, id);
  if (!key) return key_not_found(id);
  if (!key->revoked_at)
    if (auto checked = refuse_default(*key); !checked) return checked.refusal();
  removes_devices_ = choices_.removes_devices.value_or(false);
  for (const KeyRow& row : list_keys("k.id = ?", {id})) add_key(row, std::nullopt);
  return {};
}

Result<void> Planner::plan_token(const By& by, TokenId id) {
  auto query =
      snapshot_.query("SELECT name, user_id, revoked_at FROM access_tokens WHERE id = ?", {id});
  if (!query.step()) return Refusal::not_found(formatted("access token: {} not found", id.value));
  const auto name = query.text();
  const auto person = find_person(snapshot_, query.id<UserId>());
  const bool is_ended = query.find_integer().has_value();
  if (person)
    if (auto checked = check_may_manage(snapshot_, by, *person); !checked) return checked.refusal();
  removes_devices_ = choices_.removes_devices.value_or(false);
  const auto place = add("access_token", id.value, name,
                         is_ended ? Effect::already_ended : Effect::revoked, std::nullopt);
  for (const KeyRow& key :
       list_keys("k.created_with_id = ?1 AND k.created_at >= ?2", {id, choices_.since.value_or(0)}))
    add_key(key, place);
  return {};
}

void Planner::add_sessions(UserId person) {
  auto query = snapshot_.query(
      "SELECT id, browser, \"from\" FROM sessions WHERE user_id = ? ORDER BY id", {person});
  while (query.step()) {
    const auto id = query.integer();
    const auto browser = query.text();
    const auto from = query.text();
    add("session", id, browser.empty() ? from : formatted("{} from {}", browser, from),
        Effect::ended, 0);
  }
}

void Planner::add_tokens(UserId person) {
  auto query = snapshot_.query(
      "SELECT id, name, revoked_at FROM access_tokens WHERE user_id = ? ORDER BY id", {person});
  while (query.step()) {
    const auto id = query.integer();
    const auto name = query.text();
    const bool is_ended = query.find_integer().has_value();
    const auto place =
        add("access_token", id, name, is_ended ? Effect::already_ended : Effect::revoked, 0);
    for (const KeyRow& key :
         list_keys("k.created_with_id = ?1 AND k.created_by_id = ?2", {id, person}))
      add_key(key, place);
    if (is_ended && items_.size() == place + 1) items_.pop_back();
  }
}

Result<void> Planner::plan_person(const By& by, UserId id) {
  const auto person = find_person(snapshot_, id);
  if (!person) return person_not_found(id);
  if (auto checked = check_may_remove(snapshot_, by, *person); !checked) return checked.refusal();
  if (!choices_.removes_devices.value_or(true))
    return Refusal::invalid(
        "the devices that a person's keys admitted go with the person: hand them over first to "
        "keep them");
  removes_devices_ = true;
  add("user", id.value, person->label(), Effect::removed, std::nullopt);
  add_sessions(id);
  add_tokens(id);
  for (const KeyRow& key : list_keys("k.created_by_id = ?1 AND (k.created_with_id IS NULL OR"
                                     " k.created_with_id NOT IN"
                                     "  (SELECT id FROM access_tokens WHERE user_id = ?1))",
                                     {id}))
    add_key(key, 0);
  return {};
}

void Planner::add_naming_keys(std::string_view table, std::string_view column, std::int64_t id,
                              Effect loses) {
  const bool is_group = loses == Effect::loses_group;
  const std::string_view own = is_group ? "group_default_of" : "network_default_of";
  const std::string naming =
      formatted("k.deleted_at IS NULL AND k.id IN (SELECT setup_key_id FROM {} WHERE {} = ?1)",
                table, column);
  const std::string others = formatted(
      "EXISTS (SELECT 1 FROM {} o WHERE o.setup_key_id = k.id AND o.{} <> ?1)", table, column);
  // A network's default key stays what it is without a group, and goes with its network alone.
  const std::string keeps =
      is_group ? formatted("({} OR k.network_default_of IS NOT NULL)", others) : others;
  for (const KeyRow& key : list_keys(formatted("k.deleted_at IS NULL AND k.{} = ?1", own), {id}))
    add("setup_key", key.id.value, key.name, Effect::deleted, 0);
  const std::string living =
      formatted("{} AND k.revoked_at IS NULL AND k.{} IS NOT ?1", naming, own);
  for (const KeyRow& key : list_keys(formatted("{} AND NOT {}", living, keeps), {id}))
    add_revoked(key, 0);
  for (const KeyRow& key : list_keys(formatted("{} AND {}", living, keeps), {id}))
    add("setup_key", key.id.value, key.name, loses, 0);
}

void Planner::add_members(GroupId group) {
  auto query = snapshot_.query(
      "SELECT d.id, d.name FROM group_members m JOIN devices d ON d.id = m.device_id"
      " WHERE m.group_id = ? ORDER BY d.id",
      {group});
  while (query.step()) {
    const auto id = query.integer();
    add("device", id, query.text(), Effect::loses_group, 0);
  }
}

Result<void> Planner::plan_group(GroupId id) {
  const auto group = find_group(snapshot_, id);
  if (!group) return Refusal::not_found(formatted("group: {} not found", id.value));
  if (id == kAllGroup) return Refusal::invalid("deleting group ALL is not allowed");
  if (choices_.removes_devices.value_or(false))
    return Refusal::invalid("devices only lose their group: remove them by their keys");
  add("group", id.value, group->name, Effect::deleted, std::nullopt);
  add_naming_keys("setup_key_groups", "group_id", id.value, Effect::loses_group);
  add_members(id);
  return {};
}

void Planner::add_addressees(NetworkId network) {
  auto query = snapshot_.query(
      "SELECT d.id, d.name, EXISTS (SELECT 1 FROM addresses o WHERE o.device_id = d.id"
      "  AND o.network_id <> ?1) FROM addresses a JOIN devices d ON d.id = a.device_id"
      " WHERE a.network_id = ?1 ORDER BY d.id",
      {network});
  while (query.step()) {
    const auto id = query.integer();
    const auto name = query.text();
    add("device", id, name, query.boolean() ? Effect::loses_address : Effect::removed, 0);
  }
}

Result<void> Planner::plan_network(NetworkId id) {
  const auto network = find_network(snapshot_, id);
  if (!network) return Refusal::not_found(formatted("network: {} not found", id.value));
  if (network->is_default) return Refusal::invalid("the default network cannot be deleted");
  if (!choices_.removes_devices.value_or(true))
    return Refusal::invalid("devices that have no other address go with their network");
  add("network", id.value, network->name, Effect::deleted, std::nullopt);
  add_naming_keys("setup_key_networks", "network_id", id.value, Effect::loses_network);
  add_addressees(id);
  return {};
}

Result<void> Planner::plan_device(DeviceId id) {
  const auto device = find_device(snapshot_, id);
  if (!device || device->removed_at)
    return Refusal::not_found(formatted("device: {} not found", id.value));
  if (!choices_.removes_devices.value_or(true))
    return Refusal::invalid("a device cannot be removed and kept");
  add("device", id.value, device->name, Effect::removed, std::nullopt);
  return {};
}

Result<void> Planner::plan(const By& by, const Target& target) {
  if (!by.only_groups.empty())
    return Refusal::forbidden("an access token that is confined to groups cannot do this");
  if (choices_.since && target.kind != TargetKind::access_token)
    return Refusal::invalid("since is for access tokens only");
  switch (target.kind) {
    case TargetKind::setup_key:
      return plan_key(KeyId{target.id});
    case TargetKind::access_token:
      return plan_token(by, TokenId{target.id});
    case TargetKind::user:
      return plan_person(by, UserId{target.id});
    case TargetKind::group:
      return plan_group(GroupId{target.id});
    case TargetKind::network:
      return plan_network(NetworkId{target.id});
    case TargetKind::device:
      return plan_device(DeviceId{target.id});
  }
  return {};
}

}  // namespace

std::string_view text_of(TargetKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }
std::string_view text_of(Effect effect) { return kEffects.at(static_cast<std::size_t>(effect)); }

std::optional<TargetKind> parse_target_kind(std::string_view text) {
  const auto found = std::ranges::find(kKinds, text);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<TargetKind>(found - kKinds.begin());
}

Subject subject_of(const RevocationItem& item) {
  return {std::string{item.kind}, std::to_string(item.id), item.name};
}

std::vector<EffectCount> count_effects(std::span<const RevocationItem> items) {
  std::vector<EffectCount> counts;
  for (const RevocationItem& item : items) {
    if (item.effect == Effect::already_ended) continue;
    const auto known = std::ranges::find_if(counts, [&](const EffectCount& count) {
      return count.kind == item.kind && count.effect == item.effect;
    });
    if (known == counts.end())
      counts.push_back({item.kind, item.effect, 1});
    else
      ++known->count;
  }
  return counts;
}

std::span<const Right> rights_for(TargetKind kind) {
  static constexpr std::array keys{Right::keys_write, Right::devices_write};
  static constexpr std::array people{Right::people_write, Right::keys_write, Right::devices_write};
  static constexpr std::array groups{Right::groups_write, Right::keys_write, Right::devices_write};
  static constexpr std::array networks{Right::networks_write, Right::keys_write,
                                       Right::devices_write};
  static constexpr std::array devices{Right::devices_write};
  switch (kind) {
    case TargetKind::user:
      return people;
    case TargetKind::group:
      return groups;
    case TargetKind::network:
      return networks;
    case TargetKind::device:
      return devices;
    case TargetKind::setup_key:
    case TargetKind::access_token:
      break;
  }
  return keys;
}

Result<RevocationPlan> plan_revocation(const Snapshot& snapshot, const By& by, const Target& target,
                                       const RevocationChoices& choices) {
  Planner planner{snapshot, choices};
  if (auto planned = planner.plan(by, target); !planned) return planned.refusal();
  return planner.finish();
}

}  // namespace muster
