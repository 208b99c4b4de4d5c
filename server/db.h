#pragma once

// SQLite with one writer.
//
// Durable writes cost one wait for the disk each; on an SD card that is 20 ms. So all changes go
// to one writer thread, which takes everything that waits, runs each act in a savepoint of its own
// and commits once for all (group commit). `write` returns when the act is on disk, never before.
// Several writing connections with SQLite's own lock were the alternative: they fight for the lock,
// cannot share a commit, and a busy one fails where here it only waits.
//
// Reads run beside it on pooled read-only connections, each in one snapshot (WAL).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "server/id.h"
#include "server/result.h"
#include "server/secret.h"

namespace SQLite {
class Statement;
}

namespace muster {

class Connection;

// The disk is full, broken or locked by somebody else: nothing was stored; later it may work.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A sentence for the person at the command line about a file that cannot be used.
struct UnusableDatabase : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One value bound to a `?`. Text and blobs are not copied: they must live until the statement ran.
class Bind {
 public:
  template <class T>
  requires std::is_integral_v<T> Bind(T value)
      : kind_(Kind::integer), integer_(static_cast<std::int64_t>(value)) {}
  template <class Tag>
  Bind(Id<Tag> id) : Bind(id.value) {}
  Bind(std::string_view text) : kind_(Kind::text), bytes_(text) {}
  Bind(const std::string& text) : Bind(std::string_view{text}) {}
  Bind(const char* text) : Bind(std::string_view{text}) {}
  Bind(const Hash& hash)
      : kind_(Kind::blob), bytes_(reinterpret_cast<const char*>(hash.data()), hash.size()) {}
  Bind(std::nullopt_t) {}
  template <class T>
  Bind(const std::optional<T>& value) {
    if (value) *this = Bind(*value);
  }

 private:
  friend class Connection;
  enum class Kind { null, integer, text, blob };
  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  std::string_view bytes_;
};

// A running statement. `step` moves to the next row; each getter takes the next column from the
// left, so that getters stand in the order of the SELECT list.
class Query {
 public:
  Query(Connection& connection, std::string_view sql, std::span<const Bind> values);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool step();
  std::int64_t integer();
  bool boolean() { return integer() != 0; }
  std::string text();
  Hash hash();
  std::optional<std::int64_t> find_integer();
  std::optional<std::string> find_text();
  template <class IdType>
  IdType id() {
    return IdType{integer()};
  }
  template <class IdType>
  std::optional<IdType> find_id() {
    const auto value = find_integer();
    return value ? std::optional{IdType{*value}} : std::nullopt;
  }

 private:
  Connection& connection_;
  std::string_view sql_;  // the connection's own copy
  std::unique_ptr<SQLite::Statement> statement_;
  int column_ = 0;
};

// One unchanging view of the database. Cannot write, by type.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection) : connection_(connection) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  Query query(std::string_view sql, std::initializer_list<Bind> values = {}) const;
  Query query(std::string_view sql, std::span<const Bind> values) const;

 protected:
  Connection& connection_;
};

// One act of the writer: all of it is stored or none. Never commits by itself.
// An act does SQL only; hashing of passwords, files and network stand before it.
class Transaction : public Snapshot {
 public:
  using Snapshot::Snapshot;

  // Returns how many rows changed.
  int run(std::string_view sql, std::initializer_list<Bind> values = {});
  // Returns the new row's id.
  std::int64_t insert(std::string_view sql, std::initializer_list<Bind> values);
  // Runs on the writer thread after the act is on disk, and not at all if it never gets there:
  // the place for changes of caches and for wake-ups.
  void after_commit(std::function<void()> effect);

 private:
  friend class Database;
  std::vector<std::function<void()>> effects_;
};

struct DatabaseOptions {
  std::string path;
  // serve migrates an older file; a command beside it refuses instead, because a running server
  // of the older version may hold it.
  bool migrate = false;
};

class Database {
 public:
  // Makes a missing file. Throws UnusableDatabase for a foreign, newer or (without `migrate`)
  // older file and leaves it untouched.
  explicit Database(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `act(Transaction&)` on the writer and returns its result when it is on disk. An act that
  // throws or returns a refusal is rolled back alone. Throws Unavailable when nothing could be
  // stored. Must not be called from within an act.
  template <class Act>
  auto write(Act&& act) -> std::invoke_result_t<Act, Transaction&> {
    using Answer = std::invoke_result_t<Act, Transaction&>;
    if constexpr (std::is_void_v<Answer>) {
      submit([&](Transaction& tx) {
        act(tx);
        return true;
      });
    } else {
      std::optional<Answer> answer;
      submit([&](Transaction& tx) {
        answer.emplace(act(tx));
        return is_kept(*answer);
      });
      return std::move(*answer);
    }
  }

  // Runs `act(const Snapshot&)` on a pooled read-only connection.
  template <class Act>
  auto read(Act&& act) -> std::invoke_result_t<Act, const Snapshot&> {
    const ReadLease lease{*this};
    return act(lease.snapshot());
  }

  // Called on the writer thread before the next act after another process changed the file:
  // memory caches are dropped there.
  void on_foreign_change(std::function<void()> effect);

 private:
  template <class T>
  static bool is_kept(const Result<T>& result) {
    return static_cast<bool>(result);
  }
  template <class T>
  static bool is_kept(const T&) {
    return true;
  }

  class ReadLease {
   public:
    explicit ReadLease(Database& database);
    ~ReadLease();
    ReadLease(const ReadLease&) = delete;
    ReadLease& operator=(const ReadLease&) = delete;
    const Snapshot& snapshot() const { return *snapshot_; }

   private:
    Database& database_;
    std::unique_ptr<Connection> connection_;
    std::optional<Snapshot> snapshot_;
  };

  // `run` says whether what it did is to be kept.
  void submit(const std::function<bool(Transaction&)>& run);

  class Writer;
  class ReadPool;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<ReadPool> readers_;
};

// The version of the schema this program writes (PRAGMA user_version).
int schema_version();

// SQLite's own checks of a file: structure and foreign keys. Empty when content, else sentences.
std::vector<std::string> check_integrity(const Snapshot& snapshot);

}  // namespace muster
