#include "server/refusals.h"

#include <map>

namespace muster {
namespace {

// A flood, or a disk that stays full, must not fill the memory.
constexpr std::size_t kUnwrittenAtMost = 20'000;

void write_refusals(Transaction& tx, const std::vector<KeyRefusal>& refusals) {
  std::map<KeyId, int> times;
  for (const KeyRefusal& refusal : refusals) {
    ++times[refusal.setup_key_id];
    tx.run(
        "INSERT INTO refusals (at, setup_key_id, reason, \"from\", hostname)"
        " SELECT ?, id, ?, ?, ? FROM setup_keys WHERE id = ?",
        {refusal.at, refusal.reason, refusal.from, refusal.hostname, refusal.setup_key_id});
  }
  for (const auto& [key, count] : times) {
    tx.run("UPDATE setup_keys SET refused_times = refused_times + ? WHERE id = ?", {count, key});
    tx.run(
        "DELETE FROM refusals WHERE setup_key_id = ?1 AND id <= (SELECT id FROM refusals"
        " WHERE setup_key_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        {key, kRefusalsKept});
  }
}

}  // namespace

void RefusalLog::note(KeyRefusal refusal) {
  const std::lock_guard lock{mutex_};
  if (unwritten_.size() < kUnwrittenAtMost) unwritten_.push_back(std::move(refusal));
}

std::vector<KeyRefusal> RefusalLog::list(const Snapshot& snapshot, KeyId key) const {
  std::vector<KeyRefusal> refusals;
  {
    const std::lock_guard lock{mutex_};
    for (auto it = unwritten_.rbegin(); it != unwritten_.rend(); ++it)
      if (it->setup_key_id == key && refusals.size() < kRefusalsKept) refusals.push_back(*it);
  }
  auto query = snapshot.query(
      "SELECT at, setup_key_id, reason, \"from\", hostname FROM refusals WHERE setup_key_id = ?"
      " ORDER BY id DESC LIMIT ?",
      {key, kRefusalsKept - refusals.size()});
  while (query.step()) {
    KeyRefusal refusal;
    refusal.at = query.integer();
    refusal.setup_key_id = query.id<KeyId>();
    refusal.reason = query.text();
    refusal.from = query.text();
    refusal.hostname = query.text();
    refusals.push_back(std::move(refusal));
  }
  return refusals;
}

std::unordered_map<KeyId, std::int64_t> RefusalLog::unwritten_by_key() const {
  std::unordered_map<KeyId, std::int64_t> counts;
  const std::lock_guard lock{mutex_};
  for (const KeyRefusal& refusal : unwritten_) ++counts[refusal.setup_key_id];
  return counts;
}

void RefusalLog::flush(Database& database) {
  std::vector<KeyRefusal> writing;
  {
    const std::lock_guard lock{mutex_};
    writing = unwritten_;
  }
  if (writing.empty()) return;
  database.write([&](Transaction& tx) {
    write_refusals(tx, writing);
    // What is written leaves memory when it is on disk, so that nobody sees it twice or not at all
    // for longer than an instant.
    tx.after_commit([this, count = writing.size()] {
      const std::lock_guard lock{mutex_};
      unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<std::ptrdiff_t>(count));
    });
  });
}

}  // namespace muster
