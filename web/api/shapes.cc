#include "web/api/shapes.h"

#include "server/clock.h"
#include "server/text.h"

namespace muster::api {
namespace {

template <class Ids>
JsonArray id_array(const Ids& ids) {
  JsonArray array;
  for (const auto id : ids) array.add(to_text(id));
  return array;
}

std::int64_t count_of(const std::unordered_map<KeyId, std::int64_t>& counts, KeyId id) {
  const auto found = counts.find(id);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

std::string netbird_time(std::optional<std::int64_t> at) {
  return at ? rfc3339(*at) : "0001-01-01T00:00:00Z";
}

std::optional<std::string> own_time(std::optional<std::int64_t> at) {
  return at ? std::optional{rfc3339(*at)} : std::nullopt;
}

JsonObject key_shape(const Key& key, std::string_view shown_as, const KeyNews& news,
                     std::int64_t now) {
  const KeyState state = state_of(key, now);
  JsonObject shape;
  shape.set("id", key.id)
      .set("key", shown_as)
      .set("name", std::string_view{key.name})
      .set("expires", std::string_view{netbird_time(
                          key.expires_at == 0 ? std::nullopt : std::optional{key.expires_at})})
      .set("type", std::string_view{key.type})
      .set("valid", state == KeyState::valid)
      .set("revoked", key.revoked_at.has_value())
      .set("used_times", key.used_times)
      .set("last_used", std::string_view{netbird_time(key.last_used_at)})
      .set("state", text_of(state))
      .set("auto_groups", id_array(key.auto_groups))
      .set("updated_at", std::string_view{rfc3339(key.updated_at)})
      .set("usage_limit", key.usage_limit)
      .set("ephemeral", key.ephemeral)
      .set("allow_extra_dns_labels", key.allow_extra_dns_labels);
  shape.set("hint", std::string_view{key.hint})
      .set("note", std::string_view{key.note})
      .set("networks", id_array(key.networks))
      .set("tags", JsonArray::of(key.tags))
      .set("device_name", std::string_view{key.device_name})
      .set("ephemeral_seconds", key.ephemeral_seconds)
      .set("allow_group_choice", key.allow_group_choice)
      .set("requires_approval", key.requires_approval)
      .set("allowed_cidrs", JsonArray::of(split(key.allowed_cidrs, ' ')))
      .set("gateway_mode", std::string_view{key.gateway_mode})
      .set("gateway_device_id", key.gateway_device_id)
      .set("created_by_id", key.created_by_id)
      .set("created_by", std::string_view{key.created_by})
      .set("created_at", std::string_view{rfc3339(key.created_at)})
      .set("expires_at",
           own_time(key.expires_at == 0 ? std::nullopt : std::optional{key.expires_at}))
      .set("paused_at", own_time(key.paused_at))
      .set("revoked_at", own_time(key.revoked_at))
      .set("deleted_at", own_time(key.deleted_at))
      .set("network_default_of", key.network_default_of)
      .set("group_default_of", key.group_default_of)
      .set("devices_count", key.devices_count)
      .set("devices_online", count_of(news.devices_online, key.id))
      .set("refused_times", key.refused_times + count_of(news.unwritten_refusals, key.id))
      .set("install_link_id", key.install_link_id)
      .set("blocked_by", JsonArray::of(key.blocked_by));
  return shape;
}

JsonObject masked_key_shape(const Key& key, const KeyNews& news, std::int64_t now) {
  return key_shape(key, key.hint + "****", news, now);
}

JsonObject member_shape(const GroupMember& member) {
  return JsonObject{}.set("id", member.id).set("name", std::string_view{member.name});
}

JsonObject group_shape(const Group& group, const std::vector<GroupMember>& members) {
  JsonArray peers;
  for (const GroupMember& member : members) peers.add(member_shape(member));
  return group_shape(group, members.size()).set("peers", peers);
}

JsonObject group_shape(const Group& group, std::size_t peers_count) {
  JsonObject shape;
  shape.set("id", group.id)
      .set("name", std::string_view{group.name})
      .set("peers_count", peers_count)
      .set("resources_count", 0)
      .set("issued", "api")
      .set("resources", JsonArray{})
      .set("is_protected", group.is_protected)
      .set("requires_approval", group.requires_approval)
      .set("created_at", std::string_view{rfc3339(group.created_at)})
      .set("updated_at", std::string_view{rfc3339(group.updated_at)});
  return shape;
}

JsonArray device_addresses(const Device& device) {
  JsonArray array;
  for (const DeviceAddress& address : device.addresses)
    array.add(JsonObject{}
                  .set("network_id", address.network_id)
                  .set("network", std::string_view{address.network})
                  .set("address", std::string_view{address.address})
                  .set("cidr", std::string_view{address.cidr}));
  return array;
}

JsonArray device_groups(const Device& device) {
  JsonArray array;
  for (const DeviceGroup& group : device.groups)
    array.add(JsonObject{}.set("id", group.id).set("name", std::string_view{group.name}));
  return array;
}

JsonObject device_shape(const Device& device, const LastSeen& last_seen) {
  auto last_seen_at = last_seen.last_call(device.id);
  if (!last_seen_at) last_seen_at = device.stored_last_seen_at;
  JsonObject shape;
  shape.set("id", device.id)
      .set("name", std::string_view{device.name})
      .set("hostname", std::string_view{device.hostname})
      .set("os", std::string_view{device.os})
      .set("os_version", std::string_view{device.os_version})
      .set("arch", std::string_view{device.arch})
      .set("agent_version", std::string_view{device.agent_version})
      .set("online", !device.removed_at && last_seen.is_online(device.id))
      .set("last_seen_at", own_time(last_seen_at))
      .set("status", text_of(device.status()))
      .set("addresses", device_addresses(device))
      .set("groups", device_groups(device))
      .set("tags", JsonArray::of(device.tags))
      .set("setup_key_id", device.setup_key_id)
      .set("setup_key_name", std::string_view{device.setup_key_name})
      .set("install_link_id", device.install_link_id)
      .set("recipient", device.recipient)
      .set("enrolled_at", std::string_view{rfc3339(device.enrolled_at)})
      .set("enrolled_from", std::string_view{device.enrolled_from})
      .set("approved_at", own_time(device.approved_at))
      .set("ephemeral", device.ephemeral)
      .set("is_gateway", device.is_gateway)
      .set("removed_at", own_time(device.removed_at))
      .set("removed_because", device.removed_because);
  return shape;
}

JsonObject network_shape(const Network& network, std::optional<std::string_view> default_key) {
  JsonObject shape;
  shape.set("id", network.id)
      .set("name", std::string_view{network.name})
      .set("cidr", std::string_view{network.cidr})
      .set("devices_reach", std::string_view{network.devices_reach})
      .set("is_default", network.is_default)
      .set("default_key_id", network.default_key_id)
      .set("default_key", default_key)
      .set("created_at", std::string_view{rfc3339(network.created_at)})
      .set("updated_at", std::string_view{rfc3339(network.updated_at)});
  return shape;
}

}  // namespace muster::api
