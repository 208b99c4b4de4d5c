#pragma once

// What the list of keys shares with the acts over many of them and with its CSV file.

#include <string_view>

#include "server/key_list.h"
#include "web/call.h"
#include "web/pages/list_address.h"
#include "web/visitor.h"

namespace muster::pages {

// What was chosen in the list, also where `request` is a form of it.
ListAddress key_list_address(const Request& request);
KeyFilter filter_of(const ListAddress& address);
std::string_view order_of(const ListAddress& address);
// `message`: why what was asked for was not done.
Reply show_key_list(const Call& call, const SignedIn& who, std::string_view message, int status);

}  // namespace muster::pages
