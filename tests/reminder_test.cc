#include "server/reminders.h"

#include "server/key_list.h"
#include "server/overview.h"
#include "tests/catch.h"
#include "tests/world.h"

// What the overview reminds of, and from when until when. Key 1 is the default network's.

namespace muster {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

struct Reminded : World {
  Reminders reminders(std::size_t named = 3) {
    return database().read([&](const Snapshot& snapshot) {
      return find_reminders(snapshot, app().refusals, clock.now(), named);
    });
  }
  // A key that reminds of nothing by itself.
  std::string make_quiet_key(const std::string& more = "") {
    return make_key(R"("type": "reusable", "usage_limit": 1000, "expires_in": 315360000)" + more);
  }
  void refuse(const std::string& key, int times, std::int64_t between = 0) {
    for (int i = 0; i < times; ++i) {
      if (i > 0) clock.pass(between);
      enroll(key, device_secret(1000 + ++refused_));
    }
  }
  std::string change(int key, const std::string& act) {
    return ask("POST", "/api/setup-keys/" + std::to_string(key) + act).body;
  }

 private:
  int refused_ = 0;
};

TEST_CASE("a new installation reminds of nothing, however old it becomes") {
  Reminded world;
  CHECK(world.reminders().is_empty());
  world.clock.pass(1000 * kDay);
  CHECK(world.reminders().is_empty());
}

TEST_CASE("a key is told to end from 7 days before its end, not a second earlier") {
  Reminded world;
  world.make_key(R"("type": "reusable", "expires_in": 864000)");
  world.clock.pass(3 * kDay - 1);
  CHECK(world.reminders().ending.total == 0);
  world.clock.pass(1);
  REQUIRE(world.reminders().ending.total == 1);
  CHECK(world.reminders().ending.named.at(0).id == KeyId{2});
  world.clock.pass(7 * kDay - 1);
  CHECK(world.reminders().ending.total == 1);
  world.clock.pass(1);
  CHECK(world.reminders().ending.total == 0);
}

TEST_CASE("only keys that work are told to end, and no link's") {
  Reminded world;
  for (int i = 0; i < 4; ++i) world.make_key(R"("type": "reusable", "expires_in": 60)");
  const auto used = world.make_key(R"("type": "one-off", "expires_in": 60)");
  world.ask("POST", "/api/install-links", R"({"recipient": "Eva", "expires_in": 60})");
  CHECK(world.reminders().ending.total == 5);
  world.change(2, "/pause");
  world.ask("PATCH", "/api/setup-keys/3", R"({"revoked": true})");
  world.ask("DELETE", "/api/setup-keys/4");
  world.enroll(used, device_secret(1));
  CHECK(world.reminders().ending.total == 1);
}

TEST_CASE("a key with neither limit nor end is told, unless it is a default key") {
  Reminded world;
  world.make_network("office", "10.0.0.0/24");
  world.make_key(R"("type": "reusable", "usage_limit": 5)");
  world.make_key(R"("type": "reusable", "expires_in": 315360000)");
  CHECK(world.reminders().endless.total == 0);
  const auto key = world.make_key_object(R"("type": "reusable")");
  const int id = std::stoi(key.at("id").get<std::string>());
  CHECK(world.reminders().endless.total == 1);
  CHECK(world.reminders().endless.named.at(0).id == KeyId{id});
  world.change(id, "/pause");
  CHECK(world.reminders().endless.total == 0);
}

TEST_CASE("a reusable key is idle 90 days after its last use, or after it was made") {
  Reminded world;
  const auto key = world.make_quiet_key();
  world.make_quiet_key();
  world.clock.pass(10 * kDay);
  world.enroll(key, device_secret(1));
  world.clock.pass(80 * kDay - 1);
  CHECK(world.reminders().idle.total == 0);
  world.clock.pass(1);
  REQUIRE(world.reminders().idle.total == 1);
  CHECK(world.reminders().idle.named.at(0).id == KeyId{3});
  world.clock.pass(10 * kDay - 1);
  CHECK(world.reminders().idle.total == 1);
  world.clock.pass(1);
  CHECK(world.reminders().idle.total == 2);
  world.run("UPDATE setup_keys SET paused_at = 1 WHERE id = 2");  // the token has expired by now
  CHECK(world.reminders().idle.total == 1);
}

TEST_CASE("one-time keys, default keys and dead ones are not idle") {
  Reminded world;
  world.make_key(R"("type": "one-off", "expires_in": 0)");
  world.make_key(R"("type": "reusable", "expires_in": 60)");
  const auto used = world.make_key(R"("type": "reusable", "usage_limit": 2)");
  for (int i = 1; i <= 2; ++i) world.enroll(used, device_secret(i));
  world.clock.pass(100 * kDay);
  CHECK(world.reminders().idle.total == 0);
}

TEST_CASE("a use after more than 30 quiet days is told for a week") {
  const auto quiet = GENERATE(as<std::int64_t>{}, 30 * kDay, 30 * kDay + 1);
  Reminded world;
  const auto key = world.make_quiet_key();
  world.enroll(key, device_secret(1));
  CHECK(world.reminders().used_again.total == 0);
  world.clock.pass(quiet);
  world.enroll(key, device_secret(2));
  const bool is_told = quiet > 30 * kDay;
  REQUIRE(world.reminders().used_again.total == (is_told ? 1 : 0));
  if (!is_told) return;
  const UsedAgain used = world.reminders().used_again.named.at(0);
  CHECK(used.device_id == DeviceId{2});
  CHECK(used.quiet_seconds == quiet);
  world.clock.pass(7 * kDay);
  CHECK(world.reminders().used_again.total == 1);
  world.clock.pass(1);
  CHECK(world.reminders().used_again.total == 0);
}

TEST_CASE("uses that follow do not hide a use after a long rest; the device's removal ends it") {
  Reminded world;
  const auto key = world.make_quiet_key();
  world.enroll(key, device_secret(1));
  world.clock.pass(40 * kDay);
  world.enroll(key, device_secret(2));
  world.clock.pass(kDay);
  world.enroll(key, device_secret(3));
  REQUIRE(world.reminders().used_again.total == 1);
  CHECK(world.reminders().used_again.named.at(0).device_id == DeviceId{2});
  world.ask("DELETE", "/api/devices/2");
  CHECK(world.reminders().used_again.total == 0);
}

TEST_CASE("a first use is no use after a rest, however late it comes") {
  Reminded world;
  const auto key = world.make_quiet_key();
  world.clock.pass(50 * kDay);
  world.enroll(key, device_secret(1));
  world.enroll(key, device_secret(2));
  CHECK(world.reminders().used_again.total == 0);
}

TEST_CASE("six refusals of a key within an hour are told, five are not") {
  const bool is_written = GENERATE(false, true);
  Reminded world;
  const auto key = world.make_quiet_key();
  world.change(2, "/pause");
  world.refuse(key, 5);
  CHECK(world.reminders().refused_often.total == 0);
  world.refuse(key, 1);
  if (is_written) world.app().refusals.flush(world.database());
  REQUIRE(world.reminders().refused_often.total == 1);
  const RefusedOften often = world.reminders().refused_often.named.at(0);
  CHECK(often.key_id == KeyId{2});
  CHECK(often.key_name == "test");
  CHECK(often.times == 6);
}

TEST_CASE("an hour begins with any refusal and ends before the next has passed it whole") {
  Reminded world;
  const auto key = world.make_quiet_key();
  world.change(2, "/pause");
  world.refuse(key, 6, kHour / 5);  // the sixth comes an hour after the first
  CHECK(world.reminders().refused_often.total == 0);
  world.clock.pass(kHour / 5 - 1);
  world.refuse(key, 1);  // and less than an hour after the second
  CHECK(world.reminders().refused_often.total == 1);
}

TEST_CASE("refusals are told for a week, those of different keys each by itself") {
  Reminded world;
  const auto one = world.make_quiet_key();
  const auto other = world.make_quiet_key();
  world.change(2, "/pause");
  world.change(3, "/pause");
  world.refuse(one, 4);
  world.refuse(other, 4);
  CHECK(world.reminders().refused_often.total == 0);
  world.refuse(one, 2);
  world.clock.pass(7 * kDay - 1);
  CHECK(world.reminders().refused_often.total == 1);
  world.clock.pass(1);
  CHECK(world.reminders().refused_often.total == 0);
}

TEST_CASE("devices that wait are told, the longest first, a few by name") {
  Reminded world;
  const auto key = world.make_quiet_key(R"(, "requires_approval": true)");
  for (int i = 1; i <= 5; ++i) world.enroll(key, device_secret(i));
  const Reminders reminders = world.reminders();
  CHECK(reminders.waiting.total == 5);
  REQUIRE(reminders.waiting.named.size() == 3);
  CHECK(reminders.waiting.more() == 2);
  CHECK(reminders.waiting.named.at(0).id == DeviceId{1});
  world.ask("PATCH", "/api/devices/1", R"({"approved": true})");
  CHECK(world.reminders().waiting.total == 4);
}

TEST_CASE("a clock that stands before the audit log is told") {
  Reminded world;
  CHECK(!world.reminders().is_clock_behind);
  world.clock.jump(-1);
  CHECK(world.reminders().is_clock_behind);
  world.clock.jump(1);
  CHECK(!world.reminders().is_clock_behind);
}

TEST_CASE("whose invite ran out is told until they have a new one") {
  Reminded world;
  const std::string members = R"({"email": "bea@example.com", "name": "Bea", "role": "admin"})";
  const auto invited = world.ask("POST", "/api/users", members).json();
  world.clock.pass(kDay - 1);
  CHECK(world.reminders().lapsed_invites.total == 0);
  world.clock.pass(1);
  REQUIRE(world.reminders().lapsed_invites.total == 1);
  CHECK(world.reminders().lapsed_invites.named.at(0).label == "bea@example.com");
  world.ask("POST", "/api/users/" + invited.at("id").get<std::string>() + "/invite");
  CHECK(world.reminders().lapsed_invites.total == 0);
}

TEST_CASE("enrollments are counted by day, removed devices too") {
  Reminded world;
  const auto key = world.make_quiet_key();
  const std::int64_t today = world.clock.now() / kDay;
  world.enroll(key, device_secret(1));
  world.enroll(key, device_secret(2));
  world.clock.pass(2 * kDay);
  world.enroll(key, device_secret(3));
  world.ask("DELETE", "/api/devices/1");
  const auto count = [&](std::int64_t first) {
    return world.database().read(
        [&](const Snapshot& snapshot) { return count_enrollments(snapshot, first, today + 2); });
  };
  REQUIRE(count(today).size() == 2);
  CHECK(count(today).at(0).day == today);
  CHECK(count(today).at(0).count == 2);
  CHECK(count(today).at(1).count == 1);
  CHECK(count(today + 1).size() == 1);
}

TEST_CASE("nothing that the overview asks for walks over all keys, devices or refusals") {
  Reminded world;
  for (const std::string& plan : world.plans([&](const Snapshot& snapshot) {
         const RefusalLog refusals;
         find_reminders(snapshot, refusals, world.clock.now(), 3);
         refusals.list_newest(snapshot, 8);
         count_enrollments(snapshot, 1, 1);
         count_enrollments_through(snapshot, KeyId{1});
         list_newest_devices(snapshot, 8);
       })) {
    INFO(plan);
    for (const char* table : {"SCAN k\n", "SCAN d\n", "SCAN devices\n", "SCAN setup_keys\n"})
      CHECK(plan.find(table) == std::string::npos);
  }
}

}  // namespace
}  // namespace muster
