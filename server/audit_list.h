#pragma once

// The audit log as people and programs look through it.

#include <cstdint>
#include <string>
#include <vector>

#include "server/audit.h"

namespace muster {

struct AuditFilter {
  std::string actor = {};       // `user:4`, `command_line`, whatever it was called then; empty: all
  std::string target = {};      // `setup_key:7`, or a part of a name
  std::string code = {};        // `setupkey.add`, or `setupkey.` for all that begin so
  std::string cascade_id = {};  // what went together
  std::int64_t since = 0;       // at this time or later
  std::int64_t until = 0;       // before this time; 0: no end

  bool is_empty() const {
    return actor.empty() && target.empty() && code.empty() && cascade_id.empty() && since == 0 &&
           until == 0;
  }
  // Whether what went together would be torn apart by it.
  bool splits_cascades() const { return !target.empty() || !code.empty() || !cascade_id.empty(); }
};

// Newest first, at most `limit`, older than row `before` when that is not 0.
std::vector<AuditRow> list_audit(const Snapshot& snapshot, const AuditFilter& filter,
                                 std::int64_t before, int limit);

// Many rows that went together, as one; `rows` is 1 for what stands alone.
struct AuditFold {
  AuditRow first;  // the oldest: what the others went with
  std::int64_t rows = 1;
  std::int64_t last_id = 0;  // the newest: where a list goes on
};
// The same, with each cascade as one entry. What a cascade wrote stands together in the log.
std::vector<AuditFold> list_folded_audit(const Snapshot& snapshot, const AuditFilter& filter,
                                         std::int64_t before, int limit);

}  // namespace muster
