#pragma once

#include "server/audit_list.h"
#include "web/request.h"

namespace muster {

// What part of the audit log a request asks for: `actor` and `target` as `kind:id` (a target also
// as a part of its name), `code` or what codes begin with, `cascade_id`, `since` and `until` as a
// day (2026-11-21, in UTC; the last one counts whole) or an RFC 3339 time (not after it).
Result<AuditFilter> read_audit_filter(const Request& request);

// The row (its id) before which to begin; 0 when absent.
Result<std::int64_t> read_audit_cursor(const Request& request);

}  // namespace muster
