#include "server/networks.h"
#include "web/api/handlers.h"

namespace muster::api {

// The program runs.
Result<Reply> healthz(const Call&) { return json_reply(JsonObject{}.set("status", "ok")); }

// It can read its database, so a request would be answered.
Result<Reply> readyz(const Call& call) {
  call.read([](const Snapshot& snapshot) { find_default_network(snapshot); });
  return json_reply(JsonObject{}.set("status", "ready"));
}

}  // namespace muster::api
