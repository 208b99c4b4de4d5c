#include "server/device_search.h"

#include <algorithm>
#include <string>

namespace muster {
namespace {

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// The table is asked by LIKE without an escape, which it cannot use. So what LIKE takes for a
// wildcard becomes one that stands for any character: a few too many are found, none is missed.
std::string pattern_of(std::string_view part) {
  std::string pattern = "%" + std::string{part} + "%";
  std::replace(pattern.begin() + 1, pattern.end() - 1, '%', '_');
  return pattern;
}

}  // namespace

bool is_searchable(std::string_view part) { return count_characters(part) >= 3; }

std::vector<DeviceId> list_candidates(const Snapshot& snapshot, std::string_view part,
                                      DeviceId after, int limit) {
  std::vector<DeviceId> ids;
  const std::string pattern = pattern_of(part);
  auto query = snapshot.query(
      "SELECT rowid AS id FROM device_search WHERE words LIKE ?1 AND rowid > ?2"
      " UNION SELECT device_id FROM devices_unindexed WHERE device_id > ?2 ORDER BY id LIMIT ?3",
      {pattern, after, limit});
  while (query.step()) ids.push_back(query.id<DeviceId>());
  return ids;
}

bool has_unindexed(const Snapshot& snapshot) {
  return snapshot.query("SELECT 1 FROM devices_unindexed LIMIT 1").step();
}

void index_devices(Transaction& tx, int limit) {
  tx.run(
      "INSERT OR REPLACE INTO device_search (rowid, words)"
      " SELECT d.id, d.name || char(10) || d.hostname || char(10) || coalesce("
      "   (SELECT group_concat(printf('%d.%d.%d.%d', address >> 24, address >> 16 & 255,"
      "     address >> 8 & 255, address & 255), char(10)) FROM addresses WHERE device_id = d.id),"
      "   '')"
      " FROM (SELECT device_id FROM devices_unindexed ORDER BY device_id LIMIT ?) u"
      " JOIN devices d ON d.id = u.device_id",
      {limit});
  tx.run(
      "DELETE FROM devices_unindexed WHERE device_id IN"
      " (SELECT device_id FROM devices_unindexed ORDER BY device_id LIMIT ?)",
      {limit});
}

}  // namespace muster
