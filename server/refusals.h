#pragma once

// Attempts to enroll with a genuine key that were turned away, for that key's page. Kept in memory
// first and visible at once: whoever hammers a used-up key must not cost a write for each knock.

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/db.h"

namespace muster {

constexpr std::size_t kRefusalsKept = 100;  // for each key; `refused_times` counts all

struct KeyRefusal {
  std::int64_t at;
  KeyId setup_key_id;
  std::string reason;
  std::string from;  // numeric address
  std::string hostname;
};

// Without what a sentence would say of it: for counting.
struct Knock {
  KeyId setup_key_id;
  std::int64_t at;
};
constexpr std::size_t kKnocksCounted = 5'000;

class RefusalLog {
 public:
  void note(KeyRefusal refusal);
  // The newest `kRefusalsKept` of a key, newest first, unwritten ones included.
  std::vector<KeyRefusal> list(const Snapshot& snapshot, KeyId key) const;
  // The newest of all keys, newest first, unwritten ones included.
  std::vector<KeyRefusal> list_newest(const Snapshot& snapshot, std::size_t limit) const;
  // All behind that time, unwritten ones included, but no more than the newest kKnocksCounted of
  // those that are written. In no order.
  std::vector<Knock> list_knocks(const Snapshot& snapshot, std::int64_t after) const;
  // What `refused_times` of the keys does not count yet.
  std::unordered_map<KeyId, std::int64_t> unwritten_by_key() const;
  // Writes what came since the last time, in one act.
  void flush(Database& database);

 private:
  mutable std::mutex mutex_;
  std::vector<KeyRefusal> unwritten_;
};

}  // namespace muster
