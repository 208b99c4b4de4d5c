#include "server/networks.h"

#include "server/keys.h"
#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

NetworkId network_id(const Call& call) { return NetworkId{call.request.id_parameter(0)}; }

Refusal unknown_network(const Call& call) {
  return Refusal::not_found("network: " + call.request.path_parameters.at(0) + " not found");
}

// An id that no network has is named as it was sent: it need not be a number.
Refusal named(const Call& call, const Refusal& refusal) {
  return refusal.kind == Kind::not_found ? unknown_network(call) : refusal;
}

struct Created {
  Network network;
  CreatedKey key;
};

}  // namespace

Result<Reply> list_networks(const Call& call, const Allowed<Right::networks_read>&) {
  return call.read([&](const Snapshot& snapshot) {
    JsonArray array;
    for (const Network& network : muster::list_networks(snapshot))
      array.add(network_shape(network));
    return json_reply(array);
  });
}

// The answer shows the default key's secret, this once.
Result<Reply> create_network(const Call& call, const Allowed<Right::networks_write>& who) {
  const Body body{call.request.body};
  const NewNetwork wanted{.name = body.text("name").value_or(""),
                          .cidr = body.text("cidr").value_or(""),
                          .devices_reach = body.text("devices_reach").value_or("everyone")};
  if (auto wrong = body.refusal()) return *wrong;
  const auto created = call.write(who, [&](Transaction& tx, const By& by) -> Result<Created> {
    auto network = muster::create_network(tx, by, wanted);
    if (!network) return network.refusal();
    auto key = create_default_key(tx, by, {.network = network->id}, network->name);
    return Created{*find_network(tx, network->id), std::move(key)};
  });
  if (!created) return created.refusal();
  return json_reply(network_shape(created->network, created->key.secret.reveal()));
}

Result<Reply> get_network(const Call& call, const Allowed<Right::networks_read>&) {
  const auto network =
      call.read([&](const Snapshot& snapshot) { return find_network(snapshot, network_id(call)); });
  if (!network) return unknown_network(call);
  return json_reply(network_shape(*network));
}

Result<Reply> patch_network(const Call& call, const Allowed<Right::networks_write>& who) {
  const Body body{call.request.body};
  const NetworkChange change{.name = body.text("name"),
                             .cidr = body.text("cidr"),
                             .devices_reach = body.text("devices_reach")};
  if (auto wrong = body.refusal()) return *wrong;
  const auto network = call.write(who, [&](Transaction& tx, const By& by) {
    return update_network(tx, by, network_id(call), change);
  });
  if (!network) return named(call, network.refusal());
  return json_reply(network_shape(*network));
}

Result<Reply> delete_network(const Call& call, const Allowed<Right::networks_write>& who) {
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::delete_network(tx, by, network_id(call));
  });
  if (!done) return named(call, done.refusal());
  return json_reply(JsonObject{});
}

}  // namespace muster::api
