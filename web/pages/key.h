#pragma once

#include <string_view>

#include "server/keys.h"
#include "web/call.h"

namespace muster::pages {

// The key of the path, also a deleted one.
Result<Key> read_key(const Call& call);
// Its page. `message`: why something was not done.
Reply show_key(const Call& call, const SignedIn& who, const Key& key, std::string_view message);

}  // namespace muster::pages
