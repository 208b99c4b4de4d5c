#pragma once

// How a person comes to an account: somebody invites them and hands them a link, since the server
// sends no mail. The link works once, for a day. Looking at it changes nothing; with a password it
// is accepted.

#include "server/people.h"
#include "server/secret.h"

namespace muster {

constexpr std::int64_t kInviteLife = 24 * 3600;  // seconds

enum class InviteState { open, accepted, replaced, withdrawn, expired };

struct Invite {
  InviteId id;
  UserId user_id;
  std::string hint;
  std::string invited_by;  // name or e-mail; empty: the command line
  std::int64_t created_at = 0;
  std::int64_t expires_at = 0;
  std::string ended_because;  // accepted | replaced | withdrawn; empty: not ended
};

InviteState state_of(const Invite& invite, std::int64_t now);

struct NewPerson {
  std::string email;
  std::string name = {};  // empty: the e-mail address
  Role role = Role::member;
};

// The only time the secret exists outside the invited person's hands.
struct CreatedInvite {
  Person person;
  Invite invite;
  Secret secret;
};

// Refused when somebody has that e-mail.
Result<CreatedInvite> invite_person(Transaction& tx, const By& by, const NewPerson& wanted);
// A new link in place of the last one, used up by time or not. Refused once it was accepted.
Result<CreatedInvite> renew_invite(Transaction& tx, const By& by, UserId id);
// The link ends and the person is gone from the list. Refused once it was accepted.
Result<Person> withdraw_invite(Transaction& tx, const By& by, UserId id);

std::optional<Invite> find_invite(const Snapshot& snapshot, const Hash& secret_hash);
std::optional<Invite> find_last_invite(const Snapshot& snapshot, UserId id);

struct Acceptance {
  std::string name;  // empty: stays as it is
  std::string password_hash;
};
// Of two who accept at once one does. `by` needs no actor: it is the person themselves.
Result<Person> accept_invite(Transaction& tx, const By& by, const Hash& secret_hash,
                             const Acceptance& acceptance);

}  // namespace muster
