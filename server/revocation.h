#pragma once

// Revoking a key together with what came in through it: shown first, then done in one act. What is
// done is what was shown: should a device have come or gone meanwhile, nothing is done.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/db.h"

namespace muster {

struct RevocationPlan {
  std::vector<DeviceId> devices;  // living ones, all of which would be removed
  std::string digest;             // of these very devices
};

RevocationPlan plan_key_revocation(const Snapshot& snapshot, KeyId id);

// Revokes the key, if it is not yet, and removes the devices of the plan with this digest. Each
// that falls has its row in the audit log, all with one cascade id. Answers the removed devices.
// Refused when the plan is another one by now, and for a default key.
Result<std::vector<DeviceId>> revoke_key_and_devices(Transaction& tx, const By& by, KeyId id,
                                                     std::string_view digest);

}  // namespace muster
