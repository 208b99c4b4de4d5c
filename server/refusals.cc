#include "server/refusals.h"

#include <map>

#include "server/format.h"

namespace muster {
namespace {

// A flood, or a disk that stays full, must not fill the memory.
constexpr std::size_t kUnwrittenAtMost = 20'000;

constexpr std::string_view kColumns = "at, setup_key_id, reason, \"from\", hostname";

KeyRefusal read_refusal(Query& row) {
  KeyRefusal refusal;
  refusal.at = row.integer();
  refusal.setup_key_id = row.id<KeyId>();
  refusal.reason = row.text();
  refusal.from = row.text();
  refusal.hostname = row.text();
  return refusal;
}

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
  const std::string sql = formatted(
      "SELECT {} FROM refusals WHERE setup_key_id = ? ORDER BY id DESC LIMIT ?", kColumns);
  auto query = snapshot.query(sql, {key, kRefusalsKept - refusals.size()});
  while (query.step()) refusals.push_back(read_refusal(query));
  return refusals;
}

std::vector<KeyRefusal> RefusalLog::list_newest(const Snapshot& snapshot, std::size_t limit) const {
  std::vector<KeyRefusal> refusals;
  {
    const std::lock_guard lock{mutex_};
    for (auto it = unwritten_.rbegin(); it != unwritten_.rend() && refusals.size() < limit; ++it)
      refusals.push_back(*it);
  }
  const std::string sql = formatted("SELECT {} FROM refusals ORDER BY id DESC LIMIT ?", kColumns);
  auto query = snapshot.query(sql, {limit - refusals.size()});
  while (query.step()) refusals.push_back(read_refusal(query));
  return refusals;
}

std::vector<Knock> RefusalLog::list_knocks(const Snapshot& snapshot, std::int64_t after) const {
  std::vector<Knock> knocks;
  {
    const std::lock_guard lock{mutex_};
    for (const KeyRefusal& refusal : unwritten_)
      if (refusal.at > after) knocks.push_back({refusal.setup_key_id, refusal.at});
  }
  auto query =
      snapshot.query("SELECT setup_key_id, at FROM refusals WHERE at > ? ORDER BY at DESC LIMIT ?",
                     {after, kKnocksCounted});
  while (query.step()) {
    const auto key = query.id<KeyId>();
    knocks.push_back({key, query.integer()});
  }
  return knocks;
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
