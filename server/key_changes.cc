#include "server/key_changes.h"

#include <algorithm>
#include <array>

#include "server/clock.h"
#include "server/format.h"
#include "server/key_rows.h"
#include "server/key_rules.h"
#include "server/text.h"

namespace muster {
namespace {

template <class Ids>
std::vector<std::string> id_texts(const Ids& ids) {
  std::vector<std::string> texts;
  for (const auto id : ids) texts.push_back(to_text(id));
  return texts;
}

std::string yes_or_no(bool value) { return value ? "true" : "false"; }

// What a change may change, as the audit log tells it. Groups have rows of their own.
struct Member {
  const char* name;
  std::string (*text)(const Key& key);
};
constexpr std::array kMembers{
    Member{"name", [](const Key& key) { return key.name; }},
    Member{"note", [](const Key& key) { return key.note; }},
    Member{"type", [](const Key& key) { return key.type; }},
    Member{"usage_limit", [](const Key& key) { return std::to_string(key.usage_limit); }},
    Member{"expires_at",
           [](const Key& key) { return key.expires_at == 0 ? "never" : rfc3339(key.expires_at); }},
    Member{"ephemeral", [](const Key& key) { return yes_or_no(key.ephemeral); }},
    Member{"ephemeral_seconds",
           [](const Key& key) { return std::to_string(key.ephemeral_seconds); }},
    Member{"allow_extra_dns_labels",
           [](const Key& key) { return yes_or_no(key.allow_extra_dns_labels); }},
    Member{"allow_group_choice", [](const Key& key) { return yes_or_no(key.allow_group_choice); }},
    Member{"requires_approval", [](const Key& key) { return yes_or_no(key.requires_approval); }},
    Member{"device_name", [](const Key& key) { return key.device_name; }},
    Member{"allowed_cidrs", [](const Key& key) { return key.allowed_cidrs; }},
    Member{"networks", [](const Key& key) { return join(id_texts(key.networks), ", "); }},
    Member{"tags", [](const Key& key) { return join(key.tags, ", "); }},
    Member{"gateway_mode", [](const Key& key) { return key.gateway_mode; }},
    Member{"gateway_device_id",
           [](const Key& key) {
             return key.gateway_device_id ? to_text(*key.gateway_device_id) : std::string{};
           }},
};

void audit_changes(Transaction& tx, const By& by, const Key& before, const Key& after) {
  auto details = audit_details(after);
  const auto common = details.size();
  for (const Member& member : kMembers) {
    const std::string was = member.text(before);
    const std::string is = member.text(after);
    if (was == is) continue;
    details.emplace_back(formatted("old_{}", member.name), was);
    details.emplace_back(formatted("new_{}", member.name), is);
  }
  if (details.size() > common)
    append_audit(
        tx, by,
        {.code = "setupkey.update", .target = subject_of(after), .details = std::move(details)});
}

void audit_group_changes(Transaction& tx, const By& by, const Key& before, const Key& after) {
  const auto note = [&](std::string_view code, GroupId id) {
    const auto group = find_group(tx, id);
    if (!group) return;
    append_audit(
        tx, by,
        {.code = code,
         .target = subject_of(after),
         .details = {{"group", group->name}, {"group_id", to_text(id)}, {"setupkey", after.name}}});
  };
  const auto has = [](const std::vector<GroupId>& ids, GroupId id) {
    return std::ranges::find(ids, id) != ids.end();
  };
  for (const GroupId id : before.auto_groups)
    if (!has(after.auto_groups, id)) note("setupkey.group.delete", id);
  for (const GroupId id : after.auto_groups)
    if (!has(before.auto_groups, id)) note("setupkey.group.add", id);
}

// The key as if it were to be made anew.
NewKey settings_of(const Key& key) {
  return {.name = key.name,
          .note = key.note,
          .type = key.type,
          .usage_limit = key.usage_limit,
          .expires_in = key.expires_at == 0 ? 0 : key.expires_at - key.created_at,
          .expires_at = std::nullopt,
          .ephemeral = key.ephemeral,
          .ephemeral_seconds = key.ephemeral_seconds,
          .allow_extra_dns_labels = key.allow_extra_dns_labels,
          .allow_group_choice = key.allow_group_choice,
          .requires_approval = key.requires_approval,
          .device_name = key.device_name,
          .allowed_cidrs = split(key.allowed_cidrs, ' '),
          .auto_groups = id_texts(key.auto_groups),
          .networks = id_texts(key.networks),
          .tags = key.tags,
          .gateway_mode = key.gateway_mode,
          .gateway_device_id = key.gateway_device_id ? to_text(*key.gateway_device_id) : ""};
}

NewKey changed_settings(const Key& key, const KeyChange& change) {
  NewKey wanted = settings_of(key);
  const auto take = [](const auto& from, auto& to) {
    if (from) to = *from;
  };
  take(change.name, wanted.name);
  take(change.note, wanted.note);
  take(change.type, wanted.type);
  take(change.usage_limit, wanted.usage_limit);
  if (change.type == "one-off" && !change.usage_limit) wanted.usage_limit = 1;
  take(change.ephemeral, wanted.ephemeral);
  take(change.ephemeral_seconds, wanted.ephemeral_seconds);
  take(change.allow_extra_dns_labels, wanted.allow_extra_dns_labels);
  take(change.allow_group_choice, wanted.allow_group_choice);
  take(change.requires_approval, wanted.requires_approval);
  take(change.device_name, wanted.device_name);
  take(change.allowed_cidrs, wanted.allowed_cidrs);
  take(change.auto_groups, wanted.auto_groups);
  take(change.networks, wanted.networks);
  take(change.tags, wanted.tags);
  take(change.gateway_device_id, wanted.gateway_device_id);
  if (change.gateway_device_id) wanted.gateway_mode = "fixed";
  take(change.gateway_mode, wanted.gateway_mode);
  return wanted;
}

// A link is for one machine and has an end, and its pasted line holds the secret.
Refusal link_key(const Key& key, std::string_view why) {
  return Refusal::invalid(formatted("setup key {} belongs to an install link: {}", key.name, why));
}

Result<void> check_uses(const Key& key, const NewKey& wanted) {
  if (wanted.type == "one-off" && wanted.usage_limit != 1)
    return Refusal::invalid(
        formatted("usage_limit {} is not valid for a one-off setup key: set type reusable as well",
                  wanted.usage_limit));
  if (key.install_link_id && wanted.usage_limit != 1)
    return link_key(key, "it lets in one machine");
  if (wanted.usage_limit > 0 && wanted.usage_limit < key.used_times)
    return Refusal::invalid(formatted("usage_limit {} is below the {} uses so far",
                                      wanted.usage_limit, key.used_times));
  return {};
}

Result<void> check_default(const Key& key, const NewKey& wanted, std::int64_t expires_at,
                           const std::vector<Group>& groups,
                           const std::vector<NetworkId>& networks) {
  if (!key.is_default()) return {};
  const char* what = nullptr;
  if (trim(wanted.name) != key.name) what = "name";
  if (wanted.type != key.type) what = "type";
  if (wanted.usage_limit != key.usage_limit) what = "usage_limit";
  if (expires_at != key.expires_at) what = "expiry";
  if (key.network_default_of && networks != key.networks) what = "networks";
  if (key.group_default_of &&
      std::ranges::find(groups, *key.group_default_of, &Group::id) == groups.end())
    what = "auto_groups";
  if (what == nullptr) return {};
  return Refusal::invalid(
      formatted("setup key {} is the default key of its {}: its {} cannot be changed", key.name,
                key.network_default_of ? "network" : "group", what),
      Reason::default_key);
}

// A reference that was there before stays good, whatever became of it: nobody names it anew.
std::vector<Group> present_groups(const Snapshot& snapshot, const Key& key) {
  std::vector<Group> groups;
  for (const GroupId id : key.auto_groups)
    if (auto group = find_group(snapshot, id)) groups.push_back(std::move(*group));
  return groups;
}

struct Checked {
  NewKey wanted;
  std::int64_t expires_at;
  std::optional<DeviceId> gateway;
  std::vector<Group> groups;
  std::vector<NetworkId> networks;
};

// Groups are looked at before the key: clients rely on 422 for an unknown group on any id.
Result<std::vector<Group>> check_changed_groups(const Snapshot& snapshot,
                                                const std::optional<Key>& key,
                                                const KeyChange& change) {
  // A key that is revoked lets nobody in, so protection must not keep it from being revoked.
  const bool may_name_protected =
      !key || change.revoked.value_or(false) || changed_settings(*key, change).usage_limit == 1;
  if (change.auto_groups) return check_groups(snapshot, *change.auto_groups, may_name_protected);
  if (!key) return std::vector<Group>{};
  auto groups = present_groups(snapshot, *key);
  if (!change.usage_limit && !change.type) return groups;
  return check_groups(snapshot, id_texts(key->auto_groups), may_name_protected);
}

Result<Checked> check_change(const Snapshot& snapshot, const Key& key, const KeyChange& change,
                             std::vector<Group> groups, std::int64_t now) {
  NewKey wanted = changed_settings(key, change);
  if (auto checked = check_limits(wanted); !checked) return checked.refusal();
  if (auto checked = check_uses(key, wanted); !checked) return checked.refusal();
  if (auto checked = check_texts(wanted); !checked) return checked.refusal();
  if (change.expires_in && change.expires_at)
    return Refusal::invalid("expires_in and expires_at say the same: send one of them");
  std::int64_t expires_at = key.expires_at;
  if (change.expires_in || change.expires_at) {
    const auto end = check_expiry(change.expires_at, change.expires_in.value_or(0), now);
    if (!end) return end.refusal();
    expires_at = *end;
    if (key.install_link_id && expires_at == 0) return link_key(key, "it always has an end");
  }
  auto networks = key.networks;
  if (change.networks) {
    auto checked = check_networks(snapshot, *change.networks);
    if (!checked) return checked.refusal();
    networks = std::move(*checked);
  }
  auto gateway = key.gateway_device_id;
  if (change.gateway_mode || change.gateway_device_id) {
    const auto checked = check_gateway(snapshot, wanted);
    if (!checked) return checked.refusal();
    gateway = *checked;
  }
  if (auto checked = check_default(key, wanted, expires_at, groups, networks); !checked)
    return checked.refusal();
  return Checked{std::move(wanted), expires_at, gateway, std::move(groups), std::move(networks)};
}

void store_change(Transaction& tx, const By& by, const Key& key, const KeyChange& change,
                  const Checked& checked) {
  const NewKey& wanted = checked.wanted;
  tx.run(
      "UPDATE setup_keys SET name = ?, note = ?, type = ?, usage_limit = ?, expires_at = ?,"
      " ephemeral = ?, ephemeral_seconds = ?, allow_extra_dns_labels = ?, allow_group_choice = ?,"
      " requires_approval = ?, device_name = ?, allowed_cidrs = ?, gateway_mode = ?,"
      " gateway_device_id = ?, updated_at = ? WHERE id = ?",
      {trim(wanted.name), wanted.note, wanted.type, wanted.usage_limit, checked.expires_at,
       wanted.ephemeral, wanted.ephemeral_seconds, wanted.allow_extra_dns_labels,
       wanted.allow_group_choice, wanted.requires_approval, trim(wanted.device_name),
       join(wanted.allowed_cidrs, " "), wanted.gateway_mode, checked.gateway, by.at, key.id});
  if (change.auto_groups) write_groups(tx, key.id, checked.groups);
  if (change.networks) write_networks(tx, key.id, checked.networks);
  if (change.tags) write_tags(tx, key.id, wanted.tags);
}

void append_about(Transaction& tx, const By& by, std::string_view code, const Key& key) {
  append_audit(tx, by, {.code = code, .target = subject_of(key), .details = audit_details(key)});
}

// Whether it changed, as below.
bool revoke(Transaction& tx, const By& by, const Key& key) {
  const bool changed = tx.run(
                           "UPDATE setup_keys SET revoked_at = ?1, updated_at = ?1"
                           " WHERE id = ?2 AND revoked_at IS NULL",
                           {by.at, key.id}) == 1;
  if (changed) append_about(tx, by, "setupkey.revoke", key);
  return changed;
}

bool pause(Transaction& tx, const By& by, const Key& key, bool paused) {
  const bool changed = tx.run(
                           "UPDATE setup_keys SET paused_at = iif(?1, ?2, NULL), updated_at = ?2"
                           " WHERE id = ?3 AND (paused_at IS NULL) = ?1",
                           {paused, by.at, key.id}) == 1;
  if (changed) append_about(tx, by, paused ? "setupkey.pause" : "setupkey.resume", key);
  return changed;
}

bool remove(Transaction& tx, const By& by, const Key& key) {
  const bool changed =
      tx.run(
          "UPDATE setup_keys SET revoked_at = coalesce(revoked_at, ?1), deleted_at = ?1,"
          " updated_at = ?1 WHERE id = ?2 AND deleted_at IS NULL",
          {by.at, key.id}) == 1;
  if (changed) append_about(tx, by, "setupkey.delete", key);
  return changed;
}

// "Shop tills copy", cut by whole characters where that is too long for a name.
std::string name_of_copy(std::string name) {
  constexpr std::string_view ending = " copy";
  while (printable_length(name).value_or(kNameLength) + ending.size() > kNameLength)
    name.pop_back();
  return name.append(ending);
}

// The key, if it is there and within what the caller may touch.
Result<Key> find_reachable(const Snapshot& snapshot, const By& by, KeyId id) {
  auto key = find_key(snapshot, id);
  if (!key) return key_not_found(id);
  if (auto checked = check_reach(by, *key); !checked) return checked.refusal();
  return std::move(*key);
}

Result<Key> find_and_act(Transaction& tx, const By& by, KeyId id, KeyAct act) {
  const auto key = find_key(tx, id);
  if (!key) return key_not_found(id);
  if (auto done = act_on_key(tx, by, *key, act); !done) return done.refusal();
  return *find_key_even_deleted(tx, id);
}

}  // namespace

Result<Key> update_key(Transaction& tx, const By& by, KeyId id, const KeyChange& change) {
  const auto before = find_key(tx, id);
  auto groups = check_changed_groups(tx, before, change);
  if (!groups) return groups.refusal();
  if (!before) return key_not_found(id);
  if (auto checked = check_reach(by, *before); !checked) return checked.refusal();
  if (auto checked =
          check_reach(by, *groups, change.allow_group_choice.value_or(before->allow_group_choice));
      !checked)
    return checked.refusal();
  if (change.revoked && !*change.revoked && before->revoked_at)
    return Refusal::invalid("can't un-revoke a revoked setup key");
  if (change.revoked.value_or(false))
    if (auto checked = refuse_default(*before); !checked) return checked.refusal();
  const auto checked = check_change(tx, *before, change, std::move(*groups), by.at);
  if (!checked) return checked.refusal();

  if (change.revoked.value_or(false)) revoke(tx, by, *before);
  if (change.paused) pause(tx, by, *before, *change.paused);
  store_change(tx, by, *before, change, *checked);
  Key after = *find_key(tx, id);
  audit_changes(tx, by, *before, after);
  audit_group_changes(tx, by, *before, after);
  return after;
}

Result<bool> act_on_key(Transaction& tx, const By& by, const Key& key, KeyAct act) {
  if (auto checked = check_reach(by, key); !checked) return checked.refusal();
  const bool ends = act == KeyAct::revoke || act == KeyAct::remove;
  if (ends)
    if (auto checked = refuse_default(key); !checked) return checked.refusal();
  if (act == KeyAct::revoke) return revoke(tx, by, key);
  if (act == KeyAct::remove) return remove(tx, by, key);
  return pause(tx, by, key, act == KeyAct::pause);
}

Result<Key> pause_key(Transaction& tx, const By& by, KeyId id) {
  return find_and_act(tx, by, id, KeyAct::pause);
}

Result<Key> resume_key(Transaction& tx, const By& by, KeyId id) {
  return find_and_act(tx, by, id, KeyAct::resume);
}

Result<Key> revoke_key(Transaction& tx, const By& by, KeyId id) {
  return find_and_act(tx, by, id, KeyAct::revoke);
}

Result<void> delete_key(Transaction& tx, const By& by, KeyId id) {
  if (auto done = find_and_act(tx, by, id, KeyAct::remove); !done) return done.refusal();
  return {};
}

Result<CreatedKey> rotate_key(Transaction& tx, const By& by, KeyId id) {
  const auto key = find_reachable(tx, by, id);
  if (!key) return key.refusal();
  if (key->revoked_at)
    return Refusal::invalid(formatted(
        "setup key {} is revoked, and a new secret would not wake it: clone it", key->name));
  if (key->install_link_id) return link_key(*key, "send the link again for a new secret");
  Secret secret = make_secret(SecretKind::setup_key);
  tx.run("UPDATE setup_keys SET secret_hash = ?, hint = ?, updated_at = ? WHERE id = ?",
         {hash_of(secret), hint_of(secret), by.at, id});
  Key after = *find_key(tx, id);
  auto details = audit_details(after);
  details.emplace_back("old_key", key->hint + "****");
  append_audit(
      tx, by,
      {.code = "setupkey.rotate", .target = subject_of(after), .details = std::move(details)});
  return CreatedKey{std::move(after), std::move(secret)};
}

Result<CreatedKey> clone_key(Transaction& tx, const By& by, KeyId id, const Clone& wanted) {
  const auto key = find_reachable(tx, by, id);
  if (!key) return key.refusal();
  NewKey settings = settings_of(*key);
  settings.name = wanted.name.value_or(name_of_copy(key->name));
  if (settings.expires_in != 0)
    settings.expires_in = std::clamp<std::int64_t>(settings.expires_in, 1, kExpiresInAtMost);
  if (wanted.expires_in) settings.expires_in = *wanted.expires_in;
  return create_key(tx, by, settings);
}

}  // namespace muster
