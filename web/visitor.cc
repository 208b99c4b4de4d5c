#include "web/visitor.h"

#include "server/format.h"
#include "web/cookies.h"
#include "web/origin.h"

namespace muster {
namespace {

// Derived, so that it needs no place of its own: who knows it knows nothing of the session.
std::string csrf_token_of(std::string_view session_secret) {
  return hex_of(hash_of(formatted("csrf {}", session_secret)));
}

Refusal not_signed_in() {
  return Refusal::unauthorized("You are not signed in, or not any more. Nothing was changed.");
}

// Parts of a page that renew themselves say so: they keep nobody signed in.
bool is_by_hand(const Request& request) { return !request.find_header("X-Live"); }

}  // namespace

By SignedIn::by(std::int64_t now, const Request& request) const {
  return {subject_of(person()), request.client_address, now, person().id};
}

Result<void> SignedIn::check_still(const Snapshot& snapshot, const App& app,
                                   std::int64_t now) const {
  const auto live = find_live_session(snapshot, secret_hash_, app.session_uses, now);
  if (!live) return not_signed_in();
  if (live->person.role != person().role)
    return Refusal::forbidden("Your role has changed. Load the page again.");
  return {};
}

Result<SignedIn> allow_person(App& app, const Request& request) {
  const auto secret = find_cookie(request, kSessionCookie);
  if (secret.empty()) return not_signed_in();
  const Hash hash = hash_of(secret);
  const std::int64_t now = app.clock.now();
  auto live = app.database.read([&](const Snapshot& snapshot) {
    return find_live_session(snapshot, hash, app.session_uses, now);
  });
  if (!live) return not_signed_in();
  SignedIn who{std::move(*live), hash, csrf_token_of(secret)};
  if (request.method == "POST") {
    if (auto sender = check_form_sender(app, request); !sender) return sender.refusal();
    auto form = Form::parse(request.body);
    if (!form) return form.refusal();
    if (!same_in_constant_time(form->value("csrf_token"), who.csrf_token()))
      return Refusal::forbidden(
          "This form is from before you signed in, so nothing was done. Load the page again and "
          "repeat it.");
    who.form_ = std::move(*form);
  }
  if (is_by_hand(request)) app.session_uses.note(who.session().id, now);
  return who;
}

}  // namespace muster
