#include "server/enrollment.h"

#include <algorithm>
#include <stdexcept>

#include "server/clock.h"
#include "server/format.h"
#include "server/groups.h"
#include "server/ip.h"
#include "server/networks.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::size_t kLabelsAtMost = 10;

Refusal key_unknown() {
  return Refusal::forbidden(
      "This key is not known here. Copy the whole line once more; if it is refused again, ask "
      "whoever sent it to you for a new one.",
      Reason::key_unknown);
}

Refusal used_up(const Snapshot& snapshot, const Key& key) {
  const auto last = find_last_enrolled(snapshot, key.id);
  const std::string by =
      last ? formatted("{} used it on {}", last->name, readable_time(last->enrolled_at))
           : "it has been used";
  const std::string sentence =
      key.is_one_time()
          ? formatted("This line works once, and {}.", by)
          : formatted("This key was made for {} machines and all have come; the last was {}.",
                      key.usage_limit, last ? last->name : "removed");
  return Refusal::forbidden(formatted("{} Ask {} for a new line.", sentence, whom_to_ask(key)),
                            Reason::key_used_up);
}

// Why this key lets nobody in at this moment.
Refusal unusable(const Snapshot& snapshot, const Key& key, std::int64_t now) {
  const std::string ask = whom_to_ask(key);
  switch (state_of(key, now)) {
    case KeyState::expired:
      return Refusal::forbidden(formatted("This key was good until {}. Ask {} for a new line.",
                                          readable_time(key.expires_at), ask),
                                Reason::key_expired);
    case KeyState::revoked:
      return Refusal::forbidden(
          formatted("This key was withdrawn and lets no machine in any more. Ask {} for a new "
                    "line.",
                    ask),
          Reason::key_revoked);
    case KeyState::paused:
      return Refusal::forbidden(
          formatted("This key is paused at the moment. Try the same line later, or ask {}.", ask),
          Reason::key_paused);
    case KeyState::overused:
      return used_up(snapshot, key);
    case KeyState::valid:
      break;
  }
  if (!key.blocked_by.empty())
    return Refusal::forbidden(
        formatted("The group {} takes one-time keys only, and this key works more than once. Ask "
                  "{} for a one-time key.",
                  key.blocked_by.front(), ask),
        Reason::group_protected);
  throw std::logic_error("a key that could not be claimed has no reason");
}

bool is_source_allowed(const Key& key, const std::string& from) {
  if (key.allowed_cidrs.empty()) return true;
  return std::ranges::any_of(split(key.allowed_cidrs, ' '), [&](const std::string& text) {
    const auto range = parse_ip_range(text);
    return range && range->contains(from);
  });
}

// The group chosen on the machine, made if it is new. Nothing chosen: nothing.
Result<std::optional<GroupId>> choose_group(Transaction& tx, const By& by, const Key& key,
                                            const std::string& name) {
  if (name.empty()) return std::optional<GroupId>{};
  const auto known = find_group_by_name(tx, name);
  if (known && known->is_protected && !key.is_one_time())
    return Refusal::forbidden(
        formatted("The group {} takes one-time keys only. Ask {} for a one-time key.", name,
                  whom_to_ask(key)),
        Reason::group_protected);
  if (!key.allow_group_choice)
    return Refusal::forbidden(
        formatted("This key does not let the machine choose a group. Leave out --group, or ask "
                  "{}.",
                  whom_to_ask(key)),
        Reason::group_not_allowed);
  if (known) return std::optional{known->id};
  auto made = create_group(tx, by, {.name = name});
  if (!made) return made.refusal();
  return std::optional{made->id};
}

Result<void> check_permissions(const Snapshot& snapshot, const Key& key, const Attempt& attempt) {
  if (!is_source_allowed(key, attempt.from))
    return Refusal::forbidden(
        formatted("This key works only from certain places, and {} is none of them. Ask {}.",
                  attempt.from, whom_to_ask(key)),
        Reason::source_not_allowed);
  if (!attempt.dns_labels.empty() && !key.allow_extra_dns_labels)
    return Refusal::forbidden(
        formatted("This key does not allow extra names. Leave out --dns-label, or ask {}.",
                  whom_to_ask(key)),
        Reason::dns_labels_not_allowed);
  if (attempt.wireguard_public_key &&
      is_wireguard_key_taken(snapshot, *attempt.wireguard_public_key))
    return Refusal::forbidden(
        "Another device uses this WireGuard key. Is this disk a copy of another machine's? Make a "
        "new key and try again.",
        Reason::wireguard_key_taken);
  return {};
}

// The key's networks, or the default one.
std::vector<NetworkId> networks_of(const Snapshot& snapshot, const Key& key) {
  if (!key.networks.empty()) return key.networks;
  if (const auto network = find_default_network(snapshot)) return {network->id};
  return {};
}

Result<void> give_addresses(Transaction& tx, const Key& key, DeviceId device, std::int64_t now) {
  for (const NetworkId network : networks_of(tx, key)) {
    if (claim_address(tx, network, device, now)) continue;
    const auto full = find_network(tx, network);
    return Refusal::forbidden(
        formatted("Every address of the network {} is taken. Ask {} to make room; then the same "
                  "line works.",
                  full ? full->name : "", whom_to_ask(key)),
        Reason::address_range_full);
  }
  return {};
}

