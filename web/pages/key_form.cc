#include "web/pages/key_form.h"

#include <algorithm>
#include <array>
#include <set>

#include "server/clock.h"
#include "server/format.h"
#include "server/ip.h"
#include "server/networks.h"
#include "server/text.h"
#include "web/pages/key_words.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

struct Preset {
  std::string_view word;
  std::string_view label;
  std::string_view help;
  std::string_view type;
  std::int64_t uses;
  std::int64_t expires_in;
  bool ephemeral;
};
constexpr std::array kPresets{
    Preset{"one", "One device now", "One-time key, works for 1 day.", "one-off", 1, kDay, false},
    Preset{"several", "Several devices", "Any number of machines, for 30 days.", "reusable", 0,
           30 * kDay, false},
    Preset{"temporary", "Temporary", "For 7 days; each device goes when it falls silent.",
           "reusable", 0, 7 * kDay, true}};

struct Expiry {
  std::string_view word;
  std::string_view label;
};
constexpr std::array kExpiries{Expiry{"1", "1 day"},    Expiry{"7", "7 days"},
                               Expiry{"30", "30 days"}, Expiry{"90", "90 days"},
                               Expiry{"365", "1 year"}, Expiry{"at", "At the date below"},
                               Expiry{"never", "Never"}};

const Preset& preset_of(const KeyForm& typed) {
  const auto* const found = std::ranges::find(kPresets, typed.preset, &Preset::word);
  return found == kPresets.end() ? kPresets.front() : *found;
}

// Parts between commas, and between blanks too where `blanks` says so.
std::vector<std::string> parts_of(std::string text, bool blanks) {
  if (blanks)
    std::ranges::replace_if(
        text, [](char c) { return c == ' ' || c == '\n' || c == '\t'; }, ',');
  std::vector<std::string> parts;
  for (const std::string& part : split(text, ','))
    if (std::string trimmed = trim(part); !trimmed.empty()) parts.push_back(std::move(trimmed));
  return parts;
}

// Absent: nothing was chosen. 0: never.
Result<std::optional<std::int64_t>> read_expiry(const KeyForm& typed, std::int64_t now) {
  const std::string date = trim(typed.date);
  if (typed.expiry == "never" && date.empty()) return std::optional<std::int64_t>{0};
  if (!date.empty() && !typed.expiry.empty() && typed.expiry != "at")
    return Refusal::invalid(
        "You chose when the key expires, and a date as well. Clear the date, or choose “At the "
        "date below”.");
  if (typed.expiry == "at" || !date.empty()) {
    const std::string time = trim(typed.time).empty() ? "23:59" : trim(typed.time);
    const auto at = parse_rfc3339(formatted("{}T{}:00Z", date, time.substr(0, 5)));
    if (!at)
      return Refusal::invalid("The date on which the key expires is missing, or is no date.");
    if (*at <= now) return Refusal::invalid("The date on which the key expires has passed.");
    return std::optional{*at};
  }
  if (typed.expiry.empty()) return std::optional<std::int64_t>{};
  const auto days = read_number("the number of days", typed.expiry, 0);
  if (!days) return days.refusal();
  if (*days < 1 || *days > 3650) return Refusal::invalid("A key works for one day to ten years.");
  return std::optional{now + *days * kDay};
}

// What programs are told in their own words, people are told in these.
Result<void> check_words(const KeyForm& typed) {
  if (trim(typed.name).empty())
    return Refusal::invalid("The key needs a name: what it is for, who has it, until when.");
  for (const std::string& range : parts_of(typed.allowed_cidrs, true))
    if (!parse_ip_range(range))
      return Refusal::invalid(
          formatted("{} is no address or range such as 203.0.113.0/24.", range));
  return {};
}

Result<std::int64_t> read_ephemeral_seconds(const KeyForm& typed) {
  const auto seconds = read_number("The seconds of silence", typed.ephemeral_seconds, 600);
  if (!seconds) return seconds.refusal();
  if (*seconds < 60 || *seconds > 30 * kDay)
    return Refusal::invalid(
        "A temporary device may be silent for 60 seconds to 30 days (2592000).");
  return *seconds;
}

// A reusable key and a protected group do not go together.
Result<void> check_protection(const Call& call, const std::vector<std::string>& groups,
                              std::int64_t uses) {
  if (uses == 1) return {};
  return call.read([&](const Snapshot& snapshot) -> Result<void> {
    for (const std::string& id : groups) {
      const auto group = find_group_named(snapshot, id);
      if (group && group->is_protected)
        return Refusal::invalid(
            formatted("Group {} is protected: it takes one-time keys only. Choose “One device "
                      "now” or 1 use, or leave the group out.",
                      group->name),
            Reason::group_protected);
    }
    return {};
  });
}

std::string read_or(const std::string& typed, std::string_view fallback) {
  return typed.empty() ? std::string{fallback} : typed;
}

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

