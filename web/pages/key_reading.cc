#include "web/pages/key_reading.h"

#include <algorithm>
#include <set>

#include "server/clock.h"
#include "server/format.h"
#include "server/ip.h"
#include "server/key_rules.h"
#include "server/text.h"
#include "web/page.h"
#include "web/pages/key_presets.h"

namespace muster::pages {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

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

void read_name(const KeyForm& typed, FieldErrors& errors) {
  if (trim(typed.name).empty())
    errors.add("name", "The key needs a name: what it is for, who has it, until when");
}

std::int64_t read_uses(const KeyForm& typed, std::int64_t fallback, FieldErrors& errors) {
  const auto uses = read_number("The number of machines", typed.uses, fallback);
  if (!uses) errors.add("uses", uses.refusal().message);
  if (uses && *uses > INT32_MAX) errors.add("uses", "That many machines cannot be counted");
  return uses ? *uses : fallback;
}

// A day and a time of it, in UTC.
std::optional<std::int64_t> read_moment(const KeyForm& typed, std::int64_t now,
                                        FieldErrors& errors) {
  const std::string time = trim(typed.time).empty() ? "23:59" : trim(typed.time);
  const auto at = parse_rfc3339(formatted("{}T{}:00Z", trim(typed.date), time.substr(0, 5)));
  if (!at)
    errors.add("date", "The date on which the key expires is missing, or is no date");
  else if (*at <= now)
    errors.add("date", "The date on which the key expires has passed");
  else if (*at > now + kExpiresInAtMost)
    errors.add("date", "A key works for ten years at most");
  return at;
}

// Absent: nothing was chosen. 0: never.
std::optional<std::int64_t> read_expiry(const KeyForm& typed, std::int64_t now,
                                        FieldErrors& errors) {
  const bool has_moment = !trim(typed.date).empty() || !trim(typed.time).empty();
  if (has_moment && !typed.expiry.empty() && typed.expiry != "at") {
    errors.add("date",
               "You chose when the key expires, and a date as well. Clear the date, or choose “At "
               "the date below”");
    return std::nullopt;
  }
  if (typed.expiry == "at" || has_moment) return read_moment(typed, now, errors);
  if (typed.expiry.empty()) return std::nullopt;
  if (typed.expiry == "never") return 0;
  const auto days = read_number("The number of days", typed.expiry, 0);
  if (!days || *days < 1 || *days > 3650) {
    errors.add("expiry", "A key works for one day to ten years");
    return std::nullopt;
  }
  return now + *days * kDay;
}

std::vector<std::string> read_ranges(const KeyForm& typed, FieldErrors& errors) {
  auto ranges = parts_of(typed.allowed_cidrs, true);
  for (const std::string& range : ranges)
    if (!parse_ip_range(range))
      errors.add("allowed_cidrs",
                 formatted("“{}” is no address or range such as 203.0.113.0/24", range));
  return ranges;
}

// Absent: the field was left empty.
std::optional<std::int64_t> read_seconds(const KeyForm& typed, bool is_ephemeral,
                                         FieldErrors& errors) {
  if (trim(typed.ephemeral_seconds).empty()) return std::nullopt;
  const auto seconds = read_number("The time of silence", typed.ephemeral_seconds, 0);
  if (!seconds)
    errors.add("ephemeral_seconds", seconds.refusal().message);
  else if (*seconds < 60 || *seconds > 30 * kDay)
    errors.add("ephemeral_seconds",
               "A temporary device may be silent for 60 seconds to 30 days (2592000)");
  else if (!is_ephemeral)
    errors.add("ephemeral_seconds",
               "Only temporary devices are removed after a silence. Choose “Yes, when they fall "
               "silent”, or leave this empty");
  return seconds ? std::optional{*seconds} : std::nullopt;
}

// A reusable key and a protected group do not go together.
void check_protection(const Call& call, const std::vector<std::string>& groups, std::int64_t uses,
                      FieldErrors& errors) {
  if (uses == 1) return;
  call.read([&](const Snapshot& snapshot) {
    for (const std::string& reference : groups) {
      const auto group = find_group_named(snapshot, reference);
      if (group && group->is_protected)
        errors.add("group", formatted("Group {} is protected: it takes one-time keys only. Choose "
                                      "“One device now” or 1 machine, or leave the group out",
                                      group->name));
    }
  });
}

void check_gateway_choice(const Call& call, const KeyForm& typed, FieldErrors& errors) {
  const std::string device = trim(typed.gateway_device);
  if (typed.gateway_mode != "fixed") {
    if (!device.empty())
      errors.add(
          "gateway_device",
          "A device counts only with “Always this device”. Choose that, or leave this empty");
    return;
  }
  if (device.empty()) {
    errors.add("gateway_device", "Which device is the gateway? Type its name");
    return;
  }
  const NewKey wanted{.name = "", .type = "", .gateway_mode = "fixed", .gateway_device_id = device};
  const bool is_known = call.read(
      [&](const Snapshot& snapshot) { return static_cast<bool>(check_gateway(snapshot, wanted)); });
  if (!is_known) errors.add("gateway_device", formatted("There is no device called {}", device));
}

std::vector<std::string> groups_of(const KeyForm& typed) {
  const auto group = pattern_group(typed);
  return group.empty() ? typed.groups : std::vector{std::string{group}};
}

std::set<std::string> as_set(const std::vector<std::string>& ids) {
  return {ids.begin(), ids.end()};
}

// A default key stays in the group that it was made with.
void check_own_group(const KeyForm& typed, const Key& key, FieldErrors& errors) {
  if (key.group_default_of &&
      std::ranges::find(typed.groups, to_text(*key.group_default_of)) == typed.groups.end())
    errors.add("group",
               formatted("This is the default key of {}: it cannot leave that group", key.name));
}

}  // namespace

