#pragma once

#include <string_view>

#include "server/keys.h"
#include "web/call.h"
#include "web/view.h"
#include "web/visitor.h"

namespace muster::pages {

// The key of the path, also a deleted one.
Result<Key> read_key(const Call& call);
// Its page. `message`: why something was not done.
Reply show_key(const Call& call, const SignedIn& who, const Key& key, std::string_view message);

// `keys/devices` and `keys/inside`: at most `limit` of the devices that came in through it.
View devices_view(const Call& call, const Key& key, int limit);
constexpr int kDevicesInside = 10;  // a row of the list

}  // namespace muster::pages
