#include <optional>
#include <random>

#include "tests/catch.h"
#include "tests/world.h"

// Which address a device gets: never one that another has, never one that has not rested.

namespace muster {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

// A network of 14 addresses and keys into it.
struct SmallNetwork {
  World world;
  std::string network = world.make_network("small", "10.0.0.0/28");
  std::string key = world.make_key(R"("type": "reusable", "networks": ["small"])");
  std::string ephemeral_key =
      world.make_key(R"("type": "reusable", "networks": ["small"], "ephemeral": true)");
  int machines = 0;

  // The last part of the new device's address; nothing when it was refused.
  std::optional<int> enroll(bool ephemeral = false) {
    const Answer answer = world.enroll(ephemeral ? ephemeral_key : key, device_secret(++machines));
    if (answer.status == 403) {
      CHECK(answer.reason() == "address_range_full");
      return std::nullopt;
    }
    const std::string address = answer.json().at("addresses").at(0).at("address");
    REQUIRE(address.starts_with("10.0.0."));
    return std::stoi(address.substr(7));
  }
  void remove(int last_part) {
    const auto id = world.number("SELECT device_id FROM addresses WHERE network_id = " + network +
                                 " AND address & 255 = " + std::to_string(last_part));
    REQUIRE(world.ask("DELETE", "/api/devices/" + std::to_string(id)).status == 200);
  }
};

TEST_CASE("addresses are given in order, the first and the last of the range never") {
  SmallNetwork small;
  for (int i = 1; i <= 14; ++i) CHECK(small.enroll() == i);
  CHECK(!small.enroll());
}

TEST_CASE("an address rests for a day before it is given again") {
  SmallNetwork small;
  for (int i = 1; i <= 14; ++i) small.enroll();
  small.remove(5);
  CHECK(!small.enroll());
  small.world.clock.pass(kDay);
  CHECK(!small.enroll());
  small.world.clock.pass(1);
  CHECK(small.enroll() == 5);
  CHECK(!small.enroll());
}

TEST_CASE("while an address rests the next new one is given") {
  SmallNetwork small;
  small.enroll();
  small.remove(1);
  CHECK(small.enroll() == 2);
  small.world.clock.pass(kDay + 1);
  CHECK(small.enroll() == 1);
  CHECK(small.enroll() == 3);
}

TEST_CASE("of rested addresses the one that was freed longest ago comes first") {
  SmallNetwork small;
  for (int i = 1; i <= 4; ++i) small.enroll();
  for (const int last_part : {3, 1, 2}) {
    small.remove(last_part);
    small.world.clock.pass(10);
  }
  small.world.clock.pass(kDay);
  CHECK(small.enroll() == 3);
  CHECK(small.enroll() == 1);
  CHECK(small.enroll() == 2);
  CHECK(small.enroll() == 5);
}

TEST_CASE("an ephemeral device's address is given again at once, before all others") {
  SmallNetwork small;
  small.enroll();
  small.enroll(true);
  small.remove(1);
  small.world.clock.pass(kDay + 1);
  small.remove(2);
  CHECK(small.enroll() == 2);
  CHECK(small.enroll() == 1);
}

TEST_CASE("ephemeral devices by the thousand come and go in a small network") {
  SmallNetwork small;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(small.enroll(true) == 1);
    const Answer left = small.world.ask_as_device(device_secret(small.machines), "/api/agent/leave",
                                                  R"({"how": "down"})");
    REQUIRE(left.status == 200);
  }
}

TEST_CASE("an address of a network says nothing about the same number in another") {
  SmallNetwork small;
  small.world.make_network("other", "10.0.1.0/28");
  const std::string key = small.world.make_key(R"("type": "reusable", "networks": ["other"])");
  CHECK(small.enroll() == 1);
  const auto answer = small.world.enroll(key, device_secret(99)).json();
  CHECK(answer.at("addresses").at(0).at("address") == "10.0.1.1");
}

// What the rule says, computed the simple way.
struct Model {
  std::map<int, std::int64_t> freed_at;  // of free ones that were given before
  std::map<int, bool> held;              // living: is it ephemeral?
  int high = 0;

  std::optional<int> next(std::int64_t now) const {
    std::optional<int> best;
    for (const auto& [address, at] : freed_at)
      if (now - at > kDay && (!best || at < freed_at.at(*best))) best = address;
    if (!best && high < 14) best = high + 1;
    return best;
  }
  void take(int address, bool ephemeral) {
    freed_at.erase(address);
    held[address] = ephemeral;
    high = std::max(high, address);
  }
  void free(int address, std::int64_t now) {
    freed_at[address] = held.at(address) ? 0 : now;
    held.erase(address);
  }
};

TEST_CASE("whatever comes, goes and rests, nobody shares an address and a free one is found") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U);
  INFO("seed " << seed);
  std::mt19937 random{seed};
  const auto below = [&](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  SmallNetwork small;
  Model model;
  for (int step = 0; step < 250; ++step) {
    const int act = below(10);
    if (act < 5) {
      const bool ephemeral = below(3) == 0;
      const auto expected = model.next(small.world.clock.now());
      const auto given = small.enroll(ephemeral);
      REQUIRE(given == expected);
      if (given) REQUIRE(!model.held.contains(*given));
      if (given) model.take(*given, ephemeral);
    } else if (act < 8 && !model.held.empty()) {
      const int address =
          std::next(model.held.begin(), below(static_cast<int>(model.held.size())))->first;
      small.remove(address);
      model.free(address, small.world.clock.now());
    } else {
      small.world.clock.pass(below(8) * 3600);
    }
  }
  CHECK(model.high == 14);
}

}  // namespace
}  // namespace muster
