#include "server/many.h"

#include <algorithm>

#include "server/format.h"
#include "server/key_rules.h"
#include "server/many_outcome.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::size_t kAtOnce = 500;  // rows in memory

// --- keys ---------------------------------------------------------------------------------------

Result<bool> act_on(Transaction& tx, const By& by, const Key& key, KeyAct act) {
  if (key.deleted_at && act == KeyAct::remove) return false;
  if (key.deleted_at) return key_not_found(key.id);
  return act_on_key(tx, by, key, act);
}

// --- links --------------------------------------------------------------------------------------

// Runs `act(link)` on each that is chosen, in order of the id.
template <class Act>
Result<ManyReport> on_links(Transaction& tx, const By& by, const ChosenLinks& chosen, Act act) {
  ManyOutcome outcome{by, chosen.filter.has_value()};
  const auto take = [&](const InstallLink& link) {
    outcome.choose(link.id.value);
    outcome.note(link.id.value, link.recipient, act(outcome.by(), link));
  };
  for (const LinkId id : chosen.ids) {
    if (const auto link = find_link(tx, id, by.at))
      take(*link);
    else
      outcome.note(id.value, "",
                   Refusal::not_found(formatted("install link: {} not found", id.value)));
  }
  if (!chosen.filter) return outcome.finish(chosen.digest);
  LinkFilter filter = *chosen.filter;
  filter.order = LinkOrder::oldest;
  std::optional<LinkId> after;
  while (true) {
    const auto links = list_links(tx, filter, after, kAtOnce, by.at);
    if (links.empty()) return outcome.finish(chosen.digest);
    for (const InstallLink& link : links) take(link);
    after = links.back().id;
  }
}

// --- devices ------------------------------------------------------------------------------------

// An act whose groups are looked up.
struct CheckedAct {
  const DeviceAct& act;
  std::vector<Group> add;
  std::vector<Group> remove;
};

Result<std::vector<Group>> find_groups(const Snapshot& snapshot,
                                       const std::vector<std::string>& references) {
  std::vector<Group> groups;
  for (const std::string& reference : references) {
    auto group = find_group_named(snapshot, reference);
    if (!group) return Refusal::invalid(formatted("group not found: {}", reference));
    if (group->id == kAllGroup)
      return Refusal::invalid(formatted("every device is in {}, and stays there", group->name));
    groups.push_back(std::move(*group));
  }
  return groups;
}

Result<void> check_tags(const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    if (trim(tag).empty()) return Refusal::invalid("a tag shouldn't be empty");
    if (auto checked = check_text("a tag", tag, kNameLength); !checked) return checked.refusal();
  }
  return {};
}

Result<CheckedAct> check(const Snapshot& snapshot, const DeviceAct& act) {
  for (const auto* tags : {&act.add_tags, &act.remove_tags})
    if (auto checked = check_tags(*tags); !checked) return checked.refusal();
  auto add = find_groups(snapshot, act.add_groups);
  if (!add) return add.refusal();
  auto remove = find_groups(snapshot, act.remove_groups);
  if (!remove) return remove.refusal();
  return CheckedAct{act, std::move(*add), std::move(*remove)};
}

// Absent: nothing differs.
std::optional<std::vector<std::string>> changed_tags(const Device& device, const DeviceAct& act) {
  std::vector<std::string> tags = device.tags;
  for (const std::string& text : act.add_tags)
    if (std::string tag = trim(text); std::ranges::find(tags, tag) == tags.end())
      tags.push_back(std::move(tag));
  for (const std::string& tag : act.remove_tags) std::erase(tags, trim(tag));
  return tags == device.tags ? std::nullopt : std::optional{std::move(tags)};
}

std::optional<std::vector<std::string>> changed_groups(const Device& device,
                                                       const CheckedAct& act) {
  std::vector<GroupId> before;
  for (const DeviceGroup& group : device.groups) before.push_back(group.id);
  std::vector<GroupId> after = before;
  for (const Group& group : act.add)
    if (std::ranges::find(after, group.id) == after.end()) after.push_back(group.id);
  for (const Group& group : act.remove) std::erase(after, group.id);
  if (after == before) return std::nullopt;
  std::vector<std::string> ids;
  for (const GroupId id : after) ids.push_back(to_text(id));
  return ids;
}

