#include "server/upkeep.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/catch.h"
#include "tests/world.h"

// What the server does by itself, without being asked.

namespace muster {
namespace {

// A clock that one thread may move while another reads it.
class SharedClock : public Clock {
 public:
  explicit SharedClock(std::int64_t wall) : wall_(wall) {}
  std::int64_t now() const override { return wall_ + passed_; }
  std::int64_t monotonic() const override { return passed_; }
  void pass(std::int64_t seconds) { passed_ += seconds; }

 private:
  const std::int64_t wall_;
  std::atomic<std::int64_t> passed_{0};
};

struct Kept : World {
  SharedClock running{clock.now()};
  Upkeep upkeep{
      database(), running, {app().last_seen, app().refusals, app().token_uses, app().session_uses}};

  // Whether a count comes to be this within the time that upkeep may take, its turn of a second
  // and what a busy machine adds. At each look so much time of the server has passed.
  bool becomes(const std::string& sql, std::int64_t wanted, std::int64_t seconds = 0) {
    for (int i = 0; i < 600 && number(sql) != wanted; ++i) {
      running.pass(seconds);
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return number(sql) == wanted;
  }
};

TEST_CASE("upkeep forgets what is long dead, once its day after the start is over") {
  Kept world;
  world.make_key(R"("type": "reusable", "expires_in": 1)");
  world.running.pass(100 * 86400);
  CHECK(world.becomes("SELECT count(*) FROM setup_keys WHERE id = 2", 0, 3600));
}

TEST_CASE("upkeep brings devices that enrolled into the search") {
  Kept world;
  world.enroll(world.make_key(R"("type": "reusable")"), device_secret(1));
  CHECK(world.becomes("SELECT count(*) FROM device_search", 1));
  CHECK(world.becomes("SELECT count(*) FROM devices_unindexed", 0));
}

TEST_CASE("upkeep writes refusals down at its next turn, and last-seen times after a minute") {
  Kept world;
  const std::string key = world.make_key(R"("type": "one-off")");
  world.enroll(key, device_secret(1));
  world.enroll(key, device_secret(2));
  CHECK(world.becomes("SELECT count(*) FROM refusals", 1));
  CHECK(world.number("SELECT count(*) FROM last_seen") == 0);
  CHECK(world.becomes("SELECT count(*) FROM last_seen", 1, 60));
}

}  // namespace
}  // namespace muster
