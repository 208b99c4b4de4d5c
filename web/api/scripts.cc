// The two scripts of the pasted line. The same bytes for everybody: nothing is filled in, so
// nothing can be injected.

#include <stdexcept>

#include "web/api/handlers.h"
#include "web/assets.h"

namespace muster::api {
namespace {

Reply script(const Call& call, std::string_view name) {
  auto text = find_asset(name, call.app.config.dev);
  if (!text) throw std::logic_error("an agent script is missing");
  Reply reply;
  reply.content_type = "text/plain; charset=UTF-8";
  reply.body = std::move(*text);
  return reply.with_header("Cache-Control", "no-cache");
}

}  // namespace

Result<Reply> install_sh(const Call& call) { return script(call, "agent/install.sh"); }
Result<Reply> muster_agent(const Call& call) { return script(call, "agent/muster-agent"); }

}  // namespace muster::api
