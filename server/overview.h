#pragma once

// What stands behind the first page: whether anybody began, and who came in when.

#include <cstdint>
#include <vector>

#include "server/db.h"
#include "server/devices.h"

namespace muster {

// Somebody began: there was a device, or a key that does not stand there by itself.
bool is_in_use(const Snapshot& snapshot);

// Devices that came in on a day, those that were removed since included.
struct DayCount {
  std::int64_t day = 0;  // UTC, since 1970-01-01
  std::int64_t count = 0;
};
// From the first day to the last, oldest first; days without any are left out.
std::vector<DayCount> count_enrollments(const Snapshot& snapshot, std::int64_t first_day,
                                        std::int64_t last_day);
std::vector<DayCount> count_enrollments_through(const Snapshot& snapshot, KeyId key);

// Living ones that came in last, newest first.
std::vector<Device> list_newest_devices(const Snapshot& snapshot, int limit);

}  // namespace muster
