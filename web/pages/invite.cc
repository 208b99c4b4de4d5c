// `/invite/SECRET`: where somebody who was invited chooses a password. Mail scanners open links
// too, so looking changes nothing; the form accepts.

#include "server/invites.h"
#include "server/text.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/people.h"
#include "web/pages/sessions.h"

namespace muster::pages {
namespace {

struct Guest {
  Hash secret_hash;
  Invite invite;
  std::optional<Person> person;  // none: removed
};

std::optional<Guest> find_guest(const Call& call) {
  const auto secret = parse_secret(SecretKind::invite, call.request.path_parameters.at(0));
  if (!secret) return std::nullopt;
  return call.read([&](const Snapshot& snapshot) -> std::optional<Guest> {
    const Hash hash = hash_of(*secret);
    auto invite = find_invite(snapshot, hash);
    if (!invite) return std::nullopt;
    auto person = find_person(snapshot, invite->user_id);
    return Guest{hash, std::move(*invite), std::move(person)};
  });
}

Reply unlisted(Reply reply) {
  reply.with_header("X-Robots-Tag", "noindex, nofollow");
  return reply;
}

Result<Reply> unknown(const Call& call) {
  if (const int seconds = call.app.guesses.count(call.request.client_address); seconds > 0)
    return Refusal{Kind::too_many_requests, Reason::too_many_requests,
                   "Too many unknown links were opened from here. Wait a minute and try again.",
                   seconds};
  return unlisted(plain_page(call, {"invite/unknown", "Unknown invite", View{}, {}, 404}));
}

bool is_open(const Call& call, const Guest& guest) {
  return guest.person && guest.person->status == "invited" &&
         state_of(guest.invite, call.app.clock.now()) == InviteState::open;
}

Reply ended(const Call& call, const Guest& guest) {
  const InviteState state = state_of(guest.invite, call.app.clock.now());
  View view;
  view.set("is_accepted", state == InviteState::accepted)
      .set("is_replaced", state == InviteState::replaced)
      .set("is_expired", state == InviteState::expired)
      .set("is_withdrawn", state == InviteState::withdrawn || state == InviteState::open)
      .set("invited_by", guest.invite.invited_by);
  return unlisted(
      plain_page(call, {"invite/ended", "This invite has ended", std::move(view), {}, 410}));
}

Reply show(const Call& call, const Guest& guest, std::string_view name, std::string_view message,
           int status) {
  View view;
  const bool has_role_of_note = guest.person->role != Role::member;
  view.set("invited_by", guest.invite.invited_by)
      .set("email", guest.person->email)
      .set("name", name)
      .set("role", has_role_of_note ? role_word(guest.person->role) : "")
      .set("expires_at", readable_time(guest.invite.expires_at))
      .set("message", message);
  return unlisted(plain_page(call, {"invite/open", "Your account", std::move(view), {}, status}));
}

// An invite without a name goes by the e-mail address; nobody wants to type over that.
std::string likely_name(const Person& person) {
  return person.name == person.email ? std::string{} : person.name;
}

}  // namespace

Result<Reply> show_invite(const Call& call) {
  const auto guest = find_guest(call);
  if (!guest) return unknown(call);
  if (!is_open(call, *guest)) return ended(call, *guest);
  return show(call, *guest, likely_name(*guest->person), "", 200);
}

Result<Reply> accept_invite(const Call& call) {
  const auto form = Form::parse(call.request.body);
  if (!form) return form.refusal();
  const auto guest = find_guest(call);
  if (!guest) return unknown(call);
  if (!is_open(call, *guest)) return ended(call, *guest);
  const Secret password{std::string{form->value("password")}};
  const std::string name{form->value("name")};
  if (auto fit = check_password(password.reveal()); !fit)
    return show(call, *guest, name, fit.refusal().message, 422);
  const std::string hash = hash_password(password);
  const By by{{}, call.request.client_address, call.app.clock.now()};
  const auto person = call.app.database.write([&](Transaction& tx) {
    return muster::accept_invite(tx, by, guest->secret_hash, {.name = name, .password_hash = hash});
  });
  if (!person && person.refusal().kind == Kind::invalid)
    return show(call, *guest, name, person.refusal().message, 422);
  if (!person) {
    const auto now = find_guest(call);
    return now ? ended(call, *now) : unknown(call);
  }
  return begin_session(call, *person, "/");
}

}  // namespace muster::pages
