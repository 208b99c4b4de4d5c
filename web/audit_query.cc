#include "web/audit_query.h"

#include "server/clock.h"
#include "web/answer.h"

namespace muster {
namespace {

constexpr std::int64_t kDay = 86'400;

// Where a time that is given by its day begins, or ends.
Result<std::int64_t> read_time(const Request& request, std::string_view name, bool is_end) {
  const std::string text{request.query_value(name)};
  if (text.empty()) return std::int64_t{0};
  const bool is_day = text.size() == 10;
  const auto time = parse_rfc3339(is_day ? text + "T00:00:00Z" : text);
  if (!time || *time <= 0)
    return Refusal::invalid(std::string{name} +
                            " is a day, as 2026-11-21, or a time, as 2026-11-21T08:15:00Z");
  return is_end ? *time + (is_day ? kDay : 1) : *time;
}

}  // namespace

Result<AuditFilter> read_audit_filter(const Request& request) {
  AuditFilter filter;
  filter.actor = request.query_value("actor");
  filter.target = request.query_value("target");
  filter.code = request.query_value("code");
  filter.cascade_id = request.query_value("cascade_id");
  const auto since = read_time(request, "since", false);
  if (!since) return since.refusal();
  const auto until = read_time(request, "until", true);
  if (!until) return until.refusal();
  filter.since = *since;
  filter.until = *until;
  return filter;
}

Result<std::int64_t> read_audit_cursor(const Request& request) {
  const auto before = read_id(request, "before");
  if (!before) return Refusal::invalid("before is the id of an event");
  return *before;
}

}  // namespace muster
