#include "server/upkeep.h"
#include "tests/catch.h"
#include "tests/world.h"

// Who is online. Silence is measured by a clock that never jumps; being switched off, or a wall
// clock that somebody sets, takes nobody offline and removes nobody.

namespace muster {
namespace {

constexpr std::int64_t kYear = 365 * 86400;

struct OneDevice : World {
  OneDevice() { enroll(key, device_secret(1)); }

  bool is_online() { return app().last_seen.is_online(DeviceId{1}); }
  void heartbeat() { ask_as_device(device_secret(1), "/api/agent/heartbeat"); }
  nlohmann::json device() { return ask("GET", "/api/devices/1").json(); }
  std::string key = make_key(R"("type": "reusable", "ephemeral": true)");
};

TEST_CASE("a device is online up to 150 seconds after its last call") {
  OneDevice world;
  world.clock.pass(150);
  CHECK(world.device().at("online") == true);
  world.clock.pass(1);
  CHECK(world.device().at("online") == false);
  world.heartbeat();
  CHECK(world.device().at("online") == true);
  CHECK(world.device().at("last_seen_at") == rfc3339(world.clock.now()));
}

TEST_CASE("a gateway is online up to 90 seconds after its last call") {
  OneDevice world;
  world.run("UPDATE devices SET is_gateway = 1");
  world.heartbeat();
  world.clock.pass(90);
  CHECK(world.is_online());
  world.clock.pass(1);
  CHECK(!world.is_online());
}

TEST_CASE("a restart keeps who is online, with the time that is left to each") {
  OneDevice world;
  world.clock.pass(100);
  world.restart();
  CHECK(world.is_online());
  CHECK(world.device().at("last_seen_at") == rfc3339(world.clock.now() - 100));
  world.clock.pass(50);
  CHECK(world.is_online());
  world.clock.pass(1);
  CHECK(!world.is_online());
}

TEST_CASE("a restart does not bring back who said that it goes down") {
  OneDevice world;
  world.ask_as_device(device_secret(1), "/api/agent/leave", R"({"how": "down"})");
  world.restart();
  CHECK(!world.is_online());
}

TEST_CASE("a restarted gateway has its shorter patience still") {
  OneDevice world;
  world.run("UPDATE devices SET is_gateway = 1");
  world.heartbeat();
  world.restart();
  world.clock.pass(91);
  CHECK(!world.is_online());
}

TEST_CASE("a wall clock that jumps takes nobody offline and removes nobody") {
  OneDevice world;
  const auto seconds = GENERATE(as<std::int64_t>{}, kYear, -kYear, 3600, -3600);
  world.clock.jump(seconds);
  CHECK(world.is_online());
  world.clock.pass(150);
  CHECK(world.is_online());
  world.clock.pass(1);
  CHECK(!world.is_online());
  CHECK(world.ask_as_device(device_secret(1), "/api/agent/heartbeat").status == 200);
  world.clock.jump(-seconds);
  CHECK(world.is_online());
  CHECK(world.device().at("status") == "connected");
}

TEST_CASE("a restart under a wrong clock removes nobody, and the next call puts all right") {
  OneDevice world;
  const auto seconds = GENERATE(as<std::int64_t>{}, kYear, -kYear);
  world.restart();
  world.clock.jump(seconds);
  world.restart();
  CHECK(!world.is_online());
  world.heartbeat();
  CHECK(world.is_online());
  CHECK(world.number("SELECT count(*) FROM devices WHERE removed_at IS NULL") == 1);
}

TEST_CASE("a server that was off for an hour removes nobody, ephemeral devices neither") {
  OneDevice world;
  world.restart();
  world.clock.pass(3600);
  world.restart();
  CHECK(world.device().at("status") == "connected");
  CHECK(world.device().at("online") == false);
  CHECK(world.device().at("last_seen_at") == rfc3339(world.clock.now() - 3600));
  CHECK(world.ask_as_device(device_secret(1), "/api/agent/heartbeat").status == 200);
}

TEST_CASE("last-seen times wait in memory and are written in one go") {
  OneDevice world;
  world.enroll(world.key, device_secret(2));
  const auto rows = [&] { return world.number("SELECT count(*) FROM last_seen"); };
  CHECK(rows() == 0);
  world.app().last_seen.flush(world.database());
  CHECK(rows() == 2);
  const auto first = world.number("SELECT at FROM last_seen WHERE device_id = 1");
  world.clock.pass(60);
  world.heartbeat();
  CHECK(world.number("SELECT at FROM last_seen WHERE device_id = 1") == first);
  world.app().last_seen.flush(world.database());
  CHECK(world.number("SELECT at FROM last_seen WHERE device_id = 1") == first + 60);
  CHECK(world.number("SELECT at FROM last_seen WHERE device_id = 2") == first);
}

TEST_CASE("what waits in memory is written when the server ends") {
  OneDevice world;
  App& app = world.app();
  const std::string used = world.make_key(R"("type": "one-off")");
  world.enroll(used, device_secret(2));
  world.enroll(used, device_secret(3));
  {
    const Upkeep upkeep{
        app.database, world.clock, {app.last_seen, app.refusals, app.token_uses, app.session_uses}};
  }
  CHECK(world.number("SELECT count(*) FROM last_seen") == 2);
  CHECK(world.number("SELECT count(*) FROM refusals") == 1);
  CHECK(world.number("SELECT last_used_at FROM access_tokens") == world.clock.now());
}

TEST_CASE("a crash loses the calls since the last flush, and nothing else") {
  OneDevice world;
  world.app().last_seen.flush(world.database());
  world.clock.pass(60);
  world.heartbeat();
  world.crash();
  CHECK(world.device().at("last_seen_at") == rfc3339(world.clock.now() - 60));
  CHECK(world.is_online());
}

TEST_CASE("a flush that fails is made up for by the next one") {
  OneDevice world;
  world.run("ALTER TABLE last_seen RENAME TO gone");
  CHECK_THROWS_AS(world.app().last_seen.flush(world.database()), std::runtime_error);
  world.run("ALTER TABLE gone RENAME TO last_seen");
  world.app().last_seen.flush(world.database());
  CHECK(world.number("SELECT count(*) FROM last_seen") == 1);
}

TEST_CASE("a removed device is counted nowhere as online") {
  OneDevice world;
  world.ask("DELETE", "/api/devices/1");
  CHECK(!world.is_online());
  CHECK(world.ask("GET", "/api/setup-keys/2").json().at("devices_online") == 0);
  world.restart();
  CHECK(!world.is_online());
}

}  // namespace
}  // namespace muster
