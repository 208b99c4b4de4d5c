#include <thread>

#include "tests/catch.h"
#include "tests/world.h"

// A machine that asks again: a lost answer must not lock anybody out, and a removed device does
// not come back by itself.

namespace muster {
namespace {

// A device that came in through a one-time key, and what it was told.
struct OneDevice {
  World world;
  nlohmann::json made = world.make_key_object(R"("type": "one-off", "expires_in": 3600)");
  std::string key = made.at("key");
  std::string key_path = "/api/setup-keys/" + made.at("id").get<std::string>();
  nlohmann::json told = world.enroll(key, device_secret(1)).json();

  // It asks again, is told the same, and nothing is written.
  void check_told_again() {
    const std::string before = world.stored();
    const Answer again = world.enroll(key, device_secret(1));
    CHECK(again.status == 200);
    told["created"] = false;
    CHECK(again.json() == told);
    CHECK((world.stored() == before));
  }
};

TEST_CASE("a lost answer is given again, and no second use is spent") {
  OneDevice device;
  device.check_told_again();
  CHECK(device.world.ask("GET", device.key_path).json().at("used_times") == 1);
}

TEST_CASE("a lost answer is given again after a restart") {
  OneDevice device;
  device.world.restart();
  device.check_told_again();
  device.world.crash();
  device.check_told_again();
}

TEST_CASE("a lost answer is given again whatever became of the key") {
  OneDevice device;
  const auto fate = GENERATE(0, 1, 2, 3, 4, 5, 6);
  World& world = device.world;
  if (fate == 0) world.ask("PUT", device.key_path, R"({"revoked": true})");
  if (fate == 1) world.ask("DELETE", device.key_path);
  if (fate == 2) world.clock.pass(3600);
  if (fate == 3) world.clock.jump(365 * 86400);
  if (fate == 4) world.clock.jump(-365 * 86400);
  if (fate == 5) world.run("UPDATE setup_keys SET paused_at = 1 WHERE id = 2");
  if (fate == 6) world.run("UPDATE setup_keys SET secret_hash = randomblob(32) WHERE id = 2");
  device.check_told_again();
}

TEST_CASE(
    "a lost answer is given again from elsewhere, with other facts, and they change nothing") {
  OneDevice device;
  const std::string before = device.world.stored();
  const Answer again = device.world.enroll(device.key, device_secret(1),
                                           R"(, "hostname": "other", "os": "macos", "group": "mine",
      "dns_labels": ["db"])",
                                           {.from = "2001:db8::1"});
  CHECK(again.status == 200);
  CHECK(again.json().at("name") == "till");
  CHECK((device.world.stored() == before));
}

TEST_CASE("a living device with another key is refused, and neither key is spent") {
  OneDevice device;
  const auto other = device.world.make_key_object(R"("type": "one-off")");
  const std::string before = device.world.stored();
  for (const std::string& key :
       {other.at("key").get<std::string>(), std::string{"mkey_nonsense"}}) {
    const Answer answer = device.world.enroll(key, device_secret(1));
    CHECK(answer.status == 409);
    CHECK(answer.reason() == "device_already_enrolled");
    CHECK(answer.message().find("till") != std::string::npos);
  }
  CHECK((device.world.stored() == before));
}

TEST_CASE("a removed device does not come back by asking again, with any key") {
  OneDevice device;
  const std::string other = device.world.make_key(R"("type": "one-off")");
  device.world.ask("DELETE", "/api/devices/1");
  const std::string before = device.world.stored();
  for (const std::string& key : {device.key, other}) {
    const Answer answer = device.world.enroll(key, device_secret(1));
    CHECK(answer.status == 410);
    CHECK(answer.reason() == "device_removed");
  }
  CHECK((device.world.stored() == before));
}

TEST_CASE("a removed device that makes a new secret and has a new key is a new device") {
  OneDevice device;
  const std::string other = device.world.make_key(R"("type": "one-off")");
  device.world.ask("DELETE", "/api/devices/1");
  const auto answer = device.world.enroll(other, device_secret(2)).json();
  CHECK(answer.at("created") == true);
  CHECK(answer.at("device_id") == "2");
  CHECK(answer.at("name") == "till");
}

TEST_CASE("a new secret with the same one-time key is another machine, and too late") {
  OneDevice device;
  CHECK(device.world.enroll(device.key, device_secret(2)).reason() == "key_used_up");
}

TEST_CASE("a machine that asks again is told what holds now") {
  OneDevice device;
  World& world = device.world;
  world.make_group("tills");
  world.ask("PATCH", "/api/devices/1",
            R"({"name": "front", "groups": ["tills"], "approved": false})");
  const auto again = world.enroll(device.key, device_secret(1)).json();
  CHECK(again.at("name") == "front");
  CHECK(again.at("groups").size() == 2);
  CHECK(again.at("status") == "waiting");
}

TEST_CASE("asking again counts as a call: the device is online") {
  OneDevice device;
  device.world.clock.pass(1000);
  CHECK(device.world.ask("GET", "/api/devices/1").json().at("online") == false);
  device.world.enroll(device.key, device_secret(1));
  CHECK(device.world.ask("GET", "/api/devices/1").json().at("online") == true);
}

TEST_CASE("a machine that asks many times at once becomes one device") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  std::vector<std::thread> threads;
  std::atomic<int> created = 0;
  std::atomic<int> fine = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const Answer answer = world.enroll(key, device_secret(1));
      fine += answer.status == 200 ? 1 : 0;
      created += answer.json().value("created", false) ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(fine == 8);
  CHECK(created == 1);
  CHECK(world.number("SELECT used_times FROM setup_keys WHERE id = 2") == 1);
}

TEST_CASE("many machines that race for one use: exactly one wins") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");
  std::vector<std::thread> threads;
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&, i] {
      const Answer answer = world.enroll(key, device_secret(i));
      won += answer.status == 200 ? 1 : 0;
      lost += answer.status == 403 && answer.reason() == "key_used_up" ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(won == 1);
  CHECK(lost == 15);
  CHECK(world.number("SELECT count(*) FROM devices") == 1);
}

}  // namespace
}  // namespace muster
