// One person or service user: what they may, what they brought in, and what can be done.

#include "server/format.h"
#include "server/key_list.h"
#include "server/last_seen.h"
#include "server/person_changes.h"
#include "server/person_list.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/key_words.h"
#include "web/pages/once.h"
#include "web/pages/people.h"
#include "web/refusals.h"
#include "web/words.h"

namespace muster::pages {
namespace {

using Writer = Visitor<Right::people_write>;

constexpr std::size_t kKeysShown = 10;

UserId user_id(const Call& call) { return UserId{call.request.id_parameter(0)}; }

struct Seen {
  Person person;
  PersonNews news;
  std::optional<Invite> invite;
  KeyPage keys;
  std::int64_t working_keys = 0;
  std::vector<AccessToken> tokens;
};

std::optional<Seen> see(const Call& call) {
  const std::int64_t now = call.app.clock.now();
  return call.read([&](const Snapshot& snapshot) -> std::optional<Seen> {
    auto person = find_person(snapshot, user_id(call));
    if (!person) return std::nullopt;
    const UserId id = person->id;
    auto all = list_person_news(snapshot);
    return Seen{std::move(*person),
                all[id],
                find_last_invite(snapshot, id),
                list_keys(snapshot, {.created_by_id = id},
                          {.by = KeySort::created_at, .is_descending = true}, 0, kKeysShown, now),
                static_cast<std::int64_t>(list_working_keys_of(snapshot, id, now).size()),
                muster::list_tokens(snapshot, id)};
  });
}

std::vector<View> key_rows(const Call& call, const KeyPage& keys) {
  std::vector<View> rows;
  for (const Key& key : keys.keys) {
    View row;
    row.set("id", to_text(key.id))
        .set("name", key.name)
        .set("devices", counted(key.devices_count, "device"));
    set_state(row, key, call.app.clock.now());
    rows.push_back(std::move(row));
  }
  return rows;
}

void set_facts(View& view, const Call& call, const Seen& seen) {
  const std::int64_t now = call.app.clock.now();
  const Person& person = seen.person;
  view.set("id", to_text(person.id))
      .set("name", person.name)
      .set("email", person.email == person.name ? std::string{} : person.email)
      .set("role", role_word(person.role))
      .set("is_service_user", person.is_service_user)
      .set("created_at", time_view(person.created_at, now))
      .set("last_seen", time_view(seen.news.last_seen_at, now))
      .set("sessions", seen.news.sessions == 0 ? std::string{"nowhere"}
                                               : "at " + counted(seen.news.sessions, "browser"))
      .set("has_second_factor", seen.news.has_second_factor)
      .set("has_keys", seen.keys.total > 0)
      .set("keys_words", counted(seen.keys.total, "key"))
      .set("devices_words", counted(seen.news.devices, "device"))
      .set("keys", key_rows(call, seen.keys))
      .set("has_more_keys", seen.keys.total > static_cast<std::int64_t>(seen.keys.keys.size()))
      .set("working_keys",
           seen.working_keys == 0 ? std::string{} : counted(seen.working_keys, "working key"));
  set_state(view, person, seen.invite, now);
  const bool is_invited = person.status == "invited";
  view.set("is_invited", is_invited)
      .set("invite_open",
           is_invited && seen.invite && state_of(*seen.invite, now) == InviteState::open)
      .set("invite_expires",
           seen.invite ? std::optional{time_view(seen.invite->expires_at, now)} : std::nullopt)
      .set("invited_by", seen.invite ? seen.invite->invited_by : std::string{});
}

Reply show(const Call& call, const SignedIn& who, const Seen& seen, std::string_view message,
           int status) {
  const Person& person = seen.person;
  const bool may = may_change(who, person);
  View view;
  set_facts(view, call, seen);
  auto tokens = token_rows(call, seen.tokens);
  view.set("has_tokens", !tokens.empty());
  view.set("tokens", std::move(tokens))
      .set("tokens_path", person_path(person.id) + "/tokens")
      .set("may_change", may)
      .set("has_plan", may)
      .set("may_make_tokens", may && person.is_service_user)
      .set("is_self", person.id == who.person().id)
      .set("is_blocked", person.status == "blocked")
      .set("may_block", may && person.status == "active")
      .set("roles", role_choices(who, person.role))
      .set("is_above", !may && person.id != who.person().id && who.may(Right::people_write))
      .set("message", message);
  return page(call, who, {"people/show", person.name, std::move(view), "/people", status});
}

// The person's page, saying why nothing was done.
Result<Reply> not_done(const Call& call, const Writer& who, const Refusal& refusal) {
  const auto seen = see(call);
  if (!seen || refusal.kind == Kind::unauthorized) return refusal;
  return show(call, who, *seen, refusal.message, status_of(refusal.kind));
}

// Runs `act(tx, by, id)`, and sends the browser to the person's page.
template <class Act>
Result<Reply> change(const Call& call, const Writer& who, std::string_view notice, Act act) {
  const auto done =
      call.write(who, [&](Transaction& tx, const By& by) { return act(tx, by, user_id(call)); });
  if (!done) return not_done(call, who, done.refusal());
  return redirect(formatted("{}?notice={}", person_path(user_id(call)), notice));
}

}  // namespace

Result<Reply> show_person(const Call& call, const Visitor<Right::people_read>& who) {
  const auto seen = see(call);
  if (!seen) return Refusal::not_found("There is no such person.");
  return show(call, who, *seen, "", 200);
}

Result<Reply> save_role(const Call& call, const Writer& who) {
  const auto role = read_role(who.form().value("role"));
  if (!role) return not_done(call, who, role.refusal());
  return change(call, who, "role-changed", [&](Transaction& tx, const By& by, UserId id) {
    return change_role(tx, by, id, *role);
  });
}

Result<Reply> block_person(const Call& call, const Writer& who) {
  return change(call, who, "person-blocked", muster::block_person);
}

Result<Reply> unblock_person(const Call& call, const Writer& who) {
  return change(call, who, "person-unblocked", muster::unblock_person);
}

Result<Reply> pause_keys_of_person(const Call& call, const Writer& who) {
  if (!who.may(Right::keys_write)) return Refusal::forbidden("Your role does not allow this.");
  return change(call, who, "keys-paused", pause_keys_of);
}

Result<Reply> withdraw_invite(const Call& call, const Writer& who) {
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::withdraw_invite(tx, by, user_id(call));
  });
  if (!done) return not_done(call, who, done.refusal());
  return redirect("/people?notice=invite-withdrawn");
}

Result<Reply> renew_invite(const Call& call, const Writer& who) {
  const auto made = once<CreatedInvite>(
      call, who,
      [&](Transaction& tx, const By& by) { return muster::renew_invite(tx, by, user_id(call)); },
      [](const CreatedInvite& created) { return person_path(created.person.id); });
  if (!made) return not_done(call, who, made.refusal());
  if (!*made) return show_already_made(call, who, "invite", "/people", "/people");
  return show_invited(call, who, **made);
}

}  // namespace muster::pages
