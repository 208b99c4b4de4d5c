#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// The lists as CSV files.

namespace muster {
namespace {

std::vector<std::string> rows_of(const Answer& answer) {
  std::vector<std::string> rows;
  std::string rest = answer.body;
  for (auto end = rest.find("\r\n"); end != std::string::npos; end = rest.find("\r\n")) {
    rows.push_back(rest.substr(0, end));
    rest.erase(0, end + 2);
  }
  CHECK(rest.empty());
  return rows;
}

std::string key_named(World& world, const std::string& name) {
  const nlohmann::json body{{"name", name}, {"type", "reusable"}, {"tags", {"shop 1", "b"}}};
  return world.ask("POST", "/api/setup-keys", body.dump()).json().at("key").get<std::string>();
}

TEST_CASE("each list is a CSV file for programs and for browsers, named by its day") {
  World world;
  Browser person{world};
  person.sign_in_as("auditor");
  world.enroll(key_named(world, "Till"), device_secret(1));
  world.ask("POST", "/api/install-links", R"({"recipient": "Miller"})");
  const std::pair<std::string, std::string> lists[]{{"setup-keys", "keys"},
                                                    {"install-links", "links"},
                                                    {"devices", "devices"},
                                                    {"events", "audit"}};
  for (const auto& [noun, page] : lists) {
    INFO(noun);
    const Answer api = world.ask("GET", "/api/" + noun + "?format=csv");
    const Answer shown = person.get("/" + page + ".csv");
    for (const Answer& answer : {api, shown}) {
      CHECK(answer.status == 200);
      CHECK(answer.headers.at("Content-Type") == "text/csv; charset=UTF-8");
      CHECK(answer.headers.at("Content-Disposition") ==
            "attachment; filename=\"muster-" + page + "-2027-01-15.csv\"");
      const auto rows = rows_of(answer);
      CHECK(rows.size() >= 2);
      CHECK(rows.front().starts_with("id,"));
    }
    CHECK(world.ask("GET", "/api/" + noun + "?format=xls").status == 422);
  }
}

TEST_CASE("rows follow the filter of the list") {
  World world;
  Browser person{world};
  person.sign_in_as();
  key_named(world, "Till 1");
  key_named(world, "Office");
  for (const Answer& answer : {world.ask("GET", "/api/setup-keys?format=csv&search=Till"),
                               person.get("/keys.csv?search=Till&page=7")}) {
    const auto rows = rows_of(answer);
    REQUIRE(rows.size() == 2);
    CHECK(rows[1].starts_with("2,Till 1,mkey_"));
    CHECK(rows[1].find(R"("shop 1, b")") != std::string::npos);
  }
  CHECK(rows_of(person.get("/devices.csv?state=online")).size() == 1);
  CHECK(rows_of(person.get("/links.csv?state=used")).size() == 1);
}

TEST_CASE("a cell that would be a formula gets an apostrophe, and quotes are doubled") {
  World world;
  for (const char* name : {"=1+1", "+49", "-1", "@sum", "=a,b", "say \"hi\"", "plain=1"})
    key_named(world, name);
  const Answer answer = world.ask("GET", "/api/setup-keys?format=csv");
  for (const char* cell : {",'=1+1,", ",'+49,", ",'-1,", ",'@sum,", R"(,"'=a,b",)",
                           R"(,"say ""hi""",)", ",plain=1,"}) {
    INFO(cell);
    CHECK(answer.body.find(cell) != std::string::npos);
  }
}

TEST_CASE("line breaks stay inside their cell") {
  World world;
  world.ask("POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "note": "a\nb"})");
  CHECK(world.ask("GET", "/api/setup-keys?format=csv").body.find("\"a\nb\"") != std::string::npos);
}

TEST_CASE("no file holds a secret") {
  World world;
  const auto key = key_named(world, "Till");
  const auto link = world.ask("POST", "/api/install-links", R"({"recipient": "M"})").json();
  world.enroll(key, device_secret(1));
  for (const char* noun : {"setup-keys", "install-links", "devices", "events"}) {
    INFO(noun);
    const Answer answer = world.ask("GET", std::string{"/api/"} + noun + "?format=csv");
    for (const std::string& secret :
         {key.substr(10), link.at("key").get<std::string>().substr(10), device_secret(1)})
      CHECK(answer.body.find(secret) == std::string::npos);
  }
}

TEST_CASE("a long list is whole, beyond the pages in which it is read") {
  World world;
  world.run(
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1200)"
      " INSERT INTO setup_keys (name, type, secret_hash, hint, created_at, updated_at)"
      " SELECT 'many ' || i, 'reusable', randomblob(32), 'mkey_' || i, 1, 1 FROM n");
  CHECK(rows_of(world.ask("GET", "/api/setup-keys?format=csv")).size() == 1202);
}

TEST_CASE("a member saves no list") {
  World world;
  Browser member{world};
  member.sign_in_as("member");
  for (const char* path : {"/keys.csv", "/links.csv", "/devices.csv", "/audit.csv"})
    CHECK(member.get(path).status == 403);
}

}  // namespace
}  // namespace muster
