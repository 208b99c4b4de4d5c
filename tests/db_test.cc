#include "server/db.h"

#include <thread>

#include "server/db_connection.h"
#include "server/settings.h"
#include "tests/catch.h"
#include "tests/command.h"
#include "tests/world.h"

// Acts: all of one is stored or nothing, and an answer means that it is on disk.

namespace muster {
namespace {

// A snapshot cannot write, by type.
template <class T>
concept Writes = requires(T& t) {
  t.run("");
}
|| requires(T& t) { t.insert("", {}); }
|| requires(T& t) { t.after_commit({}); };
static_assert(Writes<Transaction>);
static_assert(!Writes<Snapshot>);
static_assert(!Writes<const Snapshot>);
static_assert(!Writes<const Transaction>);

struct Store {
  ScratchFolder folder;
  std::string path = (folder.path() / "muster.db").string();
  Database database{{.path = path, .migrate = true}};

  void set(const std::string& name) {
    database.write([&](Transaction& tx) { set_setting(tx, name, "x"); });
  }
  bool has(const std::string& name) {
    return database.read([&](const Snapshot& s) { return find_setting(s, name).has_value(); });
  }
};

TEST_CASE("an act that returned is seen by others who open the file") {
  Store store;
  store.set("a");
  Connection other{store.path, Connection::Mode::read};
  CHECK(find_setting(Snapshot{other}, "a") == "x");
}

TEST_CASE("an act returns what it found, and refusals too") {
  Store store;
  CHECK(store.database.write([](Transaction&) { return 7; }) == 7);
  const auto refused =
      store.database.write([](Transaction&) -> Result<int> { return Refusal::not_found("no"); });
  REQUIRE(!refused);
  CHECK(refused.refusal().message == "no");
}

TEST_CASE("an act that refuses leaves nothing") {
  Store store;
  const auto refused = store.database.write([](Transaction& tx) -> Result<void> {
    set_setting(tx, "a", "x");
    return Refusal::not_found("no");
  });
  CHECK(!refused);
  CHECK(!store.has("a"));
}

TEST_CASE("an act that throws leaves nothing, and its caller gets the fault") {
  Store store;
  CHECK_THROWS_AS(store.database.write([](Transaction& tx) {
    set_setting(tx, "a", "x");
    throw std::out_of_range("no");
  }),
                  std::out_of_range);
  CHECK(!store.has("a"));
}

TEST_CASE("of acts that come together, each is kept or rolled back alone") {
  Store store;
  std::vector<std::thread> threads;
  for (int i = 0; i < 60; ++i)
    threads.emplace_back([&store, i] {
      try {
        static_cast<void>(store.database.write([&](Transaction& tx) -> Result<void> {
          set_setting(tx, std::to_string(i), "x");
          if (i % 3 == 1) return Refusal::not_found("no");
          if (i % 3 == 2) throw std::runtime_error("no");
          return {};
        }));
      } catch (const std::runtime_error&) {
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 60; ++i) CHECK(store.has(std::to_string(i)) == (i % 3 == 0));
}

TEST_CASE("an act breaks no rule of the schema, and the next one works") {
  Store store;
  const auto act = [&](const char* sql) {
    store.database.write([&](Transaction& tx) { tx.run(sql); });
  };
  const auto* sql = GENERATE(
      "INSERT INTO settings VALUES ('a', NULL)",
      "INSERT INTO networks (name, cidr, first_address, last_address, is_default, high_water,"
      " created_at, updated_at) VALUES ('n', '', 'one', 2, 0, 1, 0, 0)",
      "INSERT INTO users (email, name, role, created_at) VALUES ('', '', 'king', 0)",
      "INSERT INTO last_seen VALUES (99, 0, 0)", "INSERT INTO group_members VALUES (1, 1, 99)",
      "INSERT INTO groups (name, created_at, updated_at) VALUES ('All', 0, 0)");
  CHECK_THROWS_AS(act(sql), std::runtime_error);
  store.set("a");
  CHECK(store.has("a"));
}

TEST_CASE("effects run after their act is stored and before it returns") {
  Store store;
  std::vector<std::string> seen;
  store.database.write([&](Transaction& tx) {
    set_setting(tx, "a", "x");
    tx.after_commit([&] { seen.emplace_back(store.has("a") ? "stored" : "too early"); });
    seen.emplace_back("act");
  });
  CHECK(seen == std::vector<std::string>{"act", "stored"});
}

TEST_CASE("effects of an act that is not stored never run") {
  Store store;
  bool ran = false;
  const auto refused = store.database.write([&](Transaction& tx) -> Result<void> {
    tx.after_commit([&] { ran = true; });
    return Refusal::not_found("no");
  });
  CHECK(!refused);
  CHECK_THROWS_AS(store.database.write([&](Transaction& tx) {
    tx.after_commit([&] { ran = true; });
    throw std::runtime_error("no");
  }),
                  std::runtime_error);
  store.set("a");
  CHECK(!ran);
}

// Rows whose references dangle are found at the commit: the disk that fails there, for a test.
void break_commit(Transaction& tx) {
  tx.query("PRAGMA defer_foreign_keys=ON").step();
  tx.run("INSERT INTO last_seen VALUES (99, 0, 0)");
}

TEST_CASE("when the commit fails nothing is stored, and no act is answered as done") {
  Store store;
  bool ran = false;
  CHECK_THROWS_AS(store.database.write([&](Transaction& tx) {
    set_setting(tx, "a", "x");
    tx.after_commit([&] { ran = true; });
    break_commit(tx);
  }),
                  Unavailable);
  CHECK(!store.has("a"));
  CHECK(!ran);
  store.set("b");
  CHECK(store.has("b"));
}

TEST_CASE("a transaction that is gone in mid-act takes the act with it") {
  Store store;
  CHECK_THROWS_AS(store.database.write([&](Transaction& tx) {
    set_setting(tx, "a", "x");
    tx.run("ROLLBACK");
  }),
                  Unavailable);
  CHECK(!store.has("a"));
  store.set("b");
  CHECK(store.has("b"));
}

TEST_CASE("a full disk answers 503 and leaves what was there") {
  World world;
  world.database().write([](Transaction& tx) { tx.query("PRAGMA max_page_count=1").step(); });
  std::string before;
  Answer answer{200, {}, ""};
  for (int i = 0; answer.status == 200 && i < 1000; ++i) {
    before = world.stored();
    answer = world.ask("POST", "/api/groups",
                       R"({"name": "g)" + std::to_string(i) + std::string(190, 'x') + "\"}");
  }
  CHECK(answer.status == 503);
  CHECK(answer.reason() == "unavailable");
  CHECK(answer.headers.contains("Retry-After"));
  CHECK((world.stored() == before));
  CHECK(world.ask("GET", "/api/groups").status == 200);
}

TEST_CASE("a snapshot stands still while others write") {
  Store store;
  store.database.read([&](const Snapshot& snapshot) {
    CHECK(!find_setting(snapshot, "a"));
    store.set("a");
    CHECK(!find_setting(snapshot, "a"));
  });
  CHECK(store.has("a"));
}

TEST_CASE("a read connection stores nothing, even when SQL asks for it") {
  Store store;
  CHECK_THROWS_AS(store.database.read([](const Snapshot& snapshot) {
    snapshot.query("INSERT INTO settings VALUES ('a', 'x')").step();
  }),
                  std::runtime_error);
  CHECK(!store.has("a"));
}

TEST_CASE("more readers at once than there are connections all get their turn") {
  Store store;
  store.set("a");
  std::vector<std::thread> threads;
  std::atomic<int> found = 0;
  for (int i = 0; i < 40; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 20; ++n) found += store.has("a") ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(found == 800);
}

TEST_CASE("a change by another process is noticed before the next act, our own are none") {
  Store store;
  Database other{{.path = store.path}};
  int noticed = 0;
  store.set("a");
  store.database.on_foreign_change([&] { ++noticed; });
  store.set("b");
  CHECK(noticed == 0);
  other.write([](Transaction& tx) { set_setting(tx, "c", "x"); });
  store.set("d");
  CHECK(noticed == 1);
  store.set("e");
  CHECK(noticed == 1);
}

TEST_CASE("all who ask for a secret of the server get the same, made once") {
  Store store;
  int made = 0;
  const auto make = [&] { return "secret " + std::to_string(++made); };
  CHECK(keep_server_secret(store.database, "tls_key", make) == "secret 1");
  CHECK(keep_server_secret(store.database, "tls_key", make) == "secret 1");
  CHECK(keep_server_secret(store.database, "other", make) == "secret 2");
}

}  // namespace
}  // namespace muster
