#pragma once

// What is forgotten for good, so that the file does not grow with years of runners: dead keys that
// admitted nothing, old refusals, removed ephemeral devices. A key that admitted a device or has
// an install link is never forgotten, nor is anything in the audit log.
//
// Forgetting cannot be undone, so a wall clock that lies must not cause it: see PurgeGuard.

#include <cstdint>

#include "server/audit.h"
#include "server/clock.h"
#include "server/db.h"

namespace muster {

// Waits a day after the start, and after each jump of the wall clock by more than an hour: time to
// notice and set it right.
class PurgeGuard {
 public:
  explicit PurgeGuard(const Clock& clock);
  // To be asked every few seconds, or a jump is noticed late.
  bool is_open();

 private:
  const Clock& clock_;
  std::int64_t offset_;  // of the wall clock against the monotonic one
  std::int64_t since_;   // monotonic
};

// The wall clock stands before something that is known to have happened. Purging waits; the
// overview says so.
bool is_clock_behind(const Snapshot& snapshot, std::int64_t now);

struct Purged {
  std::int64_t keys = 0;
  std::int64_t devices = 0;
  std::int64_t refusals = 0;

  std::int64_t all() const { return keys + devices + refusals; }
};

// One act forgets at most this many of each, so that nobody waits long behind it.
constexpr int kPurgedAtOnce = 500;

// Nothing while the clock is behind, or the setting says never.
Purged purge(Transaction& tx, std::int64_t now);

}  // namespace muster
