#include "tests/catch.h"
#include "tests/world.h"

// Lists of devices: filters, and the cursor that leads on.

namespace muster {
namespace {

std::string ids_of(const Answer& answer) {
  std::string ids;
  const auto devices = answer.json();
  for (const auto& device : devices) ids += device.at("id").get<std::string>() + " ";
  return ids;
}

// 1 till of key 2; 2 waiting pc of key 3; 3 removed; 4 till in group `tills`, offline.
struct Fleet : World {
  Fleet() {
    make_group("tills");
    const std::string plain = make_key(R"("type": "reusable")");
    const std::string strict = make_key(R"("type": "reusable", "requires_approval": true)");
    enroll(plain, device_secret(1));
    enroll(strict, device_secret(2), R"(, "hostname": "Ana's_PC", "os": "windows")");
    enroll(plain, device_secret(3));
    enroll(plain, device_secret(4));
    ask("DELETE", "/api/devices/3");
    ask("PATCH", "/api/devices/4", R"({"groups": ["tills"]})");
    ask_as_device(device_secret(4), "/api/agent/leave", R"({"how": "down"})");
  }
  std::string list(const std::string& query) { return ids_of(ask("GET", "/api/devices?" + query)); }
};

TEST_CASE("a list has all that live, or what its filters leave") {
  struct Row {
    const char* query;
    const char* ids;
  };
  const auto row =
      GENERATE(Row{"", "1 2 4 "}, Row{"status=connected", "1 4 "}, Row{"status=waiting", "2 "},
               Row{"status=removed", "3 "}, Row{"online=true", "1 2 "}, Row{"online=false", "4 "},
               Row{"group=2", "4 "}, Row{"group=1", "1 2 4 "}, Row{"group=99", ""},
               Row{"setup_key_id=2", "1 4 "}, Row{"setup_key_id=3", "2 "},
               Row{"setup_key_id=99", ""}, Row{"os=windows", "2 "}, Row{"os=plan9", ""},
               Row{"search=till", "1 4 "}, Row{"search=TILL", "1 4 "}, Row{"search=pc", "2 "},
               Row{"search=100.64.0.1", "1 "}, Row{"search=a's_p", "2 "}, Row{"search=%", ""},
               Row{"search=_", "2 "}, Row{"search=\\", ""}, Row{"after=1", "2 4 "},
               Row{"after=4", ""}, Row{"status=connected&group=2&os=linux&search=till", "4 "});
  Fleet world;
  INFO(row.query);
  CHECK(world.list(row.query) == row.ids);
}

TEST_CASE("a filter that cannot be read is refused, not ignored") {
  const auto* query =
      GENERATE("status=alive", "online=yes", "group=x", "group=-1", "group=1x", "setup_key_id=%",
               "setup_key_id=0", "group=0", "after=-1", "after=x", "after=99999999999999999999",
               "limit=0", "limit=-1", "limit=1001", "limit=x", "limit=", "limit=1.5");
  Fleet world;
  INFO(query);
  const Answer answer = world.ask("GET", std::string{"/api/devices?"} + query);
  CHECK(answer.status == 422);
  CHECK(answer.reason() == "invalid");
}

TEST_CASE("a long list comes in pages, and Link leads to each of the others") {
  Fleet world;
  std::string all;
  std::string path = "/api/devices?limit=1&status=connected";
  for (int page = 0; page < 10 && !path.empty(); ++page) {
    const Answer answer = world.ask("GET", path);
    all += ids_of(answer) + "| ";
    path.clear();
    const auto link = answer.headers.find("Link");
    if (link == answer.headers.end()) break;
    REQUIRE(link->second.ends_with(">; rel=\"next\""));
    path = link->second.substr(1, link->second.find('>') - 1);
    CHECK(path.find("status=connected&") != std::string::npos);
    CHECK(path.find("limit=1&") != std::string::npos);
  }
  CHECK((all == "1 | 4 | " || all == "1 | 4 |  | "));
}

TEST_CASE("the filter for who is online fills its pages, too") {
  Fleet world;
  const Answer first = world.ask("GET", "/api/devices?online=false&limit=1");
  CHECK(ids_of(first) == "4 ");
  const Answer none = world.ask("GET", "/api/devices?online=true&limit=1&after=2");
  CHECK(ids_of(none).empty());
  CHECK(!none.headers.contains("Link"));
}

TEST_CASE("a page has at most 1,000 devices") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  world.enroll(key, device_secret(0));
  world.run(
      "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
      " INSERT INTO devices (name, hostname, os, os_version, arch, agent_version, machine_id,"
      " secret_hash, setup_key_id, enrolled_with_hash, enrolled_at, enrolled_from, ephemeral,"
      " ephemeral_seconds) SELECT 'd' || i, '', 'linux', '', '', '', '', randomblob(32), 2,"
      " zeroblob(32), 0, '', 0, 600 FROM n");
  std::size_t count = 0;
  std::string path = "/api/devices";
  for (int page = 0; page < 3; ++page) {
    const Answer answer = world.ask("GET", path);
    count += answer.json().size();
    CHECK(answer.headers.contains("Link") == (page < 2));
    if (page == 2) break;
    const std::string link = answer.headers.at("Link");
    path = link.substr(1, link.find('>') - 1);
  }
  CHECK(count == 2500);
}

TEST_CASE("a key's devices are listed with the same filters") {
  Fleet world;
  CHECK(ids_of(world.ask("GET", "/api/setup-keys/2/devices")) == "1 4 ");
  CHECK(ids_of(world.ask("GET", "/api/setup-keys/2/devices?status=removed")) == "3 ");
  CHECK(ids_of(world.ask("GET", "/api/setup-keys/2/devices?setup_key_id=3")) == "1 4 ");
  const Answer page = world.ask("GET", "/api/setup-keys/2/devices?limit=1");
  CHECK(page.headers.at("Link").starts_with("</api/setup-keys/2/devices?limit=1&after=1>"));
  CHECK(world.ask("GET", "/api/setup-keys/99/devices").status == 404);
}

}  // namespace
}  // namespace muster
