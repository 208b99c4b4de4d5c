#pragma once

// What a setup key may hold, whether it is new or changed. Each check refuses with the sentence
// that NetBird's clients know, where it has one.

#include <optional>
#include <string>
#include <vector>

#include "server/keys.h"

namespace muster {

constexpr std::int64_t kExpiresInAtMost = 10LL * 365 * 24 * 3600;  // ten years

Result<void> check_limits(const NewKey& wanted);
Result<void> check_texts(const NewKey& wanted);

// The groups a key names, each existing, none `All`; protected ones only for one-time keys.
Result<std::vector<Group>> check_groups(const Snapshot& snapshot,
                                        const std::vector<std::string>& references,
                                        bool may_name_protected);
// Each once. None is the default network, which then has to be there.
Result<std::vector<NetworkId>> check_networks(const Snapshot& snapshot,
                                              const std::vector<std::string>& references);
// `fixed` names a living device, by its id or exact name; the other modes name none.
Result<std::optional<DeviceId>> check_gateway(const Snapshot& snapshot, const NewKey& wanted);

// What a token that is confined to groups may not touch.
Result<void> check_reach(const By& by, const std::vector<Group>& groups, bool allow_group_choice);
Result<void> check_reach(const By& by, const Key& key);

// The moment a key ends, 0 for never: from `expires_at`, else `expires_in` seconds from now. One
// second to ten years ahead.
Result<std::int64_t> check_expiry(std::optional<std::int64_t> expires_at, std::int64_t expires_in,
                                  std::int64_t now);

}  // namespace muster
