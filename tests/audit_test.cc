#include "server/audit_list.h"

#include "tests/catch.h"
#include "tests/world.h"

// The audit log: every change writes a row, and the chain shows what was changed afterwards.

namespace muster {
namespace {

using Codes = std::vector<std::string>;

ChainState chain(World& world) {
  return world.database().read([](const Snapshot& snapshot) { return check_chain(snapshot); });
}

// What the chain says after a change, which is then taken back.
ChainState chain_after(World& world, const std::string& sql) {
  ChainState state;
  const auto undone = world.database().write([&](Transaction& tx) -> Result<void> {
    tx.run(sql);
    state = check_chain(tx);
    return Refusal::invalid("undone");
  });
  CHECK(!undone);
  return state;
}

TEST_CASE("who and what come back from the log as they went in") {
  const auto subject =
      GENERATE(Subject{"user", "1", "ana@example.com"}, Subject{"setup_key", "4", "Shop: tills  2"},
               Subject{"device", "7", ""}, Subject{"group", "12", "a:b c:d"},
               Subject{"server", "", ""}, Subject{"command_line", "", "root"});
  const Subject again = Subject::parse(subject.text());
  CHECK(again.kind == subject.kind);
  CHECK(again.id == subject.id);
  CHECK(again.name == subject.name);
}

TEST_CASE("every change writes its row") {
  World world;
  const auto start = world.number("SELECT max(id) FROM audit_log");
  const std::string group = world.make_group("tills");
  const auto key = world.make_key_object(R"("type": "reusable")");
  const std::string key_path = "/api/setup-keys/" + key.at("id").get<std::string>();
  world.ask("PUT", key_path, R"({"auto_groups": ["tills"]})");
  world.enroll(key.at("key"), device_secret(1));
  world.ask("PATCH", "/api/devices/1", R"({"name": "t", "groups": [], "tags": ["x"]})");
  world.ask("PATCH", "/api/devices/1", R"({"approved": false})");
  world.ask("PATCH", "/api/groups/" + group,
            R"({"is_protected": true, "requires_approval": true})");
  world.ask("PUT", "/api/groups/" + group, R"({"name": "shop", "peers": ["1"]})");
  world.ask("DELETE", "/api/devices/1");
  world.ask("PUT", key_path, R"({"revoked": true})");
  world.ask("DELETE", key_path);
  world.ask("DELETE", "/api/groups/" + group);

  CHECK(world.audit_codes(start) ==
        Codes{"group.add", "setupkey.add", "setupkey.group.add", "peer.setupkey.add", "peer.rename",
              "peer.group.delete", "peer.tags.update", "peer.approval.revoke", "group.protect",
              "group.approval", "group.update", "peer.group.add", "user.peer.delete",
              "setupkey.revoke", "setupkey.delete", "group.delete"});
  CHECK(!chain(world).first_broken_id);
}

TEST_CASE("a row says who, what, when and from where") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");
  world.clock.pass(5);
  world.enroll(key, device_secret(1));
  const auto rows = world.database().read(
      [](const Snapshot& snapshot) { return list_audit(snapshot, {}, 0, 2); });

  CHECK(rows.at(0).code == "peer.setupkey.add");
  CHECK(rows.at(0).actor.text() == "setup_key:2 test");
  CHECK(rows.at(0).target.text() == "device:1 till");
  CHECK(rows.at(0).at == world.clock.now());
  CHECK(rows.at(0).from == "192.0.2.7");
  CHECK(nlohmann::json::parse(rows.at(0).details).at("setup_key_name") == "test");
  CHECK(rows.at(1).actor.text() == "user:1 ana@example.com");
}

TEST_CASE("the log is read newest first, from any row back") {
  World world;
  for (const char* name : {"a", "b", "c"}) world.make_group(name);
  const auto head = world.number("SELECT max(id) FROM audit_log");
  const auto rows = world.database().read(
      [&](const Snapshot& snapshot) { return list_audit(snapshot, {}, head, 2); });
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].id == head - 1);
  CHECK(rows[1].id == head - 2);
}

TEST_CASE("the hash of a row covers the one before it and its own columns, each with its length") {
  World world;
  const auto hash = [](const Hash& previous, std::string_view id, std::string_view code,
                       std::string_view details) {
    return FieldHasher{}
        .add(previous)
        .add(id)
        .add("7")
        .add(code)
        .add("command_line")
        .add("user:1 ana")
        .add("192.0.2.7")
        .add("c1")
        .add(details)
        .finish();
  };
  By by{{"command_line", "", ""}, "192.0.2.7", 7};
  by.cascade_id = "c1";
  world.run("DELETE FROM audit_log");
  world.database().write([&](Transaction& tx) {
    append_audit(tx, by, {"a", {"user", "1", "ana"}, {{"x", "\"1\""}}});
    append_audit(tx, by, {"b", {"user", "1", "ana"}});
  });
  const ChainState state = chain(world);
  CHECK(state.rows == 2);
  CHECK(state.head_id == 2);
  CHECK(state.head == hex_of(hash(hash({}, "1", "a", R"({"x":"\"1\""})"), "2", "b", "{}")));
  CHECK(!state.first_broken_id);
}

TEST_CASE("an edit of any column in the middle is found at its row") {
  World world;
  world.make_group("tills");
  for (const char* edit : {"at = at + 1", "code = 'x'", "actor = 'user:9 eve'", "target = 'x'",
                           "\"from\" = '192.0.2.9'", "cascade_id = 'x'", "details = '{}'",
                           "hash = zeroblob(32)", "id = -id"}) {
    INFO(edit);
    const auto state =
        chain_after(world, std::string{"UPDATE audit_log SET "} + edit + " WHERE id = 3");
    REQUIRE(state.first_broken_id);
    CHECK(std::abs(*state.first_broken_id) == 3);
  }
  CHECK(!chain(world).first_broken_id);
}

TEST_CASE("rows that were deleted, swapped or slipped in are found") {
  World world;
  world.make_group("tills");
  for (const char* sql :
       {"DELETE FROM audit_log WHERE id = 1", "DELETE FROM audit_log WHERE id = 3",
        "UPDATE audit_log SET id = CASE id WHEN 2 THEN -3 ELSE -2 END WHERE id IN (2, 3);",
        "INSERT INTO audit_log SELECT 9, at, code, actor, target, \"from\", cascade_id, details, "
        "hash"
        " FROM audit_log WHERE id = 2"}) {
    INFO(sql);
    CHECK(chain_after(world, sql).first_broken_id.has_value());
  }
}

TEST_CASE("a cut end shows against a head that was noted elsewhere") {
  World world;
  const ChainState noted = chain(world);
  const auto state =
      chain_after(world, "DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)");
  CHECK(!state.first_broken_id);
  CHECK(state.head != noted.head);
  CHECK(state.head_id == noted.head_id - 1);
}

TEST_CASE("no secret stands in the file, neither of keys nor of devices nor of tokens") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  const std::string device = "mdev_" + std::string(60, 'c') + "d00d";
  REQUIRE(world.enroll(key, device).status == 200);
  for (const char* name : {"muster.db", "muster.db-wal"}) {
    std::ifstream stream{world.folder.path() / name, std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    CHECK(bytes.size() > 4096);
    for (const std::string& secret : {key, device, world.owner_token}) {
      CHECK(bytes.find(secret) == std::string::npos);
      CHECK(bytes.find(secret.substr(10, 26)) == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace muster
