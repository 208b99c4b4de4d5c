#pragma once

// Handing somebody's keys, links and devices to another, so that they stay when the former goes.

#include <cstdint>

#include "server/audit.h"
#include "server/db.h"
#include "server/people.h"

namespace muster {

struct HandedOver {
  Person from;
  Person to;
  std::int64_t keys = 0;
  std::int64_t links = 0;    // of these keys
  std::int64_t devices = 0;  // living ones that came in through them
};

// The keys of `from` become those of `to`, with all that came in through them; whoever asks who
// made a key, also a stranger with a link, is sent to `to` from then on. The audit log keeps both
// names. Sessions and tokens stay with `from` and end with them. Refuses: to oneself, to who is not
// an active owner or admin, or is a service user (422); an owner's to an admin's order (403).
Result<HandedOver> hand_over(Transaction& tx, const By& by, UserId from, UserId to);

// Whom somebody's things can be handed to.
std::vector<Person> list_successors(const Snapshot& snapshot, UserId from);

}  // namespace muster
