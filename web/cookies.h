#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "web/reply.h"
#include "web/request.h"

namespace muster {

// A cookie that no script can read and no other site makes the browser send. Under TLS its name
// begins with `__Host-`, so that no neighbor under the same domain can plant one.
std::string_view find_cookie(const Request& request, std::string_view name);
// `seconds`: how long the browser keeps it; 0: until it is closed; below: it is dropped now.
void set_cookie(Reply& reply, const Request& request, std::string_view name, std::string_view value,
                long long seconds);

}  // namespace muster