void set_choices(View& view, const KeyForm& typed, const Key* key) {
  std::vector<View> presets;
  for (const Preset& preset : kPresets)
    presets.push_back(option(preset.word, preset.label, preset.word == preset_of(typed).word)
                          .set("help", preset.help));
  std::vector<View> expiries;
  std::string as_it_is = "As chosen above";
  if (key != nullptr)
    as_it_is = key->expires_at == 0 ? "As it is: never"
                                    : formatted("As it is: {}", readable_time(key->expires_at));
  expiries.push_back(option("", as_it_is, typed.expiry.empty()));
  for (const Expiry& expiry : kExpiries)
    expiries.push_back(option(expiry.word, expiry.label, expiry.word == typed.expiry));
  std::vector<View> ephemeral;
  if (key == nullptr) ephemeral.push_back(option("", "As chosen above", typed.ephemeral.empty()));
  ephemeral.push_back(option("no", "No, they stay", typed.ephemeral == "no"));
  ephemeral.push_back(option("yes", "Yes, when they fall silent", typed.ephemeral == "yes"));
  view.set("presets", std::move(presets))
      .set("expiries", std::move(expiries))
      .set("ephemeral_options", std::move(ephemeral));
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
               .ephemeral_seconds = std::to_string(key.ephemeral_seconds),
               .allowed_cidrs = key.allowed_cidrs,
               .requires_approval = key.requires_approval,
               .allow_extra_dns_labels = key.allow_extra_dns_labels,
               .allow_group_choice = key.allow_group_choice};
  for (const GroupId id : key.auto_groups) form.groups.push_back(to_text(id));
  for (const NetworkId id : key.networks) form.networks.push_back(to_text(id));
  return form;
}

Result<NewKey> read_new_key(const Call& call, const KeyForm& typed) {
  const Preset& preset = preset_of(typed);
  if (auto checked = check_words(typed); !checked) return checked.refusal();
  const auto uses = read_number("The number of machines", typed.uses, preset.uses);
  if (!uses) return uses.refusal();
  if (preset.uses == 1 && *uses != 1)
    return Refusal::invalid(
        "“One device now” makes a one-time key. For more machines choose “Several devices”, or "
        "leave their number empty.");
  const auto expires_at = read_expiry(typed, call.app.clock.now());
  if (!expires_at) return expires_at.refusal();
  const auto seconds = read_ephemeral_seconds(typed);
  if (!seconds) return seconds.refusal();
  if (auto checked = check_protection(call, typed.groups, *uses); !checked)
    return checked.refusal();
  return NewKey{.name = typed.name,
                .note = typed.note,
                .type = std::string{preset.type},
                .usage_limit = *uses,
                .expires_in = *expires_at ? 0 : preset.expires_in,
                .expires_at = *expires_at,
                .ephemeral = typed.ephemeral.empty() ? preset.ephemeral : typed.ephemeral == "yes",
                .ephemeral_seconds = *seconds,
                .allow_extra_dns_labels = typed.allow_extra_dns_labels,
                .allow_group_choice = typed.allow_group_choice,
                .requires_approval = typed.requires_approval,
                .device_name = typed.device_name,
                .allowed_cidrs = parts_of(typed.allowed_cidrs, true),
                .auto_groups = typed.groups,
                .networks = typed.networks,
                .tags = parts_of(typed.tags, false)};
}

Result<KeyChange> read_key_change(const Call& call, const KeyForm& typed, const Key& key) {
  const KeyForm before = settings_of(key);
  const auto seconds = read_ephemeral_seconds(typed);
  if (!seconds) return seconds.refusal();
  KeyChange change{.note = typed.note,
                   .ephemeral = typed.ephemeral == "yes",
                   .ephemeral_seconds = *seconds,
                   .allow_extra_dns_labels = typed.allow_extra_dns_labels,
                   .allow_group_choice = typed.allow_group_choice,
                   .requires_approval = typed.requires_approval,
                   .device_name = typed.device_name,
                   .allowed_cidrs = parts_of(typed.allowed_cidrs, true),
                   .tags = parts_of(typed.tags, false)};
  std::int64_t uses = key.usage_limit;
  // The form of a default key does not ask for what makes it one.
  if (!key.is_default()) {
    if (auto checked = check_words(typed); !checked) return checked.refusal();
    const auto wanted = read_number("The number of machines", typed.uses, 0);
    if (!wanted) return wanted.refusal();
    const auto expires_at = read_expiry(typed, call.app.clock.now());
    if (!expires_at) return expires_at.refusal();
    uses = *wanted;
    change.name = typed.name;
    change.expires_at = *expires_at;
    if (uses != key.usage_limit) change.usage_limit = uses;
    if (uses != key.usage_limit && uses != 1) change.type = "reusable";
  }
  const auto as_set = [](const std::vector<std::string>& ids) {
    return std::set<std::string>{ids.begin(), ids.end()};
  };
  if (as_set(typed.groups) != as_set(before.groups)) change.auto_groups = typed.groups;
  if (!typed.networks.empty() && !key.network_default_of) change.networks = typed.networks;
  if (change.auto_groups || change.usage_limit)
    if (auto checked = check_protection(call, typed.groups, uses); !checked)
      return checked.refusal();
  return change;
}

View form_view(const Call& call, const KeyForm& typed, const Key* key, std::string_view message) {
  View view;
  view.set("message", message)
      .set("is_new", key == nullptr)
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
      .set("ephemeral_seconds", read_or(typed.ephemeral_seconds, "600"))
      .set("allowed_cidrs", typed.allowed_cidrs)
      .set("requires_approval", typed.requires_approval)
      .set("allow_extra_dns_labels", typed.allow_extra_dns_labels)
      .set("allow_group_choice", typed.allow_group_choice);
  set_choices(view, typed, key);
  set_lists(view, call, typed);
  return view;
}

}  // namespace muster::pages
