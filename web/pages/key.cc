// One setup key: everything known of it, and what came in through it.

#include "web/pages/key.h"

#include <algorithm>

#include "server/devices.h"
#include "server/format.h"
#include "server/key_list.h"
#include "server/networks.h"
#include "server/text.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/key_tree.h"
#include "web/pages/key_words.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr int kDevicesShown = 50;
constexpr std::size_t kRefusalsShown = 20;

View device_row(const Call& call, const Device& device) {
  const std::int64_t now = call.app.clock.now();
  const bool is_online = call.app.last_seen.is_online(device.id);
  const bool waits = device.status() == DeviceStatus::waiting;
  std::string_view state = is_online ? "Online" : "Offline";
  std::string_view tone = is_online ? "good" : "hollow";
  if (waits) state = "Waiting for approval";
  if (waits) tone = "warn";
  auto seen = call.app.last_seen.last_call(device.id);
  if (!seen) seen = device.stored_last_seen_at;
  return View{}
      .set("device_id", to_text(device.id))
      .set("name", device.name)
      .set("state", state)
      .set("tone", tone)
      .set("system", system_words(device.os, device.os_version, device.arch))
      .set("address", device.address())
      .set("seen", time_view(seen, now));
}

std::vector<View> refusal_rows(const Call& call, const std::vector<KeyRefusal>& refusals) {
  std::vector<View> views;
  for (const KeyRefusal& refusal : refusals)
    views.push_back(View{}
                        .set("at", time_view(refusal.at, call.app.clock.now()))
                        .set("reason", reason_words(refusal.reason))
                        .set("from", refusal.from)
                        .set("hostname", refusal.hostname));
  return views;
}

// The newest few; all that are kept with `?refusals=all`.
void set_refusals(View& view, const Call& call, const Key& key) {
  auto refusals =
      call.read([&](const Snapshot& snapshot) { return call.app.refusals.list(snapshot, key.id); });
  const auto unwritten = call.app.refusals.unwritten_by_key();
  const auto more = unwritten.find(key.id);
  const auto count = key.refused_times + (more == unwritten.end() ? 0 : more->second);
  const std::size_t kept = refusals.size();
  const bool shows_all = call.request.query_value("refusals") == "all" || kept <= kRefusalsShown;
  if (!shows_all) refusals.erase(refusals.begin() + kRefusalsShown, refusals.end());
  view.set("has_refusals", count > 0)
      .set("refused", counted(count, "attempt"))
      .set("all_refusals", shows_all ? "" : counted(static_cast<std::int64_t>(kept), "attempt"))
      .set("refusals", refusal_rows(call, refusals));
}

void set_places(View& view, const Call& call, const Key& key) {
  std::vector<View> groups;
  std::vector<std::string> networks;
  call.read([&](const Snapshot& snapshot) {
    for (const GroupId id : key.auto_groups)
      if (const auto group = find_group(snapshot, id))
        groups.push_back(View{}
                             .set("group_id", to_text(group->id))
                             .set("name", group->name)
                             .set("is_protected", group->is_protected));
    for (const NetworkId id : key.networks)
      if (const auto network = find_network(snapshot, id)) networks.push_back(network->name);
    const auto standard = find_default_network(snapshot);
    if (networks.empty() && standard) networks.push_back(standard->name);
  });
  view.set("has_groups", !groups.empty()).set("networks", join(networks, ", "));
  view.set("groups", std::move(groups));
}

void set_facts(View& view, const Call& call, const Key& key) {
  const std::int64_t now = call.app.clock.now();
  set_state(view, key, now);
  set_use(view, key);
  set_expiry(view, key, now);
  set_places(view, call, key);
  view.set("name", key.name)
      .set("hint", key.hint)
      .set("sentence", state_sentence(key, now))
      .set("note", key.note)
      .set("last_used", time_view(key.last_used_at, now))
      .set("created", time_view(key.created_at, now))
      .set("maker", maker_words(key))
      .set("paused", time_view(key.paused_at, now))
      .set("revoked", time_view(key.revoked_at, now))
      .set("deleted", time_view(key.deleted_at, now))
      .set("tags", join(key.tags, ", "))
      .set("device_name", key.device_name)
      .set("ephemeral", key.ephemeral ? duration_words(key.ephemeral_seconds) : "")
      .set("requires_approval", key.requires_approval)
      .set("allow_group_choice", key.allow_group_choice)
      .set("allow_extra_dns_labels", key.allow_extra_dns_labels)
      .set("sources", key.allowed_cidrs)
      .set("recipient", key.recipient.value_or(""))
      .set("link_id", key.install_link_id ? to_text(*key.install_link_id) : "");
}

