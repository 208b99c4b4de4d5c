#pragma once

// Bringing the devices of a key to what the key gives by now. An edit of a key concerns later
// devices; who wants those that are in to follow does so here, after seeing what would change.
//
// Each device gets what one that enrolled now would get, no more and no less: what the key does not
// name is taken away, also where somebody gave it by hand, and the plan says so. A protected group
// is no obstacle: an administrator puts devices there. Where a network has no address left for one
// of them, nothing is done.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/keys.h"
#include "server/many.h"

namespace muster {

struct ApplyWhat {
  bool groups = false;
  bool tags = false;
  bool networks = false;

  bool is_nothing() const { return !groups && !tags && !networks; }
};

// How many devices get a group, tag or network, and how many lose it.
struct Difference {
  std::string kind;  // group, tag, network
  std::string name;
  std::int64_t gained = 0;
  std::int64_t lost = 0;
};

// A device that differs, and what it is to have.
struct ApplyStep {
  Device device;
  std::optional<std::vector<std::string>> groups = {};  // ids
  std::optional<std::vector<std::string>> tags = {};
  std::vector<NetworkId> gained = {};
  std::vector<NetworkId> lost = {};
};

struct ApplyPlan {
  std::vector<ApplyStep> steps;
  std::int64_t unchanged = 0;
  std::vector<Difference> differences;
  std::string digest;  // of these steps
};

ApplyPlan plan_apply(const Snapshot& snapshot, const Key& key, const ApplyWhat& what);

// Refused when the plan is another one by now than the one with this digest; empty: any.
Result<ManyReport> apply_key(Transaction& tx, const By& by, KeyId id, const ApplyWhat& what,
                             std::string_view digest);

}  // namespace muster
