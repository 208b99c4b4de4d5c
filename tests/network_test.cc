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

using Json = nlohmann::json;
using Codes = std::vector<std::string>;

// Network 2, `shop`, and its default key 2.
struct Shop : World {
  Shop()
      : made(ask("POST", "/api/networks", R"({"name": "shop", "cidr": "10.0.0.0/29"})").json()) {}
  Answer patch(const Json& body) { return ask("PATCH", "/api/networks/2", body.dump()); }
  Answer remove() { return ask("DELETE", "/api/networks/2"); }
  Answer come(int machine, const std::string& key) { return enroll(key, device_secret(machine)); }
  std::string shop_key() { return made.at("default_key"); }
  std::int64_t head() { return number("SELECT max(id) FROM audit_log"); }
  Json made;
};

TEST_CASE("a network is made with its default key, whose secret is shown this once") {
  Shop world;
  CHECK(world.made.at("id") == "2");
  CHECK(world.made.at("devices_reach") == "everyone");
  CHECK(world.made.at("is_default") == false);
  const Json key =
      world.ask("GET", "/api/setup-keys/" + world.made.at("default_key_id").get<std::string>())
          .json();
  CHECK(key.at("name") == "shop");
  CHECK(key.at("network_default_of") == "2");
  CHECK(key.at("created_by_id").is_null());
  CHECK(world.ask("GET", "/api/networks/2").json().at("default_key").is_null());
  CHECK(world.stored().find(world.shop_key()) == std::string::npos);
  const Json device = world.come(1, world.shop_key()).json();
  CHECK(device.at("addresses")[0].at("address") == "10.0.0.1");
}

TEST_CASE("a network that overlaps, or has a taken name, is refused by the API") {
  Shop world;
  const auto ask = [&](const char* body) { return world.ask("POST", "/api/networks", body); };
  CHECK(ask(R"({"name": "x", "cidr": "10.0.0.0/24"})").status == 422);
  CHECK(ask(R"({"name": "x", "cidr": "100.64.0.0/16"})").status == 422);
  CHECK(ask(R"({"name": "shop", "cidr": "10.1.0.0/24"})").status == 409);
  CHECK(ask(R"({"name": "x"})").status == 422);
  CHECK(ask(R"({"name": "x", "cidr": "10.1.0.0/24", "devices_reach": "none"})").status == 422);
  CHECK(ask(R"({"name": "x", "cidr": "10.1.0.0/24", "devices_reach": "gateways"})")
            .json()
            .at("devices_reach") == "gateways");
}

TEST_CASE("a renamed network renames its default key, and the log has both names") {
  Shop world;
  const auto head = world.head();
  CHECK(world.patch({{"name", "store"}}).json().at("name") == "store");
  CHECK(world.ask("GET", "/api/setup-keys/2").json().at("name") == "store");
  CHECK(world.audit_codes(head) == Codes{"network.update"});
  const Json details = Json::parse(world.text("SELECT details FROM audit_log ORDER BY id DESC"));
  CHECK(details == Json{{"old_name", "shop"}, {"new_name", "store"}});
  CHECK(world.patch({{"name", "default"}}).status == 409);
  CHECK(world.patch({{"name", "store"}}).status == 200);
}

TEST_CASE("a range can be changed while every device's address fits in") {
  Shop world;
  for (int i = 1; i <= 3; ++i) world.come(i, world.shop_key());
  CHECK(world.patch({{"cidr", "10.0.0.0/30"}}).message() ==
        "the range leaves out 10.0.0.3, which a device has");
  CHECK(world.patch({{"cidr", "100.64.0.0/24"}}).status == 422);
  world.ask("DELETE", "/api/devices/3");
  CHECK(world.patch({{"cidr", "10.0.0.0/30"}}).status == 200);
  CHECK(world.come(4, world.shop_key()).reason() == "address_range_full");
  CHECK(world.patch({{"cidr", "10.0.0.0/24"}}).status == 200);
  CHECK(world.come(4, world.shop_key()).json().at("addresses")[0].at("address") == "10.0.0.3");
}

TEST_CASE("another reach or range moves the revision of the network's devices") {
  Shop world;
  world.come(1, world.shop_key());
  world.patch({{"devices_reach", "gateways"}});
  CHECK(world.number("SELECT revision FROM devices WHERE id = 1") == 2);
  world.patch({{"name", "n"}});
  CHECK(world.number("SELECT revision FROM devices WHERE id = 1") == 2);
}

TEST_CASE("a key of several networks gives an address in each, or none where one is full") {
  Shop world;
  const Json key = world.make_key_object(R"("type": "reusable", "networks": ["default", "shop"])");
  for (int i = 1; i <= 6; ++i) {
    const Json addresses = world.come(i, key.at("key")).json().at("addresses");
    REQUIRE(addresses.size() == 2);
    CHECK(addresses[0].at("network") == "default");
    CHECK(addresses[1].at("address") == "10.0.0." + std::to_string(i));
  }
  CHECK(world.come(7, key.at("key")).reason() == "address_range_full");
  CHECK(world.ask("GET", "/api/setup-keys/" + key.at("id").get<std::string>())
            .json()
            .at("used_times") == 6);
  CHECK(world.number("SELECT count(*) FROM addresses WHERE network_id = 1") == 6);
}

TEST_CASE("the default network cannot be deleted") {
  World world;
  const Answer answer = world.ask("DELETE", "/api/networks/1");
  CHECK(answer.status == 422);
  CHECK(answer.message() == "the default network cannot be deleted");
}

