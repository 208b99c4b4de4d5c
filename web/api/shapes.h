#pragma once

// How the nouns look in JSON. NetBird's members keep NetBird's names and its zero time for "none";
// our own members beside them say null.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/devices.h"
#include "server/groups.h"
#include "server/keys.h"
#include "server/last_seen.h"
#include "server/networks.h"
#include "web/json.h"

namespace muster::api {

// "0001-01-01T00:00:00Z" for none: NetBird's clients parse it, and break on null or "".
std::string netbird_time(std::optional<std::int64_t> at);
std::optional<std::string> own_time(std::optional<std::int64_t> at);

// What memory knows of each key beyond its row.
struct KeyNews {
  std::unordered_map<KeyId, std::int64_t> devices_online;
  std::unordered_map<KeyId, std::int64_t> unwritten_refusals;
};

// `shown_as`: the plain secret in the one answer that makes it, else the masked hint.
JsonObject key_shape(const Key& key, std::string_view shown_as, const KeyNews& news,
                     std::int64_t now);
JsonObject masked_key_shape(const Key& key, const KeyNews& news, std::int64_t now);

JsonObject group_shape(const Group& group, const std::vector<GroupMember>& members);
// Without `peers`, which a long list writes member by member.
JsonObject group_shape(const Group& group, std::size_t peers_count);
JsonObject member_shape(const GroupMember& member);
JsonObject device_shape(const Device& device, const LastSeen& last_seen);
// `default_key`: the plain secret of its default key in the one answer that makes it.
JsonObject network_shape(const Network& network,
                         std::optional<std::string_view> default_key = std::nullopt);

JsonArray device_addresses(const Device& device);
JsonArray device_groups(const Device& device);

}  // namespace muster::api
