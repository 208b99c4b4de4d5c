#include "server/key_rules.h"

#include <algorithm>
#include <charconv>

#include "server/access_tokens.h"
#include "server/format.h"
#include "server/ip.h"
#include "server/networks.h"
#include "server/text.h"

namespace muster {

Result<std::vector<Group>> check_groups(const Snapshot& snapshot,
                                        const std::vector<std::string>& references,
                                        bool may_name_protected) {
  std::vector<Group> groups;
  for (const std::string& reference : references) {
    auto group = find_group_named(snapshot, reference);
    if (!group)
      return Refusal::invalid(formatted("invalid auto groups: group not found: {}", reference));
    if (group->id == kAllGroup)
      return Refusal::invalid("invalid auto groups: can't add 'all' group to the setup key");
    if (group->is_protected && !may_name_protected)
      return Refusal::invalid(
          formatted("invalid auto groups: group {} is protected and takes one-off keys only",
                    group->name),
          Reason::group_protected);
    groups.push_back(std::move(*group));
  }
  return groups;
}

Result<std::vector<NetworkId>> check_networks(const Snapshot& snapshot,
                                              const std::vector<std::string>& references) {
  std::vector<NetworkId> networks;
  for (const std::string& reference : references) {
    const auto network = find_network_named(snapshot, reference);
    if (!network)
      return Refusal::invalid(formatted("invalid networks: network not found: {}", reference));
    if (std::ranges::find(networks, network->id) == networks.end()) networks.push_back(network->id);
  }
  if (networks.empty() && !find_default_network(snapshot))
    return Refusal::invalid(
        "there is no network yet: `muster admin create` makes the first owner and the network");
  return networks;
}

Result<void> check_limits(const NewKey& wanted) {
  if (wanted.type != "reusable" && wanted.type != "one-off")
    return Refusal::invalid(formatted("unknown setup key type {}", wanted.type));
  if (wanted.type == "one-off" && wanted.usage_limit > 1)
    return Refusal::invalid(
        formatted("usage_limit {} is not valid for a one-off setup key: use type reusable with "
                  "this usage_limit instead",
                  wanted.usage_limit));
  if (wanted.usage_limit < 0) return Refusal::invalid("usage_limit can not be negative");
  if (wanted.usage_limit > INT32_MAX)
    return Refusal::invalid("usage_limit can not be above 2147483647; 0 means unlimited");
  if (wanted.ephemeral_seconds < 60 || wanted.ephemeral_seconds > 30 * 24 * 3600)
    return Refusal::invalid("ephemeral_seconds is from 60 to 2592000");
  return {};
}

Result<void> check_texts(const NewKey& wanted) {
  if (trim(wanted.name).empty()) return Refusal::invalid("setup key name shouldn't be empty");
  if (auto checked = check_text("setup key name", wanted.name, kNameLength); !checked)
    return checked.refusal();
  if (auto checked = check_text("the note", wanted.note, kNoteLength, true); !checked)
    return checked.refusal();
  if (auto checked = check_text("device_name", wanted.device_name, kNameLength); !checked)
    return checked.refusal();
  for (const std::string& tag : wanted.tags)
    if (auto checked = check_text("a tag", tag, kNameLength); !checked || trim(tag).empty())
      return checked ? Refusal::invalid("a tag shouldn't be empty") : checked.refusal();
  for (const std::string& range : wanted.allowed_cidrs)
    if (!parse_ip_range(range))
      return Refusal::invalid(
          formatted("allowed_cidrs: {} is no range such as 203.0.113.0/24", range));
  return {};
}

Result<std::optional<DeviceId>> check_gateway(const Snapshot& snapshot, const NewKey& wanted) {
  if (wanted.gateway_mode != "none" && wanted.gateway_mode != "auto" &&
      wanted.gateway_mode != "fixed")
    return Refusal::invalid("gateway_mode is none, auto or fixed");
  if (wanted.gateway_mode != "fixed") return std::optional<DeviceId>{};
  const std::string& text = wanted.gateway_device_id;
  DeviceId id;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
  if (error != std::errc{} || end != text.data() + text.size()) id = DeviceId{};
  auto query = snapshot.query(
      "SELECT id FROM devices WHERE id = ?1 AND removed_at IS NULL"
      " UNION ALL SELECT id FROM devices WHERE name = ?2 AND removed_at IS NULL",
      {id, text});
  if (!query.step())
    return Refusal::invalid(formatted("gateway_device_id: device not found: {}", text));
  return std::optional{query.id<DeviceId>()};
}

Result<void> check_reach(const By& by, const std::vector<Group>& groups, bool allow_group_choice) {
  std::vector<GroupId> ids;
  for (const Group& group : groups) ids.push_back(group.id);
  return check_confined(by, ids, allow_group_choice);
}

Result<void> check_reach(const By& by, const Key& key) {
  return check_confined(by, key.auto_groups, key.allow_group_choice);
}

Result<std::int64_t> check_expiry(std::optional<std::int64_t> expires_at, std::int64_t expires_in,
                                  std::int64_t now) {
  if (!expires_at) {
    if (expires_in < 0) return Refusal::invalid("expiresin can not be in the past");
    if (expires_in > kExpiresInAtMost)
      return Refusal::invalid("expires_in can not be longer than ten years; 0 means never");
    return expires_in == 0 ? 0 : now + expires_in;
  }
  if (*expires_at != 0 && *expires_at <= now)
    return Refusal::invalid("expires_at can not be in the past");
  if (*expires_at > now + kExpiresInAtMost)
    return Refusal::invalid("expires_at can not be later than in ten years");
  return *expires_at;
}

}  // namespace muster
