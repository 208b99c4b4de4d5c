#pragma once

// Changing setup keys. A change concerns later devices; those that a key admitted stay as they
// are. Every change is written to the audit log with what was before and what is after.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/keys.h"

namespace muster {

// What a change names; what it leaves out stays.
struct KeyChange {
  std::optional<std::string> name = std::nullopt;
  std::optional<std::string> note = std::nullopt;
  std::optional<std::string> type = std::nullopt;
  std::optional<std::int64_t> usage_limit = std::nullopt;
  std::optional<std::int64_t> expires_in = std::nullopt;  // from now; 0: never
  std::optional<std::int64_t> expires_at = std::nullopt;  // instead of `expires_in`; 0: never
  std::optional<bool> ephemeral = std::nullopt;
  std::optional<std::int64_t> ephemeral_seconds = std::nullopt;
  std::optional<bool> allow_extra_dns_labels = std::nullopt;
  std::optional<bool> allow_group_choice = std::nullopt;
  std::optional<bool> requires_approval = std::nullopt;
  std::optional<std::string> device_name = std::nullopt;
  std::optional<std::vector<std::string>> allowed_cidrs = std::nullopt;
  std::optional<std::vector<std::string>> auto_groups = std::nullopt;
  std::optional<std::vector<std::string>> networks = std::nullopt;
  std::optional<std::vector<std::string>> tags = std::nullopt;
  std::optional<std::string> gateway_mode = std::nullopt;
  std::optional<std::string> gateway_device_id = std::nullopt;  // alone it means mode `fixed`
  std::optional<bool> paused = std::nullopt;
  std::optional<bool> revoked = std::nullopt;  // false on a revoked key is refused: it is for good
};

// Refuses what create_key would, and: a limit below the uses so far; a limit other than 1 for type
// one-off (name `type` too), for a key that names a protected group or is an install link's; of a
// default key to be revoked, or to change what makes it one (name, type, limit, expiry, its network
// or group).
Result<Key> update_key(Transaction& tx, const By& by, KeyId id, const KeyChange& change);

// What can be done to a key that is read already; `remove` is delete_key. Whether it changed: twice
// is as once. Refused when the caller may not touch it, and what a default key cannot have.
enum class KeyAct { pause, resume, revoke, remove };
Result<bool> act_on_key(Transaction& tx, const By& by, const Key& key, KeyAct act);

// Stops for a while, and goes on. Twice is as once.
Result<Key> pause_key(Transaction& tx, const By& by, KeyId id);
Result<Key> resume_key(Transaction& tx, const By& by, KeyId id);
// Revoked twice is as once.
Result<Key> revoke_key(Transaction& tx, const By& by, KeyId id);

// Revokes and hides: devices that came in through it still name it.
Result<void> delete_key(Transaction& tx, const By& by, KeyId id);

// The same key with a new secret; the old one dies at once. Refused for a revoked key, which a new
// secret would not wake, and for an install link's, which is sent again instead.
Result<CreatedKey> rotate_key(Transaction& tx, const By& by, KeyId id);

struct Clone {
  std::optional<std::string> name = std::nullopt;         // else that of the original and " copy"
  std::optional<std::int64_t> expires_in = std::nullopt;  // else as long as the original had
};
// A new key of the caller's with the same settings and a new secret. Works for dead keys, too.
Result<CreatedKey> clone_key(Transaction& tx, const By& by, KeyId id, const Clone& wanted);

}  // namespace muster
