#include "server/keys.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "server/access_tokens.h"
#include "server/format.h"
#include "server/ip.h"
#include "server/networks.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::int64_t kTenYears = 10LL * 365 * 24 * 3600;

// Lists inside a key are read in the same statement: one look at a long list of keys, not five
// for each of them. The separator of tags is a character that no tag can hold.
constexpr std::string_view kSelect =
    "SELECT k.id, k.name, k.note, k.type, k.hint, k.usage_limit, k.used_times, k.refused_times,"
    " k.last_used_at, k.expires_at, k.ephemeral, k.ephemeral_seconds, k.allow_extra_dns_labels,"
    " k.allow_group_choice, k.requires_approval, k.device_name, k.allowed_cidrs, k.gateway_mode,"
    " k.gateway_device_id, k.created_by_id, u.email, u.name, k.network_default_of,"
    " k.group_default_of, k.created_at, k.updated_at, k.paused_at, k.revoked_at, k.deleted_at,"
    " (SELECT group_concat(group_id, ' ') FROM setup_key_groups WHERE setup_key_id = k.id),"
    " (SELECT group_concat(network_id, ' ') FROM setup_key_networks WHERE setup_key_id = k.id),"
    " (SELECT group_concat(tag, char(31)) FROM setup_key_tags WHERE setup_key_id = k.id),"
    " CASE WHEN k.usage_limit = 1 THEN NULL ELSE"
    "  (SELECT group_concat(name, char(31)) FROM groups WHERE is_protected = 1"
    "   AND deleted_at IS NULL AND (id = 1 OR id IN"
    "    (SELECT group_id FROM setup_key_groups WHERE setup_key_id = k.id))) END,"
    " l.id, l.recipient";

constexpr std::string_view kFrom =
    " FROM setup_keys k LEFT JOIN users u ON u.id = k.created_by_id"
    " LEFT JOIN install_links l ON l.setup_key_id = k.id";

// Counting takes a step for each device: for those who look at a key, not for each that enrolls.
constexpr std::string_view kCount =
    ", (SELECT count(*) FROM devices WHERE setup_key_id = k.id AND removed_at IS NULL)";
constexpr std::string_view kNoCount = ", 0";

template <class IdType>
std::vector<IdType> split_ids(std::string_view text) {
  std::vector<IdType> ids;
  for (const std::string& part : split(text, ' ')) ids.push_back(IdType{std::stoll(part)});
  return ids;
}

Key read_key(Query& row) {
  Key key;
  key.id = row.id<KeyId>();
  key.name = row.text();
  key.note = row.text();
  key.type = row.text();
  key.hint = row.text();
  key.usage_limit = row.integer();
  key.used_times = row.integer();
  key.refused_times = row.integer();
  key.last_used_at = row.find_integer();
  key.expires_at = row.integer();
  key.ephemeral = row.boolean();
  key.ephemeral_seconds = row.integer();
  key.allow_extra_dns_labels = row.boolean();
  key.allow_group_choice = row.boolean();
  key.requires_approval = row.boolean();
  key.device_name = row.text();
  key.allowed_cidrs = row.text();
  key.gateway_mode = row.text();
  key.gateway_device_id = row.find_id<DeviceId>();
  key.created_by_id = row.find_id<UserId>();
  key.created_by = row.find_text().value_or("");
  key.created_by_name = row.find_text().value_or("");
  if (key.created_by.empty()) key.created_by = key.created_by_name;
  key.network_default_of = row.find_id<NetworkId>();
  key.group_default_of = row.find_id<GroupId>();
  key.created_at = row.integer();
  key.updated_at = row.integer();
  key.paused_at = row.find_integer();
  key.revoked_at = row.find_integer();
  key.deleted_at = row.find_integer();
  key.auto_groups = split_ids<GroupId>(row.find_text().value_or(""));
  key.networks = split_ids<NetworkId>(row.find_text().value_or(""));
  key.tags = split(row.find_text().value_or(""), '\x1f');
  key.blocked_by = split(row.find_text().value_or(""), '\x1f');
  key.install_link_id = row.find_id<LinkId>();
  key.recipient = row.find_text();
  key.devices_count = row.integer();
  return key;
}

