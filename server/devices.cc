#include "server/devices.h"

#include <algorithm>
#include <array>

#include "server/clock.h"
#include "server/device_list.h"
#include "server/format.h"
#include "server/groups.h"
#include "server/ip.h"
#include "server/networks.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kSelect =
    "SELECT d.id, d.name, d.hostname, d.os, d.os_version, d.arch, d.agent_version, d.machine_id,"
    " d.wireguard_public_key, d.setup_key_id, k.name, d.enrolled_with_hash, d.enrolled_at,"
    " d.enrolled_from, d.approved_at, d.ephemeral, d.ephemeral_seconds, d.is_gateway, d.revision,"
    " d.removed_at, d.removed_because, s.at, l.id, l.recipient,"
    " (SELECT group_concat(n.id || char(31) || a.address || char(31) || n.cidr || char(31) ||"
    "   n.name, char(30)) FROM addresses a JOIN networks n ON n.id = a.network_id"
    "   WHERE a.device_id = d.id),"
    " (SELECT group_concat(g.id || char(31) || g.name, char(30)) FROM groups g"
    "   WHERE g.deleted_at IS NULL AND ((g.id = 1 AND d.removed_at IS NULL) OR g.id IN"
    "    (SELECT group_id FROM group_members m WHERE m.device_id = d.id))),"
    " (SELECT group_concat(tag, char(30)) FROM device_tags WHERE device_id = d.id),"
    " (SELECT group_concat(label, char(30)) FROM device_dns_labels WHERE device_id = d.id),"
    " d.ssh_enabled"
    " FROM devices d JOIN setup_keys k ON k.id = d.setup_key_id"
    " LEFT JOIN install_links l ON l.setup_key_id = d.setup_key_id"
    " LEFT JOIN last_seen s ON s.device_id = d.id";

std::vector<DeviceAddress> read_addresses(const std::string& list) {
  std::vector<DeviceAddress> addresses;
  for (const std::string& item : split(list, '\x1e')) {
    const auto parts = split(item, '\x1f');
    const auto number = static_cast<std::uint32_t>(std::stoul(parts.at(1)));
    addresses.push_back(
        {NetworkId{std::stoll(parts.at(0))}, parts.at(3), ipv4_text(number), parts.at(2)});
  }
  return addresses;
}

std::vector<DeviceGroup> read_groups(const std::string& list) {
  std::vector<DeviceGroup> groups;
  for (const std::string& item : split(list, '\x1e')) {
    const auto parts = split(item, '\x1f');
    groups.push_back({GroupId{std::stoll(parts.at(0))}, parts.at(1)});
  }
  return groups;
}

Device read_device(Query& row) {
  Device device;
  device.id = row.id<DeviceId>();
  device.name = row.text();
  device.hostname = row.text();
  device.os = row.text();
  device.os_version = row.text();
  device.arch = row.text();
  device.agent_version = row.text();
  device.machine_id = row.text();
  device.wireguard_public_key = row.find_text();
  device.setup_key_id = row.id<KeyId>();
  device.setup_key_name = row.text();
  device.enrolled_with_hash = row.hash();
  device.enrolled_at = row.integer();
  device.enrolled_from = row.text();
  device.approved_at = row.find_integer();
  device.ephemeral = row.boolean();
  device.ephemeral_seconds = row.integer();
  device.is_gateway = row.boolean();
  device.revision = row.integer();
  device.removed_at = row.find_integer();
  device.removed_because = row.find_text();
  device.stored_last_seen_at = row.find_integer();
  device.install_link_id = row.find_id<LinkId>();
  device.recipient = row.find_text();
  device.addresses = read_addresses(row.find_text().value_or(""));
  device.groups = read_groups(row.find_text().value_or(""));
  device.tags = split(row.find_text().value_or(""), '\x1e');
  device.dns_labels = split(row.find_text().value_or(""), '\x1e');
  device.ssh_enabled = row.boolean();
  return device;
}

