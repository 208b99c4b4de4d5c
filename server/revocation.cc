#include "server/revocation.h"

#include "server/devices.h"
#include "server/key_changes.h"
#include "server/secret.h"

namespace muster {
RevocationPlan plan_key_revocation(const Snapshot& snapshot, KeyId id) {
  RevocationPlan plan;
  FieldHasher hasher;
  hasher.add("setup_key").add(to_text(id));
  auto query = snapshot.query(
      "SELECT id FROM devices WHERE setup_key_id = ? AND removed_at IS NULL ORDER BY id", {id});
  while (query.step()) {
    plan.devices.push_back(query.id<DeviceId>());
    hasher.add("device").add(to_text(plan.devices.back())).add("remove");
  }
  plan.digest = hex_of(hasher.finish());
  return plan;
}

Result<std::vector<DeviceId>> revoke_key_and_devices(Transaction& tx, const By& by, KeyId id,
                                                     std::string_view digest) {
  auto plan = plan_key_revocation(tx, id);
  if (plan.digest != digest)
    return Refusal::conflict(
        "Meanwhile a device came in through this key, or went. Nothing was done: look again.");
  By cascade = by;
  cascade.cascade_id = new_cascade_id();
  if (auto revoked = revoke_key(tx, cascade, id); !revoked) return revoked.refusal();
  for (const DeviceId device : plan.devices)
    if (auto removed = remove_device(tx, cascade, device, "removed"); !removed)
      return removed.refusal();
  return std::move(plan.devices);
}

}  // namespace muster
