#pragma once

// What an act over many did, in the address that the browser is sent to, and the sentence which the
// page there says: "312 keys paused, 4 were already."

#include <string>
#include <string_view>

#include "server/many.h"
#include "web/request.h"

namespace muster {

// `word`: one of those in many_notice.cc. Begins with `notice=`, for the end of an address.
std::string many_notice_query(std::string_view word, const ManyReport& report);

// Empty when the address has none.
std::string many_notice(const Request& request);

}  // namespace muster
