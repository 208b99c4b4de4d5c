#include "tests/catch.h"
#include "tests/world.h"

// Groups, as NetBird's clients manage them.

namespace muster {
namespace {

using Json = nlohmann::json;

// A world with three devices.
struct Fleet : World {
  Fleet() {
    const std::string key = make_key(R"("type": "reusable")");
    for (int i = 1; i <= 3; ++i) enroll(key, device_secret(i));
  }
};

TEST_CASE("a fresh server has the group All, which holds every living device") {
  Fleet world;
  world.ask("DELETE", "/api/devices/2");
  const auto groups = world.ask("GET", "/api/groups").json();
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].at("id") == "1");
  CHECK(groups[0].at("name") == "All");
  CHECK(groups[0].at("peers_count") == 2);
  CHECK(groups[0].at("peers") ==
        Json{{{"id", "1"}, {"name", "till"}}, {{"id", "3"}, {"name", "till-3"}}});
}

TEST_CASE("a new group has every member that clients know") {
  World world;
  const auto group = world.ask("POST", "/api/groups", R"({"name": " tills "})").json();
  CHECK(group.at("id") == "2");
  CHECK(group.at("name") == "tills");
  CHECK(group.at("peers_count") == 0);
  CHECK(group.at("resources_count") == 0);
  CHECK(group.at("issued") == "api");
  CHECK(group.at("peers") == Json::array());
  CHECK(group.at("resources") == Json::array());
  CHECK(group.at("is_protected") == false);
  CHECK(group.at("requires_approval") == false);
  CHECK(world.ask("GET", "/api/groups/2").json() == group);
}

TEST_CASE("a group is found by its exact name, or 404 says so") {
  World world;
  world.make_group("tills");
  const auto found = world.ask("GET", "/api/groups?name=tills").json();
  REQUIRE(found.size() == 1);
  CHECK(found[0].at("name") == "tills");
  for (const char* name : {"Tills", "till", ""}) {
    const Answer answer = world.ask("GET", std::string{"/api/groups?name="} + name);
    CHECK(answer.status == 404);
    CHECK(answer.message() == std::string{"group: "} + name + " not found");
  }
}

TEST_CASE("names of groups are there and unique") {
  World world;
  world.make_group("tills");
  const Answer taken = world.ask("POST", "/api/groups", R"({"name": "tills"})");
  CHECK(taken.status == 409);
  CHECK(taken.message() == "group with name tills already exists");
  CHECK(world.ask("POST", "/api/groups", R"({"name": "All"})").status == 409);
  for (const char* body : {"{}", R"({"name": ""})", R"({"name": "  "})"}) {
    const Answer empty = world.ask("POST", "/api/groups", body);
    CHECK(empty.status == 422);
    CHECK(empty.message() == "group name shouldn't be empty");
  }
}

TEST_CASE("the name of a deleted group is free again") {
  World world;
  world.ask("DELETE", "/api/groups/" + world.make_group("tills"));
  CHECK(world.make_group("tills") == "3");
}

TEST_CASE("a group may begin with devices, each of which must live") {
  Fleet world;
  const auto group = world.ask("POST", "/api/groups", R"({"name": "a", "peers": ["3", "1"]})");
  CHECK(group.json().at("peers") ==
        Json{{{"id", "3"}, {"name", "till-3"}}, {{"id", "1"}, {"name", "till"}}});
  world.ask("DELETE", "/api/devices/2");
  const std::string before = world.stored();
  for (const char* id : {"2", "99", "0", "", "1x", "-1", "till"}) {
    INFO(id);
    const Answer answer =
        world.ask("POST", "/api/groups", Json{{"name", "b"}, {"peers", {"1", id}}}.dump());
    CHECK(answer.status == 422);
  }
  CHECK((world.stored() == before));
}

TEST_CASE("PUT replaces a group whole: without peers it is emptied") {
  Fleet world;
  world.ask("POST", "/api/groups", R"({"name": "a", "peers": ["1", "2"]})");
  const auto after = world.ask("PUT", "/api/groups/2", R"({"name": "b", "peers": ["2", "3"]})");
  CHECK(after.json().at("name") == "b");
  CHECK(after.json().at("peers_count") == 2);
  CHECK(world.ask("GET", "/api/devices/1").json().at("groups").size() == 1);
  CHECK(world.ask("PUT", "/api/groups/2", R"({"name": "b"})").json().at("peers") == Json::array());
}

TEST_CASE("PATCH changes what it names and nothing else") {
  Fleet world;
  world.ask("POST", "/api/groups", R"({"name": "a", "peers": ["1"], "requires_approval": true})");
  auto expected = world.ask("GET", "/api/groups/2").json();
  expected["name"] = "b";
  expected["stopped_keys"] = Json::array();
  CHECK(world.ask("PATCH", "/api/groups/2", R"({"name": "b"})").json() == expected);
  expected["peers"] = Json::array();
  expected["peers_count"] = 0;
  CHECK(world.ask("PATCH", "/api/groups/2", R"({"peers": []})").json() == expected);
}

