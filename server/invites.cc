#include "server/invites.h"

#include "server/format.h"
#include "server/person_changes.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kSelect =
    "SELECT i.id, i.user_id, i.hint, coalesce(nullif(u.name, ''), u.email, ''), i.created_at,"
    " i.expires_at, coalesce(i.ended_because, '')"
    " FROM invites i LEFT JOIN users u ON u.id = i.created_by_id WHERE ";

std::optional<Invite> find_one(const Snapshot& snapshot, std::string_view condition,
                               std::initializer_list<Bind> values) {
  const std::string sql = formatted("{}{}", kSelect, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  Invite invite;
  invite.id = query.id<InviteId>();
  invite.user_id = query.id<UserId>();
  invite.hint = query.text();
  invite.invited_by = query.text();
  invite.created_at = query.integer();
  invite.expires_at = query.integer();
  invite.ended_because = query.text();
  return invite;
}

CreatedInvite make_link(Transaction& tx, const By& by, Person person) {
  tx.run(
      "UPDATE invites SET ended_at = ?, ended_because = 'replaced'"
      " WHERE user_id = ? AND ended_at IS NULL",
      {by.at, person.id});
  Secret secret = make_secret(SecretKind::invite);
  tx.insert(
      "INSERT INTO invites (user_id, secret_hash, hint, created_by_id, created_at, expires_at)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      {person.id, hash_of(secret), hint_of(secret),
       by.user_id ? std::optional{by.user_id} : std::nullopt, by.at, by.at + kInviteLife});
  Invite invite = *find_last_invite(tx, person.id);
  append_audit(tx, by,
               {.code = "user.invite",
                .target = subject_of(person),
                .details = {{"role", std::string{text_of(person.role)}}, {"invite", invite.hint}}});
  return {std::move(person), std::move(invite), std::move(secret)};
}

// Somebody who has not accepted yet, and whom the caller may handle.
Result<Person> find_invited(const Snapshot& snapshot, const By& by, UserId id) {
  auto person = find_person(snapshot, id);
  if (!person) return person_not_found(id);
  if (person->status != "invited")
    return Refusal::conflict(formatted("{} has an account already", person->label()));
  if (auto checked = check_may_manage(snapshot, by, *person); !checked) return checked.refusal();
  return std::move(*person);
}

Refusal no_longer() {
  return Refusal{Kind::gone, Reason::conflict, "This invite does not work any more."};
}

}  // namespace

InviteState state_of(const Invite& invite, std::int64_t now) {
  if (invite.ended_because == "accepted") return InviteState::accepted;
  if (invite.ended_because == "replaced") return InviteState::replaced;
  if (invite.ended_because == "withdrawn") return InviteState::withdrawn;
  return now < invite.expires_at ? InviteState::open : InviteState::expired;
}

Result<CreatedInvite> invite_person(Transaction& tx, const By& by, const NewPerson& wanted) {
  const auto email = check_email(wanted.email);
  if (!email) return email.refusal();
  const std::string name = trim(wanted.name).empty() ? *email : trim(wanted.name);
  if (auto checked = check_text("the name", name, kNameLength); !checked) return checked.refusal();
  if (auto checked = check_may_give(tx, by, wanted.role); !checked) return checked.refusal();
  if (find_person_by_email(tx, *email))
    return Refusal::conflict(formatted("somebody with the e-mail {} is there already", *email));
  return make_link(
      tx, by,
      add_person(tx, by,
                 {.email = *email, .name = name, .role = wanted.role, .status = "invited"}));
}

Result<CreatedInvite> renew_invite(Transaction& tx, const By& by, UserId id) {
  auto person = find_invited(tx, by, id);
  if (!person) return person.refusal();
  return make_link(tx, by, std::move(*person));
}

Result<Person> withdraw_invite(Transaction& tx, const By& by, UserId id) {
  const auto person = find_invited(tx, by, id);
  if (!person) return person.refusal();
  tx.run(
      "UPDATE invites SET ended_at = ?, ended_because = 'withdrawn'"
      " WHERE user_id = ? AND ended_at IS NULL",
      {by.at, id});
  append_audit(tx, by, {.code = "user.invite.withdraw", .target = subject_of(*person)});
  return remove_person(tx, by, id);
}

std::optional<Invite> find_invite(const Snapshot& snapshot, const Hash& secret_hash) {
  return find_one(snapshot, "i.secret_hash = ?", {secret_hash});
}

std::optional<Invite> find_last_invite(const Snapshot& snapshot, UserId id) {
  return find_one(snapshot, "i.user_id = ? ORDER BY i.id DESC LIMIT 1", {id});
}

Result<Person> accept_invite(Transaction& tx, const By& by, const Hash& secret_hash,
                             const Acceptance& acceptance) {
  const std::string name = trim(acceptance.name);
  if (auto checked = check_text("the name", name, kNameLength); !checked) return checked.refusal();
  if (tx.run("UPDATE invites SET ended_at = ?2, ended_because = 'accepted'"
             " WHERE secret_hash = ?1 AND ended_at IS NULL AND expires_at > ?2"
             " AND EXISTS (SELECT 1 FROM users WHERE users.id = invites.user_id"
             "   AND status = 'invited' AND removed_at IS NULL)",
             {secret_hash, by.at}) == 0)
    return no_longer();
  const auto invite = find_invite(tx, secret_hash);
  if (!invite) return no_longer();
  tx.run(
      "UPDATE users SET status = 'active', password_hash = ?2, name = coalesce(nullif(?3, ''), "
      "name)"
      " WHERE id = ?1",
      {invite->user_id, acceptance.password_hash, name});
  Person person = *find_person(tx, invite->user_id);
  By self = by;
  self.actor = subject_of(person);
  self.user_id = person.id;
  append_audit(
      tx, self,
      {.code = "user.join",
       .target = subject_of(person),
       .details = {{"role", std::string{text_of(person.role)}}, {"invite", invite->hint}}});
  return person;
}

}  // namespace muster
