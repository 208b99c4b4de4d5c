#pragma once

// What goes with something that ends: shown first as a plan, then done in one act.
//
// Credentials form a tree. A person or service user has access tokens and setup keys; a token has
// the keys that were made with it; a key has the devices that came in through it. What falls with
// one of them is what hangs below it, and nobody else's: a key that was handed over hangs below
// its new owner, whichever token it was made with. Groups and networks are no credentials: keys
// that name one alone fall with it, others lose it.
//
// The plan is computed anew in the act that does it. Should something have come or gone since it
// was shown, its digest is another one and nothing is done.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/access_tokens.h"
#include "server/audit.h"
#include "server/db.h"

namespace muster {

enum class TargetKind { setup_key, access_token, user, group, network, device };
std::string_view text_of(TargetKind kind);
std::optional<TargetKind> parse_target_kind(std::string_view text);

struct Target {
  TargetKind kind;
  std::int64_t id;
};

struct RevocationChoices {
  // Of keys and tokens: whether devices that came in go too. None: they stay, and go with a person.
  std::optional<bool> removes_devices = std::nullopt;
  // Of tokens: only keys made with it, and devices enrolled, at this time or later.
  std::optional<std::int64_t> since = std::nullopt;
};

enum class Effect {
  removed,        // person, device
  ended,          // session
  revoked,        // access token, setup key
  withdrawn,      // install link
  deleted,        // group, network, default key
  loses_group,    // key, device
  loses_network,  // key
  loses_address,  // device
  already_ended,  // stands here for what hangs below it; nothing happens to it
};
std::string_view text_of(Effect effect);

struct RevocationItem {
  std::string_view kind;  // as in the audit log: user, session, access_token, setup_key, …
  std::int64_t id;
  std::string name;
  Effect effect;
  std::optional<std::size_t> because_of;  // the item above it; none for the target
};
Subject subject_of(const RevocationItem& item);

struct RevocationPlan {
  std::vector<RevocationItem> items;  // the target first, each before what hangs below it
  std::string digest;                 // of kind, id and effect of every item
};

struct EffectCount {
  std::string_view kind;
  Effect effect;
  std::int64_t count;
};
// How many of each there are, in the order in which they first appear, the target among them.
std::vector<EffectCount> count_effects(std::span<const RevocationItem> items);

// What somebody needs to see and do that, all of it.
std::span<const Right> rights_for(TargetKind kind);

// Refuses: what is not there (404); the last owner (409); an owner to an admin, and everything to
// a token that is confined to groups (403); the default network, `All`, a default key that lives,
// and choices that the target does not offer (422).
Result<RevocationPlan> plan_revocation(const Snapshot& snapshot, const By& by, const Target& target,
                                       const RevocationChoices& choices);

struct Revoked {
  std::string cascade_id;
  RevocationPlan plan;
  std::vector<DeviceId> removed_devices;
  std::int64_t head_id = 0;  // the last row of the audit log after it
  std::string head;          // its hash
};

// Does what the plan with this digest says. Each thing that fell has its row in the audit log, all
// with one cascade id. 409 plan_changed when the plan is another one by now; nothing was done then.
Result<Revoked> apply_revocation(Transaction& tx, const By& by, const Target& target,
                                 const RevocationChoices& choices, std::string_view digest);

}  // namespace muster
