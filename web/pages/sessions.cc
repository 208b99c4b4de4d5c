// Signing in and out.

#include "web/pages/sessions.h"

#include "server/format.h"
#include "server/sessions.h"
#include "server/text.h"
#include "web/cookies.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr long long kThemeSeconds = 400LL * 24 * 3600;  // the longest that browsers keep a cookie

Page sign_in_page(const Call& call, std::string_view email, std::string_view next,
                  std::string_view message, int status = 200) {
  const bool is_owned =
      call.app.database.read([](const Snapshot& snapshot) { return has_owner(snapshot); });
  View view;
  view.set("email", email).set("next", next).set("message", message).set("is_owned", is_owned);
  return {"sessions/sign-in", "Sign in", std::move(view), {}, status};
}

// As long for an account that is not there: the time tells nobody which there are.
bool is_right(const std::optional<SignIn>& known, const Secret& password) {
  static const std::string nobodys = hash_password(make_password(20));
  const bool is_same = verify_password(known ? known->password_hash : nobodys, password);
  return known && is_same && known->person.status == "active";
}

}  // namespace

Reply begin_session(const Call& call, const Person& person, std::string path) {
  const std::int64_t now = call.app.clock.now();
  const By by{subject_of(person), call.request.client_address, now, person.id};
  const Secret secret = call.app.database.write([&](Transaction& tx) {
    return create_session(tx, by, person.id, call.request.header("User-Agent"));
  });
  Reply reply = redirect(std::move(path));
  set_cookie(reply, call.request, kSessionCookie, secret.reveal(), kSessionMost);
  return reply;
}

Result<Reply> show_sign_in(const Call& call) {
  return plain_page(call,
                    sign_in_page(call, "", own_path(call.request.query_value("next"), "/"), ""));
}

Result<Reply> sign_in(const Call& call) {
  const auto form = Form::parse(call.request.body);
  if (!form) return form.refusal();
  const std::string email = lower_ascii(trim(form->value("email")));
  const std::string next = own_path(form->value("next"), "/");
  const std::string& from = call.request.client_address;
  const auto again = [&](std::string_view message, int status) {
    return plain_page(call, sign_in_page(call, email, next, message, status));
  };
  if (const int seconds = call.app.sign_ins.claim_try(email, from); seconds > 0)
    return again(formatted("Too many tries. Wait {} and try again.", counted(seconds, "second")),
                 429)
        .with_header("Retry-After", std::to_string(seconds));
  const auto known = call.app.database.read(
      [&](const Snapshot& snapshot) { return find_sign_in(snapshot, email); });
  if (!is_right(known, Secret{std::string{form->value("password")}}))
    return again("This e-mail address and password do not belong together.", 422);
  call.app.sign_ins.forget(email, from);
  return begin_session(call, known->person, next);
}

Result<Reply> sign_out(const Call& call, const SignedIn& who) {
  call.app.database.write([&](Transaction& tx) { end_session(tx, who.session().id); });
  Reply reply = redirect("/sign-in");
  set_cookie(reply, call.request, kSessionCookie, "", -1);
  return reply;
}

Result<Reply> set_theme(const Call& call, const SignedIn& who) {
  const auto theme = who.form().value("theme");
  if (theme != "light" && theme != "dark" && theme != "auto")
    return Refusal::invalid("the theme is light, dark or auto");
  Reply reply = redirect(own_path(who.form().value("here"), "/"));
  set_cookie(reply, call.request, "theme", theme, kThemeSeconds);
  return reply;
}

}  // namespace muster::pages
