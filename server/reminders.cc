#include "server/reminders.h"

#include <algorithm>
#include <unordered_map>

#include "server/key_list.h"
#include "server/purge.h"

namespace muster {
namespace {

constexpr std::int64_t kHour = 3600;

// Counts all rows, and keeps the first few.
template <class T, class Read>
Few<T> take(Query query, std::size_t named, Read read) {
  Few<T> few;
  for (; query.step(); ++few.total)
    if (few.named.size() < named) few.named.push_back(read(query));
  return few;
}

Few<WaitingDevice> find_waiting(const Snapshot& snapshot, std::size_t named) {
  Few<WaitingDevice> few;
  auto count = snapshot.query(
      "SELECT count(*) FROM devices WHERE removed_at IS NULL AND approved_at IS NULL");
  if (count.step()) few.total = count.integer();
  auto query = snapshot.query(
      "SELECT id, name, enrolled_at FROM devices WHERE removed_at IS NULL AND approved_at IS NULL"
      " ORDER BY id LIMIT ?",
      {named});
  while (query.step()) {
    WaitingDevice device{.id = query.id<DeviceId>(), .name = query.text()};
    device.enrolled_at = query.integer();
    few.named.push_back(std::move(device));
  }
  return few;
}

// A gap longer than the week that is looked at begins before it, so in each key only the week's
// first use can be the one.
Few<UsedAgain> find_used_again(const Snapshot& snapshot, std::int64_t now, std::size_t named) {
  return take<UsedAgain>(
      snapshot.query(
          "SELECT k.id, k.name, d.id, d.name, d.enrolled_at, d.enrolled_at - (SELECT"
          "  max(enrolled_at) FROM devices WHERE setup_key_id = k.id AND enrolled_at <"
          "  d.enrolled_at) AS quiet"
          " FROM setup_keys k CROSS JOIN devices d ON d.id = (SELECT id FROM devices"
          "  WHERE setup_key_id = k.id AND enrolled_at >= ?1 ORDER BY enrolled_at, id LIMIT 1)"
          " WHERE coalesce(k.last_used_at, k.created_at) >= ?1 AND k.used_times > 1"
          "  AND k.usage_limit <> 1 AND k.deleted_at IS NULL AND k.revoked_at IS NULL"
          "  AND k.paused_at IS NULL AND d.removed_at IS NULL AND quiet > ?2"
          " ORDER BY d.enrolled_at DESC, d.id DESC",
          {now - kRemindedSeconds, kQuietSeconds}),
      named, [](Query& row) {
        UsedAgain used;
        used.key_id = row.id<KeyId>();
        used.key_name = row.text();
        used.device_id = row.id<DeviceId>();
        used.device_name = row.text();
        used.at = row.integer();
        used.quiet_seconds = row.integer();
        return used;
      });
}

// The most that fall into one hour, wherever that begins.
std::int64_t most_in_an_hour(const std::vector<std::int64_t>& sorted) {
  std::size_t most = 0;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < sorted.size(); ++end) {
    while (sorted[end] - sorted[begin] >= kHour) ++begin;
    most = std::max(most, end - begin + 1);
  }
  return static_cast<std::int64_t>(most);
}

Few<RefusedOften> find_refused_often(const Snapshot& snapshot, const RefusalLog& refusals,
                                     std::int64_t now, std::size_t named) {
  std::unordered_map<KeyId, std::vector<std::int64_t>> times;
  for (const Knock& knock : refusals.list_knocks(snapshot, now - kRemindedSeconds))
    times[knock.setup_key_id].push_back(knock.at);
  Few<RefusedOften> few;
  for (auto& [key, at] : times) {
    std::ranges::sort(at);
    const auto most = most_in_an_hour(at);
    if (most > kRefusedAnHour) few.named.push_back({key, "", most, at.back()});
  }
  few.total = static_cast<std::int64_t>(few.named.size());
  std::ranges::sort(few.named, std::ranges::greater{}, [](const RefusedOften& often) {
    return std::pair{often.last_at, often.key_id};
  });
  if (few.named.size() > named) few.named.resize(named);
  for (RefusedOften& often : few.named)
    if (const auto key = find_key_even_deleted(snapshot, often.key_id)) often.key_name = key->name;
  return few;
}

Few<Key> find_concern(const Snapshot& snapshot, KeyConcern concern, std::int64_t now,
                      std::size_t named) {
  return {list_pressing_keys(snapshot, concern, named, now), count_keys_of(snapshot, concern, now)};
}

Few<LapsedInvite> find_lapsed(const Snapshot& snapshot, std::int64_t now, std::size_t named) {
  return take<LapsedInvite>(
      snapshot.query(
          "SELECT u.id, u.email, i.expires_at FROM invites i JOIN users u ON u.id = i.user_id"
          " WHERE i.ended_at IS NULL AND i.expires_at <= ? AND u.status = 'invited'"
          " AND u.removed_at IS NULL ORDER BY i.expires_at, u.id",
          {now}),
      named, [](Query& row) {
        LapsedInvite lapsed{.user_id = row.id<UserId>(), .label = row.text()};
        lapsed.expired_at = row.integer();
        return lapsed;
      });
}

}  // namespace

bool Reminders::is_empty() const {
  return !is_clock_behind && waiting.total + refused_often.total + used_again.total + ending.total +
                                     endless.total + idle.total + lapsed_invites.total ==
                                 0;
}

Reminders find_reminders(const Snapshot& snapshot, const RefusalLog& refusals, std::int64_t now,
                         std::size_t named) {
  return {.is_clock_behind = is_clock_behind(snapshot, now),
          .waiting = find_waiting(snapshot, named),
          .refused_often = find_refused_often(snapshot, refusals, now, named),
          .used_again = find_used_again(snapshot, now, named),
          .ending = find_concern(snapshot, KeyConcern::ending, now, named),
          .endless = find_concern(snapshot, KeyConcern::endless, now, named),
          .idle = find_concern(snapshot, KeyConcern::idle, now, named),
          .lapsed_invites = find_lapsed(snapshot, now, named)};
}

}  // namespace muster
