#pragma once

// Where a key stands: what it came from, what came from it, and when.

#include "server/keys.h"
#include "web/call.h"
#include "web/view.h"
#include "web/visitor.h"

namespace muster::pages {

// `places`, from the top down: who made it, with what, the key, its devices.
void set_tree(View& view, const Call& call, const SignedIn& who, const Key& key);
// `chart` of its uses, in periods that fit its age, once there is one; `forgotten`: the uses that
// no device tells of any more.
void set_uses(View& view, const Call& call, const Key& key);

}  // namespace muster::pages
