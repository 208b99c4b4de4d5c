#pragma once

#include <optional>

#include "server/ip.h"
#include "web/request.h"

namespace muster {

// Sets who called and how, as the trusted proxy tells it: the right-most address of
// X-Forwarded-For that is not itself a trusted proxy (what stands left of it anybody can write),
// and X-Forwarded-Proto. Anyone else's headers of that name are not believed.
void trust_proxy(Request& request, const std::optional<IpRange>& proxies);

}  // namespace muster
