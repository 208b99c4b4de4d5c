#pragma once

// What fell together, read back from the audit log, where it stands for good.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/db.h"

namespace muster {

struct ReceiptPart {
  std::string code;            // of the audit log
  std::int64_t count = 0;      // all rows with this code
  std::vector<AuditRow> rows;  // the first of them, oldest first
};

struct Receipt {
  std::string cascade_id;
  Subject root;  // what it was about
  Subject actor;
  std::string from;
  std::int64_t at = 0;
  std::int64_t count = 0;
  std::vector<ReceiptPart> parts;  // in the order in which they first fell
  ChainHead head;                  // the last of its rows
};

// Nothing when no row has that cascade id. At most `rows` of each code.
std::optional<Receipt> find_receipt(const Snapshot& snapshot, std::string_view cascade_id,
                                    int rows);

}  // namespace muster
