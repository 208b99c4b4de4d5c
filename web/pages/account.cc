// One's own account.

#include "server/sessions.h"
#include "web/page.h"
#include "web/pages/handlers.h"

namespace muster::pages {
namespace {

Reply show(const Call& call, const SignedIn& who, std::string_view message, int status) {
  View view;
  view.set("email", who.person().email)
      .set("role", text_of(who.person().role))
      .set("message", message);
  return page(call, who, {"account", "Your account", std::move(view), "/account", status});
}

}  // namespace

Result<Reply> account(const Call& call, const SignedIn& who) { return show(call, who, "", 200); }

Result<Reply> change_password(const Call& call, const SignedIn& who) {
  const Secret old_password{std::string{who.form().value("old_password")}};
  const Secret password{std::string{who.form().value("password")}};
  const std::string& from = call.request.client_address;
  if (call.app.sign_ins.claim_try(who.person().email, from) > 0)
    return show(call, who, "Too many tries. Wait a minute and try again.", 429);
  const auto known = call.app.database.read(
      [&](const Snapshot& snapshot) { return find_sign_in(snapshot, who.person().email); });
  if (!known || !verify_password(known->password_hash, old_password))
    return show(call, who, "The present password is another one. Nothing was changed.", 422);
  call.app.sign_ins.forget(who.person().email, from);
  if (auto fit = check_password(password.reveal()); !fit)
    return show(call, who, fit.refusal().message, 422);
  const std::string hash = hash_password(password);
  auto done = call.write(who, [&](Transaction& tx, const By& by) -> Result<void> {
    set_password(tx, by, who.person(), hash);
    end_other_sessions(tx, who.person().id, who.session().id);
    return {};
  });
  if (!done) return done.refusal();
  return redirect("/account?notice=password-changed");
}

}  // namespace muster::pages
