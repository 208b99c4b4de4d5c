#pragma once

// What wants attention: things that nobody would look for, found from what is stored whenever
// somebody looks. None is kept, so none has to be dismissed: each goes when its cause does, or when
// it is a week old.

#include <cstdint>
#include <string>
#include <vector>

#include "server/keys.h"
#include "server/refusals.h"

namespace muster {

constexpr std::int64_t kRemindedSeconds = 7LL * 24 * 3600;  // what happened is told this long
constexpr std::int64_t kQuietSeconds = 30LL * 24 * 3600;    // a use after longer than this is told
constexpr int kRefusedAnHour = 5;                           // more than these are told

// The few that are named, of all there are.
template <class T>
struct Few {
  std::vector<T> named;
  std::int64_t total = 0;

  std::int64_t more() const { return total - static_cast<std::int64_t>(named.size()); }
};

struct WaitingDevice {
  DeviceId id;
  std::string name;
  std::int64_t enrolled_at = 0;
};

// A key that still works, or is used up by it: somebody who forgot it would not notice.
struct UsedAgain {
  KeyId key_id;
  std::string key_name;
  DeviceId device_id;
  std::string device_name;
  std::int64_t at = 0;
  std::int64_t quiet_seconds = 0;  // since the use before
};

// A dead key too: the one that hammers it may still have others.
struct RefusedOften {
  KeyId key_id;
  std::string key_name;
  std::int64_t times = 0;    // in its worst hour
  std::int64_t last_at = 0;  // at all
};

// Invited, and the link ran out before they came.
struct LapsedInvite {
  UserId user_id;
  std::string label;
  std::int64_t expired_at = 0;
};

struct Reminders {
  bool is_clock_behind = false;
  Few<WaitingDevice> waiting;       // longest first
  Few<RefusedOften> refused_often;  // the newest first
  Few<UsedAgain> used_again;        // the newest first
  Few<Key> ending;                  // the next first
  Few<Key> endless;                 // the newest first
  Few<Key> idle;                    // longest first, by last use or else by birth
  Few<LapsedInvite> lapsed_invites;

  bool is_empty() const;
};

// At most `named` of each kind are named.
Reminders find_reminders(const Snapshot& snapshot, const RefusalLog& refusals, std::int64_t now,
                         std::size_t named);

}  // namespace muster
