#include "server/db.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <semaphore>
#include <thread>

#include "server/db_connection.h"
#include "server/db_file.h"
#include "server/format.h"
#include "server/log.h"

namespace muster {
namespace {

constexpr std::size_t kBatch = 512;
constexpr std::size_t kReaders = 8;

}  // namespace

// --- the writer ---------------------------------------------------------------------------------

class Database::Writer {
 public:
  // FULL: an answered change survives a power cut, not only a crash of the program.
  explicit Writer(const std::string& path)
      : connection_(path, Connection::Mode::write,
                    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
                    "PRAGMA journal_size_limit=16777216"),
        thread_([this] { work(); }) {}

  ~Writer() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
  }

  void submit(const std::function<bool(Transaction&)>& run) {
    Act act{run};
    {
      const std::lock_guard lock{mutex_};
      waiting_.push_back(&act);
    }
    arrived_.notify_one();
    act.done.acquire();
    if (act.fault) std::rethrow_exception(act.fault);
  }

  void on_foreign_change(std::function<void()> effect) {
    const std::lock_guard lock{mutex_};
    on_foreign_change_ = std::move(effect);
  }

 private:
  struct Act {
    const std::function<bool(Transaction&)>& run;
    std::exception_ptr fault{};
    std::vector<std::function<void()>> effects{};
    std::binary_semaphore done{0};
  };

  void work() {
    std::vector<Act*> batch;
    while (take(batch)) {
      run_batch(batch);
      for (Act* act : batch) act->done.release();
    }
  }

  // Waits for work; false when the database closes and nothing waits any more.
  bool take(std::vector<Act*>& batch) {
    batch.clear();
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    while (!waiting_.empty() && batch.size() < kBatch) {
      batch.push_back(waiting_.front());
      waiting_.pop_front();
    }
    return !batch.empty();
  }

  void run_batch(const std::vector<Act*>& batch) {
    try {
      connection_.execute("BEGIN IMMEDIATE");
      notice_foreign_change();
      for (Act* act : batch) run_act(*act);
      connection_.execute("COMMIT");
    } catch (const std::exception& fault) {
      fail(batch, fault);
      return;
    }
    for (Act* act : batch)
      for (const auto& effect : act->effects) effect();
  }

  // An act fails alone, unless its fault took the whole transaction with it: then this throws.
  void run_act(Act& act) {
    connection_.execute("SAVEPOINT act");
    bool kept = false;
    try {
      Transaction tx{connection_};
      kept = act.run(tx);
      if (kept) act.effects = std::move(tx.effects_);
    } catch (...) {
      act.fault = std::current_exception();
    }
    if (!connection_.in_transaction())
      throw Unavailable("the transaction was rolled back by the storage");
    if (!kept) connection_.execute("ROLLBACK TO act");
    connection_.execute("RELEASE act");
  }

  // Nothing of the batch is stored, whatever single acts believed: each hears "unavailable".
  void fail(const std::vector<Act*>& batch, const std::exception& fault) {
    log_line(formatted("database: nothing stored for {} waiting changes: {}", batch.size(),
                       fault.what()));
    try {
      if (connection_.in_transaction()) connection_.execute("ROLLBACK");
    } catch (const std::exception& again) {
      log_line(formatted("database: rollback: {}", again.what()));
    }
    for (Act* act : batch) {
      act->effects.clear();
      act->fault = std::make_exception_ptr(Unavailable("the change could not be stored"));
    }
  }

  void notice_foreign_change() {
    Query query{connection_, "PRAGMA data_version", {}};
    query.step();
    const auto version = query.integer();
    if (std::exchange(data_version_, version) == version) return;
    std::function<void()> effect;
    {
      const std::lock_guard lock{mutex_};
      effect = on_foreign_change_;
    }
    if (effect) effect();
  }

  Connection connection_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Act*> waiting_;
  std::function<void()> on_foreign_change_;
  std::int64_t data_version_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

// --- readers ------------------------------------------------------------------------------------

// Connections are opened when needed and kept; with all in use, a reader waits its turn.
class Database::ReadPool {
 public:
  explicit ReadPool(std::string path) : path_(std::move(path)) {}

  std::unique_ptr<Connection> take() {
    std::unique_lock lock{mutex_};
    returned_.wait(lock, [&] { return !idle_.empty() || open_ < kReaders; });
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++open_;
    lock.unlock();
    try {
      return std::make_unique<Connection>(
          path_, Connection::Mode::read,
          "PRAGMA query_only=ON; PRAGMA cache_size=-1000; PRAGMA temp_store=MEMORY");
    } catch (...) {
      lost();
      throw;
    }
  }

  void give_back(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard lock{mutex_};
      idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

  void lost() {
    {
      const std::lock_guard lock{mutex_};
      --open_;
    }
    returned_.notify_one();
  }

 private:
  const std::string path_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t open_ = 0;
};

Database::ReadLease::ReadLease(Database& database)
    : database_(database), connection_(database.readers_->take()) {
  try {
    connection_->execute("BEGIN");
  } catch (...) {
    database_.readers_->lost();
    throw;
  }
  snapshot_.emplace(*connection_);
}

Database::ReadLease::~ReadLease() {
  snapshot_.reset();
  try {
    connection_->execute("COMMIT");
    database_.readers_->give_back(std::move(connection_));
  } catch (const std::exception& fault) {
    log_line(formatted("database: a read connection was dropped: {}", fault.what()));
    database_.readers_->lost();
  }
}

Database::Database(const DatabaseOptions& options) {
  prepare_file(options);
  writer_ = std::make_unique<Writer>(options.path);
  readers_ = std::make_unique<ReadPool>(options.path);
}

Database::~Database() = default;

void Database::submit(const std::function<bool(Transaction&)>& run) { writer_->submit(run); }

void Database::on_foreign_change(std::function<void()> effect) {
  writer_->on_foreign_change(std::move(effect));
}

}  // namespace muster
