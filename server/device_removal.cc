// Removing devices, one or ten thousand: what is stored changes by a few statements over all of
// them, since a statement for each would take the writer from everybody else for seconds.

#include <unordered_map>

#include "server/devices.h"
#include "server/ip.h"

namespace muster {
namespace {

// So many are looked at in one piece, to keep memory small.
constexpr std::size_t kPiece = 1'000;

// "[1,2,3]", for json_each().
std::string id_list(std::span<const FallingDevice> devices) {
  std::string list = "[";
  for (const FallingDevice& device : devices)
    list += (list.size() > 1 ? "," : "") + to_text(device.id);
  return list + "]";
}

void mark_removed(Transaction& tx, const By& by, const std::string& ids, std::string_view because) {
  tx.run(
      "UPDATE networks SET names_revision = names_revision + 1 WHERE id IN (SELECT network_id"
      " FROM addresses WHERE device_id IN (SELECT value FROM json_each(?)))",
      {ids});
  // An ephemeral device's addresses rest not at all: runners come and go by the thousand.
  tx.run(
      "UPDATE addresses SET device_id = NULL, freed_at ="
      " iif((SELECT ephemeral FROM devices d WHERE d.id = device_id), 0, ?2)"
      " WHERE device_id IN (SELECT value FROM json_each(?1))",
      {ids, by.at});
  tx.run("DELETE FROM group_members WHERE device_id IN (SELECT value FROM json_each(?))", {ids});
  tx.run(
      "UPDATE devices SET removed_at = ?2, removed_because = ?3"
      " WHERE id IN (SELECT value FROM json_each(?1)) AND removed_at IS NULL",
      {ids, by.at, because});
}

}  // namespace

std::vector<Device> list_for_audit(const Snapshot& snapshot,
                                   std::span<const FallingDevice> devices) {
  std::vector<Device> found;
  found.reserve(devices.size());
  const std::string ids = id_list(devices);
  auto row = snapshot.query(
      "SELECT d.id, d.name, d.enrolled_at, d.enrolled_from, d.setup_key_id, k.name, d.ephemeral,"
      " n.id, n.name, n.cidr, a.address FROM json_each(?) wanted"
      " JOIN devices d ON d.id = wanted.value JOIN setup_keys k ON k.id = d.setup_key_id"
      " LEFT JOIN addresses a ON a.device_id = d.id AND a.network_id ="
      "  (SELECT min(network_id) FROM addresses WHERE device_id = d.id)"
      " LEFT JOIN networks n ON n.id = a.network_id ORDER BY d.id",
      {ids});
  while (row.step()) {
    Device& device = found.emplace_back();
    device.id = row.id<DeviceId>();
    device.name = row.text();
    device.enrolled_at = row.integer();
    device.enrolled_from = row.text();
    device.setup_key_id = row.id<KeyId>();
    device.setup_key_name = row.text();
    device.ephemeral = row.boolean();
    const auto network = row.find_id<NetworkId>();
    auto name = row.find_text();
    auto cidr = row.find_text();
    const auto address = row.find_integer();
    if (network && name && cidr && address)
      device.addresses.push_back({*network, std::move(*name),
                                  ipv4_text(static_cast<std::uint32_t>(*address)),
                                  std::move(*cidr)});
  }
  return found;
}

void remove_devices(Transaction& tx, const By& by, std::span<const FallingDevice> devices,
                    std::string_view because) {
  By falling = by;
  for (std::size_t from = 0; from < devices.size(); from += kPiece) {
    const auto piece = devices.subspan(from, std::min(kPiece, devices.size() - from));
    std::unordered_map<DeviceId, std::string_view> reasons;
    for (const FallingDevice& device : piece) reasons.emplace(device.id, device.because_of);
    const auto before = list_for_audit(tx, piece);
    mark_removed(tx, by, id_list(piece), because);
    for (const Device& device : before) {
      auto details = audit_details(device);
      details.emplace_back("because", because);
      details.emplace_back("setup_key_name", device.setup_key_name);
      falling.because_of = reasons.at(device.id);
      append_audit(tx, falling,
                   {.code = "user.peer.delete",
                    .target = subject_of(device),
                    .details = std::move(details)});
    }
  }
}

}  // namespace muster
