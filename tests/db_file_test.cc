#include "server/db_file.h"

#include <filesystem>
#include <map>

#include "server/db_connection.h"
#include "server/format.h"
#include "server/migrations.h"
#include "tests/catch.h"
#include "tests/command.h"

// Whose file it is, and how it comes up to date.

namespace muster {
namespace {

using Mode = Connection::Mode;

struct Folder : ScratchFolder {
  std::string database = (path() / "muster.db").string();

  // Every file and its bytes.
  std::map<std::string, std::string> content() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      std::ifstream stream{entry.path(), std::ios::binary};
      files[entry.path().filename()] = {std::istreambuf_iterator<char>(stream), {}};
    }
    return files;
  }
};

std::vector<std::string> schema_of(const std::string& path) {
  Connection connection{path, Mode::read};
  Query rows{connection,
             "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '')"
             " FROM sqlite_schema ORDER BY type, name",
             {}};
  std::vector<std::string> lines;
  while (rows.step()) lines.push_back(rows.text());
  return lines;
}

std::string sentence(const DatabaseOptions& options) {
  try {
    const Database database{options};
    return "opened";
  } catch (const UnusableDatabase& fault) {
    return fault.what();
  }
}

TEST_CASE("the migrations add up to schema.sql") {
  const Folder folder;
  { const Database migrated{{.path = folder.database}}; }
  const std::string written = (folder.path() / "written.db").string();
  Connection{written, Mode::create}.execute(std::string{schema_text()});
  CHECK(schema_of(folder.database).size() > 30);
  CHECK(schema_of(folder.database) == schema_of(written));
}

TEST_CASE("a fresh file is ours, of the present version, and begins with the group All") {
  const Folder folder;
  Database database{{.path = folder.database}};
  database.read([](const Snapshot& snapshot) {
    const auto number = [&](const char* sql) {
      auto query = snapshot.query(sql);
      query.step();
      return query.integer();
    };
    CHECK(number("PRAGMA application_id") == kApplicationId);
    CHECK(number("PRAGMA user_version") == schema_version());
    CHECK(number("SELECT count(*) FROM groups WHERE id = 1 AND name = 'All'") == 1);
    CHECK(check_integrity(snapshot).empty());
  });
}

TEST_CASE("every table is strict") {
  const Folder folder;
  Database database{{.path = folder.database}};
  database.read([](const Snapshot& snapshot) {
    auto rows = snapshot.query(
        "SELECT name FROM pragma_table_list"
        " WHERE schema = 'main' AND type = 'table' AND strict = 0"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
    CHECK(!rows.step());
  });
}

TEST_CASE("what was stored is there when the file is opened again") {
  const Folder folder;
  {
    Database database{{.path = folder.database}};
    database.write([](Transaction& tx) { tx.run("INSERT INTO settings VALUES ('a', 'x')"); });
  }
  Database database{{.path = folder.database}};
  CHECK(database.read([](const Snapshot& snapshot) {
    auto query = snapshot.query("SELECT count(*) FROM settings");
    query.step();
    return query.integer();
  }) == 1);
}

TEST_CASE("another program's database is refused and left as it is") {
  const Folder folder;
  Connection{folder.database, Mode::create}.execute(
      GENERATE("CREATE TABLE notes (text); INSERT INTO notes VALUES ('x')",
               "CREATE TABLE notes (text); PRAGMA application_id=42",
               "PRAGMA application_id=42; PRAGMA user_version=1"));
  const auto before = folder.content();
  const bool migrate = GENERATE(true, false);

  CHECK(sentence({folder.database, migrate}) ==
        folder.database + " is not a Muster database; it was left as it is.");
  CHECK((folder.content() == before));
}

TEST_CASE("a file that is no database is refused and left as it is") {
  const Folder folder;
  folder.put("muster.db", std::string(10'000, 'x'));
  const auto before = folder.content();
  CHECK(sentence({folder.database, true}).find("cannot be used") != std::string::npos);
  CHECK((folder.content() == before));
}

TEST_CASE("a newer Muster's database is refused and left as it is") {
  const Folder folder;
  { const Database database{{.path = folder.database}}; }
  Connection{folder.database, Mode::write}.execute(
      formatted("PRAGMA user_version={}", schema_version() + 1));
  const auto before = folder.content();
  const bool migrate = GENERATE(true, false);

  CHECK(sentence({folder.database, migrate}).find("newer Muster") != std::string::npos);
  CHECK((folder.content() == before));
}

TEST_CASE("an older Muster's database is left to serve, which brings it up to date") {
  const Folder folder;
  Connection{folder.database, Mode::create}.execute(
      formatted("PRAGMA application_id={}", kApplicationId));
  const auto before = folder.content();

  CHECK(sentence({folder.database, false}).find("older Muster") != std::string::npos);
  CHECK((folder.content() == before));
  CHECK(sentence({folder.database, true}) == "opened");
  CHECK(schema_of(folder.database).size() > 30);
}

TEST_CASE("a folder that is not there is said in a sentence") {
  const Folder folder;
  CHECK(sentence({(folder.path() / "none" / "muster.db").string(), true}).find("cannot be used") !=
        std::string::npos);
}

}  // namespace
}  // namespace muster