bool needs_approval(const Snapshot& snapshot, const Key& key, std::optional<GroupId> chosen) {
  if (key.requires_approval) return true;
  auto query = snapshot.query(
      "SELECT 1 FROM groups WHERE requires_approval = 1 AND deleted_at IS NULL"
      " AND (id = ?1 OR id = ?2 OR id IN"
      "  (SELECT group_id FROM setup_key_groups WHERE setup_key_id = ?3))",
      {kAllGroup, chosen, key.id});
  return query.step();
}

DeviceId make_device(Transaction& tx, const Key& key, const Attempt& attempt, bool is_approved,
                     std::int64_t now) {
  const std::string called =
      !key.device_name.empty() ? key.device_name : key.recipient.value_or(attempt.facts.hostname);
  const DeviceId id = insert_device(tx, {.name = free_device_name(tx, make_label(called)),
                                         .facts = attempt.facts,
                                         .secret_hash = attempt.device_hash,
                                         .wireguard_public_key = attempt.wireguard_public_key,
                                         .setup_key_id = key.id,
                                         .enrolled_with_hash = *attempt.key_hash,
                                         .enrolled_from = attempt.from,
                                         .enrolled_at = now,
                                         .is_approved = is_approved,
                                         .ephemeral = key.ephemeral,
                                         .ephemeral_seconds = key.ephemeral_seconds});
  for (const GroupId group : key.auto_groups) add_member(tx, group, id);
  set_tags(tx, id, key.tags);
  add_dns_labels(tx, id, attempt.dns_labels);
  return id;
}

void audit_enrollment(Transaction& tx, const By& by, const Device& device) {
  auto details = audit_details(device);
  details.insert(details.end(), {{"hostname", device.hostname},
                                 {"os", device.os},
                                 {"setup_key_name", device.setup_key_name},
                                 {"status", std::string{text_of(device.status())}}});
  append_audit(
      tx, by,
      {.code = "peer.setupkey.add", .target = subject_of(device), .details = std::move(details)});
}

}  // namespace

Result<void> check_attempt(const Attempt& attempt) {
  const MachineFacts& facts = attempt.facts;
  if (trim(facts.hostname).empty()) return Refusal::invalid("hostname shouldn't be empty");
  if (!is_known_os(facts.os))
    return Refusal::invalid("os is linux, macos, windows, freebsd or other");
  const std::pair<std::string_view, const std::string&> texts[]{
      {"hostname", facts.hostname},
      {"os_version", facts.os_version},
      {"arch", facts.arch},
      {"agent_version", facts.agent_version},
      {"machine_id", facts.machine_id},
      {"group", attempt.group},
  };
  for (const auto& [name, text] : texts)
    if (auto checked = check_text(name, text, kNameLength); !checked) return checked.refusal();
  if (attempt.wireguard_public_key && !is_wireguard_key(*attempt.wireguard_public_key))
    return Refusal::invalid("wireguard_public_key is 44 characters of base64");
  if (attempt.dns_labels.size() > kLabelsAtMost)
    return Refusal::invalid(formatted("dns_labels: {} at most", kLabelsAtMost));
  for (const std::string& label : attempt.dns_labels)
    if (!is_label(label))
      return Refusal::invalid("dns_labels: a label is 1 to 63 of a-z, 0-9 and hyphens between");
  return {};
}

Result<std::optional<Enrolled>> recognize(const Snapshot& snapshot, const Attempt& attempt) {
  if (auto device = find_device_by_secret(snapshot, attempt.device_hash)) {
    if (device->removed_at)
      return Refusal{Kind::gone, Reason::device_removed,
                     formatted("This device was removed on {}. Enroll it anew with a new key.",
                               readable_time(*device->removed_at))};
    if (attempt.key_hash != device->enrolled_with_hash)
      return Refusal::conflict(
          formatted("This machine is enrolled already, as {}, with another key.", device->name),
          Reason::device_already_enrolled);
    return std::optional{Enrolled{std::move(*device), false}};
  }
  if (!attempt.key_hash || !find_key_by_hash(snapshot, *attempt.key_hash)) return key_unknown();
  return std::optional<Enrolled>{};
}

Result<Enrolled> enroll(Transaction& tx, const Attempt& attempt, std::int64_t now) {
  auto known = recognize(tx, attempt);
  if (!known) return known.refusal();
  if (*known) return std::move(**known);

  const auto key = find_key_by_hash(tx, *attempt.key_hash);
  if (!claim_use(tx, key->id, *attempt.key_hash, now)) return unusable(tx, *key, now);
  const By by{.actor = subject_of(*key), .from = attempt.from, .at = now};
  const auto chosen = choose_group(tx, by, *key, trim(attempt.group));
  if (!chosen) return chosen.refusal();
  if (auto checked = check_permissions(tx, *key, attempt); !checked) return checked.refusal();

  const bool is_approved = !needs_approval(tx, *key, *chosen);
  const DeviceId id = make_device(tx, *key, attempt, is_approved, now);
  if (*chosen) add_member(tx, **chosen, id);
  if (auto given = give_addresses(tx, *key, id, now); !given) return given.refusal();
  touch_names(tx, id);
  Device device = *find_device(tx, id);
  audit_enrollment(tx, by, device);
  return Enrolled{std::move(device), true};
}

}  // namespace muster