std::optional<Device> find_one(const Snapshot& snapshot, std::string_view condition,
                               std::initializer_list<Bind> values) {
  const std::string sql = formatted("{} WHERE {}", kSelect, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  return read_device(query);
}

using Details = std::vector<std::pair<std::string, std::string>>;

Details more_details(const Device& device, Details more) {
  Details details = audit_details(device);
  details.insert(details.end(), more.begin(), more.end());
  return details;
}

bool is_name_taken(const Snapshot& snapshot, std::string_view name) {
  auto query =
      snapshot.query("SELECT 1 FROM devices WHERE name = ? AND removed_at IS NULL", {name});
  return query.step();
}

Result<void> rename(Transaction& tx, const By& by, const Device& device, std::string_view wanted) {
  const std::string name = trim(wanted);
  if (name.empty()) return Refusal::invalid("the device's name shouldn't be empty");
  if (auto checked = check_text("the device's name", name, kNameLength); !checked)
    return checked.refusal();
  if (name == device.name) return {};
  if (is_name_taken(tx, name))
    return Refusal::conflict(formatted("device with name {} already exists", name));
  tx.run("UPDATE devices SET name = ? WHERE id = ?", {name, device.id});
  touch_names(tx, device.id);
  append_audit(tx, by,
               {.code = "peer.rename",
                .target = {"device", to_text(device.id), name},
                .details = more_details(*find_device(tx, device.id), {{"old_name", device.name}})});
  return {};
}

Result<void> change_groups(Transaction& tx, const By& by, const Device& device,
                           const std::vector<std::string>& references) {
  std::vector<Group> wanted;
  for (const std::string& reference : references) {
    auto group = find_group_named(tx, reference);
    if (!group) return Refusal::invalid(formatted("group not found: {}", reference));
    if (std::ranges::find(wanted, group->id, &Group::id) == wanted.end())
      wanted.push_back(std::move(*group));
  }
  const auto note = [&](std::string_view code, GroupId id, const std::string& name) {
    append_audit(tx, by,
                 {.code = code,
                  .target = subject_of(device),
                  .details = {{"group", name},
                              {"group_id", to_text(id)},
                              {"peer_ip", device.address()},
                              {"peer_fqdn", device.full_name()}}});
  };
  for (const DeviceGroup& group : device.groups) {
    const bool stays = std::ranges::find(wanted, group.id, &Group::id) != wanted.end();
    if (stays || group.id == kAllGroup) continue;
    tx.run("DELETE FROM group_members WHERE group_id = ? AND device_id = ?", {group.id, device.id});
    note("peer.group.delete", group.id, group.name);
  }
  for (const Group& group : wanted) {
    const bool was =
        std::ranges::find(device.groups, group.id, &DeviceGroup::id) != device.groups.end();
    if (was) continue;
    add_member(tx, group.id, device.id);
    note("peer.group.add", group.id, group.name);
  }
  return {};
}

Result<void> change_tags(Transaction& tx, const By& by, const Device& device,
                         const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    if (trim(tag).empty()) return Refusal::invalid("a tag shouldn't be empty");
    if (auto checked = check_text("a tag", tag, kNameLength); !checked) return checked.refusal();
  }
  set_tags(tx, device.id, tags);
  append_audit(tx, by,
               {.code = "peer.tags.update",
                .target = subject_of(device),
                .details = {{"old_tags", join(device.tags, ", ")}, {"tags", join(tags, ", ")}}});
  return {};
}

void change_approval(Transaction& tx, const By& by, const Device& device, bool approved) {
  if (approved == device.approved_at.has_value()) return;
  tx.run("UPDATE devices SET approved_at = ?, revision = revision + 1 WHERE id = ?",
         {approved ? std::optional{by.at} : std::nullopt, device.id});
  append_audit(tx, by,
               {.code = approved ? "peer.approve" : "peer.approval.revoke",
                .target = subject_of(device),
                .details = audit_details(device)});
}

void change_ssh(Transaction& tx, const By& by, const Device& device, bool enabled) {
  if (enabled == device.ssh_enabled) return;
  tx.run("UPDATE devices SET ssh_enabled = ? WHERE id = ?", {enabled, device.id});
  append_audit(tx, by,
               {.code = enabled ? "peer.ssh.enable" : "peer.ssh.disable",
                .target = subject_of(device),
                .details = audit_details(device)});
}

