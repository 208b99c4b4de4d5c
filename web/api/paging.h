#pragma once

#include <string>
#include <string_view>

#include "web/request.h"

namespace muster::api {

// The `Link` header of a page that is not the last: the same question, from behind the item with
// this id on.
std::string next_page(const Request& request, std::string_view last_id);

}  // namespace muster::api
