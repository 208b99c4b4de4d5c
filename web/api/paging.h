#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "web/request.h"

namespace muster::api {

// A query parameter that is an id; 0 when absent, -1 when it is none.
std::int64_t id_query(const Request& request, std::string_view name, std::int64_t smallest = 1);

// The `Link` header of a page that is not the last: the same question, from behind the item with
// this id on.
std::string next_page(const Request& request, std::string_view last_id);

}  // namespace muster::api