std::optional<Key> find_one(const Snapshot& snapshot, std::string_view count,
                            std::string_view condition, std::initializer_list<Bind> values) {
  const std::string sql = formatted("{}{}{} WHERE {}", kSelect, count, kFrom, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  return read_key(query);
}

std::vector<std::pair<std::string, std::string>> audit_details(const Key& key) {
  return {{"name", key.name}, {"type", key.type}, {"key", key.hint + "****"}};
}

// The groups a key names, each existing, none `All`; protected ones only for one-time keys.
Result<std::vector<Group>> check_groups(const Snapshot& snapshot,
                                        const std::vector<std::string>& references,
                                        bool may_name_protected) {
  std::vector<Group> groups;
  for (const std::string& reference : references) {
    auto group = find_group_named(snapshot, reference);
    if (!group)
      return Refusal::invalid(formatted("invalid auto groups: group not found: {}", reference));
    if (group->id == kAllGroup)
      return Refusal::invalid("invalid auto groups: can't add 'all' group to the setup key");
    if (group->is_protected && !may_name_protected)
      return Refusal::invalid(
          formatted("invalid auto groups: group {} is protected and takes one-off keys only",
                    group->name),
          Reason::group_protected);
    groups.push_back(std::move(*group));
  }
  return groups;
}

Result<std::vector<NetworkId>> check_networks(const Snapshot& snapshot,
                                              const std::vector<std::string>& references) {
  std::vector<NetworkId> networks;
  for (const std::string& reference : references) {
    const auto network = find_network_named(snapshot, reference);
    if (!network)
      return Refusal::invalid(formatted("invalid networks: network not found: {}", reference));
    if (std::ranges::find(networks, network->id) == networks.end()) networks.push_back(network->id);
  }
  if (networks.empty() && !find_default_network(snapshot))
    return Refusal::invalid(
        "there is no network yet: `muster admin create` makes the first owner and the network");
  return networks;
}

Result<void> check_limits(const NewKey& wanted) {
  if (wanted.type != "reusable" && wanted.type != "one-off")
    return Refusal::invalid(formatted("unknown setup key type {}", wanted.type));
  if (wanted.type == "one-off" && wanted.usage_limit > 1)
    return Refusal::invalid(
        formatted("usage_limit {} is not valid for a one-off setup key: use type reusable with "
                  "this usage_limit instead",
                  wanted.usage_limit));
  if (wanted.usage_limit < 0) return Refusal::invalid("usage_limit can not be negative");
  if (wanted.usage_limit > INT32_MAX)
    return Refusal::invalid("usage_limit can not be above 2147483647; 0 means unlimited");
  if (wanted.expires_in < 0) return Refusal::invalid("expiresin can not be in the past");
  if (wanted.expires_in > kTenYears)
    return Refusal::invalid("expires_in can not be longer than ten years; 0 means never");
  if (wanted.ephemeral_seconds < 60 || wanted.ephemeral_seconds > 30 * 24 * 3600)
    return Refusal::invalid("ephemeral_seconds is from 60 to 2592000");
  return {};
}

Result<void> check_texts(const NewKey& wanted) {
  if (trim(wanted.name).empty()) return Refusal::invalid("setup key name shouldn't be empty");
  if (auto checked = check_text("setup key name", wanted.name, kNameLength); !checked)
    return checked.refusal();
  if (auto checked = check_text("the note", wanted.note, kNoteLength, true); !checked)
    return checked.refusal();
  if (auto checked = check_text("device_name", wanted.device_name, kNameLength); !checked)
    return checked.refusal();
  for (const std::string& tag : wanted.tags)
    if (auto checked = check_text("a tag", tag, kNameLength); !checked || trim(tag).empty())
      return checked ? Refusal::invalid("a tag shouldn't be empty") : checked.refusal();
  for (const std::string& range : wanted.allowed_cidrs)
    if (!parse_ip_range(range))
      return Refusal::invalid(
          formatted("allowed_cidrs: {} is no range such as 203.0.113.0/24", range));
  return {};
}

KeyId insert_key(Transaction& tx, const By& by, const NewKey& wanted, const Secret& secret) {
  return KeyId{tx.insert(
      "INSERT INTO setup_keys (name, note, type, secret_hash, hint, usage_limit, expires_at,"
      " ephemeral, ephemeral_seconds, allow_extra_dns_labels, allow_group_choice,"
      " requires_approval, device_name, allowed_cidrs, created_by_id, created_with_id, created_at,"
      " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {trim(wanted.name), wanted.note, wanted.type, hash_of(secret), hint_of(secret),
       wanted.type == "one-off" ? 1 : wanted.usage_limit,
       wanted.expires_in == 0 ? 0 : by.at + wanted.expires_in, wanted.ephemeral,
       wanted.ephemeral_seconds, wanted.allow_extra_dns_labels, wanted.allow_group_choice,
       wanted.requires_approval, trim(wanted.device_name), join(wanted.allowed_cidrs, " "),
       by.user_id ? std::optional{by.user_id} : std::nullopt,
       by.token_id ? std::optional{by.token_id} : std::nullopt, by.at, by.at})};
}

