#include "server/upkeep.h"

#include <chrono>

#include "server/device_search.h"
#include "server/format.h"
#include "server/log.h"

namespace muster {
namespace {

constexpr std::int64_t kLastSeenEvery = 60;         // seconds
constexpr std::int64_t kPurgeEvery = 3600;          // seconds
constexpr std::int64_t kOptimizeEvery = 24 * 3600;  // seconds

// One job that fails (a full disk, say) is tried again at its next turn and stops no other.
template <class Job>
void attempt(const char* what, Job&& job) {
  try {
    job();
  } catch (const std::exception& fault) {
    log_line(formatted("upkeep: {}: {}", what, fault.what()));
  }
}

}  // namespace

Upkeep::Upkeep(Database& database, const Clock& clock, Unwritten unwritten)
    : database_(database),
      clock_(clock),
      unwritten_(unwritten),
      purge_guard_(clock),
      thread_([this] { work(); }) {}

Upkeep::~Upkeep() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  flush_all();
}

void Upkeep::work() {
  std::int64_t last_seen_due = clock_.monotonic() + kLastSeenEvery;
  std::int64_t purge_due = clock_.monotonic() + kPurgeEvery;
  std::int64_t optimize_due = clock_.monotonic() + kOptimizeEvery;
  std::unique_lock lock{mutex_};
  while (!wake_.wait_for(lock, std::chrono::seconds{1}, [&] { return stopping_; })) {
    lock.unlock();
    attempt("refusals", [&] { unwritten_.refusals.flush(database_); });
    attempt("device search", [&] { index_all_devices(); });
    if (clock_.monotonic() >= last_seen_due) {
      attempt("last seen", [&] { unwritten_.last_seen.flush(database_); });
      attempt("token uses", [&] { unwritten_.token_uses.flush(database_); });
      attempt("session uses", [&] { unwritten_.session_uses.flush(database_); });
      attempt("ended sessions", [&] { end_old_sessions(); });
      last_seen_due = clock_.monotonic() + kLastSeenEvery;
    }
    if (purge_guard_.is_open() && clock_.monotonic() >= purge_due) {
      attempt("purge", [&] { purge_all(); });
      purge_due = clock_.monotonic() + kPurgeEvery;
    }
    if (clock_.monotonic() >= optimize_due) {
      attempt("optimize", [&] {
        database_.write([](Transaction& tx) { tx.query("PRAGMA optimize").step(); });
      });
      optimize_due = clock_.monotonic() + kOptimizeEvery;
    }
    lock.lock();
  }
}

void Upkeep::flush_all() {
  attempt("refusals", [&] { unwritten_.refusals.flush(database_); });
  attempt("last seen", [&] { unwritten_.last_seen.flush(database_); });
  attempt("token uses", [&] { unwritten_.token_uses.flush(database_); });
  attempt("session uses", [&] { unwritten_.session_uses.flush(database_); });
}

void Upkeep::end_old_sessions() {
  database_.write(
      [&](Transaction& tx) { delete_ended_sessions(tx, unwritten_.session_uses, clock_.now()); });
}

// Act by act, with others between, until all are in: after a migration that is every device.
void Upkeep::index_all_devices() {
  constexpr int kAtOnce = 500;
  const auto are_left = [&] {
    return database_.read([](const Snapshot& snapshot) { return has_unindexed(snapshot); });
  };
  while (!is_stopping() && are_left())
    database_.write([](Transaction& tx) { index_devices(tx, kAtOnce); });
}

bool Upkeep::is_stopping() {
  const std::lock_guard lock{mutex_};
  return stopping_;
}

// Act by act, with others between; what is left after so many waits for the next hour.
void Upkeep::purge_all() {
  constexpr int kActs = 200;
  for (int i = 0; i < kActs; ++i) {
    const Purged purged = database_.write([&](Transaction& tx) { return purge(tx, clock_.now()); });
    if (purged.all() == 0) return;
  }
}

}  // namespace muster
