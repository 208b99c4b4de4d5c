#include "server/device_search.h"

#include "server/upkeep.h"
#include "tests/catch.h"
#include "tests/world.h"

// Finding devices by a part of a name or address, before and after upkeep has brought them in.

namespace muster {
namespace {

std::string ids_of(const Answer& answer) {
  std::string ids;
  const auto devices = answer.json();
  for (const auto& device : devices) ids += device.at("id").get<std::string>() + " ";
  return ids;
}

// 1 `shop-till`, 2 `Anas-PC` on machine `büro_1`, 3 removed `old-till`.
struct Shop : World {
  Shop() {
    key = make_key(R"("type": "reusable")");
    enroll(key, device_secret(1), R"(, "hostname": "shop-till")");
    enroll(key, device_secret(2), R"(, "hostname": "büro_1")");
    ask("PATCH", "/api/devices/2", R"({"name": "Anas-PC"})");
    enroll(key, device_secret(3), R"(, "hostname": "old-till")");
    ask("DELETE", "/api/devices/3");
  }
  void index() {
    while (database().read([](const Snapshot& snapshot) { return has_unindexed(snapshot); }))
      database().write([](Transaction& tx) { index_devices(tx, 2); });
  }
  std::string find(const std::string& query) { return ids_of(ask("GET", "/api/devices?" + query)); }

  std::string key;
};

TEST_CASE("a device is found by any part of its names and addresses, indexed or not") {
  struct Row {
    const char* query;
    const char* ids;
  };
  const auto row =
      GENERATE(Row{"search=till", "1 "}, Row{"search=OP-TI", "1 "}, Row{"search=p-t", "1 "},
               Row{"search=anas-pc", "2 "}, Row{"search=büro", "2 "}, Row{"search=ro_1", "2 "},
               Row{"search=roX1", ""}, Row{"search=100.64.0.", "1 2 "}, Row{"search=64.0.2", "2 "},
               Row{"search=%%%", ""}, Row{"search=___", ""}, Row{"search=\"'\"", ""},
               Row{"search=no such", ""}, Row{"search=ti", "1 "}, Row{"search=ü", "2 "},
               Row{"search=till&status=removed", "3 "});
  const bool is_indexed = GENERATE(false, true);
  Shop world;
  if (is_indexed) world.index();
  INFO(row.query << (is_indexed ? ", indexed" : ", not indexed"));
  CHECK(world.find(row.query) == row.ids);
}

TEST_CASE("a renamed device is found by its new name at once and by its old one no more") {
  Shop world;
  world.index();
  world.ask("PATCH", "/api/devices/1", R"({"name": "counter-7"})");
  world.ask_as_device(device_secret(1), "/api/agent/heartbeat", R"({"hostname": "fresh-box"})");
  const auto check = [&] {
    CHECK(world.find("search=counter") == "1 ");
    CHECK(world.find("search=fresh-b") == "1 ");
    CHECK(world.find("search=shop-till").empty());
  };
  check();
  world.index();
  check();
}

TEST_CASE("a device is found by the address it was moved to") {
  Shop world;
  world.index();
  world.ask("PUT", "/api/peers/1", R"({"name": "shop-till", "ip": "100.64.9.9"})");
  CHECK(world.find("search=100.64.9.9") == "1 ");
  world.index();
  CHECK(world.find("search=100.64.9.9") == "1 ");
  CHECK(world.find("search=100.64.0.1").empty());
}

TEST_CASE("a forgotten device leaves the search with its row") {
  Shop world;
  world.enroll(world.make_key(R"("type": "reusable", "ephemeral": true)"), device_secret(4),
               R"(, "hostname": "runner")");
  world.ask("DELETE", "/api/devices/4");
  world.index();
  world.clock.pass(91 * 86400);
  world.database().write([&](Transaction& tx) { return purge(tx, world.clock.now()); });
  CHECK(world.number("SELECT count(*) FROM devices WHERE id = 4") == 0);
  CHECK(world.number("SELECT count(*) FROM device_search WHERE words LIKE '%runner%'") == 0);
}

TEST_CASE("a cursor leads through all that a search finds") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  for (int i = 0; i < 12; ++i) world.enroll(key, device_secret(i), R"(, "hostname": "pos-term")");
  std::string found;
  std::string after = "0";
  for (int page = 0; page < 4; ++page) {
    const auto ids = world.ask("GET", "/api/devices?search=pos-term&limit=5&after=" + after).json();
    for (const auto& device : ids) found += (after = device.at("id").get<std::string>()) + " ";
  }
  CHECK(found == "1 2 3 4 5 6 7 8 9 10 11 12 ");
}

}  // namespace
}  // namespace muster
