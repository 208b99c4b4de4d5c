#pragma once

// How a machine becomes a device.
//
// The device makes its own secret and stores it before it asks, so a lost answer costs nothing: the
// same secret with the same key gets the same device back, whatever became of the key meanwhile.
// Everything else is one act: spend one use, make the device, its addresses, its groups, the audit
// row. Whatever fails, no use is spent.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/db.h"
#include "server/devices.h"
#include "server/keys.h"

namespace muster {

struct Attempt {
  std::optional<Hash> key_hash;  // absent: the text was no key at all
  Hash device_hash;              // of the device's own secret
  MachineFacts facts;
  std::optional<std::string> wireguard_public_key;
  std::string group;                    // chosen on the machine; empty: none
  std::vector<std::string> dns_labels;  // asked for beside its name
  std::string from;                     // numeric address of the caller
};

struct Enrolled {
  Device device;
  bool created = false;
};

// Refuses what no key could make right: missing or unfit facts, labels, WireGuard keys.
Result<void> check_attempt(const Attempt& attempt);

// What is known without a write: a device that asks again (its present answer), one that may not
// (409 another key, 410 removed), or an unknown key. Nothing: the writer decides.
Result<std::optional<Enrolled>> recognize(const Snapshot& snapshot, const Attempt& attempt);

// Refusals in this order: key_unknown, key_expired, key_revoked, key_paused, key_used_up,
// group_protected, group_not_allowed, source_not_allowed, dns_labels_not_allowed,
// wireguard_key_taken, address_range_full. Their sentences are for the person at the machine.
Result<Enrolled> enroll(Transaction& tx, const Attempt& attempt, std::int64_t now);

}  // namespace muster