Result<bool> act_on(Transaction& tx, const By& by, const Device& device, const CheckedAct& wanted) {
  if (device.removed_at && wanted.act.remove) return false;
  if (device.removed_at)
    return Refusal::not_found(formatted("device: {} not found", device.id.value));
  if (wanted.act.remove) {
    if (auto done = remove_device(tx, by, device.id, "removed"); !done) return done.refusal();
    return true;
  }
  DeviceChange change{.name = {},
                      .groups = changed_groups(device, wanted),
                      .tags = changed_tags(device, wanted.act),
                      .approved = {}};
  if (wanted.act.approve && !device.approved_at) change.approved = true;
  if (!change.groups && !change.tags && !change.approved) return false;
  if (auto done = update_device(tx, by, device.id, change); !done) return done.refusal();
  return true;
}

}  // namespace

Result<ManyReport> act_on_keys(Transaction& tx, const By& by, const ChosenKeys& chosen,
                               KeyAct act) {
  if (chosen.filter && chosen.filter->is_deleted)
    return Refusal::invalid("deleted keys stay as they are: choose others");
  const auto ids = chosen.filter ? list_key_ids(tx, *chosen.filter, {}, by.at) : chosen.ids;
  ManyOutcome outcome{by, chosen.filter.has_value()};
  for (std::size_t at = 0; at < ids.size(); at += kAtOnce) {
    const auto wanted = std::span{ids}.subspan(at, std::min(kAtOnce, ids.size() - at));
    const auto keys = find_keys(tx, wanted);
    auto key = keys.begin();
    for (const KeyId id : wanted) {
      outcome.choose(id.value);
      if (key == keys.end() || key->id != id) {
        outcome.note(id.value, "", key_not_found(id));
        continue;
      }
      const auto done = act_on(tx, outcome.by(), *key, act);
      outcome.note(id.value, key->name, done);
      if (done && *done) outcome.add_linked_devices(key->devices_count);
      ++key;
    }
  }
  return outcome.finish(chosen.digest);
}

Result<ManyReport> withdraw_links(Transaction& tx, const By& by, const ChosenLinks& chosen) {
  return on_links(tx, by, chosen, [&](const By& as, const InstallLink& link) -> Result<bool> {
    const bool changes = link.state != LinkState::withdrawn;
    if (auto done = withdraw_link(tx, as, link.id); !done) return done.refusal();
    return changes;
  });
}

Result<ManyReport> extend_links(Transaction& tx, const By& by, const ChosenLinks& chosen,
                                std::int64_t expires_in) {
  return on_links(tx, by, chosen, [&](const By& as, const InstallLink& link) -> Result<bool> {
    if (auto done = extend_link(tx, as, link.id, expires_in); !done) return done.refusal();
    return true;
  });
}

Result<ManyReport> act_on_devices(Transaction& tx, const By& by, const ChosenDevices& chosen,
                                  const DeviceAct& act) {
  if (chosen.filter && chosen.filter->status == DeviceStatus::removed)
    return Refusal::invalid("removed devices stay as they are: choose others");
  const auto checked = check(tx, act);
  if (!checked) return checked.refusal();
  ManyOutcome outcome{by, chosen.filter.has_value()};
  const auto take = [&](const Device& device) {
    outcome.choose(device.id.value);
    outcome.note(device.id.value, device.name, act_on(tx, outcome.by(), device, *checked));
  };
  for (const DeviceId id : chosen.ids) {
    if (const auto device = find_device(tx, id))
      take(*device);
    else
      outcome.note(id.value, "", Refusal::not_found(formatted("device: {} not found", id.value)));
  }
  if (!chosen.filter) return outcome.finish(chosen.digest);
  DeviceId after;
  while (true) {
    const auto devices = list_devices(tx, *chosen.filter, after, kAtOnce);
    if (devices.empty()) return outcome.finish(chosen.digest);
    for (const Device& device : devices)
      if (!chosen.also || chosen.also(device)) take(device);
    after = devices.back().id;
  }
}

}  // namespace muster
