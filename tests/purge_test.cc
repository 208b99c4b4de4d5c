#include "server/purge.h"

#include "server/settings.h"
#include "server/upkeep.h"
#include "tests/catch.h"
#include "tests/world.h"

// What is forgotten for good, and when it is not.

namespace muster {
namespace {

constexpr std::int64_t kDay = 86400;

struct Old : World {
  Purged purge_now() {
    return database().write([&](Transaction& tx) { return purge(tx, clock.now()); });
  }
  std::int64_t count(const std::string& table) { return number("SELECT count(*) FROM " + table); }
  bool has_key(int id) {
    return number("SELECT count(*) FROM setup_keys WHERE id = " + std::to_string(id)) == 1;
  }
  void change(int key, const std::string& body) {
    ask("PATCH", "/api/setup-keys/" + std::to_string(key), body);
  }
};

TEST_CASE("a dead key that admitted nothing is forgotten after ninety days, not before") {
  const auto* how = GENERATE("expired", "revoked", "deleted");
  Old world;
  world.make_group("tills");
  world.make_key(R"("type": "reusable", "expires_in": 60, "auto_groups": ["tills"],
                    "networks": ["default"], "tags": ["a"])");
  if (how == std::string{"expired"}) world.clock.pass(60);
  if (how == std::string{"revoked"}) world.change(2, R"({"expires_in": 0, "revoked": true})");
  if (how == std::string{"deleted"}) {
    world.change(2, R"({"expires_in": 0})");
    world.ask("DELETE", "/api/setup-keys/2");
  }
  world.clock.pass(90 * kDay - 1);
  CHECK(world.purge_now().all() == 0);
  world.clock.pass(1);
  CHECK(world.purge_now().keys == 1);
  CHECK(!world.has_key(2));
  CHECK(world.purge_now().all() == 0);
  CHECK(world.database().read([](const Snapshot& s) { return check_integrity(s); }).empty());
}

TEST_CASE("a key that works, is paused, admitted a device or has a link is never forgotten") {
  Old world;
  world.make_key(R"("type": "reusable")");
  world.make_key(R"("type": "reusable")");
  world.ask("POST", "/api/setup-keys/3/pause");
  const std::string used = world.make_key(R"("type": "one-off", "ephemeral": true)");
  world.enroll(used, device_secret(1));
  world.ask("DELETE", "/api/devices/1");
  world.ask("DELETE", "/api/setup-keys/4");
  world.ask("POST", "/api/install-links", R"({"recipient": "Eva", "expires_in": 60})");
  world.clock.pass(1000 * kDay);
  CHECK(world.purge_now().keys == 0);
  CHECK(world.count("setup_keys") == 5);
}

TEST_CASE("removed ephemeral devices are forgotten, others and living ones are not") {
  Old world;
  const std::string runner = world.make_key(R"("type": "reusable", "ephemeral": true,
                                               "tags": ["ci"])");
  const std::string till = world.make_key(R"("type": "reusable")");
  world.enroll(runner, device_secret(1));
  world.enroll(runner, device_secret(2));
  world.enroll(till, device_secret(3));
  world.ask("DELETE", "/api/devices/1");
  world.ask("DELETE", "/api/devices/3");
  world.app().last_seen.flush(world.database());
  world.clock.pass(90 * kDay);
  const auto rows = world.number("SELECT max(id) FROM audit_log");
  CHECK(world.purge_now().devices == 1);
  CHECK(world.text("SELECT group_concat(id, ' ') FROM devices") == "2 3");
  CHECK(world.audit_codes(rows) == std::vector<std::string>{"server.purge"});
  CHECK(world.text("SELECT details FROM audit_log ORDER BY id DESC") ==
        R"({"keys":"0","devices":"1"})");
}

TEST_CASE("old refusals are forgotten, the count of them stays") {
  Old world;
  const std::string key = world.make_key(R"("type": "one-off")");
  world.enroll(key, device_secret(1));
  world.enroll(key, device_secret(2));
  world.app().refusals.flush(world.database());
  world.clock.pass(90 * kDay);
  CHECK(world.purge_now().refusals == 1);
  CHECK(world.count("refusals") == 0);
  CHECK(world.number("SELECT refused_times FROM setup_keys WHERE id = 2") == 1);
}

TEST_CASE("the days can be set, and 0 is never") {
  Old world;
  world.make_key(R"("type": "reusable", "expires_in": 1)");
  const auto set = [&](std::int64_t days) {
    return static_cast<bool>(world.database().write([&](Transaction& tx) {
      return set_purge_days(tx, By::command_line(world.clock.now()), days);
    }));
  };
  CHECK(set(0));
  world.clock.pass(5000 * kDay);
  CHECK(world.purge_now().all() == 0);
  CHECK(!set(-1));
  CHECK(!set(3651));
  CHECK(set(3650));
  CHECK(world.purge_now().keys == 1);
}

TEST_CASE("while the wall clock stands before the newest audit row nothing is forgotten") {
  Old world;
  world.make_key(R"("type": "reusable", "expires_in": 1)");
  world.clock.pass(200 * kDay);
  CHECK(world.database().write([&](Transaction& tx) {
    return set_purge_days(tx, By::command_line(world.clock.now()), 30);
  }));
  world.clock.jump(-1);
  CHECK(world.purge_now().all() == 0);
  world.clock.jump(1);
  CHECK(world.purge_now().keys == 1);
}

TEST_CASE("purging waits a day after the start and after a jump of more than an hour") {
  FakeClock clock;
  PurgeGuard guard{clock};
  clock.pass(kDay - 1);
  CHECK(!guard.is_open());
  clock.pass(1);
  CHECK(guard.is_open());
  clock.jump(3600);
  CHECK(guard.is_open());
  const auto jump = GENERATE(1, -3601 - 3600, 365 * kDay);
  clock.jump(jump);
  CHECK(!guard.is_open());
  clock.pass(kDay - 1);
  CHECK(!guard.is_open());
  clock.pass(1);
  CHECK(guard.is_open());
}

TEST_CASE("a long purge is many short acts") {
  Old world;
  world.run(
      "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= 1200)"
      " INSERT INTO setup_keys (id, name, type, secret_hash, hint, created_at, updated_at,"
      " revoked_at) SELECT i, 'k', 'reusable', randomblob(32), '', 1, 1, 1 FROM n");
  std::vector<std::int64_t> acts;
  while (const auto keys = world.purge_now().keys) acts.push_back(keys);
  CHECK(acts == std::vector<std::int64_t>{500, 500, 200});
  CHECK(world.has_key(1));
}

TEST_CASE("an id of a forgotten key is never given again") {
  Old world;
  world.make_key(R"("type": "reusable", "expires_in": 1)");
  world.clock.pass(100 * kDay);
  world.owner_token = world.make_token("owner");
  CHECK(world.purge_now().keys == 1);
  CHECK(world.make_key_object(R"("type": "reusable")").at("id") == "3");
}

}  // namespace
}  // namespace muster
