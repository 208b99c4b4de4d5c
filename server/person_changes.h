#pragma once

// What is done to people and service users. Who does it is looked at in the same act, by the role
// they have at that moment: an admin touches no owner and makes none, and nobody changes their own
// role or blocks themselves. An owner who can sign in is always left.

#include "server/people.h"

namespace muster {

struct NewServiceUser {
  std::string name;
  Role role = Role::member;
};
// Acts by access token only: it has no password and never will.
Result<Person> create_service_user(Transaction& tx, const By& by, const NewServiceUser& wanted);

// Whether the caller may make somebody with that role.
Result<void> check_may_give(const Snapshot& snapshot, const By& by, Role role);

// The same role again is as once.
Result<Person> change_role(Transaction& tx, const By& by, UserId id, Role role);

// Sessions end and tokens answer "blocked"; keys keep working. Twice is as once. Refused for
// somebody who is only invited: their invite is withdrawn instead.
Result<Person> block_person(Transaction& tx, const By& by, UserId id);
Result<Person> unblock_person(Transaction& tx, const By& by, UserId id);

// Living ones that came in through keys of theirs, deleted keys too.
std::int64_t count_devices_of(const Snapshot& snapshot, UserId id);

// Of those that the person made, which still let machines in: links' keys too.
std::vector<KeyId> list_working_keys_of(const Snapshot& snapshot, UserId id, std::int64_t now);
// Pauses all of these, and answers how many.
Result<int> pause_keys_of(Transaction& tx, const By& by, UserId id);

}  // namespace muster
