#include "server/overview.h"

namespace muster {
bool is_in_use(const Snapshot& snapshot) {
  auto query = snapshot.query(
      "SELECT EXISTS (SELECT 1 FROM devices) OR EXISTS (SELECT 1 FROM setup_keys"
      " WHERE deleted_at IS NULL AND network_default_of IS NULL AND group_default_of IS NULL)");
  return query.step() && query.boolean();
}

std::vector<DayCount> count_enrollments(const Snapshot& snapshot, std::int64_t first_day,
                                        std::int64_t last_day) {
  std::vector<DayCount> days;
  // Day by day along an index: to group a hundred thousand rows takes several times as long.
  for (std::int64_t day = first_day; day <= last_day; ++day) {
    auto query = snapshot.query(
        "SELECT count(*) FROM devices WHERE enrolled_at >= ?1 * 86400"
        " AND enrolled_at < (?1 + 1) * 86400",
        {day});
    const std::int64_t count = query.step() ? query.integer() : 0;
    if (count > 0) days.push_back({day, count});
  }
  return days;
}

std::vector<DayCount> count_enrollments_through(const Snapshot& snapshot, KeyId key) {
  std::vector<DayCount> days;
  auto query = snapshot.query(
      "SELECT enrolled_at / 86400, count(*) FROM devices WHERE setup_key_id = ?"
      " GROUP BY 1 ORDER BY 1",
      {key});
  while (query.step()) {
    const auto day = query.integer();
    days.push_back({day, query.integer()});
  }
  return days;
}

std::vector<Device> list_newest_devices(const Snapshot& snapshot, int limit) {
  std::vector<Device> devices;
  auto query = snapshot.query(
      "SELECT id FROM devices WHERE removed_at IS NULL ORDER BY enrolled_at DESC, id DESC LIMIT ?",
      {limit});
  while (query.step())
    if (auto device = find_device(snapshot, query.id<DeviceId>()))
      devices.push_back(std::move(*device));
  return devices;
}

}  // namespace muster
