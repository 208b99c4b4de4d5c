// The description of all of this, for programs that write programs.

#include <stdexcept>

#include "web/api/handlers.h"
#include "web/assets.h"

namespace muster::api {

Result<Reply> openapi(const Call& call) {
  auto text = find_asset("web/api/openapi.json", call.app.config.dev);
  if (!text) throw std::logic_error("openapi.json is missing");
  Reply reply;
  reply.body = std::move(*text);
  return reply;
}

}  // namespace muster::api
