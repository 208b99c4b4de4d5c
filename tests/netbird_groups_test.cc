#include "tests/netbird.h"

// /api/groups, line by line as NetBird's clients know it, and where Muster differs.

namespace muster {
namespace {

TEST_CASE("contract: every refusal about groups has its status and its words") {
  check_lines({
      {"GET", "/api/groups?name=nobody", "", 404, "group: nobody not found", "not_found"},
      {"GET", "/api/groups/99", "", 404, "group: 99 not found"},
      {"GET", "/api/groups/abc", "", 404, "group: abc not found"},
      {"POST", "/api/groups", "", 400, "couldn't parse JSON request"},
      {"POST", "/api/groups", "null", 400, "couldn't parse JSON request"},
      {"POST", "/api/groups", "{}", 422, "group name shouldn't be empty", "invalid"},
      {"POST", "/api/groups", R"({"name": ""})", 422, "group name shouldn't be empty"},
      {"POST", "/api/groups", R"({"name": "tills"})", 409, "group with name tills already exists",
       "conflict"},
      {"POST", "/api/groups", R"({"name": "n", "peers": ["99"]})", 422, nullptr},
      {"PUT", "/api/groups/99", "{", 404, "group: 99 not found"},
      {"PUT", "/api/groups/2", "{", 400, "couldn't parse JSON request"},
      {"PUT", "/api/groups/2", R"({"name": ""})", 422, "group name shouldn't be empty"},
      {"PUT", "/api/groups/2", R"({"name": "vault"})", 409, "group with name vault already exists"},
      {"PUT", "/api/groups/1", R"({"name": "All", "peers": []})", 422,
       "updating group all is not allowed"},
      {"DELETE", "/api/groups/99", "", 400, "group: 99 not found", "bad_request"},
      {"DELETE", "/api/groups/abc", "", 400, "group: abc not found"},
      {"DELETE", "/api/groups/1", "", 400, "deleting group ALL is not allowed"},
      {"DELETE", "/api/groups/2", "", 400, "group has been linked to setup key: Shop"},
      {"DELETE", "/api/groups/3", "", 200},
      {"POST", "/api/groups", R"({"Name": "n", "peers": null, "resources": null})", 200},
  });
}

TEST_CASE("contract: a group has NetBird's seven members, arrays never null") {
  Shop shop;
  const auto group = shop.ask("GET", "/api/groups/3").json();
  CHECK(group.at("id") == "3");
  CHECK(group.at("name") == "vault");
  CHECK(group.at("peers_count") == 0);
  CHECK(group.at("resources_count") == 0);
  CHECK(group.at("issued") == "api");
  CHECK(group.at("peers") == Json::array());
  CHECK(group.at("resources") == Json::array());
  CHECK(shop.ask("GET", "/api/groups?name=vault").json() == Json::array({group}));
}

TEST_CASE("contract: the list holds All with every device, and each group's own") {
  Shop shop;
  const auto groups = shop.ask("GET", "/api/groups").json();
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].at("name") == "All");
  CHECK(groups[0].at("peers_count") == 2);
  CHECK(groups[1].at("peers") ==
        Json{{{"id", "1"}, {"name", "till"}}, {{"id", "2"}, {"name", "till-2"}}});
}

TEST_CASE("contract: PUT replaces the group: order kept, peers left out are gone, ours stay") {
  Shop shop;
  const auto put = [&](const char* body) { return shop.ask("PUT", "/api/groups/3", body).json(); };
  auto group = put(R"({"name": "vault", "peers": ["2", "1"], "issued": "jwt"})");
  CHECK(group.at("peers")[0].at("id") == "2");
  CHECK(group.at("peers")[1].at("id") == "1");
  CHECK(group.at("issued") == "api");
  CHECK(group.at("is_protected") == true);
  group = put(R"({"name": "safe"})");
  CHECK(group.at("name") == "safe");
  CHECK(group.at("peers") == Json::array());
  CHECK(group.at("is_protected") == true);
  CHECK(shop.ask("GET", "/api/groups/3").json().at("is_protected") == true);
}

TEST_CASE("contract: a group named by keys that no longer work is deleted, and they lose it") {
  Shop shop;
  shop.ask("PUT", "/api/setup-keys/2", R"({"revoked": true})");
  CHECK(shop.ask("DELETE", "/api/groups/2").body == "{}");
  CHECK(shop.ask("GET", "/api/groups/2").status == 404);
  CHECK(shop.ask("GET", "/api/setup-keys/2").json().at("auto_groups") == Json::array());
}

TEST_CASE("a long group is listed whole") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  for (int i = 1; i <= 501; ++i) world.enroll(key, device_secret(i));
  const auto group = world.ask("GET", "/api/groups/1").json();
  CHECK(group.at("peers").size() == 501);
  CHECK(group.at("peers_count") == 501);
  CHECK(world.ask("GET", "/api/peers").json().size() == 501);
}

}  // namespace
}  // namespace muster
