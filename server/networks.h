#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/db.h"

namespace muster {

struct Network {
  NetworkId id;
  std::string name;
  std::string cidr;
  std::string devices_reach;  // everyone | gateways
  bool is_default = false;
  std::int64_t names_revision = 1;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::optional<KeyId> default_key_id;
};

struct NewNetwork {
  std::string name;
  std::string cidr;
  std::string devices_reach = "everyone";
  bool is_default = false;
};

// Refuses: a name that is taken or unfit, a range that is no IPv4 range of /8 to /30, one that
// overlaps a living network's. Its default key is made by the caller (keys.h).
Result<Network> create_network(Transaction& tx, const By& by, const NewNetwork& wanted);

// What a change names; what it leaves out stays.
struct NetworkChange {
  std::optional<std::string> name = std::nullopt;  // its default key is renamed with it
  std::optional<std::string> cidr = std::nullopt;  // every device's address must fit in
  std::optional<std::string> devices_reach = std::nullopt;
};
// Refuses what create_network would, and a range that leaves out the address of a device.
Result<Network> update_network(Transaction& tx, const By& by, NetworkId id,
                               const NetworkChange& change);

// What both refuse, each by itself. `self`: the network that is changed, which may keep what it
// has.
Result<void> check_network_name(const Snapshot& snapshot, std::string_view name,
                                NetworkId self = {});
Result<void> check_network_range(const Snapshot& snapshot, std::string_view cidr,
                                 NetworkId self = {});

// What deleting it would end: devices with no other address, working keys that name no other
// network.
struct FallingWithNetwork {
  std::int64_t devices = 0;
  std::int64_t keys = 0;
};
FallingWithNetwork count_falling(const Snapshot& snapshot, NetworkId id, std::int64_t now);

// Ends it with its default key. Refuses the default network; 409 plan_required while a device has
// its only address there or a working key names no other network. Others lose what they had there,
// and keys that no longer work and name no other are revoked, so that nobody wakes them into the
// default network.
Result<void> delete_network(Transaction& tx, const By& by, NetworkId id);

// How its addresses stand; resting ones were freed less than a day ago.
struct AddressUse {
  std::int64_t all = 0;
  std::int64_t held = 0;
  std::int64_t resting = 0;
};
AddressUse count_addresses(const Snapshot& snapshot, NetworkId id, std::int64_t now);

// Who has which address, in their order, behind the address `after`.
struct AddressHolder {
  DeviceId device_id;
  std::string name;
  std::uint32_t address = 0;
};
std::vector<AddressHolder> list_holders(const Snapshot& snapshot, NetworkId id, std::uint32_t after,
                                        int limit);

// A range that no living network overlaps and few homes and offices use, for a new one.
std::string suggest_range(const Snapshot& snapshot);

std::optional<Network> find_network(const Snapshot& snapshot, NetworkId id);
std::optional<Network> find_default_network(const Snapshot& snapshot);
// A reference as programs send it: an id, or the exact name.
std::optional<Network> find_network_named(const Snapshot& snapshot, std::string_view reference);
std::vector<Network> list_networks(const Snapshot& snapshot);

constexpr std::int64_t kAddressRest = 24 * 3600;  // seconds before a freed address is given again

// Gives the device an address: the one freed longest ago if it rested a day, else the next above
// the highest ever given. Nothing when the range is full. Index look-ups only, at any size.
std::optional<std::uint32_t> claim_address(Transaction& tx, NetworkId network, DeviceId device,
                                           std::int64_t now);
// Gives the device this very address in place of the one it has in that network. Refused: what is
// no address, in none of its networks, another device's, or freed less than a day ago.
Result<void> move_address(Transaction& tx, DeviceId device, std::string_view wanted,
                          std::int64_t now);
// The one that it has in this network.
void free_address(Transaction& tx, DeviceId device, NetworkId network, std::int64_t now);

// Names or addresses in the device's networks changed: agents that keep names ask for them anew.
void touch_names(Transaction& tx, DeviceId device);

}  // namespace muster
