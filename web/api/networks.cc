#include "server/networks.h"

#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {

Result<Reply> list_networks(const Call& call, const Allowed<Right::networks_read>&) {
  return call.read([&](const Snapshot& snapshot) {
    JsonArray array;
    for (const Network& network : muster::list_networks(snapshot))
      array.add(network_shape(network));
    return json_reply(array);
  });
}

Result<Reply> get_network(const Call& call, const Allowed<Right::networks_read>&) {
  const auto network = call.read([&](const Snapshot& snapshot) {
    return find_network(snapshot, NetworkId{call.request.id_parameter(0)});
  });
  if (!network)
    return Refusal::not_found("network: " + call.request.path_parameters.at(0) + " not found");
  return json_reply(network_shape(*network));
}

}  // namespace muster::api
