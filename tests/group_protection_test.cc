#include "tests/catch.h"
#include "tests/world.h"

// Protected groups admit one-time keys only, and a key that names one is refused whole.

namespace muster {
namespace {

using Json = nlohmann::json;

constexpr const char* kRefused =
    "invalid auto groups: group servers is protected and takes one-off keys only";

TEST_CASE("only a key with usage limit 1 can name a protected group") {
  World world;
  world.make_group("servers", true);
  const auto make = [&](const std::string& members) {
    return world.ask("POST", "/api/setup-keys",
                     R"({"name": "n", "auto_groups": ["servers"], )" + members + "}");
  };
  CHECK(make(R"("type": "one-off")").status == 200);
  CHECK(make(R"("type": "reusable", "usage_limit": 1)").status == 200);
  for (const char* members : {R"("type": "reusable")", R"("type": "reusable", "usage_limit": 2)"}) {
    const Answer answer = make(members);
    CHECK(answer.status == 422);
    CHECK(answer.reason() == "group_protected");
    CHECK(answer.message() == kRefused);
  }
}

TEST_CASE("a reusable key cannot be changed to name a protected group") {
  World world;
  world.make_group("servers", true);
  world.make_key(R"("type": "reusable")");
  world.make_key(R"("type": "one-off")");
  const Answer answer = world.ask("PUT", "/api/setup-keys/2", R"({"auto_groups": ["servers"]})");
  CHECK(answer.status == 422);
  CHECK(answer.reason() == "group_protected");
  CHECK(answer.message() == kRefused);
  CHECK(world.ask("PUT", "/api/setup-keys/3", R"({"auto_groups": ["servers"]})").status == 200);
}

TEST_CASE("a one-time key enrolls into a protected group") {
  World world;
  const std::string group = world.make_group("servers", true);
  const std::string key = world.make_key(R"("type": "one-off", "auto_groups": ["servers"])");
  const auto answer = world.enroll(key, device_secret(1)).json();
  CHECK(answer.at("groups").at(1) == Json{{"id", group}, {"name", "servers"}});
}

TEST_CASE("protecting a group names the working keys that it stops") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("servers");
  const std::string tail = R"(, "auto_groups": ["servers"])";
  world.make_key(R"("type": "one-off")" + tail);                     // 2
  world.make_key(R"("type": "reusable")" + tail);                    // 3
  world.make_key(R"("type": "reusable", "usage_limit": 2)" + tail);  // 4
  world.make_key(R"("type": "reusable", "expires_in": 1)" + tail);   // 5
  world.make_key(R"("type": "reusable")" + tail);                    // 6
  world.make_key(R"("type": "reusable")");                           // 7
  world.ask("DELETE", "/api/setup-keys/6");
  world.clock.pass(1);

  const auto answer = world.ask("PATCH", path, R"({"is_protected": true})").json();
  CHECK(answer.at("is_protected") == true);
  CHECK(answer.at("stopped_keys") ==
        Json{{{"id", "3"}, {"name", "test"}}, {{"id", "4"}, {"name", "test"}}});
  CHECK(world.ask("PATCH", path, R"({"is_protected": true})").json().at("stopped_keys").empty());
}

TEST_CASE("a stopped key is valid, blocked by the group, and lets nobody in until it is lifted") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("servers");
  const auto key = world.make_key_object(R"("type": "reusable", "auto_groups": ["servers"])");
  const auto state = [&] { return world.ask("GET", "/api/setup-keys/2").json(); };
  world.enroll(key.at("key"), device_secret(1));
  world.ask("PATCH", path, R"({"is_protected": true})");

  CHECK(state().at("blocked_by") == Json{"servers"});
  CHECK(state().at("state") == "valid");
  const std::string before = world.stored();
  const Answer refused = world.enroll(key.at("key"), device_secret(2));
  CHECK(refused.status == 403);
  CHECK(refused.reason() == "group_protected");
  CHECK(refused.message().find("servers") != std::string::npos);
  CHECK((world.stored() == before));

  world.ask("PATCH", path, R"({"is_protected": false})");
  CHECK(state().at("blocked_by") == Json::array());
  CHECK(world.enroll(key.at("key"), device_secret(2)).status == 200);
}

TEST_CASE("devices that are in a group stay when it is protected") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("servers");
  world.enroll(world.make_key(R"("type": "reusable", "auto_groups": ["servers"])"),
               device_secret(1));
  world.ask("PATCH", path, R"({"is_protected": true})");
  CHECK(world.ask("GET", path).json().at("peers_count") == 1);
}

TEST_CASE("PUT and PATCH leave the protection as it is when they say nothing of it") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("servers", true);
  world.ask("PATCH", path, R"({"requires_approval": true})");
  for (const char* method : {"PUT", "PATCH"}) {
    const auto group = world.ask(method, path, R"({"name": "servers"})").json();
    CHECK(group.at("is_protected") == true);
    CHECK(group.at("requires_approval") == true);
    CHECK(world.ask(method, path, R"({"name": "servers", "is_protected": null})")
              .json()
              .at("is_protected") == true);
  }
  CHECK(world.ask("PUT", path, R"({"name": "servers", "is_protected": false})")
            .json()
            .at("is_protected") == false);
}

TEST_CASE("a protected All lets in one-time keys only") {
  World world;
  const std::string once = world.make_key(R"("type": "one-off")");
  const std::string many = world.make_key(R"("type": "reusable")");
  const auto answer = world.ask("PUT", "/api/groups/1", R"({"is_protected": true})");
  REQUIRE(answer.status == 200);
  CHECK(answer.json().at("stopped_keys") ==
        Json{{{"id", "1"}, {"name", "default"}}, {{"id", "3"}, {"name", "test"}}});
  CHECK(world.enroll(many, device_secret(1)).reason() == "group_protected");
  CHECK(world.enroll(once, device_secret(1)).status == 200);
  CHECK(world.ask("GET", "/api/setup-keys/3").json().at("blocked_by") == Json{"All"});
}

TEST_CASE(
    "an administrator may put a device into a protected group by hand, and it is written down") {
  World world;
  const std::string group = world.make_group("servers", true);
  world.enroll(world.make_key(R"("type": "reusable")"), device_secret(1));
  const auto head = world.number("SELECT max(id) FROM audit_log");

  CHECK(world.ask("PATCH", "/api/devices/1", R"({"groups": ["servers"]})").status == 200);
  CHECK(world.ask("GET", "/api/groups/" + group).json().at("peers_count") == 1);
  CHECK(world.audit_codes(head) == std::vector<std::string>{"peer.group.add"});
}

TEST_CASE("a key's other facts are named before the protection of its group") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("servers");
  const std::string key =
      world.make_key(R"("type": "reusable", "expires_in": 60, "auto_groups": ["servers"])");
  world.ask("PATCH", path, R"({"is_protected": true})");
  world.clock.pass(60);
  CHECK(world.enroll(key, device_secret(1)).reason() == "key_expired");
}

}  // namespace
}  // namespace muster
