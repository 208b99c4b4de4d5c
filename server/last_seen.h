#pragma once

// When each device called last. Kept in memory, so that heartbeats cost no write, and written in
// one act each minute and at the end: an SD card must not be worn by a fleet that says "still
// here". A crash may lose the last minute of it, and nothing else.
//
// Silence is measured by the monotonic clock: a wall clock that jumps takes nobody offline.

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/clock.h"
#include "server/db.h"

namespace muster {

constexpr std::int64_t kOnlineSeconds = 150;        // two and a half heartbeats
constexpr std::int64_t kGatewayOnlineSeconds = 90;  // a silent gateway is replaced sooner

class LastSeen {
 public:
  explicit LastSeen(const Clock& clock) : clock_(clock) {}

  // Calls stored before this start that may still count as online.
  void load(const Snapshot& snapshot);

  void note_call(DeviceId device, KeyId key, bool is_gateway = false);
  // It said that it goes: offline at once.
  void note_down(DeviceId device, KeyId key, bool is_gateway = false);
  void forget(DeviceId device);

  bool is_online(DeviceId device) const;
  // Wall time of the last call, if memory knows of one.
  std::optional<std::int64_t> last_call(DeviceId device) const;
  std::int64_t count_online() const;
  // The same two for many devices, in their order; a call of 0: memory knows of none.
  struct Known {
    bool is_online = false;
    std::int64_t call_at = 0;
  };
  std::vector<Known> look_up(std::span<const DeviceId> devices) const;
  // Those whose last call is not stored yet.
  std::vector<DeviceId> list_unwritten() const;
  // How many devices of each key are online.
  std::unordered_map<KeyId, std::int64_t> online_by_key() const;

  // Writes what changed since the last time.
  void flush(Database& database);

 private:
  struct Call {
    std::int64_t at = 0;         // wall
    std::int64_t monotonic = 0;  // may be negative for calls before this start
    KeyId key{};
    bool is_gateway = false;
    bool is_down = false;
  };

  static bool counts_as_online(const Call& call, std::int64_t monotonic);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unordered_map<DeviceId, Call> calls_;
  std::unordered_set<DeviceId> unwritten_;
};

}  // namespace muster
