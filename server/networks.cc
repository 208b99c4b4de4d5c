#include "server/networks.h"

#include <charconv>

#include "server/format.h"
#include "server/ip.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, name, cidr, devices_reach, is_default, names_revision, created_at, updated_at"
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

}  // namespace

Result<Network> create_network(Transaction& tx, const By& by, const NewNetwork& wanted) {
  const std::string name = trim(wanted.name);
  if (name.empty()) return Refusal::invalid("network name shouldn't be empty");
  if (auto checked = check_text("the network's name", name, kNameLength); !checked)
    return checked.refusal();
  if (wanted.devices_reach != "everyone" && wanted.devices_reach != "gateways")
    return Refusal::invalid("devices_reach is everyone or gateways");
  const auto range = parse_range(wanted.cidr);
  if (!range) return range.refusal();
  if (find_one(tx, "name = ?", {name}))
    return Refusal::conflict(formatted("network with name {} already exists", name));
  if (auto other =
          find_one(tx, "first_address <= ? AND last_address >= ?", {range->last, range->first}))
    return Refusal::invalid(
        formatted("the range overlaps {} of network {}", other->cidr, other->name));

  const NetworkId id{tx.insert(
      "INSERT INTO networks (name, cidr, first_address, last_address, devices_reach, is_default,"
      " high_water, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {name, wanted.cidr, range->first, range->last, wanted.devices_reach, wanted.is_default,
       range->first, by.at, by.at})};
  append_audit(
      tx, by,
      {.code = "network.add",
       .target = {"network", to_text(id), name},
       .details = {
           {"name", name}, {"cidr", wanted.cidr}, {"devices_reach", wanted.devices_reach}}});
  return *find_network(tx, id);
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

void free_addresses(Transaction& tx, DeviceId device, bool ephemeral, std::int64_t now) {
  tx.run("UPDATE addresses SET device_id = NULL, freed_at = ? WHERE device_id = ?",
         {ephemeral ? 0 : now, device});
}

void touch_names(Transaction& tx, DeviceId device) {
  tx.run(
      "UPDATE networks SET names_revision = names_revision + 1"
      " WHERE id IN (SELECT network_id FROM addresses WHERE device_id = ?)",
      {device});
}

}  // namespace muster
