#pragma once

// Who is at the other end of a browser. As with access tokens, the answer is a type: a page's
// handler that takes `const Visitor<Right::keys_write>&` cannot run for anybody else, and one that
// takes any of these has, for a POST, a form that our own page sent.

#include <string>
#include <utility>

#include "server/access_tokens.h"
#include "server/sessions.h"
#include "web/app.h"
#include "web/form.h"
#include "web/request.h"

namespace muster {

class SignedIn {
 public:
  const Person& person() const { return live_.person; }
  const Session& session() const { return live_.session; }
  // Empty for a GET.
  const Form& form() const { return form_; }
  // Stands in every form; only the pages of this session know it.
  const std::string& csrf_token() const { return csrf_token_; }
  bool may(Right right) const { return role_allows(person().role, right); }

  By by(std::int64_t now, const Request& request) const;
  // Asks again, inside the act that changes something: a session that ended a moment ago changes
  // nothing any more.
  Result<void> check_still(const Snapshot& snapshot, const App& app, std::int64_t now) const;

 private:
  friend Result<SignedIn> allow_person(App& app, const Request& request);
  SignedIn(LiveSession live, Hash secret_hash, std::string csrf_token)
      : live_(std::move(live)), secret_hash_(secret_hash), csrf_token_(std::move(csrf_token)) {}

  LiveSession live_;
  Hash secret_hash_;
  std::string csrf_token_;
  Form form_;
};

template <Right right>
class Visitor : public SignedIn {
 private:
  template <Right r>
  friend Result<Visitor<r>> allow_visitor(App& app, const Request& request);
  explicit Visitor(SignedIn who) : SignedIn(std::move(who)) {}
};

constexpr std::string_view kSessionCookie = "session";

// 401 without a session, 403 for a form that another page sent.
Result<SignedIn> allow_person(App& app, const Request& request);

template <Right right>
Result<Visitor<right>> allow_visitor(App& app, const Request& request) {
  auto who = allow_person(app, request);
  if (!who) return who.refusal();
  if (!who->may(right)) return Refusal::forbidden("Your role does not allow this.");
  return Visitor<right>{std::move(*who)};
}

}  // namespace muster
