#include "web/pages/key_form.h"

#include <algorithm>
#include <array>
#include <span>

#include "server/devices.h"
#include "server/format.h"
#include "server/networks.h"
#include "server/text.h"
#include "web/pages/key_presets.h"

namespace muster::pages {
namespace {

constexpr std::array<std::string_view, 14> kFields{"name",
                                                   "uses",
                                                   "expiry",
                                                   "date",
                                                   "time",
                                                   "group",
                                                   "network",
                                                   "tags",
                                                   "device_name",
                                                   "ephemeral",
                                                   "ephemeral_seconds",
                                                   "allowed_cidrs",
                                                   "gateway_device",
                                                   "note"};

struct Choice {
  std::string_view word;
  std::string_view label;
};

constexpr std::array kExpiries{Choice{"1", "1 day"},    Choice{"7", "7 days"},
                               Choice{"30", "30 days"}, Choice{"90", "90 days"},
                               Choice{"365", "1 year"}, Choice{"at", "At the date below"},
                               Choice{"never", "Never"}};
constexpr std::array kGateways{Choice{"auto", "The one with the fewest devices"},
                               Choice{"fixed", "Always this device"}, Choice{"none", "None"}};

View option(std::string_view value, std::string_view label, bool chosen) {
  return View{}.set("value", value).set("label", label).set("chosen", chosen);
}

bool has(const std::vector<std::string>& values, const std::string& value) {
  return std::ranges::find(values, value) != values.end();
}

void set_lists(View& view, const Call& call, const KeyForm& typed) {
  std::vector<View> groups;
  std::vector<View> networks;
  bool any_protected = false;
  call.read([&](const Snapshot& snapshot) {
    for (const Group& group : list_groups(snapshot)) {
      if (group.id == kAllGroup) continue;
      any_protected = any_protected || group.is_protected;
      groups.push_back(option(to_text(group.id), group.name, has(typed.groups, to_text(group.id)))
                           .set("is_protected", group.is_protected));
    }
    for (const Network& network : list_networks(snapshot)) {
      const bool chosen =
          typed.networks.empty() ? network.is_default : has(typed.networks, to_text(network.id));
      networks.push_back(option(to_text(network.id), network.name, chosen));
    }
  });
  view.set("has_groups", !groups.empty())
      .set("any_protected", any_protected)
      .set("has_networks", networks.size() > 1);
  view.set("group_boxes", std::move(groups)).set("network_boxes", std::move(networks));
}

// A pattern says what becomes of its group: it is there, it is made, or it takes no such key.
std::string group_words(const Snapshot& snapshot, const Preset& preset) {
  if (preset.group.empty()) return {};
  const auto group = find_group_by_name(snapshot, preset.group);
  if (!group)
    return formatted("The group {} does not exist yet and is made with this key.", preset.group);
  if (group->is_protected && preset.uses != 1)
    return formatted("Into the group {}, which is protected and takes one-time keys only.",
                     preset.group);
  return formatted("Into the group {}.", preset.group);
}

std::vector<View> preset_views(const Snapshot& snapshot, std::span<const Preset> presets,
                               const KeyForm& typed) {
  std::vector<View> views;
  for (const Preset& preset : presets)
    views.push_back(option(preset.word, preset.label, preset.word == find_preset(typed.preset).word)
                        .set("help", preset.help)
                        .set("group_words", group_words(snapshot, preset)));
  return views;
}

void set_presets(View& view, const Call& call, const KeyForm& typed) {
  call.read([&](const Snapshot& snapshot) {
    view.set("presets", preset_views(snapshot, common_presets(), typed))
        .set("patterns", preset_views(snapshot, patterns(), typed));
  });
}

void set_choices(View& view, const KeyForm& typed, const Key* key) {
  std::vector<View> expiries;
  std::string as_it_is = "As chosen above";
  if (key != nullptr)
    as_it_is = key->expires_at == 0 ? "As it is: never"
                                    : formatted("As it is: {}", readable_time(key->expires_at));
  expiries.push_back(option("", as_it_is, typed.expiry.empty()));
  for (const Choice& expiry : kExpiries)
    expiries.push_back(option(expiry.word, expiry.label, expiry.word == typed.expiry));
  std::vector<View> ephemeral;
  if (key == nullptr) ephemeral.push_back(option("", "As chosen above", typed.ephemeral.empty()));
  ephemeral.push_back(option("no", "No, they stay", typed.ephemeral == "no"));
  ephemeral.push_back(option("yes", "Yes, when they fall silent", typed.ephemeral == "yes"));
  std::vector<View> gateways;
  for (const Choice& choice : kGateways)
    gateways.push_back(
        option(choice.word, choice.label,
               choice.word == (typed.gateway_mode.empty() ? "auto" : typed.gateway_mode)));
  view.set("expiries", std::move(expiries))
      .set("ephemeral_options", std::move(ephemeral))
      .set("gateway_options", std::move(gateways));
}

// The stored gateway is an id; people know its name.
std::string gateway_name(const Call& call, const KeyForm& typed, const Key* key) {
  if (key == nullptr || !key->gateway_device_id) return typed.gateway_device;
  if (typed.gateway_device != to_text(*key->gateway_device_id)) return typed.gateway_device;
  const auto device = call.read(
      [&](const Snapshot& snapshot) { return find_device(snapshot, *key->gateway_device_id); });
  return device ? device->name : typed.gateway_device;
}

}  // namespace

KeyForm typed_in(const Form& form) {
  const auto text = [&](std::string_view name) { return std::string{form.value(name)}; };
  return {.preset = text("preset"),
          .name = text("name"),
          .note = text("note"),
          .uses = text("uses"),
          .expiry = text("expiry"),
          .date = text("date"),
          .time = text("time"),
          .groups = form.values("group"),
          .networks = form.values("network"),
          .tags = text("tags"),
          .device_name = text("device_name"),
          .ephemeral = text("ephemeral"),
          .ephemeral_seconds = text("ephemeral_seconds"),
          .allowed_cidrs = text("allowed_cidrs"),
          .gateway_mode = text("gateway_mode"),
          .gateway_device = text("gateway_device"),
          .requires_approval = form.has("requires_approval"),
          .allow_extra_dns_labels = form.has("allow_extra_dns_labels"),
          .allow_group_choice = form.has("allow_group_choice")};
}

KeyForm settings_of(const Key& key) {
  KeyForm form{.name = key.name,
               .note = key.note,
               .uses = key.usage_limit == 0 ? "" : std::to_string(key.usage_limit),
               .tags = join(key.tags, ", "),
               .device_name = key.device_name,
               .ephemeral = key.ephemeral ? "yes" : "no",
               .ephemeral_seconds = key.ephemeral ? std::to_string(key.ephemeral_seconds) : "",
               .allowed_cidrs = key.allowed_cidrs,
               .gateway_mode = key.gateway_mode,
               .gateway_device = key.gateway_device_id ? to_text(*key.gateway_device_id) : "",
               .requires_approval = key.requires_approval,
               .allow_extra_dns_labels = key.allow_extra_dns_labels,
               .allow_group_choice = key.allow_group_choice};
  for (const GroupId id : key.auto_groups) form.groups.push_back(to_text(id));
  for (const NetworkId id : key.networks) form.networks.push_back(to_text(id));
  return form;
}

std::string_view pattern_group(const KeyForm& typed) {
  return typed.groups.empty() ? find_preset(typed.preset).group : std::string_view{};
}

View form_view(const Call& call, const KeyForm& typed, const Key* key, const FieldErrors& errors,
               std::string_view message) {
  View view;
  view.set("is_new", key == nullptr)
      .set("is_default", key != nullptr && key->is_default())
      .set("fixes_networks", key != nullptr && key->network_default_of.has_value())
      .set("name", typed.name)
      .set("note", typed.note)
      .set("uses", typed.uses)
      .set("date", typed.date)
      .set("time", typed.time)
      .set("now", readable_time(call.app.clock.now()))
      .set("tags", typed.tags)
      .set("device_name", typed.device_name)
      .set("ephemeral_seconds", typed.ephemeral_seconds)
      .set("allowed_cidrs", typed.allowed_cidrs)
      .set("gateway_device", gateway_name(call, typed, key))
      .set("requires_approval", typed.requires_approval)
      .set("allow_extra_dns_labels", typed.allow_extra_dns_labels)
      .set("allow_group_choice", typed.allow_group_choice);
  set_presets(view, call, typed);
  set_choices(view, typed, key);
  set_lists(view, call, typed);
  errors.show(view, kFields, message);
  return view;
}

}  // namespace muster::pages
