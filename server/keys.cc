#include "server/keys.h"

#include <array>

#include "server/format.h"
#include "server/key_rows.h"
#include "server/key_rules.h"
#include "server/text.h"

namespace muster {
namespace {

std::optional<Key> find_one(const Snapshot& snapshot, std::string_view condition,
                            std::initializer_list<Bind> values) {
  const std::string sql = formatted("{}{} WHERE {}", kKeySelect, kKeyFrom, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  return read_key(query);
}

// What was checked about a key that is to be made.
struct Checked {
  std::int64_t expires_at = 0;
  std::optional<DeviceId> gateway = {};
  std::vector<Group> groups = {};
  std::vector<NetworkId> networks = {};
};

Key insert_key(Transaction& tx, const By& by, const NewKey& wanted, const Checked& checked,
               const Secret& secret) {
  const KeyId id{tx.insert(
      "INSERT INTO setup_keys (name, note, type, secret_hash, hint, usage_limit, expires_at,"
      " ephemeral, ephemeral_seconds, allow_extra_dns_labels, allow_group_choice,"
      " requires_approval, device_name, allowed_cidrs, gateway_mode, gateway_device_id,"
      " created_by_id, created_with_id, created_at, updated_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {trim(wanted.name),
       wanted.note,
       wanted.type,
       hash_of(secret),
       hint_of(secret),
       wanted.type == "one-off" ? 1 : wanted.usage_limit,
       checked.expires_at,
       wanted.ephemeral,
       wanted.ephemeral_seconds,
       wanted.allow_extra_dns_labels,
       wanted.allow_group_choice,
       wanted.requires_approval,
       trim(wanted.device_name),
       join(wanted.allowed_cidrs, " "),
       wanted.gateway_mode,
       checked.gateway,
       by.user_id ? std::optional{by.user_id} : std::nullopt,
       by.token_id ? std::optional{by.token_id} : std::nullopt,
       by.at,
       by.at})};
  write_groups(tx, id, checked.groups);
  write_networks(tx, id, checked.networks);
  write_tags(tx, id, wanted.tags);
  return *find_key(tx, id);
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

std::vector<std::pair<std::string, std::string>> audit_details(const Key& key) {
  return {{"name", key.name}, {"type", key.type}, {"key", key.hint + "****"}};
}

Result<void> refuse_default(const Key& key) {
  if (!key.is_default()) return {};
  return Refusal::invalid(
      formatted("setup key {} is the default key of its {} and goes only with it", key.name,
                key.network_default_of ? "network" : "group"),
      Reason::default_key);
}

Refusal key_not_found(KeyId id) {
  return Refusal::not_found(formatted("setup key: {} not found", id.value));
}

Result<CreatedKey> create_key(Transaction& tx, const By& by, const NewKey& wanted) {
  if (trim(wanted.name).empty()) return Refusal::invalid("setup key name shouldn't be empty");
  if (auto checked = check_limits(wanted); !checked) return checked.refusal();
  const auto expires_at = check_expiry(wanted.expires_at, wanted.expires_in, by.at);
  if (!expires_at) return expires_at.refusal();
  if (auto checked = check_texts(wanted); !checked) return checked.refusal();
  const bool is_one_time = wanted.type == "one-off" || wanted.usage_limit == 1;
  auto groups = check_groups(tx, wanted.auto_groups, is_one_time);
  if (!groups) return groups.refusal();
  if (auto checked = check_reach(by, *groups, wanted.allow_group_choice); !checked)
    return checked.refusal();
  auto networks = check_networks(tx, wanted.networks);
  if (!networks) return networks.refusal();
  const auto gateway = check_gateway(tx, wanted);
  if (!gateway) return gateway.refusal();

  Secret secret = make_secret(SecretKind::setup_key);
  Key key = insert_key(tx, by, wanted,
                       {.expires_at = *expires_at,
                        .gateway = *gateway,
                        .groups = std::move(*groups),
                        .networks = std::move(*networks)},
                       secret);
  append_audit(tx, by,
               {.code = "setupkey.add", .target = subject_of(key), .details = audit_details(key)});
  return CreatedKey{std::move(key), std::move(secret)};
}

CreatedKey create_default_key(Transaction& tx, const By& by, const DefaultOf& of,
                              std::string_view name) {
  Secret secret = make_secret(SecretKind::setup_key);
  const By nobody{by.actor, by.from, by.at};
  Checked checked;
  if (of.network) checked.networks.push_back(*of.network);
  if (of.group) checked.groups.push_back(*find_group(tx, *of.group));
  const KeyId id =
      insert_key(tx, nobody, {.name = std::string{name}, .type = "reusable"}, checked, secret).id;
  tx.run("UPDATE setup_keys SET network_default_of = ?, group_default_of = ? WHERE id = ?",
         {of.network, of.group, id});
  Key key = *find_key(tx, id);
  append_audit(tx, by,
               {.code = "setupkey.add", .target = subject_of(key), .details = audit_details(key)});
  return CreatedKey{std::move(key), std::move(secret)};
}

std::optional<Key> find_key(const Snapshot& snapshot, KeyId id) {
  return find_one(snapshot, "k.id = ? AND k.deleted_at IS NULL", {id});
}

std::optional<Key> find_key_even_deleted(const Snapshot& snapshot, KeyId id) {
  return find_one(snapshot, "k.id = ?", {id});
}

std::optional<Key> find_key_by_hash(const Snapshot& snapshot, const Hash& secret_hash) {
  return find_one(snapshot, "k.secret_hash = ?", {secret_hash});
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
