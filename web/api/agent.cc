// What a device says of itself while it lives.

#include "server/networks.h"
#include "server/text.h"
#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

// The facts that really differ: a heartbeat that repeats them costs no write.
FactsChange read_facts(const Body& body, const Device& device) {
  const auto changed = [&](std::string_view name, const std::string& present) {
    auto value = body.text(name);
    return value && *value != present ? value : std::nullopt;
  };
  return {.hostname = changed("hostname", device.hostname),
          .os_version = changed("os_version", device.os_version),
          .agent_version = changed("agent_version", device.agent_version),
          .wireguard_public_key =
              changed("wireguard_public_key", device.wireguard_public_key.value_or(""))};
}

Result<void> check_facts(const FactsChange& change) {
  if (change.hostname && trim(*change.hostname).empty())
    return Refusal::invalid("hostname shouldn't be empty");
  const std::pair<std::string_view, const std::optional<std::string>&> texts[]{
      {"hostname", change.hostname},
      {"os_version", change.os_version},
      {"agent_version", change.agent_version},
  };
  for (const auto& [name, text] : texts)
    if (text)
      if (auto checked = check_text(name, *text, kNameLength); !checked) return checked.refusal();
  if (change.wireguard_public_key && !is_wireguard_key(*change.wireguard_public_key))
    return Refusal::invalid("wireguard_public_key is 44 characters of base64");
  return {};
}

// The sum over the device's networks moves when any of them does.
std::int64_t names_revision(const Snapshot& snapshot, const Device& device) {
  std::int64_t sum = 0;
  for (const DeviceAddress& address : device.addresses)
    if (const auto network = find_network(snapshot, address.network_id))
      sum += network->names_revision;
  return sum;
}

Refusal gone() { return {Kind::gone, Reason::device_removed, "This device was removed."}; }

}  // namespace

Result<Reply> heartbeat(const Call& call, const DeviceCaller& who) {
  const Body body{call.request.body};
  const FactsChange change = read_facts(body, who.device());
  if (auto wrong = body.refusal()) return *wrong;
  if (auto checked = check_facts(change); !checked) return checked.refusal();
  if (!change.is_empty()) {
    const auto done = call.app.database.write(
        [&](Transaction& tx) { return update_facts(tx, who.device().id, change); });
    if (!done) return done.refusal();
  }
  return call.read([&](const Snapshot& snapshot) -> Result<Reply> {
    const auto device = find_device(snapshot, who.device().id);
    if (!device || device->removed_at) return gone();
    call.app.last_seen.note_call(device->id, device->setup_key_id, device->is_gateway);
    return answer_with(call.request, JsonObject{}
                                         .set("revision", device->revision)
                                         .set("names_revision", names_revision(snapshot, *device))
                                         .set("status", text_of(device->status()))
                                         .set("control_urls",
                                              JsonArray::of(call.app.public_address.control_urls()))
                                         .set("pins", JsonArray::of(call.app.pins)));
  });
}

// `down`: offline at once, enrollment kept. `leave`: removed. An ephemeral device is removed by
// both: whoever runs machines for an hour does not come back to tidy up.
Result<Reply> leave(const Call& call, const DeviceCaller& who) {
  const Body body{call.request.body};
  const auto how = body.text("how").value_or("");
  if (auto wrong = body.refusal()) return *wrong;
  if (how != "down" && how != "leave") return Refusal::invalid("how is down or leave");
  const Device& device = who.device();
  if (how == "leave" || device.ephemeral) {
    const By by = who.by(call.app.clock.now(), call.request);
    const auto removed = call.app.database.write([&](Transaction& tx) {
      tx.after_commit([&] { call.app.last_seen.forget(device.id); });
      return remove_device(tx, by, device.id, "left");
    });
    if (!removed) return removed.refusal().kind == Kind::not_found ? gone() : removed.refusal();
  } else {
    call.app.last_seen.note_down(device.id, device.setup_key_id, device.is_gateway);
  }
  return answer_with(call.request, JsonObject{});
}

}  // namespace muster::api
