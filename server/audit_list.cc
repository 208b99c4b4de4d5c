#include "server/audit_list.h"

#include <algorithm>
#include <span>

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kColumns =
    "a.id, a.at, a.code, a.actor, a.target, a.\"from\", a.cascade_id, a.details";

AuditRow read_row(Query& query) {
  AuditRow row;
  row.id = query.integer();
  row.at = query.integer();
  row.code = query.text();
  row.actor = Subject::parse(query.text());
  row.target = Subject::parse(query.text());
  row.from = query.text();
  row.cascade_id = query.text();
  row.details = query.text();
  return row;
}

// `user:4`: a subject by kind and id, which stands before its name as it was then.
bool names_subject(std::string_view text) {
  const auto colon = text.find(':');
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() &&
         std::ranges::all_of(text.substr(0, colon), is_word) &&
         std::ranges::all_of(text.substr(colon + 1), is_digit);
}

// A filter as the part of a statement behind WHERE. Texts live here: bound ones are not copied.
class Conditions {
 public:
  Conditions(const AuditFilter& filter, std::int64_t before)
      : pattern_(like_pattern(filter.target)) {
    if (before > 0) also("a.id < ?", {before});
    if (!filter.actor.empty()) add_subject("a.actor", filter.actor, actor_);
    if (names_subject(filter.target))
      add_subject("a.target", filter.target, target_);
    else if (!filter.target.empty())
      also("a.target LIKE ? ESCAPE '\\'", {pattern_});
    if (filter.code.ends_with('.'))
      also("substr(a.code, 1, ?) = ?",
           {static_cast<std::int64_t>(filter.code.size()), filter.code});
    else if (!filter.code.empty())
      also("a.code = ?", {filter.code});
    if (!filter.cascade_id.empty()) also("a.cascade_id = ?", {filter.cascade_id});
    if (filter.since > 0) also("a.at >= ?", {filter.since});
    if (filter.until > 0) also("a.at < ?", {filter.until});
  }
  Conditions(const Conditions&) = delete;
  Conditions& operator=(const Conditions&) = delete;

  std::string sql = "1";
  std::vector<Bind> values;

 private:
  struct Range {
    std::string from;
    std::string to;
  };

  // `user:4` and `user:4 ana@…`, by an index: a blank sorts before all that a name may begin with.
  void add_subject(std::string_view column, std::string_view subject, Range& range) {
    range = {std::string{subject}, std::string{subject} + "!"};
    also(formatted("{0} >= ? AND {0} < ?", column), {range.from, range.to});
  }
  void also(std::string_view condition, std::initializer_list<Bind> bound) {
    sql += formatted(" AND {}", condition);
    values.insert(values.end(), bound);
  }

  std::string pattern_;
  Range actor_;
  Range target_;
};

}  // namespace

std::vector<AuditRow> list_audit(const Snapshot& snapshot, const AuditFilter& filter,
                                 std::int64_t before, int limit) {
  Conditions conditions{filter, before};
  const std::string sql = formatted(
      "SELECT {} FROM audit_log a WHERE {} ORDER BY a.id DESC LIMIT ?", kColumns, conditions.sql);
  conditions.values.emplace_back(limit);
  std::vector<AuditRow> rows;
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  while (query.step()) rows.push_back(read_row(query));
  return rows;
}

std::vector<AuditFold> list_folded_audit(const Snapshot& snapshot, const AuditFilter& filter,
                                         std::int64_t before, int limit) {
  Conditions conditions{filter, before};
  // The newest row of each cascade is the one behind which another begins.
  const std::string sql = formatted(
      "SELECT a.id, a.cascade_id FROM audit_log a WHERE {} AND (a.cascade_id = '' OR a.cascade_id"
      " IS NOT (SELECT n.cascade_id FROM audit_log n WHERE n.id = a.id + 1))"
      " ORDER BY a.id DESC LIMIT ?",
      conditions.sql);
  conditions.values.emplace_back(limit);
  std::vector<AuditFold> folds;
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  const std::string first = formatted("SELECT {} FROM audit_log a WHERE a.id = ?", kColumns);
  while (query.step()) {
    AuditFold fold;
    fold.last_id = query.integer();
    std::int64_t first_id = fold.last_id;
    if (const auto cascade = query.text(); !cascade.empty()) {
      auto extent =
          snapshot.query("SELECT min(id), count(*) FROM audit_log WHERE cascade_id = ?", {cascade});
      extent.step();
      first_id = extent.integer();
      fold.rows = extent.integer();
    }
    auto row = snapshot.query(first, {first_id});
    row.step();
    fold.first = read_row(row);
    folds.push_back(std::move(fold));
  }
  return folds;
}

}  // namespace muster
