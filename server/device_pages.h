#pragma once

// A page of a list of devices: filtered, in any order, with a count for each state.
//
// Who is online is known to memory alone, so SQL cannot sort or count by it. At 100,000 devices a
// walk over all of them takes longer than a page may, so there are three ways: with nothing to
// filter by, the counts stand in indexes and the page is cut from one; a filter's matches are all
// looked at; and a search that finds very many is shown from its beginning, uncounted.

#include <cstdint>
#include <optional>
#include <vector>

#include "server/device_list.h"
#include "server/last_seen.h"

namespace muster {

enum class DeviceState { waiting, online, offline, removed };
enum class DeviceSort { name, enrolled_at, last_seen_at };

struct DevicePageQuery {
  DeviceFilter filter;                    // without a status
  std::optional<DeviceState> state = {};  // absent: all that live, those that wait first
  DeviceSort sort = DeviceSort::name;
  bool is_descending = false;
  std::int64_t offset = 0;
  std::int64_t limit = 30;
};

// How many devices match the filter, by state.
struct DeviceCounts {
  std::int64_t waiting = 0;
  std::int64_t online = 0;
  std::int64_t offline = 0;
  std::int64_t removed = 0;

  std::int64_t living() const { return waiting + online + offline; }
  std::int64_t of(std::optional<DeviceState> state) const;
};

struct DevicePage {
  std::vector<DeviceId> ids;
  // Absent when the search finds more than kDevicesCounted. Then those that wait have no place of
  // their own, and one id more than asked for tells that there is a next page.
  std::optional<DeviceCounts> counts;
};

constexpr int kDevicesCounted = 5'000;

DevicePage find_device_page(const Snapshot& snapshot, const LastSeen& last_seen,
                            const DevicePageQuery& wanted);

}  // namespace muster
