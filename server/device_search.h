#pragma once

// Devices by a part of their name, host name or address, without a walk over all of them: the
// table device_search knows which three letters each has. Upkeep brings changes in, so that a
// machine that enrolls does not wait for it; those that it has not reached yet count as found.

#include <string_view>
#include <vector>

#include "server/db.h"

namespace muster {

// Three characters at least: a shorter part is not in the table.
bool is_searchable(std::string_view part);

// Devices, removed ones too, that may have this part, by id from above `after`, at most `limit`.
// The caller still compares: what is here has the part in its name, host name or an address, or
// changed a moment ago.
std::vector<DeviceId> list_candidates(const Snapshot& snapshot, std::string_view part,
                                      DeviceId after, int limit);

bool has_unindexed(const Snapshot& snapshot);
// Brings in at most `limit` devices that changed.
void index_devices(Transaction& tx, int limit);

}  // namespace muster