void write_groups(Transaction& tx, KeyId id, const std::vector<Group>& groups) {
  tx.run("DELETE FROM setup_key_groups WHERE setup_key_id = ?", {id});
  int position = 0;
  for (const Group& group : groups)
    tx.run("INSERT INTO setup_key_groups (setup_key_id, position, group_id) VALUES (?, ?, ?)",
           {id, position++, group.id});
}

void write_lists(Transaction& tx, KeyId id, const std::vector<NetworkId>& networks,
                 const std::vector<std::string>& tags) {
  int position = 0;
  for (const NetworkId network : networks)
    tx.run("INSERT INTO setup_key_networks (setup_key_id, position, network_id) VALUES (?, ?, ?)",
           {id, position++, network});
  for (const std::string& tag : tags)
    tx.run("INSERT INTO setup_key_tags (setup_key_id, position, tag) VALUES (?, ?, ?)",
           {id, position++, trim(tag)});
}

void audit_group_changes(Transaction& tx, const By& by, const Key& key,
                         const std::vector<Group>& after) {
  const auto note = [&](std::string_view code, const Group& group) {
    append_audit(
        tx, by,
        {.code = code,
         .target = subject_of(key),
         .details = {
             {"group", group.name}, {"group_id", to_text(group.id)}, {"setupkey", key.name}}});
  };
  for (const GroupId id : key.auto_groups)
    if (std::ranges::find(after, id, &Group::id) == after.end())
      if (const auto group = find_group(tx, id)) note("setupkey.group.delete", *group);
  for (const Group& group : after)
    if (std::ranges::find(key.auto_groups, group.id) == key.auto_groups.end())
      note("setupkey.group.add", group);
}

Result<void> refuse_default(const Key& key) {
  if (!key.is_default()) return {};
  return Refusal::invalid(
      formatted("setup key {} is the default key of its {} and goes only with it", key.name,
                key.network_default_of ? "network" : "group"),
      Reason::default_key);
}

void revoke(Transaction& tx, const By& by, const Key& key) {
  if (tx.run("UPDATE setup_keys SET revoked_at = ?1, updated_at = ?1"
             " WHERE id = ?2 AND revoked_at IS NULL",
             {by.at, key.id}) == 1)
    append_audit(
        tx, by,
        {.code = "setupkey.revoke", .target = subject_of(key), .details = audit_details(key)});
}

// What a token that is confined to groups may not touch.
Result<void> check_reach(const By& by, const std::vector<Group>& groups, bool allow_group_choice) {
  std::vector<GroupId> ids;
  for (const Group& group : groups) ids.push_back(group.id);
  return check_confined(by, ids, allow_group_choice);
}
Result<void> check_reach(const By& by, const Key& key) {
  return check_confined(by, key.auto_groups, key.allow_group_choice);
}

Refusal key_not_found(KeyId id) {
  return Refusal::not_found(formatted("setup key: {} not found", id.value));
}

}  // namespace

std::string_view text_of(KeyState state) {
  constexpr std::array<std::string_view, 5> words{"expired", "revoked", "paused", "overused",
                                                  "valid"};
  return words.at(static_cast<std::size_t>(state));
}

KeyState state_of(const Key& key, std::int64_t now) {
  if (key.expires_at != 0 && now >= key.expires_at) return KeyState::expired;
  if (key.revoked_at) return KeyState::revoked;
  if (key.paused_at) return KeyState::paused;
  if (key.usage_limit > 0 && key.used_times >= key.usage_limit) return KeyState::overused;
  return KeyState::valid;
}

std::string whom_to_ask(const Key& key) {
  if (key.created_by.empty()) return "whoever sent it to you";
  return key.created_by;
}

Subject subject_of(const Key& key) { return {"setup_key", to_text(key.id), key.name}; }

Result<CreatedKey> create_key(Transaction& tx, const By& by, const NewKey& wanted) {
  if (trim(wanted.name).empty()) return Refusal::invalid("setup key name shouldn't be empty");
  if (auto checked = check_limits(wanted); !checked) return checked.refusal();
  if (auto checked = check_texts(wanted); !checked) return checked.refusal();
  const bool is_one_time = wanted.type == "one-off" || wanted.usage_limit == 1;
  auto groups = check_groups(tx, wanted.auto_groups, is_one_time);
  if (!groups) return groups.refusal();
  if (auto checked = check_reach(by, *groups, wanted.allow_group_choice); !checked)
    return checked.refusal();
  auto networks = check_networks(tx, wanted.networks);
  if (!networks) return networks.refusal();

  Secret secret = make_secret(SecretKind::setup_key);
  const KeyId id = insert_key(tx, by, wanted, secret);
  write_groups(tx, id, *groups);
  write_lists(tx, id, *networks, wanted.tags);
  Key key = *find_key(tx, id);
  append_audit(tx, by,
               {.code = "setupkey.add", .target = subject_of(key), .details = audit_details(key)});
  return CreatedKey{std::move(key), std::move(secret)};
}

