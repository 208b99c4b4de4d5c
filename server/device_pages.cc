#include "server/device_pages.h"

#include <algorithm>
#include <functional>

#include "server/format.h"

namespace muster {
namespace {

struct Row {
  DeviceId id;
  DeviceState state = DeviceState::offline;
  std::int64_t seen_at = 0;  // 0: never
};

// All but the removed have their state from memory.
void set_states(const LastSeen& last_seen, std::vector<Row>& rows) {
  std::vector<DeviceId> ids;
  ids.reserve(rows.size());
  for (const Row& row : rows) ids.push_back(row.id);
  const auto known = last_seen.look_up(ids);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].state == DeviceState::offline && known[i].is_online)
      rows[i].state = DeviceState::online;
    rows[i].seen_at = std::max(rows[i].seen_at, known[i].call_at);
  }
}

std::string order_of(const DevicePageQuery& wanted) {
  const std::string_view direction = wanted.is_descending ? "DESC" : "ASC";
  return wanted.sort == DeviceSort::enrolled_at
             ? formatted(" ORDER BY d.enrolled_at {0}, d.id {0}", direction)
             : formatted(" ORDER BY d.name {0}, d.id {0}", direction);
}

// Reads rows in the wanted order, but for last-seen times, until `visit` says that it has enough.
void walk(const Snapshot& snapshot, const LastSeen& last_seen, const DeviceConditions& conditions,
          const DevicePageQuery& wanted, const std::function<bool(const Row&)>& visit) {
  constexpr std::size_t kAtOnce = 512;
  const bool by_time = wanted.sort == DeviceSort::last_seen_at;
  const std::string sql = formatted(
      "SELECT d.id, d.removed_at IS NOT NULL, d.approved_at IS NULL{} FROM {}{} WHERE {}{}",
      by_time ? ", s.at" : "", conditions.from,
      by_time ? " LEFT JOIN last_seen s ON s.device_id = d.id" : "", conditions.sql,
      by_time ? "" : order_of(wanted));
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  std::vector<Row> rows;
  for (bool is_end = false; !is_end;) {
    rows.clear();
    while (rows.size() < kAtOnce && !(is_end = !query.step())) {
      Row row{query.id<DeviceId>()};
      const bool is_removed = query.boolean();
      const bool is_waiting = query.boolean();
      if (is_removed)
        row.state = DeviceState::removed;
      else if (is_waiting)
        row.state = DeviceState::waiting;
      if (by_time) row.seen_at = query.find_integer().value_or(0);
      rows.push_back(row);
    }
    set_states(last_seen, rows);
    for (const Row& row : rows)
      if (!visit(row)) return;
  }
}

void sort_by_last_seen(std::vector<Row>& rows, const DevicePageQuery& wanted) {
  if (wanted.sort != DeviceSort::last_seen_at) return;
  // Only what stands on the page, and before it, has to be in order.
  const auto needed = std::min(rows.size(), static_cast<std::size_t>(wanted.offset + wanted.limit));
  const auto cut = rows.begin() + static_cast<std::ptrdiff_t>(needed);
  const auto key = [](const Row& row) { return std::pair{row.seen_at, row.id}; };
  if (cut != rows.end()) {
    if (wanted.is_descending)
      std::ranges::nth_element(rows, cut, std::ranges::greater{}, key);
    else
      std::ranges::nth_element(rows, cut, std::ranges::less{}, key);
  }
  if (wanted.is_descending)
    std::sort(rows.begin(), cut, [&](const Row& a, const Row& b) { return key(a) > key(b); });
  else
    std::sort(rows.begin(), cut, [&](const Row& a, const Row& b) { return key(a) < key(b); });
}

// Takes the page out of what is handed to it in order.
class Cutter {
 public:
  explicit Cutter(const DevicePageQuery& wanted, std::int64_t one_more = 0)
      : skip_(wanted.offset), room_(wanted.limit + one_more) {}

  // False: the page is full.
  bool take(DeviceId id) {
    if (skip_ > 0) {
      --skip_;
      return true;
    }
    if (room_ > 0) {
      ids_.push_back(id);
      --room_;
    }
    return room_ > 0;
  }
  std::vector<DeviceId> ids() { return std::move(ids_); }

 private:
  std::int64_t skip_;
  std::int64_t room_;
  std::vector<DeviceId> ids_;
};

std::vector<DeviceId> cut(const std::vector<Row>& rows, const DevicePageQuery& wanted) {
  Cutter cutter{wanted};
  for (const Row& row : rows)
    if (!cutter.take(row.id)) break;
  return cutter.ids();
}

