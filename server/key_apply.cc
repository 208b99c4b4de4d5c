#include "server/key_apply.h"

#include <algorithm>

#include "server/devices.h"
#include "server/format.h"
#include "server/key_rules.h"
#include "server/many_outcome.h"
#include "server/networks.h"

namespace muster {
namespace {

constexpr int kAtOnce = 500;  // rows in memory

// What the key gives.
struct Given {
  std::vector<Group> groups;
  std::vector<std::string> tags;
  std::vector<Network> networks;
};

Given given_by(const Snapshot& snapshot, const Key& key) {
  Given given;
  for (const GroupId id : key.auto_groups) {
    const bool is_known = std::ranges::find(given.groups, id, &Group::id) != given.groups.end();
    if (auto group = find_group(snapshot, id); group && !is_known)
      given.groups.push_back(std::move(*group));
  }
  for (const std::string& tag : key.tags)
    if (std::ranges::find(given.tags, tag) == given.tags.end()) given.tags.push_back(tag);
  for (const NetworkId id : key.networks)
    if (auto network = find_network(snapshot, id)) given.networks.push_back(std::move(*network));
  if (auto standard = find_default_network(snapshot); standard && given.networks.empty())
    given.networks.push_back(std::move(*standard));
  return given;
}

// Compares devices with what is given, and counts.
class Comparison {
 public:
  Comparison(const Snapshot& snapshot, const Key& key, const ApplyWhat& what)
      : given_(given_by(snapshot, key)), what_(what) {}

  void add(const Device& device) {
    ApplyStep step{.device = device};
    if (what_.groups) compare_groups(step);
    if (what_.tags) compare_tags(step);
    if (what_.networks) compare_networks(step);
    if (!step.groups && !step.tags && step.gained.empty() && step.lost.empty())
      ++plan_.unchanged;
    else
      plan_.steps.push_back(std::move(step));
  }

  ApplyPlan finish() {
    plan_.digest = hex_of(hasher_.finish());
    return std::move(plan_);
  }

 private:
  void compare_groups(ApplyStep& step) {
    std::vector<std::string> ids;
    bool differs = false;
    for (const Group& group : given_.groups) {
      ids.push_back(to_text(group.id));
      if (std::ranges::find(step.device.groups, group.id, &DeviceGroup::id) !=
          step.device.groups.end())
        continue;
      note(step, "group", group.name, true);
      differs = true;
    }
    for (const DeviceGroup& group : step.device.groups) {
      if (group.id == kAllGroup ||
          std::ranges::find(given_.groups, group.id, &Group::id) != given_.groups.end())
        continue;
      note(step, "group", group.name, false);
      differs = true;
    }
    if (differs) step.groups = std::move(ids);
  }

  void compare_tags(ApplyStep& step) {
    const auto has = [](const std::vector<std::string>& tags, const std::string& tag) {
      return std::ranges::find(tags, tag) != tags.end();
    };
    bool differs = false;
    for (const std::string& tag : given_.tags) {
      if (has(step.device.tags, tag)) continue;
      note(step, "tag", tag, true);
      differs = true;
    }
    for (const std::string& tag : step.device.tags) {
      if (has(given_.tags, tag)) continue;
      note(step, "tag", tag, false);
      differs = true;
    }
    if (differs) step.tags = given_.tags;
  }

  void compare_networks(ApplyStep& step) {
    for (const Network& network : given_.networks) {
      if (std::ranges::find(step.device.addresses, network.id, &DeviceAddress::network_id) !=
          step.device.addresses.end())
        continue;
      note(step, "network", network.name, true);
      step.gained.push_back(network.id);
    }
    for (const DeviceAddress& address : step.device.addresses) {
      if (std::ranges::find(given_.networks, address.network_id, &Network::id) !=
          given_.networks.end())
        continue;
      note(step, "network", address.network, false);
      step.lost.push_back(address.network_id);
    }
  }

