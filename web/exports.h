#pragma once

// The lists as CSV files, for programs and for browsers. The columns are members of the JSON
// answers; what is a list there stands as its names with commas between. No secret, only hints.

#include <functional>

#include "server/audit_list.h"
#include "server/devices.h"
#include "server/install_links.h"
#include "server/key_list.h"
#include "web/call.h"

namespace muster {

Reply keys_csv(const Call& call, const KeyFilter& filter, const KeyOrder& order);
Reply links_csv(const Call& call, const LinkFilter& filter);
// By id. `also`: what the filter cannot say, such as who is online; may be empty.
Reply devices_csv(const Call& call, const DeviceFilter& filter,
                  std::function<bool(const Device&)> also);
// Newest first.
Reply audit_csv(const Call& call, const AuditFilter& filter);

// What a program asked for with `format`: csv, or json, which needs not be said.
Result<bool> wants_csv(const Request& request);

}  // namespace muster
