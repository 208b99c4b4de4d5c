#include "server/last_seen.h"

#include <algorithm>
#include <utility>

namespace muster {

void LastSeen::load(const Snapshot& snapshot) {
  const auto now = clock_.now();
  const auto monotonic = clock_.monotonic();
  auto query = snapshot.query(
      "SELECT d.id, d.setup_key_id, d.is_gateway, s.at, s.is_down FROM last_seen s"
      " JOIN devices d ON d.id = s.device_id"
      " WHERE d.removed_at IS NULL AND s.at BETWEEN ? AND ?",
      {now - kOnlineSeconds, now});
  const std::lock_guard lock{mutex_};
  while (query.step()) {
    const auto device = query.id<DeviceId>();
    Call call;
    call.key = query.id<KeyId>();
    call.is_gateway = query.boolean();
    call.at = query.integer();
    call.is_down = query.boolean();
    call.monotonic = monotonic - (now - call.at);
    calls_.emplace(device, call);
  }
}

void LastSeen::note_call(DeviceId device, KeyId key, bool is_gateway) {
  const Call call{clock_.now(), clock_.monotonic(), key, is_gateway, false};
  const std::lock_guard lock{mutex_};
  calls_[device] = call;
  unwritten_.insert(device);
}

void LastSeen::note_down(DeviceId device, KeyId key, bool is_gateway) {
  const Call call{clock_.now(), clock_.monotonic(), key, is_gateway, true};
  const std::lock_guard lock{mutex_};
  calls_[device] = call;
  unwritten_.insert(device);
}

void LastSeen::forget(DeviceId device) {
  const std::lock_guard lock{mutex_};
  calls_.erase(device);
  unwritten_.erase(device);
}

bool LastSeen::counts_as_online(const Call& call, std::int64_t monotonic) {
  const auto patience = call.is_gateway ? kGatewayOnlineSeconds : kOnlineSeconds;
  return !call.is_down && monotonic - call.monotonic <= patience;
}

bool LastSeen::is_online(DeviceId device) const {
  const std::lock_guard lock{mutex_};
  const auto found = calls_.find(device);
  return found != calls_.end() && counts_as_online(found->second, clock_.monotonic());
}

std::optional<std::int64_t> LastSeen::last_call(DeviceId device) const {
  const std::lock_guard lock{mutex_};
  const auto found = calls_.find(device);
  return found == calls_.end() ? std::nullopt : std::optional{found->second.at};
}

std::int64_t LastSeen::count_online() const {
  const auto now = clock_.monotonic();
  const std::lock_guard lock{mutex_};
  return std::ranges::count_if(
      calls_, [&](const auto& entry) { return counts_as_online(entry.second, now); });
}

std::vector<LastSeen::Known> LastSeen::look_up(std::span<const DeviceId> devices) const {
  std::vector<Known> known(devices.size());
  const auto now = clock_.monotonic();
  const std::lock_guard lock{mutex_};
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const auto found = calls_.find(devices[i]);
    if (found != calls_.end()) known[i] = {counts_as_online(found->second, now), found->second.at};
  }
  return known;
}

std::vector<DeviceId> LastSeen::list_unwritten() const {
  const std::lock_guard lock{mutex_};
  return {unwritten_.begin(), unwritten_.end()};
}

std::unordered_map<KeyId, std::int64_t> LastSeen::online_by_key() const {
  std::unordered_map<KeyId, std::int64_t> counts;
  const auto now = clock_.monotonic();  // once: a call for each device is half the work
  const std::lock_guard lock{mutex_};
  for (const auto& [device, call] : calls_)
    if (counts_as_online(call, now)) ++counts[call.key];
  return counts;
}

void LastSeen::flush(Database& database) {
  std::vector<std::pair<DeviceId, Call>> writing;
  {
    const std::lock_guard lock{mutex_};
    for (const DeviceId device : unwritten_) writing.emplace_back(device, calls_[device]);
    unwritten_.clear();
  }
  if (writing.empty()) return;
  try {
    database.write([&](Transaction& tx) {
      for (const auto& [device, call] : writing)
        tx.run(
            "INSERT INTO last_seen (device_id, at, is_down)"
            " SELECT id, ?2, ?3 FROM devices WHERE id = ?1"
            " ON CONFLICT DO UPDATE SET at = excluded.at, is_down = excluded.is_down",
            {device, call.at, call.is_down});
    });
  } catch (...) {
    const std::lock_guard lock{mutex_};
    for (const auto& [device, call] : writing)
      if (calls_.contains(device)) unwritten_.insert(device);
    throw;
  }
}

}  // namespace muster
