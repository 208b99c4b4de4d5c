#include "tests/catch.h"
#include "tests/world.h"

// What state a key is in. Limits, expiry, pause and revocation are independent facts; the state is
// the first of them that matches, and only the last, valid, lets machines in.

namespace muster {
namespace {

nlohmann::json key_now(World& world, const nlohmann::json& made) {
  return world.ask("GET", "/api/setup-keys/" + made.at("id").get<std::string>()).json();
}

TEST_CASE("of several facts the first decides: expired, revoked, paused, overused, valid") {
  const int facts = GENERATE(range(0, 16));
  const bool is_expired = facts & 1;
  const bool is_revoked = facts & 2;
  const bool is_paused = facts & 4;
  const bool is_used = facts & 8;
  World world;
  const auto made = world.make_key_object(R"("type": "one-off", "expires_in": 60)");
  if (is_used) world.enroll(made.at("key"), device_secret(1));
  if (is_paused) CHECK(world.ask("POST", "/api/setup-keys/2/pause").status == 200);
  if (is_revoked)
    CHECK(world.ask("PUT", "/api/setup-keys/2", R"({"revoked": true})").status == 200);
  if (is_expired) world.clock.pass(60);

  const std::string state = is_expired   ? "expired"
                            : is_revoked ? "revoked"
                            : is_paused  ? "paused"
                            : is_used    ? "overused"
                                         : "valid";
  const auto key = key_now(world, made);
  CHECK(key.at("state") == state);
  CHECK(key.at("valid") == (state == "valid"));
  CHECK(key.at("revoked") == is_revoked);
  const Answer answer = world.enroll(made.at("key"), device_secret(2));
  if (state == "valid")
    CHECK(answer.status == 200);
  else
    CHECK(answer.reason() == (state == "overused" ? "key_used_up" : "key_" + state));
}

TEST_CASE("a usage limit admits exactly that many") {
  const auto limit = GENERATE(1, 2, 5);
  World world;
  const auto made =
      world.make_key_object(R"("type": "reusable", "usage_limit": )" + std::to_string(limit));
  for (int i = 0; i < limit; ++i) {
    CHECK(key_now(world, made).at("state") == "valid");
    CHECK(world.enroll(made.at("key"), device_secret(i)).status == 200);
  }
  CHECK(world.enroll(made.at("key"), device_secret(99)).reason() == "key_used_up");
  const auto key = key_now(world, made);
  CHECK(key.at("state") == "overused");
  CHECK(key.at("used_times") == limit);
}

TEST_CASE("without a limit a key admits on and on") {
  World world;
  const auto made = world.make_key_object(R"("type": "reusable")");
  for (int i = 0; i < 50; ++i) CHECK(world.enroll(made.at("key"), device_secret(i)).status == 200);
  CHECK(key_now(world, made).at("state") == "valid");
}

TEST_CASE("a key is good up to the second before its expiry") {
  World world;
  const auto made = world.make_key_object(R"("type": "reusable", "expires_in": 3600)");
  world.clock.pass(3599);
  CHECK(key_now(world, made).at("state") == "valid");
  CHECK(world.enroll(made.at("key"), device_secret(1)).status == 200);
  world.clock.pass(1);
  CHECK(key_now(world, made).at("state") == "expired");
  CHECK(world.enroll(made.at("key"), device_secret(2)).reason() == "key_expired");
}

TEST_CASE("a key without expiry never expires") {
  World world;
  const auto made = world.make_key_object(R"("type": "reusable", "expires_in": 0)");
  CHECK(made.at("expires") == "0001-01-01T00:00:00Z");
  world.clock.jump(50LL * 365 * 86400);
  CHECK(world.enroll(made.at("key"), device_secret(1)).status == 200);
}

TEST_CASE("limit and expiry hold at once, whichever comes first") {
  World world;
  const std::string members = R"("type": "reusable", "usage_limit": 2, "expires_in": 60)";
  const auto used = world.make_key_object(members);
  const auto late = world.make_key_object(members);
  world.enroll(used.at("key"), device_secret(1));
  world.enroll(used.at("key"), device_secret(2));
  world.enroll(late.at("key"), device_secret(3));
  CHECK(key_now(world, used).at("state") == "overused");
  CHECK(key_now(world, late).at("state") == "valid");
  world.clock.pass(60);
  CHECK(key_now(world, used).at("state") == "expired");
  CHECK(world.enroll(late.at("key"), device_secret(4)).reason() == "key_expired");
}

TEST_CASE("a key that looked expired under a wrong clock is valid under the right one") {
  World world;
  const auto made = world.make_key_object(R"("type": "one-off", "expires_in": 86400)");
  world.clock.jump(30 * 86400);
  CHECK(key_now(world, made).at("state") == "expired");
  CHECK(world.enroll(made.at("key"), device_secret(1)).reason() == "key_expired");
  world.clock.jump(-30 * 86400);
  CHECK(key_now(world, made).at("state") == "valid");
  CHECK(world.enroll(made.at("key"), device_secret(1)).status == 200);
}

TEST_CASE("a device that is removed gives its use of the key not back") {
  World world;
  const auto made = world.make_key_object(R"("type": "one-off")");
  world.enroll(made.at("key"), device_secret(1));
  world.ask("DELETE", "/api/devices/1");
  CHECK(key_now(world, made).at("state") == "overused");
  CHECK(world.enroll(made.at("key"), device_secret(2)).reason() == "key_used_up");
}

TEST_CASE("revocation, expiry and deletion of a key touch none of its devices") {
  World world;
  const auto made = world.make_key_object(R"("type": "reusable", "expires_in": 60)");
  const std::string path = "/api/setup-keys/" + made.at("id").get<std::string>();
  world.enroll(made.at("key"), device_secret(1));
  const auto before = world.ask("GET", "/api/devices/1").json();
  world.ask("PUT", path, R"({"revoked": true})");
  world.ask("DELETE", path);
  world.clock.pass(60);
  CHECK(world.ask_as_device(device_secret(1), "/api/agent/heartbeat").status == 200);
  auto after = world.ask("GET", "/api/devices/1").json();
  after["last_seen_at"] = before["last_seen_at"];
  CHECK(after == before);
}

}  // namespace
}  // namespace muster
