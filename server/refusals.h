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

class RefusalLog {
 public:
  void note(KeyRefusal refusal);
  // The newest `kRefusalsKept` of a key, newest first, unwritten ones included.
  std::vector<KeyRefusal> list(const Snapshot& snapshot, KeyId key) const;
  // What `refused_times` of the keys does not count yet.
  std::unordered_map<KeyId, std::int64_t> unwritten_by_key() const;
  // Writes what came since the last time, in one act.
  void flush(Database& database);

 private:
  mutable std::mutex mutex_;
  std::vector<KeyRefusal> unwritten_;
};

}  // namespace muster