Result<void> change_address(Transaction& tx, const By& by, const Device& device,
                            std::string_view wanted) {
  if (auto moved = move_address(tx, device.id, wanted, by.at); !moved) return moved.refusal();
  const Device after = *find_device(tx, device.id);
  if (after.address() == device.address()) return {};
  tx.run("UPDATE devices SET revision = revision + 1 WHERE id = ?", {device.id});
  touch_names(tx, device.id);
  append_audit(tx, by,
               {.code = "peer.ip.update",
                .target = subject_of(device),
                .details = more_details(after, {{"old_ip", device.address()}})});
  return {};
}

}  // namespace

std::string_view text_of(DeviceStatus status) {
  constexpr std::array<std::string_view, 3> words{"connected", "waiting", "removed"};
  return words.at(static_cast<std::size_t>(status));
}

DeviceStatus Device::status() const {
  if (removed_at) return DeviceStatus::removed;
  return approved_at ? DeviceStatus::connected : DeviceStatus::waiting;
}

std::string Device::full_name() const {
  std::string label = make_label(name);
  if (addresses.empty()) return label;
  return formatted("{}.{}.internal", label, make_label(addresses.front().network));
}

bool FactsChange::is_empty() const {
  return !hostname && !os_version && !agent_version && !wireguard_public_key;
}

Subject subject_of(const Device& device) { return {"device", to_text(device.id), device.name}; }

std::vector<std::pair<std::string, std::string>> audit_details(const Device& device) {
  return {{"name", device.name},
          {"fqdn", device.full_name()},
          {"ip", device.address()},
          {"created_at", rfc3339(device.enrolled_at)},
          {"location_connection_ip", device.enrolled_from}};
}

bool is_known_os(std::string_view os) {
  constexpr std::array<std::string_view, 5> known{"linux", "macos", "windows", "freebsd", "other"};
  return std::ranges::find(known, os) != known.end();
}

bool is_wireguard_key(std::string_view text) {
  if (text.size() != 44) return false;
  const auto bytes = decode_base64(text);
  return bytes && bytes->size() == 32;
}

DeviceId insert_device(Transaction& tx, const NewDevice& device) {
  return DeviceId{tx.insert(
      "INSERT INTO devices (name, hostname, os, os_version, arch, agent_version, machine_id,"
      " secret_hash, wireguard_public_key, setup_key_id, enrolled_with_hash, enrolled_at,"
      " enrolled_from, approved_at, ephemeral, ephemeral_seconds)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {device.name, device.facts.hostname, device.facts.os, device.facts.os_version,
       device.facts.arch, device.facts.agent_version, device.facts.machine_id, device.secret_hash,
       device.wireguard_public_key, device.setup_key_id, device.enrolled_with_hash,
       device.enrolled_at, device.enrolled_from,
       device.is_approved ? std::optional{device.enrolled_at} : std::nullopt, device.ephemeral,
       device.ephemeral_seconds})};
}

void set_tags(Transaction& tx, DeviceId id, const std::vector<std::string>& tags) {
  tx.run("DELETE FROM device_tags WHERE device_id = ?", {id});
  for (const std::string& tag : tags)
    tx.run("INSERT INTO device_tags (device_id, tag) VALUES (?, ?) ON CONFLICT DO NOTHING",
           {id, trim(tag)});
}

void add_dns_labels(Transaction& tx, DeviceId id, const std::vector<std::string>& labels) {
  for (const std::string& label : labels)
    tx.run("INSERT INTO device_dns_labels (device_id, label) VALUES (?, ?) ON CONFLICT DO NOTHING",
           {id, label});
}

std::string free_device_name(const Snapshot& snapshot, std::string_view label) {
  const auto numbered = [&](std::int64_t n) {
    if (n == 1) return std::string{label};
    const std::string suffix = formatted("-{}", n);
    return std::string{label.substr(0, 63 - suffix.size())} + suffix;
  };
  const auto taken = [&](std::int64_t n) { return is_name_taken(snapshot, numbered(n)); };
  if (!taken(1)) return numbered(1);
  // Doubling finds a free number, halving a free one next to a taken one: numbers stay dense
  // without a walk over all that are taken.
  std::int64_t last_taken = 1;
  std::int64_t free = 2;
  while (taken(free)) {
    last_taken = free;
    free *= 2;
  }
  while (free - last_taken > 1) {
    const auto middle = last_taken + (free - last_taken) / 2;
    (taken(middle) ? last_taken : free) = middle;
  }
  return numbered(free);
}