// What may be done with it. "Stay connected" is said with the number that it concerns.
void set_acts(View& view, const Call& call, const SignedIn& who, const Key& key) {
  const bool may_write = who.may(Right::keys_write) && !key.deleted_at;
  const std::int64_t count = key.devices_count;
  const bool is_revoked = key.revoked_at.has_value();
  std::string stays = "No device came in through it.";
  if (count == 1) stays = "The device enrolled with this key stays connected.";
  if (count > 1) stays = formatted("The {} devices enrolled with this key stay connected.", count);
  const auto wanted = call.request.query_value("apply");
  std::string offer;
  if (may_write && count > 0 && !wanted.empty()) offer = formatted("/keys/{}/apply?", key.id.value);
  for (const std::string_view what : {"groups", "tags", "networks"})
    if (!offer.empty() && wanted.find(what) != std::string_view::npos)
      offer += formatted("{}{}=1", offer.ends_with('?') ? "" : "&", what);
  view.set("offer_url", offer.ends_with('?') ? "" : offer)
      .set("linked", counted(count, "device"))
      .set("may_apply", may_write && count > 0)
      .set("may_write", may_write)
      .set("is_default", key.is_default())
      .set("default_of", key.network_default_of ? "network" : "group")
      .set("may_pause", !key.paused_at && !is_revoked)
      .set("may_resume", key.paused_at && !is_revoked)
      .set("may_rotate", !is_revoked && !key.install_link_id)
      .set("is_revoked", is_revoked)
      .set("stays", stays)
      .set("removes", count == 0 ? "" : formatted("its {}", counted(count, "device")));
}

}  // namespace

Result<Key> read_key(const Call& call) {
  auto key = call.read([&](const Snapshot& snapshot) {
    return find_key_even_deleted(snapshot, KeyId{call.request.id_parameter(0)});
  });
  if (!key) return Refusal::not_found("There is no such key.");
  return std::move(*key);
}

View devices_view(const Call& call, const Key& key, int limit) {
  DeviceFilter filter;
  filter.setup_key_id = key.id;
  const auto devices = call.read(
      [&](const Snapshot& snapshot) { return list_devices(snapshot, filter, DeviceId{}, limit); });
  std::vector<View> rows;
  for (const Device& device : devices) rows.push_back(device_row(call, device));
  const auto counts = call.app.last_seen.online_by_key();
  const auto online = counts.find(key.id);
  View view;
  view.set("id", to_text(key.id))
      .set("has_devices", !rows.empty())
      .set("online", online == counts.end() ? 0 : online->second)
      .set("total", key.devices_count)
      .set("all_devices", key.devices_count > limit)
      .set("devices", std::move(rows));
  return view;
}

Reply show_key(const Call& call, const SignedIn& who, const Key& key, std::string_view message) {
  View view = devices_view(call, key, kDevicesShown);
  set_facts(view, call, key);
  set_tree(view, call, who, key);
  set_uses(view, call, key);
  set_refusals(view, call, key);
  set_acts(view, call, who, key);
  view.set("message", message);
  return page(call, who,
              {"keys/show", key.name, std::move(view), "/keys", message.empty() ? 200 : 422});
}

Result<Reply> key(const Call& call, const Visitor<Right::keys_read>& who) {
  const auto key = read_key(call);
  if (!key) return key.refusal();
  return show_key(call, who, *key, "");
}

Result<Reply> key_devices(const Call& call, const Visitor<Right::keys_read>&) {
  const auto key = read_key(call);
  if (!key) return key.refusal();
  // For a row of the list that is unfolded.
  if (call.request.query_value("show") == "inside")
    return fragment(call, "keys/inside", devices_view(call, *key, kDevicesInside));
  return fragment(call, "keys/devices", devices_view(call, *key, kDevicesShown));
}

}  // namespace muster::pages
