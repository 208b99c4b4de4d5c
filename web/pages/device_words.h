#pragma once

// How pages speak of a device.

#include <cstdint>

#include "server/devices.h"
#include "server/last_seen.h"
#include "web/view.h"

namespace muster::pages {

// The later of what is stored and what memory knows; nothing for one that never called.
std::optional<std::int64_t> last_seen_at(const LastSeen& last_seen, DeviceId device,
                                         std::optional<std::int64_t> stored);
// `state`, `tone`: the pill's word and classes.
void set_device_state(View& view, const Device& device, const LastSeen& last_seen);
// What a row of a list shows: `id`, `name`, `state`, `tone`, `is_waiting`, `system`, `addresses`,
// `groups`, `tags`, `key_id`, `key_name`, `seen`.
View device_row(const Device& device, const LastSeen& last_seen, std::int64_t now);

}  // namespace muster::pages
