#include "server/db_file.h"

#include <chrono>
#include <thread>

#include "server/db_connection.h"
#include "server/format.h"
#include "server/migrations.h"

namespace muster {
namespace {

std::int64_t pragma(Connection& connection, std::string_view name) {
  Query query{connection, formatted("PRAGMA {}", name), {}};
  query.step();
  return query.integer();
}

bool has_tables(Connection& connection) {
  Query query{connection, "SELECT count(*) FROM sqlite_schema", {}};
  query.step();
  return query.integer() > 0;
}

// Whose file it is, asked before anything of it is changed, and in one snapshot: another process
// may be making the file at this moment.
void refuse_unusable(Connection& connection, const DatabaseOptions& options) {
  connection.execute("BEGIN");
  const auto application = pragma(connection, "application_id");
  const auto version = pragma(connection, "user_version");
  if (application != kApplicationId && (application != 0 || has_tables(connection)))
    throw UnusableDatabase(
        formatted("{} is not a Muster database; it was left as it is.", options.path));
  if (version > schema_version())
    throw UnusableDatabase(
        formatted("{} was written by a newer Muster (schema {}, this program knows {}); it was "
                  "left as it is. Start the newer program.",
                  options.path, version, schema_version()));
  if (application == kApplicationId && version < schema_version() && !options.migrate)
    throw UnusableDatabase(
        formatted("{} was written by an older Muster (schema {}, this program writes {}). Start "
                  "`muster serve` once; it brings the file up to date.",
                  options.path, version, schema_version()));
  connection.execute("COMMIT");
}

// All in one transaction: a power cut leaves the file as it was, and a command that comes to a
// fresh file meanwhile never sees it half way.
void migrate(Connection& connection) {
  connection.execute("PRAGMA foreign_keys=ON");
  connection.execute("BEGIN IMMEDIATE");
  const auto version = pragma(connection, "user_version");  // another process may have done it
  for (auto next = version + 1; next <= schema_version(); ++next)
    connection.execute(std::string{migration(static_cast<int>(next))});
  if (version < schema_version())
    connection.execute(formatted("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId,
                                 schema_version()));
  connection.execute("COMMIT");
}

// The switch wants the file for itself for a moment. Where two processes want that at once, SQLite
// does not let them wait for each other: one fails, and finds it done when it tries again.
void switch_to_wal(Connection& connection) {
  for (int attempts = 1;; ++attempts) {
    try {
      connection.execute("PRAGMA journal_mode=WAL");
      return;
    } catch (const Unavailable&) {
      if (attempts == 200) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

}  // namespace

void prepare_file(const DatabaseOptions& options) {
  try {
    Connection connection{options.path, Connection::Mode::create};
    refuse_unusable(connection, options);
    migrate(connection);
    switch_to_wal(connection);
  } catch (const UnusableDatabase&) {
    throw;
  } catch (const std::runtime_error& fault) {
    throw UnusableDatabase(formatted("{} cannot be used: {}.", options.path, fault.what()));
  }
}

std::vector<std::string> check_integrity(const Snapshot& snapshot) {
  std::vector<std::string> findings;
  auto structure = snapshot.query("PRAGMA integrity_check");
  while (structure.step())
    if (auto finding = structure.text(); finding != "ok") findings.push_back(std::move(finding));
  auto references = snapshot.query("PRAGMA foreign_key_check");
  while (references.step())
    findings.push_back(formatted("a row of {} points at nothing", references.text()));
  return findings;
}

}  // namespace muster