TEST_CASE("who comes into a group and who leaves it is written down, who stays is not") {
  Fleet world;
  world.ask("POST", "/api/groups", R"({"name": "a", "peers": ["1", "2"]})");
  const auto head = world.number("SELECT max(id) FROM audit_log");
  world.ask("PUT", "/api/groups/2", R"({"name": "a", "peers": ["2", "3", "3"]})");
  CHECK(world.audit_codes(head) == std::vector<std::string>{"peer.group.delete", "peer.group.add"});
}

TEST_CASE("a group cannot take another's name, or none") {
  World world;
  world.make_group("a");
  world.make_group("b");
  for (const char* method : {"PUT", "PATCH"}) {
    CHECK(world.ask(method, "/api/groups/2", R"({"name": "b"})").status == 409);
    CHECK(world.ask(method, "/api/groups/2", R"({"name": ""})").status == 422);
    CHECK(world.ask(method, "/api/groups/2", R"({"name": "a"})").status == 200);
  }
  CHECK(world.ask("PUT", "/api/groups/2", "{}").message() == "group name shouldn't be empty");
}

TEST_CASE("who issued a group cannot be changed") {
  World world;
  world.make_group("a");
  CHECK(
      world.ask("PUT", "/api/groups/2", R"({"name": "a", "issued": "jwt"})").json().at("issued") ==
      "api");
}

TEST_CASE("All can be neither renamed, filled nor deleted") {
  Fleet world;
  const std::string before = world.stored();
  for (const char* method : {"PUT", "PATCH"})
    for (const char* body : {R"({"name": "Every"})", R"({"name": "All", "peers": []})"}) {
      const Answer answer = world.ask(method, "/api/groups/1", body);
      CHECK(answer.status == 422);
      CHECK(answer.message() == "updating group all is not allowed");
    }
  const Answer answer = world.ask("DELETE", "/api/groups/1");
  CHECK(answer.status == 400);
  CHECK(answer.message() == "deleting group ALL is not allowed");
  CHECK((world.stored() == before));
}

TEST_CASE("a group that is not there answers 404, to DELETE 400, before its body is read") {
  World world;
  const auto* id = GENERATE("99", "0", "abc", "99999999999999999999");
  const std::string path = std::string{"/api/groups/"} + id;
  const std::string message = std::string{"group: "} + id + " not found";
  for (const Answer& answer : {world.ask("GET", path), world.ask("PUT", path, "{"),
                               world.ask("PATCH", path, R"({"name": "x"})")}) {
    CHECK(answer.status == 404);
    CHECK(answer.message() == message);
  }
  CHECK(world.ask("DELETE", path).status == 400);
  CHECK(world.ask("DELETE", path).message() == message);
}

TEST_CASE("a group that a working key names cannot be deleted") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("tills");
  const auto key = world.make_key_object(R"("type": "reusable", "auto_groups": ["tills"])");
  const std::string before = world.stored();
  const Answer answer = world.ask("DELETE", path);
  CHECK(answer.status == 400);
  CHECK(answer.message() == "group has been linked to setup key: test");
  CHECK((world.stored() == before));
}

TEST_CASE("a group named only by keys that no longer work is deleted, and they lose it") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("tills");
  const std::string tail = R"(, "auto_groups": ["tills"])";
  const auto revoked = world.make_key_object(R"("type": "reusable")" + tail);
  world.make_key(R"("type": "reusable", "expires_in": 60)" + tail);
  world.enroll(world.make_key(R"("type": "one-off")" + tail), device_secret(1));
  const std::string key_path = "/api/setup-keys/" + revoked.at("id").get<std::string>();
  world.ask("PUT", key_path, R"({"revoked": true})");
  world.clock.pass(60);

  CHECK(world.ask("DELETE", path).body == "{}");
  CHECK(world.ask("GET", path).status == 404);
  CHECK(world.ask("GET", key_path).json().at("auto_groups") == Json::array());
  CHECK(world.ask("GET", "/api/devices/1").json().at("groups").size() == 1);
}

TEST_CASE("a group keeps its devices in the order in which they came") {
  Fleet world;
  world.make_group("a");
  for (const char* id : {"3", "1", "2"})
    world.ask("PATCH", std::string{"/api/devices/"} + id, R"({"groups": ["a"]})");
  std::vector<std::string> ids;
  const auto group = world.ask("GET", "/api/groups/2").json();
  for (const auto& peer : group.at("peers")) ids.push_back(peer.at("id"));
  CHECK(ids == std::vector<std::string>{"3", "1", "2"});
}

TEST_CASE("a device that is not there is named as it was sent") {
  World world;
  const Answer answer = world.ask("POST", "/api/groups", R"({"name": "a", "peers": ["abc"]})");
  CHECK(answer.status == 422);
  CHECK(answer.message() == "peer not found: abc");
}

TEST_CASE("a name that reads backwards or hides characters is refused") {
  World world;
  for (const std::string name : {"\u202etills", "ti\u200blls", "\u2066tills"})
    CHECK(world.ask("POST", "/api/groups", nlohmann::json{{"name", name}}.dump()).status == 422);
}

}  // namespace
}  // namespace muster