DeviceFilter with_status(DeviceFilter filter, std::optional<DeviceStatus> status) {
  filter.status = status;
  return filter;
}

// Every row that the conditions leave, in the wanted order but for last-seen times.
std::vector<Row> list_rows(const Snapshot& snapshot, const LastSeen& last_seen,
                           const DeviceConditions& conditions, const DevicePageQuery& wanted) {
  std::vector<Row> rows;
  walk(snapshot, last_seen, conditions, wanted, [&](const Row& row) {
    rows.push_back(row);
    return true;
  });
  return rows;
}

// The rows of the wanted state, or all of them, those that wait first; in order as far as the page
// reaches.
std::vector<Row> arranged(const std::vector<Row>& rows, const DevicePageQuery& wanted) {
  std::vector<Row> first;
  std::vector<Row> others;
  for (const Row& row : rows)
    if (!wanted.state || row.state == *wanted.state)
      (row.state == DeviceState::waiting ? first : others).push_back(row);
  sort_by_last_seen(first, wanted);
  sort_by_last_seen(others, wanted);
  first.insert(first.end(), others.begin(), others.end());
  return first;
}

std::vector<Row> list_removed(const Snapshot& snapshot, const LastSeen& last_seen,
                              const DevicePageQuery& wanted) {
  const DeviceFilter filter = with_status(wanted.filter, DeviceStatus::removed);
  return list_rows(snapshot, last_seen, DeviceConditions{filter}, wanted);
}

// A filter's matches, all looked at.
DevicePage find_counted(const Snapshot& snapshot, const LastSeen& last_seen,
                        const DevicePageQuery& wanted, const DeviceConditions& living) {
  DevicePage page;
  auto rows = list_rows(snapshot, last_seen, living, wanted);
  DeviceCounts counts;
  for (const Row& row : rows) {
    if (row.state == DeviceState::waiting) ++counts.waiting;
    if (row.state == DeviceState::online) ++counts.online;
    if (row.state == DeviceState::offline) ++counts.offline;
  }
  counts.removed = count_devices(snapshot, with_status(wanted.filter, DeviceStatus::removed));
  page.counts = counts;
  if (wanted.state == DeviceState::removed) rows = list_removed(snapshot, last_seen, wanted);
  page.ids = cut(arranged(rows, wanted), wanted);
  return page;
}

// The first of very many matches, in the order of an index, without counting them.
DevicePage find_first(const Snapshot& snapshot, const LastSeen& last_seen,
                      const DevicePageQuery& wanted) {
  const DeviceFilter filter = with_status(wanted.filter, wanted.state == DeviceState::removed
                                                             ? std::optional{DeviceStatus::removed}
                                                             : std::nullopt);
  DevicePageQuery by_index = wanted;
  if (wanted.sort == DeviceSort::last_seen_at) by_index.sort = DeviceSort::name;
  Cutter cutter{wanted, 1};
  walk(snapshot, last_seen, DeviceConditions{filter}, by_index, [&](const Row& row) {
    return (wanted.state && row.state != *wanted.state) || cutter.take(row.id);
  });
  return {cutter.ids(), std::nullopt};
}

std::vector<DeviceId> list_ids(const Snapshot& snapshot, std::string_view sql) {
  std::vector<DeviceId> ids;
  auto query = snapshot.query(sql);
  while (query.step()) ids.push_back(query.id<DeviceId>());
  return ids;
}

// Which devices a list has had, by id.
class Marks {
 public:
  bool set(DeviceId id) {
    const auto at = static_cast<std::size_t>(id.value);
    if (at >= marks_.size()) marks_.resize(std::max(at + 1, marks_.size() * 2));
    if (marks_[at]) return false;
    marks_[at] = true;
    return true;
  }

 private:
  std::vector<bool> marks_;
};

// All that live and do not wait, with their last-seen times, from the narrow table of these. A
// device that called for the first time a moment ago stands in memory only.
std::vector<Row> list_by_last_seen(const Snapshot& snapshot, const LastSeen& last_seen,
                                   const std::vector<DeviceId>& waiting) {
  Marks had;
  for (const DeviceId id : waiting) had.set(id);
  for (const DeviceId id :
       list_ids(snapshot, "SELECT id FROM devices WHERE removed_at IS NOT NULL"))
    had.set(id);
  std::vector<Row> rows;
  auto query = snapshot.query("SELECT device_id, at FROM last_seen");
  while (query.step()) {
    Row row{query.id<DeviceId>()};
    row.seen_at = query.integer();
    if (had.set(row.id)) rows.push_back(row);
  }
  for (const DeviceId id : last_seen.list_unwritten())
    if (had.set(id)) rows.push_back({id});
  set_states(last_seen, rows);
  return rows;
}

