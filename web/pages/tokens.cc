// Access tokens at a browser: one's own, and those of a service user.

#include <algorithm>
#include <array>

#include "server/access_tokens.h"
#include "server/format.h"
#include "server/groups.h"
#include "server/text.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/once.h"
#include "web/pages/people.h"
#include "web/words.h"

namespace muster::pages {
namespace {

using Writer = Visitor<Right::people_write>;

struct Scope {
  std::string_view value;
  std::string_view word;
};
constexpr std::array kScopes{
    Scope{"keys:read", "See keys"},
    Scope{"keys:write", "Make and change keys"},
    Scope{"links:read", "See install links"},
    Scope{"links:write", "Make and change install links"},
    Scope{"devices:read", "See devices"},
    Scope{"devices:write", "Change and remove devices"},
    Scope{"groups:read", "See groups"},
    Scope{"groups:write", "Make and change groups"},
    Scope{"networks:read", "See networks"},
    Scope{"networks:write", "Make and change networks"},
    Scope{"people:read", "See people"},
    Scope{"people:write", "Add and change people"},
    Scope{"audit:read", "Read the audit log"},
};
constexpr std::array<std::int64_t, 4> kDays{7, 30, 90, 365};
constexpr std::int64_t kUsualDays = 90;

std::string scope_words(const std::string& scopes) {
  std::vector<std::string> words;
  for (const std::string& scope : split(scopes, ' ')) {
    if (scope == "all") return "Everything their role may";
    const auto* const row = std::ranges::find(kScopes, scope, &Scope::value);
    words.emplace_back(row == kScopes.end() ? std::string_view{scope} : row->word);
  }
  return join(words, ", ");
}

// Whose tokens a page is about, and where it and the page before it are.
struct Owner {
  Person person;
  std::string path;  // of the page that lists them
  std::string_view section;
};

Owner self(const SignedIn& who) { return {who.person(), "/account", "/account"}; }

bool holds(const std::vector<std::string>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

Reply show_form(const Call& call, const SignedIn& who, const Owner& owner, const NewToken& entered,
                std::string_view message, int status) {
  std::vector<View> scopes;
  for (const Scope& scope : kScopes)
    scopes.push_back(View{}
                         .set("value", scope.value)
                         .set("word", scope.word)
                         .set("is_chosen", holds(entered.scopes, scope.value)));
  std::vector<View> days;
  for (const std::int64_t count : kDays)
    days.push_back(View{}
                       .set("value", count)
                       .set("word", count == 365 ? std::string{"1 year"} : counted(count, "day"))
                       .set("is_chosen", count == entered.days));
  std::vector<View> groups;
  call.read([&](const Snapshot& snapshot) {
    for (const Group& group : muster::list_groups(snapshot))
      if (group.id != kAllGroup)
        groups.push_back(View{}
                             .set("value", to_text(group.id))
                             .set("word", group.name)
                             .set("is_chosen", holds(entered.groups, to_text(group.id))));
  });
  View view;
  const bool is_self = owner.person.id == who.person().id;
  view.set("owner", is_self ? std::string{} : owner.person.name)
      .set("action", owner.path + "/tokens/new")
      .set("back", owner.path)
      .set("name", entered.name)
      .set("role", lower_ascii(role_word(owner.person.role)))
      .set("is_member", owner.person.role == Role::member)
      .set("is_all", entered.scopes.empty())
      .set("has_groups", !groups.empty() && who.may(Right::groups_read))
      .set("message", message);
  view.set("scopes", std::move(scopes)).set("days", std::move(days));
  view.set("groups", std::move(groups));
  return page(call, who,
              {"people/new_token", "New access token", std::move(view), owner.section, status});
}

Result<NewToken> read_form(const Form& form) {
  NewToken entered{.name = std::string{form.value("name")}};
  const auto days = read_number("how long it works", form.value("days"), kUsualDays);
  if (!days) return days.refusal();
  entered.days = *days;
  if (form.value("reach") == "some") {
    entered.scopes = form.values("scopes");
    if (entered.scopes.empty()) return Refusal::invalid("choose what the token may do");
  }
  entered.groups = form.values("groups");
  return entered;
}

Reply show_created(const Call& call, const SignedIn& who, const Owner& owner,
                   const CreatedToken& created) {
  View view;
  view.set("name", created.token.name)
      .set("secret", created.secret.reveal())
      .set("url", call.app.public_address.url())
      .set("back", owner.path)
      .set("expires_at", time_view(created.token.expires_at, call.app.clock.now()));
  return page(call, who, {"people/token", "Access token made", std::move(view), owner.section});
}

// `owner_of(tx)`: whose, as it stands in the act, or why not.
template <class OwnerOf>
Result<Reply> make(const Call& call, const SignedIn& who, const Owner& owner, OwnerOf owner_of) {
  const auto entered = read_form(who.form());
  if (!entered)
    return show_form(call, who, owner, {.name = std::string{who.form().value("name")}},
                     entered.refusal().message, 422);
  const auto made = once<CreatedToken>(
      call, who,
      [&](Transaction& tx, const By& by) -> Result<CreatedToken> {
        const auto living = owner_of(tx);
        if (!living) return living.refusal();
        return muster::create_token(tx, by, *living, *entered);
      },
      [&](const CreatedToken&) { return owner.path + "#tokens"; });
  if (!made && made.refusal().kind == Kind::invalid)
    return show_form(call, who, owner, *entered, made.refusal().message, 422);
  if (!made) return made.refusal();
  if (!*made) return show_already_made(call, who, "access token", owner.path, owner.section);
  return show_created(call, who, owner, **made);
}

// The service user of the path, if this visitor may handle its tokens.
Result<Person> find_service(const Call& call, const SignedIn& who, const Snapshot& snapshot) {
  auto person = find_person(snapshot, UserId{call.request.id_parameter(0)});
  if (!person || !person->is_service_user)
    return Refusal::not_found("There is no such service user.");
  if (!may_change(who, *person))
    return Refusal::forbidden("Only an owner may do that to an owner.");
  return std::move(*person);
}

Result<Owner> read_service(const Call& call, const SignedIn& who) {
  auto person =
      call.read([&](const Snapshot& snapshot) { return find_service(call, who, snapshot); });
  if (!person) return person.refusal();
  std::string path = person_path(person->id);
  return Owner{std::move(*person), std::move(path), "/people"};
}

}  // namespace

std::vector<View> token_rows(const Call& call, const std::vector<AccessToken>& tokens) {
  const std::int64_t now = call.app.clock.now();
  std::vector<View> rows;
  for (const AccessToken& token : tokens) {
    auto used = call.app.token_uses.find_unwritten(token.id);
    if (!used) used = token.last_used_at;
    rows.push_back(View{}
                       .set("token_id", to_text(token.id))
                       .set("token_name", token.name)
                       .set("hint", token.hint)
                       .set("may", scope_words(token.scopes))
                       .set("is_confined", !token.group_ids.empty())
                       .set("is_expired", token.expires_at <= now)
                       .set("expires", time_view(token.expires_at, now))
                       .set("last_used", time_view(used, now)));
  }
  return rows;
}

Result<Reply> show_new_own_token(const Call& call, const SignedIn& who) {
  return show_form(call, who, self(who), {}, "", 200);
}

Result<Reply> create_own_token(const Call& call, const SignedIn& who) {
  return make(call, who, self(who), [&](const Snapshot& snapshot) -> Result<Person> {
    auto person = find_person(snapshot, who.person().id);
    if (!person) return person_not_found(who.person().id);
    return std::move(*person);
  });
}

Result<Reply> end_own_token(const Call& call, const SignedIn& who) {
  const TokenId id{call.request.id_parameter(0)};
  const auto done = call.write(
      who, [&](Transaction& tx, const By& by) { return revoke_token(tx, by, who.person(), id); });
  if (!done) return done.refusal();
  return redirect("/account?notice=token-ended");
}

Result<Reply> show_new_service_token(const Call& call, const Writer& who) {
  const auto owner = read_service(call, who);
  if (!owner) return owner.refusal();
  return show_form(call, who, *owner, {}, "", 200);
}

Result<Reply> create_service_token(const Call& call, const Writer& who) {
  const auto owner = read_service(call, who);
  if (!owner) return owner.refusal();
  return make(call, who, *owner,
              [&](const Snapshot& snapshot) { return find_service(call, who, snapshot); });
}

Result<Reply> end_service_token(const Call& call, const Writer& who) {
  const TokenId id{call.request.id_parameter(1)};
  const auto done = call.write(who, [&](Transaction& tx, const By& by) -> Result<void> {
    const auto person = find_service(call, who, tx);
    if (!person) return person.refusal();
    return revoke_token(tx, by, *person, id);
  });
  if (!done) return done.refusal();
  return redirect(person_path(UserId{call.request.id_parameter(0)}) + "?notice=token-ended");
}

}  // namespace muster::pages