  void note(const ApplyStep& step, std::string_view kind, const std::string& name, bool is_gained) {
    hasher_.add(to_text(step.device.id)).add(kind).add(name).add(is_gained ? "+" : "-");
    auto found = std::ranges::find_if(plan_.differences, [&](const Difference& difference) {
      return difference.kind == kind && difference.name == name;
    });
    if (found == plan_.differences.end())
      found = plan_.differences.insert(found, {std::string{kind}, name});
    ++(is_gained ? found->gained : found->lost);
  }

  Given given_;
  ApplyWhat what_;
  FieldHasher hasher_;
  ApplyPlan plan_;
};

void audit_network(Transaction& tx, const By& by, const Device& device, std::string_view code,
                   NetworkId id) {
  const auto network = find_network(tx, id);
  append_audit(tx, by,
               {.code = code,
                .target = subject_of(device),
                .details = {{"network", network ? network->name : ""},
                            {"network_id", to_text(id)},
                            {"peer_fqdn", device.full_name()}}});
}

// New addresses first, so that it never has none.
Result<void> move_networks(Transaction& tx, const By& by, const ApplyStep& step) {
  if (step.gained.empty() && step.lost.empty()) return {};
  const Device& device = step.device;
  touch_names(tx, device.id);
  for (const NetworkId id : step.gained) {
    if (!claim_address(tx, id, device.id, by.at)) {
      const auto network = find_network(tx, id);
      return Refusal::conflict(formatted("network {} has no address left for {}",
                                         network ? network->name : to_text(id), device.name),
                               Reason::address_range_full);
    }
    audit_network(tx, by, device, "peer.network.add", id);
  }
  for (const NetworkId id : step.lost) {
    free_address(tx, device.id, id, by.at);
    audit_network(tx, by, device, "peer.network.delete", id);
  }
  touch_names(tx, device.id);
  tx.run("UPDATE devices SET revision = revision + 1 WHERE id = ?", {device.id});
  return {};
}

Result<bool> apply(Transaction& tx, const By& by, const ApplyStep& step) {
  const DeviceChange change{.name = {}, .groups = step.groups, .tags = step.tags, .approved = {}};
  if (auto done = update_device(tx, by, step.device.id, change); !done) return done.refusal();
  if (auto done = move_networks(tx, by, step); !done) return done.refusal();
  return true;
}

}  // namespace

ApplyPlan plan_apply(const Snapshot& snapshot, const Key& key, const ApplyWhat& what) {
  Comparison comparison{snapshot, key, what};
  DeviceFilter filter;
  filter.setup_key_id = key.id;
  DeviceId after;
  while (true) {
    const auto devices = list_devices(snapshot, filter, after, kAtOnce);
    if (devices.empty()) return comparison.finish();
    for (const Device& device : devices) comparison.add(device);
    after = devices.back().id;
  }
}

Result<ManyReport> apply_key(Transaction& tx, const By& by, KeyId id, const ApplyWhat& what,
                             std::string_view digest) {
  const auto key = find_key(tx, id);
  if (!key) return key_not_found(id);
  if (auto checked = check_reach(by, *key); !checked) return checked.refusal();
  if (what.is_nothing()) return Refusal::invalid("say what to apply: groups, tags or networks");
  const ApplyPlan plan = plan_apply(tx, *key, what);
  if (!digest.empty() && digest != plan.digest)
    return Refusal::conflict(
        "Meanwhile the key or one of its devices changed. Nothing was done: look again.");
  ManyOutcome outcome{by, false};
  for (const ApplyStep& step : plan.steps)
    outcome.note(step.device.id.value, step.device.name, apply(tx, outcome.by(), step));
  auto report = outcome.finish("");
  if (!report) return report.refusal();
  report->unchanged = plan.unchanged;
  report->digest = plan.digest;
  return report;
}

}  // namespace muster
