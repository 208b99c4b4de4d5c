#include "server/networks.h"

#include "tests/catch.h"
#include "tests/world.h"

// Networks: ranges of addresses that do not overlap.

namespace muster {
namespace {

Result<Network> make(World& world, const NewNetwork& wanted) {
  return world.database().write(
      [&](Transaction& tx) { return create_network(tx, By::command_line(1), wanted); });
}

TEST_CASE("the first owner's network is the default one") {
  World world;
  const auto networks = world.ask("GET", "/api/networks").json();
  REQUIRE(networks.size() == 1);
  CHECK(networks[0].at("id") == "1");
  CHECK(networks[0].at("name") == "default");
  CHECK(networks[0].at("cidr") == "100.64.0.0/10");
  CHECK(networks[0].at("devices_reach") == "everyone");
  CHECK(networks[0].at("is_default") == true);
  CHECK(world.ask("GET", "/api/networks/1").json() == networks[0]);
  CHECK(world.ask("GET", "/api/networks/2").status == 404);
  CHECK(world.ask("GET", "/api/networks/abc").message() == "network: abc not found");
}

TEST_CASE("a range that is none, or too large or small, is refused") {
  const auto* cidr =
      GENERATE("", "10.0.0.0", "10.0.0.0/", "10.0.0.0/7", "10.0.0.0/31", "10.0.0.0/32",
               "10.0.0.0/x", "10.0.0.0/24 ", "10.0.0.0/-1", "2001:db8::/64", "10.0.0/24", "all");
  World world;
  const auto refused = make(world, {.name = "n", .cidr = cidr});
  INFO(cidr);
  REQUIRE(!refused);
  CHECK(refused.refusal().kind == Kind::invalid);
}

TEST_CASE("a range with bits behind its prefix is refused with what was meant") {
  World world;
  const auto refused = make(world, {.name = "n", .cidr = "10.1.2.3/24"});
  REQUIRE(!refused);
  CHECK(refused.refusal().message.find("10.1.2.0/24") != std::string::npos);
}

TEST_CASE("ranges that overlap are refused, ranges side by side are not") {
  World world;
  CHECK(make(world, {.name = "a", .cidr = "10.0.0.0/24"}));
  for (const char* cidr : {"10.0.0.0/24", "10.0.0.0/16", "10.0.0.128/25", "10.0.0.0/8"}) {
    INFO(cidr);
    CHECK(!make(world, {.name = "b", .cidr = cidr}));
  }
  CHECK(make(world, {.name = "b", .cidr = "10.0.1.0/24"}));
}

TEST_CASE("names of networks are there and unique") {
  World world;
  CHECK(make(world, {.name = "a", .cidr = "10.0.0.0/24"}));
  const auto taken = make(world, {.name = " a ", .cidr = "10.0.1.0/24"});
  REQUIRE(!taken);
  CHECK(taken.refusal().kind == Kind::conflict);
  CHECK(!make(world, {.name = " ", .cidr = "10.0.1.0/24"}));
  CHECK(!make(world, {.name = "a\nb", .cidr = "10.0.1.0/24"}));
  CHECK(!make(world, {.name = "c", .cidr = "10.0.1.0/24", .devices_reach = "nobody"}));
}

}  // namespace
}  // namespace muster
