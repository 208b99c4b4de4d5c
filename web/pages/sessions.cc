// Signing in and out.

#include "web/pages/sessions.h"

#include "server/format.h"
#include "server/second_factor.h"
#include "server/sessions.h"
#include "server/text.h"
#include "web/cookies.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/totp.h"
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

// Whoever was reset, blocked or removed since the password was looked at starts anew.
Result<void> check_same_sign_in(const Snapshot& snapshot, const SignIn& known) {
  const auto now = find_sign_in(snapshot, known.person.email);
  if (!now || now->person.id != known.person.id || now->password_hash != known.password_hash)
    return Refusal::unauthorized("Your sign-in changed just now. Sign in again.");
  return {};
}

std::string too_many(int seconds) {
  return formatted("Too many tries. Wait {} and try again.", counted(seconds, "second"));
}

Reply code_page(const Call& call, std::string_view half, std::string_view next,
                std::string_view message, int status = 200) {
  View view;
  view.set("half", half).set("next", next).set("message", message);
  return plain_page(call, {"sessions/code", "Sign in", std::move(view), {}, status});
}

std::string code_key(const Person& person) { return person.email + " code"; }

}  // namespace

Result<Reply> begin_session(const Call& call, const Person& person, std::string path,
                            const SignInCondition& condition) {
  const std::int64_t now = call.app.clock.now();
  const By by{subject_of(person), call.request.client_address, now, person.id};
  const auto secret = call.app.database.write([&](Transaction& tx) -> Result<Secret> {
    const auto living = find_person(tx, person.id);
    if (!living || living->status != "active" || living->is_service_user)
      return Refusal::unauthorized("You cannot sign in here.");
    if (condition)
      if (auto holds = condition(tx, by); !holds) return holds.refusal();
    return create_session(tx, by, person.id, call.request.header("User-Agent"));
  });
  if (!secret) return secret.refusal();
  Reply reply = redirect(std::move(path));
  set_cookie(reply, call.request, kSessionCookie, secret->reveal(), kSessionMost);
  return reply;
}

int claim_code_try(const Call& call, const Person& person) {
  return call.app.sign_ins.claim_try(code_key(person), call.request.client_address);
}

void forget_code_tries(const Call& call, const Person& person) {
  call.app.sign_ins.forget(code_key(person), call.request.client_address);
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
    return again(too_many(seconds), 429).with_header("Retry-After", std::to_string(seconds));
  const auto known = call.app.database.read(
      [&](const Snapshot& snapshot) { return find_sign_in(snapshot, email); });
  if (!is_right(known, Secret{std::string{form->value("password")}}))
    return again("This e-mail address and password do not belong together.", 422);
  call.app.sign_ins.forget(email, from);
  const bool asks_for_code = call.app.database.read(
      [&](const Snapshot& snapshot) { return has_second_factor(snapshot, known->person.id); });
  if (asks_for_code) return code_page(call, call.app.half_sign_ins.begin(*known), next, "");
  // Turned on a moment ago: then the password alone opens nothing any more.
  return begin_session(call, known->person, next, [&](Transaction& tx, const By&) -> Result<void> {
    if (has_second_factor(tx, known->person.id)) return Refusal::unauthorized("Sign in again.");
    return check_same_sign_in(tx, *known);
  });
}

Result<Reply> sign_in_with_code(const Call& call) {
  const auto form = Form::parse(call.request.body);
  if (!form) return form.refusal();
  const std::string half{form->value("half")};
  const std::string next = own_path(form->value("next"), "/");
  const auto known = call.app.half_sign_ins.find(half);
  if (!known)
    return plain_page(call,
                      sign_in_page(call, "", next, "That took too long. Sign in again.", 422));
  if (const int seconds = claim_code_try(call, known->person); seconds > 0)
    return code_page(call, half, next, too_many(seconds), 429)
        .with_header("Retry-After", std::to_string(seconds));
  const auto factor = call.app.database.read(
      [&](const Snapshot& snapshot) { return find_second_factor(snapshot, known->person.id); });
  if (!factor || !factor->is_on) return redirect("/sign-in");
  const Proof proof = read_proof(factor->seed, form->value("code"), call.app.clock.now());
  auto done =
      begin_session(call, known->person, next, [&](Transaction& tx, const By& by) -> Result<void> {
        if (auto same = check_same_sign_in(tx, *known); !same) return same.refusal();
        if (!claim_proof(tx, by, known->person, factor->seed, proof))
          return Refusal::invalid("This code is not the right one, or was used before.");
        return {};
      });
  if (!done && done.refusal().kind == Kind::invalid)
    return code_page(call, half, next, done.refusal().message, 422);
  if (!done) return done;
  forget_code_tries(call, known->person);
  call.app.half_sign_ins.end(half);
  return done;
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
