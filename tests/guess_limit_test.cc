#include "web/guess_limit.h"

#include "tests/catch.h"
#include "tests/world.h"

// Guessing keys gets slow for one address, and never keeps a genuine key out.

namespace muster {
namespace {

constexpr const char* kUnknown = "mkey_7f3010123456789abcdefghjkmnpqrs4qjb";

TEST_CASE("20 guesses a minute are answered; the next ones hear how long to wait") {
  FakeClock clock;
  GuessLimit limit{clock};
  for (int i = 0; i < 20; ++i) CHECK(limit.count("192.0.2.7") == 0);
  CHECK(limit.count("192.0.2.7") == 60);
  clock.pass(59);
  CHECK(limit.count("192.0.2.7") == 1);
  clock.pass(1);
  CHECK(limit.count("192.0.2.7") == 0);
}

TEST_CASE("guesses are counted for each address, of IPv6 for each /64") {
  FakeClock clock;
  GuessLimit limit{clock};
  for (int i = 0; i < 21; ++i) limit.count("2001:db8:1:2::" + std::to_string(i + 1));
  CHECK(limit.count("2001:db8:1:2::ffff") > 0);
  CHECK(limit.count("2001:db8:1:3::1") == 0);
  for (int i = 0; i < 21; ++i) limit.count("192.0.2.7");
  CHECK(limit.count("192.0.2.8") == 0);
}

TEST_CASE("a wall clock that jumps neither ends nor prolongs the wait") {
  FakeClock clock;
  GuessLimit limit{clock};
  for (int i = 0; i < 20; ++i) limit.count("192.0.2.7");
  clock.jump(365 * 86400);
  CHECK(limit.count("192.0.2.7") == 60);
  clock.jump(-2 * 365 * 86400);
  CHECK(limit.count("192.0.2.7") == 60);
}

TEST_CASE("addresses by the thousand are counted still") {
  FakeClock clock;
  GuessLimit limit{clock};
  for (int i = 0; i < 20; ++i) limit.count("192.0.2.7");
  for (int i = 0; i < 20'000; ++i)
    limit.count("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256));
  CHECK(limit.count("192.0.2.7") == 60);
}

TEST_CASE("after 20 unknown keys an address gets 429, and its genuine key still works") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");
  const std::string used = world.make_key(R"("type": "one-off")");
  world.enroll(used, device_secret(1));
  for (int i = 0; i < 20; ++i) CHECK(world.enroll(kUnknown, device_secret(2)).status == 403);

  const Answer refused = world.enroll("nonsense", device_secret(2));
  CHECK(refused.status == 429);
  CHECK(refused.reason() == "too_many_requests");
  CHECK(refused.headers.at("Retry-After") == "60");
  CHECK(world.enroll(kUnknown, device_secret(2), "", {.from = "192.0.2.8"}).status == 403);
  CHECK(world.enroll(used, device_secret(2)).reason() == "key_used_up");
  CHECK(world.enroll(key, device_secret(2)).status == 200);
}

TEST_CASE("refusals of genuine keys are no guesses") {
  World world;
  const std::string used = world.make_key(R"("type": "one-off")");
  world.enroll(used, device_secret(1));
  for (int i = 0; i < 50; ++i)
    CHECK(world.enroll(used, device_secret(2)).reason() == "key_used_up");
  CHECK(world.enroll(kUnknown, device_secret(2)).reason() == "key_unknown");
}

TEST_CASE("loopback is not exempt from the limit") {
  World world;
  for (int i = 0; i < 20; ++i) world.enroll(kUnknown, device_secret(1), "", {.from = "127.0.0.1"});
  CHECK(world.enroll(kUnknown, device_secret(1), "", {.from = "127.0.0.1"}).status == 429);
}

}  // namespace
}  // namespace muster
