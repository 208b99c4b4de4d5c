// What only NetBird's clients ask for: devices as peers.

#include <algorithm>
#include <array>

#include "server/clock.h"
#include "server/devices.h"
#include "server/text.h"
#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

constexpr int kPage = 500;

struct Words {
  std::string_view from;
  std::string_view to;
};
template <std::size_t size>
std::string_view translated(const std::array<Words, size>& table, std::string_view word) {
  const auto row = std::ranges::find(table, word, &Words::from);
  return row == table.end() ? word : row->to;
}

constexpr std::array kSystems{Words{"linux", "Linux"}, Words{"macos", "Darwin"},
                              Words{"windows", "Windows"}, Words{"freebsd", "FreeBSD"},
                              Words{"other", "Other"}};

using Counts = std::unordered_map<GroupId, std::int64_t>;

JsonArray peer_groups(const Device& device, const Counts& counts) {
  JsonArray groups;
  for (const DeviceGroup& group : device.groups) {
    const auto count = counts.find(group.id);
    groups.add(JsonObject{}
                   .set("id", group.id)
                   .set("name", std::string_view{group.name})
                   .set("peers_count", count == counts.end() ? 0 : count->second)
                   .set("resources_count", 0));
  }
  return groups;
}

JsonObject peer_shape(const Device& device, const Counts& counts, const LastSeen& last_seen) {
  auto seen = last_seen.last_call(device.id);
  if (!seen) seen = device.stored_last_seen_at;
  const std::string os =
      trim(std::string{translated(kSystems, device.os)} + " " + device.os_version);
  JsonObject shape;
  shape.set("id", device.id)
      .set("name", std::string_view{device.name})
      .set("created_at", std::string_view{rfc3339(device.enrolled_at)})
      .set("ip", std::string_view{device.address()})
      .set("connection_ip", std::string_view{device.enrolled_from})
      .set("connected", last_seen.is_online(device.id))
      .set("last_seen", std::string_view{netbird_time(seen)})
      .set("os", std::string_view{os})
      .set("kernel_version", "")
      .set("geoname_id", 0)
      .set("version", std::string_view{device.agent_version})
      .set("groups", peer_groups(device, counts))
      .set("ssh_enabled", device.ssh_enabled)
      .set("user_id", "")
      .set("hostname", std::string_view{device.hostname})
      .set("ui_version", "")
      .set("dns_label", std::string_view{device.full_name()})
      .set("login_expiration_enabled", false)
      .set("login_expired", false)
      .set("last_login", std::string_view{rfc3339(device.enrolled_at)})
      .set("inactivity_expiration_enabled", false)
      .set("approval_required", !device.approved_at)
      .set("country_code", "")
      .set("city_name", "")
      .set("serial_number", "")
      .set("extra_dns_labels", JsonArray::of(device.dns_labels))
      .set("ephemeral", device.ephemeral);
  shape.set("setup_key_id", device.setup_key_id)
      .set("setup_key_name", std::string_view{device.setup_key_name})
      .set("status", text_of(device.status()))
      .set("addresses", device_addresses(device))
      .set("tags", JsonArray::of(device.tags))
      .set("is_gateway", device.is_gateway);
  return shape;
}

DeviceId peer_id(const Call& call) { return DeviceId{call.request.id_parameter(0)}; }

Refusal unknown_peer(const Call& call) {
  return Refusal::not_found("peer not found: " + call.request.path_parameters.at(0));
}

Reply peer_reply(const Call& call, const Device& device) {
  const auto counts = call.read([](const Snapshot& snapshot) { return count_members(snapshot); });
  return json_reply(peer_shape(device, counts, call.app.last_seen));
}

// A device enrolls by key, and nobody signs in on it: there is no sign-in that could expire.
std::optional<Refusal> refuse_expiration(const Body& body) {
  const auto refused = [](std::string_view which) {
    return Refusal{Kind::precondition_failed, Reason::conflict,
                   "this peer hasn't been added with the sso login, therefore the " +
                       std::string{which} + " expiration can't be updated"};
  };
  if (body.boolean("login_expiration_enabled").value_or(false)) return refused("login");
  if (body.boolean("inactivity_expiration_enabled").value_or(false)) return refused("inactivity");
  return std::nullopt;
}

}  // namespace

Result<Reply> list_peers(const Call& call, const Allowed<Right::devices_read>&) {
  const DeviceFilter wanted{.name_part = std::string{call.request.query_value("name")},
                            .address_part = std::string{call.request.query_value("ip")}};
  auto counts = call.read([](const Snapshot& snapshot) { return count_members(snapshot); });
  return stream_array([&app = call.app, wanted, counts = std::move(counts),
                       after = DeviceId{}]() mutable {
    const auto devices = app.database.read([&](const Snapshot& snapshot) {
      return muster::list_devices(snapshot, wanted, after, kPage);
    });
    if (!devices.empty()) after = devices.back().id;
    std::vector<JsonObject> page;
    for (const Device& device : devices)
      page.push_back(peer_shape(device, counts, app.last_seen).set("accessible_peers_count", 0));
    return page;
  });
}

Result<Reply> get_peer(const Call& call, const Allowed<Right::devices_read>&) {
  const auto device =
      call.read([&](const Snapshot& snapshot) { return find_device(snapshot, peer_id(call)); });
  if (!device || device->removed_at) return unknown_peer(call);
  return peer_reply(call, *device);
}

// NetBird's PUT: switches that are left out are off. Approval, address and name are changed only
// by a request that names them.
Result<Reply> put_peer(const Call& call, const Allowed<Right::devices_write>& who) {
  const Body body{call.request.body};
  const auto is_waiting = body.boolean("approval_required");
  const DeviceChange change{.name = body.text("name"),
                            .groups = std::nullopt,
                            .tags = std::nullopt,
                            .approved = is_waiting ? std::optional{!*is_waiting} : std::nullopt,
                            .ssh_enabled = body.boolean("ssh_enabled").value_or(false),
                            .address = body.text("ip")};
  const auto expiration = refuse_expiration(body);
  const auto ipv6 = body.text("ipv6").value_or("");
  if (auto wrong = body.refusal()) return *wrong;
  const auto device = call.write(who, [&](Transaction& tx, const By& by) -> Result<Device> {
    const auto known = find_device(tx, peer_id(call));
    if (!known || known->removed_at) return unknown_peer(call);
    if (expiration) return *expiration;
    if (!ipv6.empty()) return Refusal::invalid("invalid ip address: networks here are IPv4 only");
    return update_device(tx, by, known->id, change);
  });
  if (!device) return device.refusal();
  return peer_reply(call, *device);
}

Result<Reply> delete_peer(const Call& call, const Allowed<Right::devices_write>& who) {
  const auto removed = call.write(who, [&](Transaction& tx, const By& by) {
    tx.after_commit([&] { call.app.last_seen.forget(peer_id(call)); });
    return remove_device(tx, by, peer_id(call), "removed");
  });
  if (!removed)
    return removed.refusal().kind == Kind::not_found
               ? Refusal::not_found("peer " + call.request.path_parameters.at(0) +
                                    " account not found")
               : removed.refusal();
  return json_reply(JsonObject{});
}

}  // namespace muster::api