bool is_wireguard_key_taken(const Snapshot& snapshot, std::string_view public_key,
                            DeviceId except) {
  auto query = snapshot.query(
      "SELECT 1 FROM devices WHERE wireguard_public_key = ? AND removed_at IS NULL AND id <> ?",
      {public_key, except});
  return query.step();
}

std::optional<Device> find_device(const Snapshot& snapshot, DeviceId id) {
  return find_one(snapshot, "d.id = ?", {id});
}

std::optional<Device> find_device_by_secret(const Snapshot& snapshot, const Hash& secret_hash) {
  return find_one(snapshot, "d.secret_hash = ?", {secret_hash});
}

std::optional<Device> find_last_enrolled(const Snapshot& snapshot, KeyId key) {
  return find_one(snapshot,
                  "d.id = (SELECT id FROM devices WHERE setup_key_id = ? ORDER BY enrolled_at"
                  " DESC, id DESC LIMIT 1)",
                  {key});
}

std::vector<Device> find_devices(const Snapshot& snapshot, std::span<const DeviceId> ids) {
  const std::string list = json_ids(ids);
  const std::string sql =
      formatted("{} WHERE d.id IN (SELECT value FROM json_each(?)) ORDER BY d.id", kSelect);
  std::vector<Device> devices;
  devices.reserve(ids.size());
  auto query = snapshot.query(sql, {list});
  while (query.step()) devices.push_back(read_device(query));
  return devices;
}

std::vector<Device> list_devices(const Snapshot& snapshot, const DeviceFilter& filter,
                                 DeviceId after, int limit) {
  return find_devices(snapshot, list_device_ids(snapshot, filter, after, limit));
}

Result<Device> update_device(Transaction& tx, const By& by, DeviceId id,
                             const DeviceChange& change) {
  const auto device = find_device(tx, id);
  if (!device || device->removed_at)
    return Refusal::not_found(formatted("device: {} not found", id.value));
  if (change.name)
    if (auto done = rename(tx, by, *device, *change.name); !done) return done.refusal();
  if (change.groups)
    if (auto done = change_groups(tx, by, *device, *change.groups); !done) return done.refusal();
  if (change.tags)
    if (auto done = change_tags(tx, by, *device, *change.tags); !done) return done.refusal();
  if (change.approved) change_approval(tx, by, *device, *change.approved);
  if (change.ssh_enabled) change_ssh(tx, by, *device, *change.ssh_enabled);
  if (change.address)
    if (auto done = change_address(tx, by, *device, *change.address); !done) return done.refusal();
  return *find_device(tx, id);
}

Result<void> update_facts(Transaction& tx, DeviceId id, const FactsChange& change) {
  if (change.wireguard_public_key && is_wireguard_key_taken(tx, *change.wireguard_public_key, id))
    return Refusal::forbidden("Another device uses this WireGuard key. Make a new one.",
                              Reason::wireguard_key_taken);
  tx.run(
      "UPDATE devices SET hostname = coalesce(?2, hostname), os_version = coalesce(?3, os_version),"
      " agent_version = coalesce(?4, agent_version),"
      " revision = revision + (?5 IS NOT NULL AND ?5 IS NOT wireguard_public_key),"
      " wireguard_public_key = coalesce(?5, wireguard_public_key)"
      " WHERE id = ?1 AND removed_at IS NULL",
      {id, change.hostname, change.os_version, change.agent_version, change.wireguard_public_key});
  return {};
}

Result<Device> remove_device(Transaction& tx, const By& by, DeviceId id, std::string_view because) {
  const auto device = find_device(tx, id);
  if (!device || device->removed_at)
    return Refusal::not_found(formatted("device: {} not found", id.value));
  const FallingDevice falling{id, by.because_of};
  remove_devices(tx, by, {&falling, 1}, because);
  return *find_device(tx, id);
}

}  // namespace muster
