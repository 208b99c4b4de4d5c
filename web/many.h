#pragma once

// How both edges run an act over many things.

#include <optional>
#include <utility>

#include "server/many.h"
#include "web/call.h"

namespace muster {

// Runs `act(tx, by)`. With `only_looks` it runs as well, and is then rolled back: what it reports
// is what would happen, down to the last rule, and nothing is written.
template <class Who, class Act>
Result<ManyReport> run_many(const Call& call, const Who& who, bool only_looks, Act&& act) {
  std::optional<ManyReport> seen;
  auto report = call.write(who, [&](Transaction& tx, const By& by) -> Result<ManyReport> {
    auto done = act(tx, by);
    if (!done || !only_looks) return done;
    done->cascade_id.clear();
    seen = std::move(*done);
    return Refusal::conflict("only looked at");
  });
  if (seen) return std::move(*seen);
  return report;
}

// act_on_devices; memory forgets those that were removed.
inline Result<ManyReport> act_on_devices_and_forget(const Call& call, Transaction& tx, const By& by,
                                                    const ChosenDevices& chosen,
                                                    const DeviceAct& wanted) {
  auto report = act_on_devices(tx, by, chosen, wanted);
  if (report && wanted.remove)
    tx.after_commit([&app = call.app, ids = report->changed] {
      for (const auto id : ids) app.last_seen.forget(DeviceId{id});
    });
  return report;
}

template <class Who>
Result<ManyReport> run_on_devices(const Call& call, const Who& who, bool only_looks,
                                  const ChosenDevices& chosen, const DeviceAct& wanted) {
  return run_many(call, who, only_looks, [&](Transaction& tx, const By& by) {
    return act_on_devices_and_forget(call, tx, by, chosen, wanted);
  });
}

}  // namespace muster
