#include "tests/bench/bare_sqlite.h"

#include <sqlite3.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/secret.h"

namespace muster {
namespace {

class Bare {
 public:
  explicit Bare(const std::filesystem::path& path) {
    check(::sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                            nullptr));
    run("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
        "PRAGMA journal_size_limit=16777216");
  }
  ~Bare() {
    for (sqlite3_stmt* statement : statements_) ::sqlite3_finalize(statement);
    ::sqlite3_close(db_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void run(const char* script) { check(::sqlite3_exec(db_, script, nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(::sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr));
    statements_.push_back(statement);
    return statement;
  }
  std::int64_t integer(const char* sql) {
    sqlite3_stmt* statement = prepare(sql);
    if (::sqlite3_step(statement) != SQLITE_ROW) throw std::runtime_error(sql);
    const auto value = ::sqlite3_column_int64(statement, 0);
    ::sqlite3_reset(statement);
    return value;
  }
  void step(sqlite3_stmt* statement) {
    if (::sqlite3_step(statement) != SQLITE_DONE) check(SQLITE_ERROR);
    ::sqlite3_reset(statement);
  }

 private:
  void check(int code) {
    if (code != SQLITE_OK) throw std::runtime_error(::sqlite3_errmsg(db_));
  }

  sqlite3* db_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  ::sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

// The statements with which the server stores one enrollment, and none of those with which it
// looks whether it may.
class Enrollments {
 public:
  explicit Enrollments(Bare& bare) : bare_(bare) {}

  void write(std::int64_t number) {
    const std::string name = "machine-" + std::to_string(number);
    const Hash hash = hash_of(filled_secret(number));
    bind_text(device_, 1, name);
    ::sqlite3_bind_blob(device_, 2, hash.data(), static_cast<int>(hash.size()), SQLITE_STATIC);
    bare_.step(use_);
    bare_.step(device_);
    bare_.step(raise_);
    bare_.step(address_);
    bare_.step(names_);
    bind_text(audit_, 1, "device:" + std::to_string(number) + " " + name);
    bare_.step(audit_);
  }

 private:
  Bare& bare_;
  sqlite3_stmt* use_ = bare_.prepare(
      "UPDATE setup_keys SET used_times = used_times + 1, last_used_at = unixepoch() WHERE id = 1");
  sqlite3_stmt* device_ = bare_.prepare(
      "INSERT INTO devices (name, hostname, os, os_version, arch, agent_version, machine_id,"
      " secret_hash, setup_key_id, enrolled_with_hash, enrolled_at, enrolled_from, approved_at,"
      " ephemeral, ephemeral_seconds) VALUES (?1, ?1, 'linux', '', '', '', '', ?2, 1,"
      " zeroblob(32), unixepoch(), '127.0.0.1', unixepoch(), 0, 600)");
  sqlite3_stmt* raise_ =
      bare_.prepare("UPDATE networks SET high_water = high_water + 1 WHERE id = 1");
  sqlite3_stmt* address_ = bare_.prepare(
      "INSERT INTO addresses (network_id, address, device_id)"
      " SELECT 1, high_water, (SELECT max(id) FROM devices) FROM networks WHERE id = 1");
  sqlite3_stmt* names_ =
      bare_.prepare("UPDATE networks SET names_revision = names_revision + 1 WHERE id = 1");
  sqlite3_stmt* audit_ = bare_.prepare(
      "INSERT INTO audit_log (at, code, actor, target, \"from\", cascade_id, details, hash)"
      " VALUES (unixepoch(), 'peer.setupkey.add', 'setup_key:1 bench', ?1, '127.0.0.1', '',"
      " '{\"name\":\"machine-1000\",\"hostname\":\"machine-1000\",\"os\":\"linux\","
      "\"ip\":\"100.64.3.232\",\"created_at\":\"2026-01-01T00:00:00Z\","
      "\"setup_key_name\":\"bench\",\"status\":\"connected\"}', zeroblob(32))");
};

}  // namespace

std::string filled_secret(std::int64_t number) {
  std::string digits = std::to_string(number);
  return "mdev_" + std::string(64 - digits.size(), '0') + digits;
}

double measure_writes(const std::filesystem::path& database, double seconds,
                      std::int64_t to_a_commit) {
  Bare bare{database};
  Enrollments enrollments{bare};
  std::int64_t done = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::chrono::duration<double> took{};
  for (; took.count() < seconds; took = std::chrono::steady_clock::now() - begin) {
    bare.run("BEGIN IMMEDIATE");
    for (std::int64_t i = 0; i < to_a_commit; ++i) enrollments.write(++done);
    bare.run("COMMIT");
  }
  return static_cast<double>(done) / took.count();
}

void write_devices(const std::filesystem::path& database, std::int64_t devices) {
  Bare bare{database};
  Enrollments enrollments{bare};
  bare.run("BEGIN IMMEDIATE");
  for (std::int64_t number = 1; number <= devices; ++number) enrollments.write(number);
  bare.run("COMMIT");
}

void write_keys(const std::filesystem::path& database, std::int64_t keys) {
  Bare bare{database};
  bare.run("BEGIN IMMEDIATE");
  sqlite3_stmt* const key = bare.prepare(
      "INSERT INTO setup_keys (name, type, secret_hash, hint, created_at, updated_at)"
      " VALUES (?1, 'reusable', ?2, 'mkey_7f3qa', unixepoch(), unixepoch())");
  for (std::int64_t number = 1; number < keys; ++number) {
    const std::string name = "Customer " + std::to_string(number);
    const Hash hash = hash_of(name);
    bind_text(key, 1, name);
    ::sqlite3_bind_blob(key, 2, hash.data(), static_cast<int>(hash.size()), SQLITE_STATIC);
    bare.step(key);
  }
  bare.run("UPDATE devices SET setup_key_id = 1 + id % (SELECT count(*) FROM setup_keys); COMMIT");
}

void write_dead_keys(const std::filesystem::path& database, std::int64_t keys) {
  Bare bare{database};
  bare.run(("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
            std::to_string(keys) +
            ") INSERT INTO setup_keys (name, type, secret_hash, hint, created_at, updated_at,"
            " expires_at) SELECT 'dead-' || i, 'reusable', randomblob(32), 'mkey_7f3qb', i, i, 1"
            " FROM n")
               .c_str());
}

void deal_devices(const std::filesystem::path& database, std::int64_t of_first) {
  Bare bare{database};
  bare.run(("UPDATE devices SET setup_key_id = iif(id <= " + std::to_string(of_first) +
            ", 1, 2 + id % 199);"
            "UPDATE setup_keys SET devices_count ="
            " (SELECT count(*) FROM devices d WHERE d.setup_key_id = setup_keys.id)")
               .c_str());
}

}  // namespace muster
