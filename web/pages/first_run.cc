// The page behind the set-up URL that the server prints while nobody owns it. It makes the first
// owner and closes for good.

#include "server/audit.h"
#include "server/format.h"
#include "server/people.h"
#include "server/settings.h"
#include "server/text.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/sessions.h"

namespace muster::pages {
namespace {

Refusal closed() {
  return Refusal{Kind::gone, Reason::conflict,
                 "This page was for the first start. Muster has an owner now, who can sign in."};
}

Result<void> check_open(const Call& call) {
  const bool is_owned =
      call.app.database.read([](const Snapshot& snapshot) { return has_owner(snapshot); });
  if (is_owned) return closed();
  if (!same_in_constant_time(call.request.path_parameters.at(0), call.app.setup_secret))
    return Refusal::not_found(
        "This set-up address is not, or no longer, the right one. Muster prints a new one at each "
        "start until it has an owner.");
  return {};
}

// What was chosen when the server was started, else what this browser reached us by: most likely
// machines can use that too.
std::string likely_url(const Call& call) {
  if (!call.app.config.public_url.empty()) return call.app.config.public_url;
  const Request& request = call.request;
  return formatted("{}://{}", request.is_secure ? "https" : "http", request.header("Host"));
}

struct Entered {
  std::string email;
  std::string public_url;
  std::string network = "default";
  std::string range = "100.64.0.0/10";
};

Reply show(const Call& call, const Entered& entered, std::string_view message, int status) {
  View view;
  view.set("email", entered.email)
      .set("public_url", entered.public_url)
      .set("is_public_url_fixed", !call.app.config.public_url.empty())
      .set("network", entered.network)
      .set("range", entered.range)
      .set("message", message);
  return plain_page(call, {"first_run", "Welcome to Muster", std::move(view), {}, status});
}

Result<Person> make_owner(const Call& call, const Entered& entered, const Secret& password) {
  if (auto fit = check_password(password.reveal()); !fit) return fit.refusal();
  if (trim(entered.public_url).empty())
    return Refusal::invalid("your machines need an address at which they find this server");
  const std::string hash = hash_password(password);
  const By by{{"server", "", ""}, call.request.client_address, call.app.clock.now()};
  return call.app.database.write([&](Transaction& tx) -> Result<Person> {
    auto person = create_first_owner(tx, by,
                                     {.email = entered.email,
                                      .password_hash = hash,
                                      .network_name = entered.network,
                                      .network_cidr = entered.range});
    if (!person) return person.refusal();
    const auto url = set_public_url(tx, by, entered.public_url);
    if (!url) return url.refusal();
    tx.after_commit([&app = call.app, url = *url] { app.public_address.set_stored(url); });
    return person;
  });
}

}  // namespace

Result<Reply> show_first_run(const Call& call) {
  if (auto open = check_open(call); !open) return open.refusal();
  return show(call, {.email = "", .public_url = likely_url(call)}, "", 200);
}

Result<Reply> first_run(const Call& call) {
  if (auto open = check_open(call); !open) return open.refusal();
  const auto form = Form::parse(call.request.body);
  if (!form) return form.refusal();
  const Entered entered{std::string{form->value("email")}, std::string{form->value("public_url")},
                        std::string{form->value("network")}, std::string{form->value("range")}};
  const auto again = [&](const Refusal& refusal) {
    return show(call, entered, refusal.message, 422);
  };
  const Secret password{std::string{form->value("password")}};
  const auto person = make_owner(call, entered, password);
  if (!person && person.refusal().kind == Kind::gone) return closed();
  if (!person) return again(person.refusal());
  return begin_session(call, *person, "/start");
}

}  // namespace muster::pages