TEST_CASE("a network that nothing would go with is deleted with its default key") {
  Shop world;
  CHECK(world.remove().status == 200);
  CHECK(world.ask("GET", "/api/networks/2").status == 404);
  CHECK(world.ask("GET", "/api/setup-keys/2").status == 404);
  CHECK(world.come(1, world.shop_key()).reason() == "key_revoked");
  CHECK(world.remove().status == 404);
  CHECK(world.ask("POST", "/api/networks", R"({"name": "shop", "cidr": "10.0.0.0/29"})").status ==
        200);
}

TEST_CASE("a network with devices of its own, or with working keys, needs a plan") {
  Shop world;
  const Json key = world.make_key_object(R"("type": "reusable", "networks": ["shop"])");
  world.come(1, key.at("key"));
  const std::string before = world.stored();
  const Answer answer = world.remove();
  CHECK(answer.status == 409);
  CHECK(answer.reason() == "plan_required");
  CHECK(answer.message() ==
        "1 device and 1 setup key would go with network shop: look at the plan first");
  CHECK((world.stored() == before));
  world.ask("DELETE", "/api/devices/1");
  CHECK(world.remove().reason() == "plan_required");
  world.ask("PATCH", "/api/setup-keys/3", R"({"revoked": true})");
  CHECK(world.remove().status == 200);
}

TEST_CASE("what names another network, too, only loses the deleted one") {
  Shop world;
  const std::string key = world.make_key(R"("type": "reusable", "networks": ["shop", "default"])");
  world.come(1, key);
  CHECK(world.remove().status == 200);
  CHECK(world.ask("GET", "/api/devices/1").json().at("addresses").size() == 1);
  CHECK(world.ask("GET", "/api/setup-keys/3").json().at("networks") == Json{"1"});
  CHECK(world.come(2, key).json().at("addresses")[0].at("network") == "default");
}

TEST_CASE("a dead key of a deleted network cannot be woken into the default one") {
  Shop world;
  const auto key =
      world.make_key_object(R"("type": "reusable", "networks": ["shop"], "expires_in": 5)");
  world.clock.pass(5);
  CHECK(world.remove().status == 200);
  CHECK(world.ask("PATCH", "/api/setup-keys/3", R"({"expires_in": 0})").json().at("state") ==
        "revoked");
  CHECK(world.come(1, key.at("key")).reason() == "key_revoked");
}

TEST_CASE("a group made in the pages gets a default key, which goes with it") {
  World world;
  world.make_group("tills");
  const std::string secret = world.database().write([&](Transaction& tx) {
    return create_default_key(tx, By::command_line(1), {.group = GroupId{2}}, "tills")
        .secret.reveal();
  });
  CHECK(world.enroll(secret, device_secret(1)).json().at("groups").size() == 2);
  CHECK(world.ask("DELETE", "/api/setup-keys/2").reason() == "default_key");
  CHECK(world.ask("PATCH", "/api/setup-keys/2", R"({"auto_groups": []})").reason() ==
        "default_key");
  world.ask("PATCH", "/api/groups/2", R"({"name": "registers"})");
  CHECK(world.ask("GET", "/api/setup-keys/2").json().at("name") == "registers");
  world.ask("PATCH", "/api/groups/2", R"({"is_protected": true})");
  CHECK(world.enroll(secret, device_secret(2)).reason() == "group_protected");
  CHECK(world.ask("DELETE", "/api/groups/2").status == 200);
  CHECK(world.ask("GET", "/api/setup-keys/2").status == 404);
}

TEST_CASE("addresses are counted: all, held, and resting for a day") {
  Shop world;
  for (int i = 1; i <= 3; ++i) world.come(i, world.shop_key());
  world.ask("DELETE", "/api/devices/2");
  const auto use = [&] {
    return world.database().read([&](const Snapshot& snapshot) {
      return count_addresses(snapshot, NetworkId{2}, world.clock.now());
    });
  };
  CHECK(use().all == 6);
  CHECK(use().held == 2);
  CHECK(use().resting == 1);
  world.clock.pass(24 * 3600 + 1);
  CHECK(use().resting == 0);
}

// What claiming an address costs, in steps of SQLite's machine: no clock, no luck.
std::int64_t steps_of_claim(World& world) {
  return world.database().write([&](Transaction& tx) {
    tx.run("DELETE FROM addresses WHERE network_id = 2 AND device_id = 1");
    const auto taken = [&] {
      auto steps = tx.query(
          "SELECT coalesce(sum(nstep), 0) FROM sqlite_stmt"
          " WHERE sql LIKE 'UPDATE%' OR sql LIKE 'INSERT%'");
      steps.step();
      return steps.integer();
    };
    const auto before = taken();
    claim_address(tx, NetworkId{2}, DeviceId{1}, world.clock.now());
    return taken() - before;
  });
}

TEST_CASE("an address is found in as few steps in a full /16 as in an empty one") {
  World world;
  world.make_network("wide", "10.1.0.0/16");
  world.enroll(world.make_key(R"("type": "reusable")"), device_secret(1));
  const auto empty = steps_of_claim(world);
  world.run(
      "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 65534)"
      " INSERT INTO addresses (network_id, address, freed_at) SELECT 2, first_address + i, " +
      std::to_string(world.clock.now()) + " FROM n, networks WHERE id = 2");
  world.run("UPDATE networks SET high_water = last_address - 1 WHERE id = 2");

  const auto resting = steps_of_claim(world);
  world.clock.pass(24 * 3600 + 1);
  const auto rested = steps_of_claim(world);

  INFO("empty " << empty << ", all resting " << resting << ", all rested " << rested);
  CHECK(empty > 20);
  CHECK(resting < empty + 50);
  CHECK(rested < empty + 50);
}

}  // namespace
}  // namespace muster