NewKey read_new_key(const Call& call, const KeyForm& typed, FieldErrors& errors) {
  const Preset& preset = find_preset(typed.preset);
  const bool is_ephemeral = typed.ephemeral.empty() ? preset.ephemeral : typed.ephemeral == "yes";
  read_name(typed, errors);
  const std::int64_t uses = read_uses(typed, preset.uses, errors);
  if (preset.uses == 1 && uses != 1)
    errors.add("uses", formatted("“{}” makes a one-time key. For more machines choose “Several "
                                 "devices”, or leave their number empty",
                                 preset.label));
  const auto expires_at = read_expiry(typed, call.app.clock.now(), errors);
  const auto seconds = read_seconds(typed, is_ephemeral, errors);
  auto groups = groups_of(typed);
  check_protection(call, groups, uses, errors);
  check_gateway_choice(call, typed, errors);
  return NewKey{.name = typed.name,
                .note = typed.note,
                .type = std::string{preset.type},
                .usage_limit = uses,
                .expires_in = expires_at ? 0 : preset.expires_in,
                .expires_at = expires_at,
                .ephemeral = is_ephemeral,
                .ephemeral_seconds = seconds.value_or(600),
                .allow_extra_dns_labels = typed.allow_extra_dns_labels,
                .allow_group_choice = typed.allow_group_choice,
                .requires_approval = typed.requires_approval,
                .device_name = typed.device_name,
                .allowed_cidrs = read_ranges(typed, errors),
                .auto_groups = std::move(groups),
                .networks = typed.networks,
                .tags = parts_of(typed.tags, false),
                .gateway_mode = typed.gateway_mode.empty() ? "auto" : typed.gateway_mode,
                .gateway_device_id = trim(typed.gateway_device)};
}

KeyChange read_key_change(const Call& call, const KeyForm& typed, const Key& key,
                          FieldErrors& errors) {
  const KeyForm before = settings_of(key);
  const bool is_ephemeral = typed.ephemeral == "yes";
  KeyChange change{.note = typed.note,
                   .ephemeral = is_ephemeral,
                   .allow_extra_dns_labels = typed.allow_extra_dns_labels,
                   .allow_group_choice = typed.allow_group_choice,
                   .requires_approval = typed.requires_approval,
                   .device_name = typed.device_name,
                   .allowed_cidrs = read_ranges(typed, errors),
                   .tags = parts_of(typed.tags, false)};
  // Who only says that devices stay has not asked for another time.
  if (typed.ephemeral_seconds != before.ephemeral_seconds)
    change.ephemeral_seconds = read_seconds(typed, is_ephemeral, errors);
  std::int64_t uses = key.usage_limit;
  // The form of a default key does not ask for what makes it one.
  if (!key.is_default()) {
    read_name(typed, errors);
    uses = read_uses(typed, 0, errors);
    if (uses != 0 && uses < key.used_times)
      errors.add("uses", formatted("{} is below the {} uses so far", uses, key.used_times));
    change.name = typed.name;
    change.expires_at = read_expiry(typed, call.app.clock.now(), errors);
    if (uses != key.usage_limit) change.usage_limit = uses;
    if (uses != key.usage_limit && uses != 1) change.type = "reusable";
  }
  check_own_group(typed, key, errors);
  if (as_set(typed.groups) != as_set(before.groups)) change.auto_groups = typed.groups;
  if (!typed.networks.empty() && !key.network_default_of) change.networks = typed.networks;
  if (change.auto_groups || change.usage_limit) check_protection(call, typed.groups, uses, errors);
  if (!typed.gateway_mode.empty()) {
    check_gateway_choice(call, typed, errors);
    change.gateway_mode = typed.gateway_mode;
    if (typed.gateway_mode == "fixed") change.gateway_device_id = trim(typed.gateway_device);
  }
  return change;
}

Result<std::string> make_missing_group(Transaction& tx, const By& by, const KeyForm& typed) {
  const std::string name{pattern_group(typed)};
  if (name.empty() || find_group_by_name(tx, name)) return std::string{};
  const auto made = create_group(tx, by, {.name = name});
  if (!made) return made.refusal();
  return name;
}

Reply show_errors(const Call& call, const FieldErrors& errors) {
  std::vector<View> rows;
  for (const auto& [field, sentence] : errors.all())
    rows.push_back(View{}.set("field", field).set("sentence", sentence));
  View view;
  view.set("errors", std::move(rows));
  return fragment(call, "keys/wrong", view);
}

}  // namespace muster::pages