void create_network_default_key(Transaction& tx, const By& by, NetworkId network,
                                std::string_view name) {
  const Secret unseen = make_secret(SecretKind::setup_key);
  const By nobody{by.actor, by.from, by.at};
  const KeyId id =
      insert_key(tx, nobody, NewKey{.name = std::string{name}, .type = "reusable"}, unseen);
  tx.run("UPDATE setup_keys SET network_default_of = ? WHERE id = ?", {network, id});
  write_lists(tx, id, {network}, {});
  const Key key = *find_key(tx, id);
  append_audit(tx, by,
               {.code = "setupkey.add", .target = subject_of(key), .details = audit_details(key)});
}

Result<Key> update_key(Transaction& tx, const By& by, KeyId id, const KeyChange& change) {
  // Groups are looked at before the key: clients rely on 422 for an unknown group on any id.
  std::vector<Group> groups;
  const auto before = find_key(tx, id);
  if (change.auto_groups) {
    // A key that is revoked lets nobody in, so protection must not keep it from being revoked.
    const bool may_name_protected =
        !before || before->is_one_time() || change.revoked.value_or(false);
    auto checked = check_groups(tx, *change.auto_groups, may_name_protected);
    if (!checked) return checked.refusal();
    groups = std::move(*checked);
  }
  if (!before) return key_not_found(id);
  if (auto checked = check_reach(by, *before); !checked) return checked.refusal();
  if (change.auto_groups)
    if (auto checked = check_reach(by, groups, before->allow_group_choice); !checked)
      return checked.refusal();
  if (change.revoked && !*change.revoked && before->revoked_at)
    return Refusal::invalid("can't un-revoke a revoked setup key");
  if (change.revoked && *change.revoked) {
    if (auto checked = refuse_default(*before); !checked) return checked.refusal();
    revoke(tx, by, *before);
  }
  if (change.auto_groups) {
    write_groups(tx, id, groups);
    audit_group_changes(tx, by, *before, groups);
  }
  tx.run("UPDATE setup_keys SET updated_at = ? WHERE id = ?", {by.at, id});
  return *find_key(tx, id);
}

Result<void> delete_key(Transaction& tx, const By& by, KeyId id) {
  const auto key = find_key(tx, id);
  if (!key) return key_not_found(id);
  if (auto checked = check_reach(by, *key); !checked) return checked.refusal();
  if (auto checked = refuse_default(*key); !checked) return checked.refusal();
  tx.run(
      "UPDATE setup_keys SET revoked_at = coalesce(revoked_at, ?1), deleted_at = ?1,"
      " updated_at = ?1 WHERE id = ?2",
      {by.at, id});
  append_audit(
      tx, by,
      {.code = "setupkey.delete", .target = subject_of(*key), .details = audit_details(*key)});
  return {};
}

std::optional<Key> find_key(const Snapshot& snapshot, KeyId id) {
  return find_one(snapshot, kCount, "k.id = ? AND k.deleted_at IS NULL", {id});
}

std::optional<Key> find_key_by_hash(const Snapshot& snapshot, const Hash& secret_hash) {
  return find_one(snapshot, kNoCount, "k.secret_hash = ?", {secret_hash});
}

std::vector<Key> list_keys(const Snapshot& snapshot, KeyId after, int limit) {
  std::vector<Key> keys;
  const std::string sql =
      formatted("{}{}{} WHERE k.deleted_at IS NULL AND k.id > ? ORDER BY k.id LIMIT ?", kSelect,
                kCount, kFrom);
  auto query = snapshot.query(sql, {after, limit});
  while (query.step()) keys.push_back(read_key(query));
  return keys;
}

bool claim_use(Transaction& tx, KeyId id, const Hash& secret_hash, std::int64_t now) {
  return tx.run(
             "UPDATE setup_keys SET used_times = used_times + 1, last_used_at = ?3"
             " WHERE id = ?1 AND secret_hash = ?2 AND deleted_at IS NULL"
             " AND (expires_at = 0 OR expires_at > ?3)"
             " AND revoked_at IS NULL AND paused_at IS NULL"
             " AND (usage_limit = 0 OR used_times < usage_limit)"
             " AND (usage_limit = 1 OR NOT EXISTS ("
             "   SELECT 1 FROM groups WHERE is_protected = 1 AND deleted_at IS NULL"
             "   AND (id = 1 OR id IN"
             "     (SELECT group_id FROM setup_key_groups WHERE setup_key_id = ?1))))",
             {id, secret_hash, now}) == 1;
}

}  // namespace muster
