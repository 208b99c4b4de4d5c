#include "server/networks.h"

#include <algorithm>
#include <charconv>

#include "server/format.h"
#include "server/ip.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, name, cidr, devices_reach, is_default, names_revision, created_at, updated_at,"
    " (SELECT k.id FROM setup_keys k WHERE k.network_default_of = networks.id)"
    " FROM networks WHERE deleted_at IS NULL";

Network read_network(Query& row) {
  Network network;
  network.id = row.id<NetworkId>();
  network.name = row.text();
  network.cidr = row.text();
  network.devices_reach = row.text();
  network.is_default = row.boolean();
  network.names_revision = row.integer();
  network.created_at = row.integer();
  network.updated_at = row.integer();
  network.default_key_id = row.find_id<KeyId>();
  return network;
}

std::optional<Network> find_one(const Snapshot& snapshot, std::string_view condition,
                                std::initializer_list<Bind> values) {
  const std::string sql = formatted("{} AND {}", kColumns, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  return read_network(query);
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

Result<Range> parse_range(std::string_view cidr) {
  const auto slash = cidr.find('/');
  const auto address = parse_ipv4(cidr.substr(0, slash));
  int prefix = 0;
  if (slash != std::string_view::npos) {
    const auto digits = cidr.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc{} || end != digits.data() + digits.size()) prefix = 0;
  }
  if (!address || prefix < 8 || prefix > 30)
    return Refusal::invalid(
        "the range must be IPv4 with a prefix from 8 to 30, such as 100.64.0.0/10");
  const std::uint32_t hosts = 0xffffffffU >> prefix;
  if ((*address & hosts) != 0)
    return Refusal::invalid(formatted("the range has bits behind its prefix: did you mean {}/{}?",
                                      ipv4_text(*address & ~hosts), prefix));
  return Range{*address, *address | hosts};
}

Result<void> check_name(const Snapshot& snapshot, const std::string& name, NetworkId self) {
  if (name.empty()) return Refusal::invalid("network name shouldn't be empty");
  if (auto checked = check_text("the network's name", name, kNameLength); !checked)
    return checked.refusal();
  if (find_one(snapshot, "name = ? AND id <> ?", {name, self}))
    return Refusal::conflict(formatted("network with name {} already exists", name));
  return {};
}

Result<Range> check_range(const Snapshot& snapshot, std::string_view cidr, NetworkId self) {
  auto range = parse_range(cidr);
  if (!range) return range;
  if (auto other = find_one(snapshot, "first_address <= ? AND last_address >= ? AND id <> ?",
                            {range->last, range->first, self}))
    return Refusal::invalid(
        formatted("the range overlaps {} of network {}", other->cidr, other->name));
  return range;
}

// Devices that have an address in the network outside that range.
Result<void> check_fits_in(const Snapshot& snapshot, NetworkId id, const Range& range) {
  auto outside = snapshot.query(
      "SELECT address FROM addresses WHERE network_id = ? AND device_id IS NOT NULL"
      " AND (address <= ? OR address >= ?) LIMIT 1",
      {id, range.first, range.last});
  if (outside.step())
    return Refusal::invalid(formatted("the range leaves out {}, which a device has",
                                      ipv4_text(static_cast<std::uint32_t>(outside.integer()))));
  return {};
}

struct Wanted {
  std::string name;
  std::string cidr;
  std::string devices_reach;
};
struct Fit {
  std::string name;
  Range range;
};

// `self`: the network that is changed, which may keep what it has.
Result<Fit> check(const Snapshot& snapshot, const Wanted& wanted, NetworkId self) {
  const std::string name = trim(wanted.name);
  if (auto checked = check_name(snapshot, name, self); !checked) return checked.refusal();
  if (wanted.devices_reach != "everyone" && wanted.devices_reach != "gateways")
    return Refusal::invalid("devices_reach is everyone or gateways");
  const auto range = check_range(snapshot, wanted.cidr, self);
  if (!range) return range.refusal();
  return Fit{name, *range};
}

// Addresses given before must fit into the new range, and those that only rest are forgotten where
// they do not.
Result<void> move_range(Transaction& tx, const Network& network, const Range& range) {
  if (auto fits = check_fits_in(tx, network.id, range); !fits) return fits.refusal();
  tx.run("DELETE FROM addresses WHERE network_id = ? AND (address <= ? OR address >= ?)",
         {network.id, range.first, range.last});
  tx.run(
      "UPDATE networks SET first_address = ?2, last_address = ?3, high_water ="
      " coalesce((SELECT max(address) FROM addresses WHERE network_id = ?1), ?2) WHERE id = ?1",
      {network.id, range.first, range.last});
  return {};
}

void audit_change(Transaction& tx, const By& by, const Network& before, const Network& after) {
  AuditEntry entry{.code = "network.update", .target = {"network", to_text(after.id), after.name}};
  const auto note = [&](const char* member, const std::string& was, const std::string& is) {
    if (was == is) return;
    entry.details.emplace_back(formatted("old_{}", member), was);
    entry.details.emplace_back(formatted("new_{}", member), is);
  };
  note("name", before.name, after.name);
  note("cidr", before.cidr, after.cidr);
  note("devices_reach", before.devices_reach, after.devices_reach);
  if (!entry.details.empty()) append_audit(tx, by, entry);
}

// Devices with no other address than the one there; keys that work and name no other network.
std::int64_t count_falling_devices(const Snapshot& snapshot, NetworkId id) {
  auto query = snapshot.query(
      "SELECT count(*) FROM addresses a WHERE a.network_id = ?1 AND a.device_id IS NOT NULL"
      " AND NOT EXISTS (SELECT 1 FROM addresses b WHERE b.device_id = a.device_id"
      "   AND b.network_id <> ?1)",
      {id});
  query.step();
  return query.integer();
}

struct LostKey {
  KeyId id;
  std::string name;
  bool is_working;
};
std::vector<LostKey> list_lost_keys(const Snapshot& snapshot, NetworkId id, std::int64_t now) {
  std::vector<LostKey> keys;
  auto query = snapshot.query(
      "SELECT k.id, k.name, (k.expires_at = 0 OR k.expires_at > ?2)"
      "   AND (k.usage_limit = 0 OR k.used_times < k.usage_limit)"
      " FROM setup_key_networks n JOIN setup_keys k ON k.id = n.setup_key_id"
      " WHERE n.network_id = ?1 AND k.revoked_at IS NULL AND k.network_default_of IS NOT ?1"
      " AND NOT EXISTS (SELECT 1 FROM setup_key_networks o WHERE o.setup_key_id = k.id"
      "   AND o.network_id <> ?1)",
      {id, now});
  while (query.step()) {
    LostKey key;
    key.id = query.id<KeyId>();
    key.name = query.text();
    key.is_working = query.boolean();
    keys.push_back(std::move(key));
  }
  return keys;
}

std::string counted(std::int64_t count, std::string_view noun) {
  return formatted("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

Result<Network> create_network(Transaction& tx, const By& by, const NewNetwork& wanted) {
  const auto fit = check(tx, {wanted.name, wanted.cidr, wanted.devices_reach}, NetworkId{});
  if (!fit) return fit.refusal();
  const NetworkId id{tx.insert(
      "INSERT INTO networks (name, cidr, first_address, last_address, devices_reach, is_default,"
      " high_water, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {fit->name, wanted.cidr, fit->range.first, fit->range.last, wanted.devices_reach,
       wanted.is_default, fit->range.first, by.at, by.at})};
  append_audit(
      tx, by,
      {.code = "network.add",
       .target = {"network", to_text(id), fit->name},
       .details = {
           {"name", fit->name}, {"cidr", wanted.cidr}, {"devices_reach", wanted.devices_reach}}});
  return *find_network(tx, id);
}

Result<Network> update_network(Transaction& tx, const By& by, NetworkId id,
                               const NetworkChange& change) {
  const auto before = find_network(tx, id);
  if (!before) return Refusal::not_found(formatted("network: {} not found", id.value));
  const Wanted wanted{change.name.value_or(before->name), change.cidr.value_or(before->cidr),
                      change.devices_reach.value_or(before->devices_reach)};
  const auto fit = check(tx, wanted, id);
  if (!fit) return fit.refusal();
  if (wanted.cidr != before->cidr)
    if (auto moved = move_range(tx, *before, fit->range); !moved) return moved.refusal();

  tx.run("UPDATE networks SET name = ?, cidr = ?, devices_reach = ?, updated_at = ? WHERE id = ?",
         {fit->name, wanted.cidr, wanted.devices_reach, by.at, id});
  if (fit->name != before->name) {
    tx.run("UPDATE networks SET names_revision = names_revision + 1 WHERE id = ?", {id});
    tx.run("UPDATE setup_keys SET name = ?, updated_at = ? WHERE network_default_of = ?",
           {fit->name, by.at, id});
  }
  if (wanted.cidr != before->cidr || wanted.devices_reach != before->devices_reach)
    tx.run(
        "UPDATE devices SET revision = revision + 1 WHERE id IN"
        " (SELECT device_id FROM addresses WHERE network_id = ? AND device_id IS NOT NULL)",
        {id});
  const Network after = *find_network(tx, id);
  audit_change(tx, by, *before, after);
  return after;
}

Result<void> check_network_name(const Snapshot& snapshot, std::string_view name, NetworkId self) {
  return check_name(snapshot, trim(name), self);
}

Result<void> check_network_range(const Snapshot& snapshot, std::string_view cidr, NetworkId self) {
  const auto range = check_range(snapshot, cidr, self);
  if (!range) return range.refusal();
  return check_fits_in(snapshot, self, *range);
}

FallingWithNetwork count_falling(const Snapshot& snapshot, NetworkId id, std::int64_t now) {
  const auto keys = list_lost_keys(snapshot, id, now);
  return {count_falling_devices(snapshot, id), std::ranges::count_if(keys, &LostKey::is_working)};
}

Result<void> delete_network(Transaction& tx, const By& by, NetworkId id) {
  const auto network = find_network(tx, id);
  if (!network) return Refusal::not_found(formatted("network: {} not found", id.value));
  if (network->is_default) return Refusal::invalid("the default network cannot be deleted");
  const auto devices = count_falling_devices(tx, id);
  const auto keys = list_lost_keys(tx, id, by.at);
  const auto working = std::ranges::count_if(keys, &LostKey::is_working);
  if (devices > 0 || working > 0)
    return Refusal::conflict(
        formatted("{} and {} would go with network {}: look at the plan first",
                  counted(devices, "device"), counted(working, "setup key"), network->name),
        Reason::plan_required);

  for (const LostKey& key : keys) {
    tx.run("UPDATE setup_keys SET revoked_at = ?1, updated_at = ?1 WHERE id = ?2", {by.at, key.id});
    append_audit(tx, by,
                 {.code = "setupkey.revoke",
                  .target = {"setup_key", to_text(key.id), key.name},
                  .details = {{"name", key.name}, {"because", "network " + network->name}}});
  }
  tx.run(
      "DELETE FROM setup_key_networks WHERE network_id = ?1 AND EXISTS (SELECT 1 FROM"
      " setup_key_networks o WHERE o.setup_key_id = setup_key_networks.setup_key_id"
      " AND o.network_id <> ?1)",
      {id});
  tx.run(
      "UPDATE setup_keys SET revoked_at = coalesce(revoked_at, ?1), deleted_at = ?1,"
      " updated_at = ?1 WHERE network_default_of = ?2 AND deleted_at IS NULL",
      {by.at, id});
  tx.run(
      "UPDATE devices SET revision = revision + 1 WHERE id IN"
      " (SELECT device_id FROM addresses WHERE network_id = ? AND device_id IS NOT NULL)",
      {id});
  tx.run(
      "UPDATE addresses SET device_id = NULL, freed_at = ? WHERE network_id = ?"
      " AND device_id IS NOT NULL",
      {by.at, id});
  tx.run("UPDATE networks SET deleted_at = ?, updated_at = ? WHERE id = ?", {by.at, by.at, id});
  append_audit(tx, by,
               {.code = "network.delete",
                .target = {"network", to_text(id), network->name},
                .details = {{"name", network->name}, {"cidr", network->cidr}}});
  return {};
}

AddressUse count_addresses(const Snapshot& snapshot, NetworkId id, std::int64_t now) {
  auto query = snapshot.query(
      "SELECT last_address - first_address - 1,"
      " (SELECT count(*) FROM addresses WHERE network_id = n.id AND device_id IS NOT NULL),"
      " (SELECT count(*) FROM addresses WHERE network_id = n.id AND device_id IS NULL"
      "   AND freed_at >= ?) FROM networks n WHERE id = ?",
      {now - kAddressRest, id});
  AddressUse use;
  if (!query.step()) return use;
  use.all = query.integer();
  use.held = query.integer();
  use.resting = query.integer();
  return use;
}

std::vector<AddressHolder> list_holders(const Snapshot& snapshot, NetworkId id, std::uint32_t after,
                                        int limit) {
  std::vector<AddressHolder> holders;
  auto query = snapshot.query(
      "SELECT d.id, d.name, a.address FROM addresses a JOIN devices d ON d.id = a.device_id"
      " WHERE a.network_id = ? AND a.address > ? ORDER BY a.address LIMIT ?",
      {id, after, limit});
  while (query.step()) {
    AddressHolder holder;
    holder.device_id = query.id<DeviceId>();
    holder.name = query.text();
    holder.address = static_cast<std::uint32_t>(query.integer());
    holders.push_back(std::move(holder));
  }
  return holders;
}

std::string suggest_range(const Snapshot& snapshot) {
  for (int second = 64; second < 256; ++second) {
    std::string cidr = formatted("10.{}.0.0/16", second);
    if (check_range(snapshot, cidr, NetworkId{})) return cidr;
  }
  return {};
}

std::optional<Network> find_network(const Snapshot& snapshot, NetworkId id) {
  return find_one(snapshot, "id = ?", {id});
}

std::optional<Network> find_default_network(const Snapshot& snapshot) {
  return find_one(snapshot, "is_default = 1", {});
}

std::optional<Network> find_network_named(const Snapshot& snapshot, std::string_view reference) {
  return find_one(snapshot, "(CAST(id AS TEXT) = ?1 OR name = ?1) ORDER BY name = ?1 LIMIT 1",
                  {reference});
}

std::vector<Network> list_networks(const Snapshot& snapshot) {
  std::vector<Network> networks;
  const std::string sql = formatted("{} ORDER BY name", kColumns);
  auto query = snapshot.query(sql);
  while (query.step()) networks.push_back(read_network(query));
  return networks;
}

std::optional<std::uint32_t> claim_address(Transaction& tx, NetworkId network, DeviceId device,
                                           std::int64_t now) {
  auto rested = tx.query(
      "UPDATE addresses SET device_id = ?2, freed_at = NULL"
      " WHERE network_id = ?1 AND address = ("
      "   SELECT address FROM addresses WHERE network_id = ?1 AND device_id IS NULL"
      "   ORDER BY freed_at LIMIT 1)"
      " AND freed_at < ?3 RETURNING address",
      {network, device, now - kAddressRest});
  if (rested.step()) {
    const auto address = static_cast<std::uint32_t>(rested.integer());
    while (rested.step()) {
    }
    return address;
  }

  // An address above the mark may be taken by hand: such ones are stepped over, each once.
  while (true) {
    auto raised = tx.query(
        "UPDATE networks SET high_water = high_water + 1"
        " WHERE id = ? AND high_water + 1 < last_address RETURNING high_water",
        {network});
    if (!raised.step()) return std::nullopt;
    const auto address = raised.integer();
    while (raised.step()) {
    }
    if (tx.run("INSERT INTO addresses (network_id, address, device_id) VALUES (?, ?, ?)"
               " ON CONFLICT DO NOTHING",
               {network, address, device}) == 1)
      return static_cast<std::uint32_t>(address);
  }
}

Result<void> move_address(Transaction& tx, DeviceId device, std::string_view wanted,
                          std::int64_t now) {
  const auto refused = [&](std::string_view why) {
    return Refusal::invalid(formatted("invalid ip address {}: {}", wanted, why));
  };
  if (auto checked = check_text("invalid ip address: it", wanted, kNameLength); !checked)
    return checked.refusal();
  const auto address = parse_ipv4(wanted);
  if (!address) return refused("it is no IPv4 address");
  auto home = tx.query(
      "SELECT n.id FROM addresses a JOIN networks n ON n.id = a.network_id"
      " WHERE a.device_id = ?1 AND n.first_address < ?2 AND n.last_address > ?2",
      {device, *address});
  if (!home.step()) return refused("it is in none of the device's networks");
  const auto network = home.id<NetworkId>();
  auto holder =
      tx.query("SELECT device_id, freed_at FROM addresses WHERE network_id = ? AND address = ?",
               {network, *address});
  if (holder.step()) {
    const auto other = holder.find_id<DeviceId>();
    if (other == device) return {};
    if (other) return refused("another device has it");
    if (holder.integer() >= now - kAddressRest) return refused("it was another's until lately");
  }
  tx.run(
      "UPDATE addresses SET device_id = NULL, freed_at = ?3"
      " WHERE device_id = ?2 AND network_id = ?1",
      {network, device, now});
  tx.run(
      "INSERT INTO addresses (network_id, address, device_id) VALUES (?, ?, ?)"
      " ON CONFLICT DO UPDATE SET device_id = excluded.device_id, freed_at = NULL",
      {network, *address, device});
  return {};
}

void free_address(Transaction& tx, DeviceId device, NetworkId network, std::int64_t now) {
  tx.run(
      "UPDATE addresses SET device_id = NULL, freed_at = ?3"
      " WHERE device_id = ?1 AND network_id = ?2",
      {device, network, now});
}

void touch_names(Transaction& tx, DeviceId device) {
  tx.run(
      "UPDATE networks SET names_revision = names_revision + 1"
      " WHERE id IN (SELECT network_id FROM addresses WHERE device_id = ?)",
      {device});
}

}  // namespace muster
