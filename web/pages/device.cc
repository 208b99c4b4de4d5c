// One device: what is known of it, and what can be done with it.

#include <algorithm>

#include "server/devices.h"
#include "server/format.h"
#include "server/groups.h"
#include "server/keys.h"
#include "server/text.h"
#include "web/page.h"
#include "web/pages/device_words.h"
#include "web/pages/handlers.h"
#include "web/words.h"

namespace muster::pages {
namespace {

DeviceId device_id(const Call& call) { return DeviceId{call.request.id_parameter(0)}; }
std::string path_of(DeviceId id) { return "/devices/" + to_text(id); }
Refusal unknown_device() { return Refusal::not_found("There is no such device."); }

struct Entered {
  std::string name;
  std::vector<std::string> groups;  // ids
  std::string tags;                 // with commas between
};

Entered entered_of(const Device& device) {
  Entered entered{device.name, {}, join(device.tags, ", ")};
  for (const DeviceGroup& group : device.groups) entered.groups.push_back(to_text(group.id));
  return entered;
}

Entered entered_in(const Form& form) {
  return {std::string{form.value("name")}, form.values("groups"), std::string{form.value("tags")}};
}

std::vector<std::string> tags_of(std::string_view text) {
  std::vector<std::string> tags;
  for (const std::string& part : split(text, ','))
    if (std::string tag = trim(part); !tag.empty()) tags.push_back(std::move(tag));
  return tags;
}

std::string_view reason_words(std::string_view because) {
  if (because == "left") return "It left the network by itself.";
  if (because == "ephemeral") return "It was temporary and went silent.";
  return "Somebody removed it.";
}

std::vector<View> group_choices(const Snapshot& snapshot, const std::vector<std::string>& chosen) {
  auto groups = muster::list_groups(snapshot);
  std::ranges::sort(groups, {}, &Group::name);
  std::vector<View> views;
  for (const Group& group : groups)
    if (group.id != kAllGroup)
      views.push_back(
          View{}
              .set("group_id", to_text(group.id))
              .set("group", group.name)
              .set("is_protected", group.is_protected)
              .set("chosen", std::ranges::find(chosen, to_text(group.id)) != chosen.end()));
  return views;
}

std::vector<View> address_rows(const Device& device) {
  std::vector<View> rows;
  for (const DeviceAddress& address : device.addresses)
    rows.push_back(View{}
                       .set("address", address.address)
                       .set("network", address.network)
                       .set("cidr", address.cidr));
  return rows;
}

void set_facts(View& view, const Call& call, const Snapshot& snapshot, const Device& device) {
  const std::int64_t now = call.app.clock.now();
  view.set("has_tags", !device.tags.empty())
      .set("full_name", device.full_name())
      .set("hostname", device.hostname)
      .set("agent_version", device.agent_version)
      .set("machine_id", device.machine_id)
      .set("wireguard_public_key", device.wireguard_public_key.value_or(""))
      .set("address_rows", address_rows(device))
      .set("labels", join(device.dns_labels, ", "))
      .set("enrolled", time_view(device.enrolled_at, now))
      .set("enrolled_from", device.enrolled_from)
      .set("has_key", find_key(snapshot, device.setup_key_id).has_value())
      .set("link_id", device.install_link_id ? to_text(*device.install_link_id) : "")
      .set("recipient", device.recipient.value_or(""))
      .set("ephemeral", device.ephemeral)
      .set("ephemeral_words", counted(device.ephemeral_seconds / 60, "minute"))
      .set("is_gateway", device.is_gateway)
      .set("removed", time_view(device.removed_at, now))
      .set("removed_words", reason_words(device.removed_because.value_or("")));
}

View device_view(const Call& call, const Snapshot& snapshot, const Device& device) {
  View view = device_row(device, call.app.last_seen, call.app.clock.now());
  set_facts(view, call, snapshot, device);
  return view;
}

Result<Reply> show_one(const Call& call, const SignedIn& who, const std::optional<Entered>& typed,
                       std::string_view message) {
  std::optional<View> view;
  std::string title;
  call.read([&](const Snapshot& snapshot) {
    const auto device = find_device(snapshot, device_id(call));
    if (!device) return;
    title = device->name;
    const Entered entered = typed ? *typed : entered_of(*device);
    view = device_view(call, snapshot, *device);
    view->set("may_write", who.may(Right::devices_write) && !device->removed_at)
        .set("entered_name", entered.name)
        .set("entered_tags", entered.tags)
        .set("has_choices", muster::list_groups(snapshot).size() > 1)
        .set("group_choices", group_choices(snapshot, entered.groups));
  });
  if (!view) return unknown_device();
  view->set("message", message);
  if (call.request.find_header("X-Live")) return fragment(call, "devices/state", *view);
  return page(call, who,
              {"devices/show", title, std::move(*view), "/devices", message.empty() ? 200 : 422});
}

// Only what differs: what stays is no news for the audit log.
DeviceChange change_of(const Device& device, const Entered& entered) {
  DeviceChange change{.name = {}, .groups = entered.groups, .tags = {}, .approved = {}};
  if (entered.name != device.name) change.name = entered.name;
  if (const auto tags = tags_of(entered.tags); tags != device.tags) change.tags = tags;
  return change;
}

}  // namespace

Result<Reply> show_device(const Call& call, const Visitor<Right::devices_read>& who) {
  return show_one(call, who, std::nullopt, "");
}

Result<Reply> save_device(const Call& call, const Visitor<Right::devices_write>& who) {
  const Entered entered = entered_in(who.form());
  const auto saved = call.write(who, [&](Transaction& tx, const By& by) -> Result<Device> {
    const auto device = find_device(tx, device_id(call));
    if (!device) return unknown_device();
    return update_device(tx, by, device->id, change_of(*device, entered));
  });
  if (!saved && saved.refusal().kind == Kind::not_found) return unknown_device();
  if (!saved) return show_one(call, who, entered, saved.refusal().message);
  return redirect(path_of(saved->id) + "?notice=device-saved");
}

Result<Reply> approve_device(const Call& call, const Visitor<Right::devices_write>& who) {
  const DeviceChange change{.name = {}, .groups = {}, .tags = {}, .approved = true};
  const auto saved = call.write(who, [&](Transaction& tx, const By& by) {
    return update_device(tx, by, device_id(call), change);
  });
  if (!saved) return unknown_device();
  const std::string back = own_path(who.form().value("back"), path_of(saved->id));
  const std::string_view separator = back.find('?') == std::string::npos ? "?" : "&";
  return redirect(formatted("{}{}notice=device-approved", back, separator));
}

Result<Reply> show_device_removal(const Call& call, const Visitor<Right::devices_write>& who) {
  std::optional<View> view;
  std::string title;
  call.read([&](const Snapshot& snapshot) {
    const auto device = find_device(snapshot, device_id(call));
    if (!device || device->removed_at) return;
    title = "Remove " + device->name;
    view = device_view(call, snapshot, *device);
  });
  if (!view) return unknown_device();
  return page(call, who, {"devices/remove", title, std::move(*view), "/devices"});
}

Result<Reply> remove_device(const Call& call, const Visitor<Right::devices_write>& who) {
  const DeviceId id = device_id(call);
  const auto removed = call.write(who, [&](Transaction& tx, const By& by) {
    tx.after_commit([&app = call.app, id] { app.last_seen.forget(id); });
    return muster::remove_device(tx, by, id, "removed");
  });
  if (!removed) return unknown_device();
  return redirect(path_of(id) + "?notice=device-removed");
}

}  // namespace muster::pages
