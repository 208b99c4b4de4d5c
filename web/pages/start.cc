// Where a new owner begins, and where everybody else arrives.

#include "server/device_list.h"
#include "server/overview.h"
#include "web/page.h"
#include "web/pages/handlers.h"

namespace muster::pages {
namespace {

bool has_devices(const Call& call) {
  return call.app.database.read(
      [](const Snapshot& snapshot) { return muster::has_devices(snapshot); });
}

}  // namespace

Result<Reply> home(const Call& call, const SignedIn& who) {
  if (!who.may(Right::keys_read)) return redirect("/account");
  return redirect(call.read(&is_in_use) ? "/overview" : "/start");
}

Result<Reply> start(const Call& call, const SignedIn& who) {
  View view;
  view.set("has_devices", has_devices(call)).set("may_write", who.may(Right::links_write));
  return page(call, who, {"start", "Bring in your first machine", std::move(view), "/start"});
}

}  // namespace muster::pages
