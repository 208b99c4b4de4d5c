#pragma once

// What the list of devices shares with the acts over many of them and with its CSV file.

#include <functional>
#include <string_view>

#include "server/devices.h"
#include "web/call.h"
#include "web/pages/list_address.h"
#include "web/visitor.h"

namespace muster::pages {

// What was chosen in the list, also where `request` is a form of it.
ListAddress device_list_address(const Request& request);
// All of it but whether devices are online or wait.
DeviceFilter device_filter(const ListAddress& address);
// The rest of it, which changes `filter` where that can say it; what only memory knows is answered.
std::function<bool(const Device&)> device_state_filter(const Call& call, const ListAddress& address,
                                                       DeviceFilter& filter);
// `message`: why what was asked for was not done.
Reply show_device_list(const Call& call, const SignedIn& who, std::string_view message, int status);

}  // namespace muster::pages
