// Who has an account: the list, and a new person or service user.

#include "web/pages/people.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/person_changes.h"
#include "server/person_list.h"
#include "server/text.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/once.h"
#include "web/words.h"

namespace muster::pages {
namespace {

using Writer = Visitor<Right::people_write>;

struct RoleWords {
  Role role;
  std::string_view word;
  std::string_view help;
};
constexpr std::array kRoles{
    RoleWords{Role::owner, "Owner", "Everything, and the only ones who touch other owners."},
    RoleWords{Role::admin, "Admin", "Everything but owners: keys, links, devices, people."},
    RoleWords{Role::auditor, "Auditor", "Reads everything, changes nothing, sees no secret."},
    RoleWords{Role::member, "Member", "Signs in and sees their own devices, nothing else."},
};

const RoleWords& words_of(Role role) { return *std::ranges::find(kRoles, role, &RoleWords::role); }

struct Entered {
  std::string email = {};
  std::string name = {};
  Role role = Role::admin;
  bool is_service_user = false;
};

View row_of(const Snapshot& snapshot, const SignedIn& who, const Person& person,
            const PersonNews& news, std::int64_t now) {
  View row;
  row.set("id", to_text(person.id))
      .set("name", person.name)
      .set("email", person.email == person.name ? std::string{} : person.email)
      .set("role", role_word(person.role))
      .set("is_self", person.id == who.person().id)
      .set("has_second_factor", news.has_second_factor)
      .set("is_service_user", person.is_service_user)
      .set("last_seen", time_view(news.last_seen_at, now))
      .set("keys", news.keys)
      .set("devices", news.devices)
      .set("tokens", news.tokens);
  set_state(row, person, find_last_invite(snapshot, person.id), now);
  return row;
}

Reply show_form(const Call& call, const Writer& who, const Entered& entered,
                std::string_view message, int status) {
  View view;
  const bool is_service = entered.is_service_user;
  view.set("email", entered.email)
      .set("name", is_service ? std::string{} : entered.name)
      .set("service_name", is_service ? entered.name : std::string{})
      .set("roles", role_choices(who, entered.role))
      .set("is_service_user", is_service)
      .set("message", message);
  return page(call, who, {"people/new", "New person", std::move(view), "/people", status});
}

Result<Reply> create_service(const Call& call, const Writer& who, const Entered& entered) {
  const auto made = call.write(who, [&](Transaction& tx, const By& by) {
    return create_service_user(tx, by, {.name = entered.name, .role = entered.role});
  });
  if (!made) return show_form(call, who, entered, made.refusal().message, 422);
  return redirect(person_path(made->id) + "?notice=service-user-made");
}

std::string message_text(const CreatedInvite& created, const std::string& url,
                         const std::string& sender) {
  return formatted(
      "Hello,\n\n{} invites you to Muster, where our private network is looked after.\n\n"
      "Open this link and choose a password:\n{}\n\n"
      "The link works once, until {}. You sign in with {}.\n",
      sender, url, readable_time(created.invite.expires_at), created.person.email);
}

std::string mail_to(const std::string& email, std::string_view text) {
  const auto at = email.find('@');
  std::string body;
  for (const char c : text) body += c == '\n' ? std::string{"\r\n"} : std::string{c};
  return formatted("mailto:{}@{}?subject={}&body={}", encode_query(email.substr(0, at)),
                   encode_query(email.substr(at + 1)), encode_query("Your account at Muster"),
                   encode_query(body));
}

}  // namespace

std::string person_path(UserId id) { return "/people/" + to_text(id); }

std::string_view role_word(Role role) { return words_of(role).word; }

std::vector<View> role_choices(const SignedIn& who, Role chosen) {
  std::vector<View> choices;
  for (const RoleWords& row : kRoles)
    if (row.role != Role::owner || who.person().role == Role::owner)
      choices.push_back(View{}
                            .set("value", text_of(row.role))
                            .set("word", row.word)
                            .set("help", row.help)
                            .set("is_chosen", row.role == chosen));
  return choices;
}

Result<Role> read_role(std::string_view text) {
  const auto role = parse_role(text);
  if (!role) return Refusal::invalid("choose a role: owner, admin, auditor or member");
  return *role;
}

void set_state(View& view, const Person& person, const std::optional<Invite>& invite,
               std::int64_t now) {
  const bool waits = invite && state_of(*invite, now) == InviteState::open;
  if (person.status == "blocked")
    view.set("state", "Blocked").set("tone", "bad");
  else if (person.status == "invited")
    view.set("state", waits ? "Invited" : "Invite expired").set("tone", waits ? "warn" : "hollow");
  else
    view.set("state", "Active").set("tone", "good");
}

bool may_change(const SignedIn& who, const Person& person) {
  return who.may(Right::people_write) && person.id != who.person().id &&
         (person.role != Role::owner || who.person().role == Role::owner);
}

std::string made_before(const Call& call, const SignedIn& who, std::string_view fallback) {
  const std::string path = call.read([&](const Snapshot& snapshot) {
    return find_form_result(snapshot, who.session().id, who.form().value("form_number"));
  });
  return own_path(path, fallback);
}

Reply show_already_made(const Call& call, const SignedIn& who, std::string_view what,
                        std::string_view fallback, std::string_view section) {
  View view;
  view.set("path", made_before(call, who, fallback)).set("what", what);
  return page(call, who, {"people/already", "Already made", std::move(view), section});
}

Reply show_invited(const Call& call, const SignedIn& who, const CreatedInvite& created) {
  const Person& person = created.person;
  const std::string url = call.app.public_address.url() + "/invite/" + created.secret.reveal();
  const std::string text = message_text(created, url, who.person().name);
  View view;
  view.set("id", to_text(person.id))
      .set("name", person.name)
      .set("email", person.email)
      .set("role", role_word(person.role))
      .set("url", url)
      .set("text", text)
      .set("mailto", mail_to(person.email, text))
      .set("expires_at", time_view(created.invite.expires_at, call.app.clock.now()));
  return page(call, who,
              {"people/invited", "Invite for " + person.name, std::move(view), "/people"});
}

Result<Reply> list_people(const Call& call, const Visitor<Right::people_read>& who) {
  const std::int64_t now = call.app.clock.now();
  std::vector<View> people;
  std::vector<View> service_users;
  call.read([&](const Snapshot& snapshot) {
    const auto news = list_person_news(snapshot);
    for (const Person& person : muster::list_people(snapshot, std::nullopt)) {
      const auto found = news.find(person.id);
      auto& rows = person.is_service_user ? service_users : people;
      rows.push_back(
          row_of(snapshot, who, person, found == news.end() ? PersonNews{} : found->second, now));
    }
  });
  View view;
  view.set("is_alone", people.size() < 2)
      .set("may_write", who.may(Right::people_write))
      .set("has_service_users", !service_users.empty());
  view.set("people", std::move(people)).set("service_users", std::move(service_users));
  return page(call, who, {"people/list", "People", std::move(view), "/people"});
}

Result<Reply> show_new_person(const Call& call, const Writer& who) {
  return show_form(call, who, {}, "", 200);
}

Result<Reply> create_person(const Call& call, const Writer& who) {
  const Form& form = who.form();
  Entered entered{.email = std::string{form.value("email")},
                  .name = std::string{form.value("name")},
                  .is_service_user = form.value("kind") == "service"};
  const auto role = read_role(form.value("role"));
  if (!role) return show_form(call, who, entered, role.refusal().message, 422);
  entered.role = *role;
  if (entered.is_service_user) return create_service(call, who, entered);
  const auto made = once<CreatedInvite>(
      call, who,
      [&](Transaction& tx, const By& by) {
        return invite_person(tx, by,
                             {.email = entered.email, .name = entered.name, .role = entered.role});
      },
      [](const CreatedInvite& created) { return person_path(created.person.id); });
  if (!made) return show_form(call, who, entered, made.refusal().message, 422);
  if (!*made) return show_already_made(call, who, "invite", "/people", "/people");
  return show_invited(call, who, **made);
}

}  // namespace muster::pages