// Every device there is, from indexes.
class Everything {
 public:
  Everything(const Snapshot& snapshot, const LastSeen& last_seen, const DevicePageQuery& wanted)
      : snapshot_(snapshot), last_seen_(last_seen), wanted_(wanted) {
    const DeviceFilter filter = with_status({}, DeviceStatus::waiting);
    waiting_ = list_rows(snapshot, last_seen, DeviceConditions{filter}, wanted);
    sort_by_last_seen(waiting_, wanted);
    for (const Row& row : waiting_) waiting_ids_.push_back(row.id);
    std::ranges::sort(waiting_ids_);
  }

  DevicePage page() {
    DevicePage page;
    page.counts = count();
    if (wanted_.state == DeviceState::waiting)
      page.ids = cut(waiting_, wanted_);
    else if (wanted_.state == DeviceState::removed)
      page.ids = cut(arranged(list_removed(snapshot_, last_seen_, wanted_), wanted_), wanted_);
    else
      page.ids = wanted_.sort == DeviceSort::last_seen_at ? by_last_seen() : by_index();
    return page;
  }

 private:
  DeviceCounts count() const {
    DeviceCounts counts;
    const auto living = count_devices(snapshot_, {});
    counts.waiting = static_cast<std::int64_t>(waiting_.size());
    counts.removed = count_devices(snapshot_, with_status({}, DeviceStatus::removed));
    counts.online =
        last_seen_.count_online() -
        std::ranges::count(last_seen_.look_up(waiting_ids_), true, &LastSeen::Known::is_online);
    counts.offline = std::max<std::int64_t>(0, living - counts.waiting - counts.online);
    return counts;
  }

  std::vector<DeviceId> by_index() const {
    Cutter cutter{wanted_};
    if (!wanted_.state)
      for (const Row& row : waiting_)
        if (!cutter.take(row.id)) return cutter.ids();
    constexpr std::size_t kAtOnce = 512;
    const std::string sql =
        "SELECT d.id FROM devices d WHERE d.removed_at IS NULL" + order_of(wanted_);
    auto query = snapshot_.query(sql);
    std::vector<Row> rows;
    for (bool is_end = false; !is_end;) {
      rows.clear();
      while (rows.size() < kAtOnce && !(is_end = !query.step())) {
        const auto id = query.id<DeviceId>();
        if (!std::ranges::binary_search(waiting_ids_, id)) rows.push_back({id});
      }
      if (wanted_.state) set_states(last_seen_, rows);
      for (const Row& row : rows)
        if ((!wanted_.state || row.state == *wanted_.state) && !cutter.take(row.id))
          return cutter.ids();
    }
    return cutter.ids();
  }

  std::vector<DeviceId> by_last_seen() const {
    auto rows = list_by_last_seen(snapshot_, last_seen_, waiting_ids_);
    if (!wanted_.state) rows.insert(rows.end(), waiting_.begin(), waiting_.end());
    return cut(arranged(rows, wanted_), wanted_);
  }

  const Snapshot& snapshot_;
  const LastSeen& last_seen_;
  const DevicePageQuery& wanted_;
  std::vector<Row> waiting_;
  std::vector<DeviceId> waiting_ids_;  // sorted
};

bool is_everything(const DeviceFilter& filter) {
  return !filter.setup_key_id && !filter.group_id && !filter.os && filter.search.empty() &&
         filter.name_part.empty() && filter.address_part.empty();
}

}  // namespace

std::int64_t DeviceCounts::of(std::optional<DeviceState> state) const {
  if (!state) return living();
  switch (*state) {
    case DeviceState::waiting:
      return waiting;
    case DeviceState::online:
      return online;
    case DeviceState::offline:
      return offline;
    case DeviceState::removed:
      return removed;
  }
  return 0;
}

DevicePage find_device_page(const Snapshot& snapshot, const LastSeen& last_seen,
                            const DevicePageQuery& wanted) {
  if (is_everything(wanted.filter)) return Everything{snapshot, last_seen, wanted}.page();
  const DeviceFilter filter = with_status(wanted.filter, std::nullopt);
  DeviceConditions living{filter};
  if (living.narrow(snapshot, DeviceId{}, kDevicesCounted + 1))
    return find_first(snapshot, last_seen, wanted);
  return find_counted(snapshot, last_seen, wanted, living);
}

}  // namespace muster
