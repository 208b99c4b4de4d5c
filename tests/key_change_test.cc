#include "tests/catch.h"
#include "tests/world.h"

// Changing, revoking and deleting keys; and the keys that are nobody's to revoke.

namespace muster {
namespace {

using Codes = std::vector<std::string>;

struct Made {
  World world;
  nlohmann::json key;
  std::string path;

  explicit Made(const std::string& members = R"("type": "reusable")")
      : key(world.make_key_object(members)),
        path("/api/setup-keys/" + key.at("id").get<std::string>()) {}
  Answer put(const std::string& body) { return world.ask("PUT", path, body); }
  std::int64_t head() { return world.number("SELECT max(id) FROM audit_log"); }
};

TEST_CASE("a revoked key is revoked from that moment on") {
  Made made;
  made.world.clock.pass(5);
  const auto key = made.put(R"({"revoked": true, "auto_groups": []})").json();
  CHECK(key.at("revoked") == true);
  CHECK(key.at("valid") == false);
  CHECK(key.at("state") == "revoked");
  CHECK(key.at("updated_at") == rfc3339(made.world.clock.now()));
  CHECK(made.world.enroll(made.key.at("key"), device_secret(1)).reason() == "key_revoked");
}

TEST_CASE("revoking twice answers 200 and writes no second row to the audit log") {
  Made made;
  const auto head = made.head();
  CHECK(made.put(R"({"revoked": true, "auto_groups": []})").status == 200);
  CHECK(made.put(R"({"revoked": true, "auto_groups": []})").status == 200);
  CHECK(made.world.audit_codes(head) == Codes{"setupkey.revoke"});
}

TEST_CASE("revoking is for good: leaving it out, or saying false, is refused") {
  Made made;
  made.put(R"({"revoked": true})");
  const auto* body = GENERATE(R"({"revoked": false, "auto_groups": []})", R"({"auto_groups": []})",
                              R"({"revoked": null})", "{}");
  const std::string before = made.world.stored();
  const Answer answer = made.put(body);
  CHECK(answer.status == 422);
  CHECK(answer.message() == "can't un-revoke a revoked setup key");
  CHECK((made.world.stored() == before));
}

TEST_CASE("groups of a revoked key change when the revocation is repeated") {
  Made made;
  const std::string group = made.world.make_group("tills");
  made.put(R"({"revoked": true})");
  const Answer answer = made.put(R"({"revoked": true, "auto_groups": ["tills"]})");
  CHECK(answer.status == 200);
  CHECK(answer.json().at("auto_groups") == nlohmann::json{group});
}

TEST_CASE("expired and used-up keys can be changed and revoked") {
  Made made{R"("type": "one-off", "expires_in": 60)"};
  made.world.enroll(made.key.at("key"), device_secret(1));
  CHECK(made.put(R"({"auto_groups": []})").json().at("state") == "overused");
  made.world.clock.pass(60);
  CHECK(made.put(R"({"auto_groups": []})").json().at("state") == "expired");
  const auto key = made.put(R"({"revoked": true})").json();
  CHECK(key.at("state") == "expired");
  CHECK(key.at("revoked") == true);
}

TEST_CASE("groups that a change leaves out stay, an empty list ends them") {
  Made made;
  const std::string a = made.world.make_group("a");
  const std::string b = made.world.make_group("b");
  const auto head = made.head();
  made.put(R"({"auto_groups": ["a", "b", "a"]})");
  CHECK(made.put("{}").json().at("auto_groups") == nlohmann::json{a, b, a});
  CHECK(made.put(R"({"auto_groups": ["b"]})").json().at("auto_groups") == nlohmann::json{b});
  CHECK(made.put(R"({"auto_groups": []})").json().at("auto_groups") == nlohmann::json::array());
  CHECK(made.world.audit_codes(made.head() - 2) ==
        Codes{"setupkey.group.delete", "setupkey.group.delete"});
  CHECK(made.head() > head + 3);
}

TEST_CASE("null for the groups is refused") {
  Made made;
  const Answer answer = made.put(R"({"auto_groups": null, "revoked": false})");
  CHECK(answer.status == 422);
  CHECK(answer.message() == "setup key autogroups field is invalid");
}

TEST_CASE("a refused change of groups leaves all of them") {
  Made made;
  made.world.make_group("a");
  made.put(R"({"auto_groups": ["a"]})");
  const std::string before = made.world.stored();
  CHECK(made.put(R"({"auto_groups": ["a", "x"], "revoked": true})").message() ==
        "invalid auto groups: group not found: x");
  CHECK(made.put(R"({"auto_groups": ["All"]})").message() ==
        "invalid auto groups: can't add 'all' group to the setup key");
  CHECK((made.world.stored() == before));
}

TEST_CASE("a changed key changes later devices, not those it admitted") {
  Made made;
  made.world.make_group("tills");
  made.world.enroll(made.key.at("key"), device_secret(1));
  made.put(R"({"auto_groups": ["tills"]})");
  made.world.enroll(made.key.at("key"), device_secret(2));
  const auto devices = made.world.ask("GET", "/api/devices").json();
  CHECK(devices[0].at("groups").size() == 1);
  CHECK(devices[1].at("groups").size() == 2);
}

TEST_CASE("everything else in a change is ignored") {
  Made made;
  const auto key =
      made.put(R"({"auto_groups": [], "name": "x", "usage_limit": 1, "expires_in": 1})").json();
  CHECK(key.at("name") == "test");
  CHECK(key.at("usage_limit") == 0);
  CHECK(key.at("expires") == "0001-01-01T00:00:00Z");
}

TEST_CASE("a key that is not there answers 404 and names what was asked for") {
  World world;
  const auto* id = GENERATE("99", "0", "abc", "99999999999999999999", "ch8i4ug6lnn4g9hqv7l0");
  const std::string path = std::string{"/api/setup-keys/"} + id;
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const Answer answer = world.ask(method, path, method == std::string{"PUT"} ? "{}" : "");
    CHECK(answer.status == 404);
    CHECK(answer.message() == std::string{"setup key: "} + id + " not found");
    CHECK(answer.reason() == "not_found");
  }
}

TEST_CASE("an unknown group is named before an unknown key") {
  World world;
  CHECK(world.ask("PUT", "/api/setup-keys/99", R"({"auto_groups": ["x"]})").status == 422);
}

TEST_CASE("a deleted key is gone from the API, and lets nobody in") {
  Made made;
  CHECK(made.world.ask("DELETE", made.path).body == "{}");
  CHECK(made.world.ask("GET", made.path).status == 404);
  CHECK(made.put("{}").status == 404);
  CHECK(made.world.ask("DELETE", made.path).status == 404);
  CHECK(made.world.ask("GET", made.path + "/devices").status == 404);
  CHECK(made.world.ask("GET", "/api/setup-keys").json().size() == 1);
  CHECK(made.world.enroll(made.key.at("key"), device_secret(1)).reason() == "key_revoked");
}

TEST_CASE("devices still name the deleted key that admitted them") {
  Made made;
  made.world.enroll(made.key.at("key"), device_secret(1));
  made.world.ask("DELETE", made.path);
  const auto device = made.world.ask("GET", "/api/devices/1").json();
  CHECK(device.at("setup_key_id") == made.key.at("id"));
  CHECK(device.at("setup_key_name") == "test");
}

TEST_CASE("the default key belongs to nobody and cannot be revoked or deleted") {
  World world;
  const auto key = world.ask("GET", "/api/setup-keys/1").json();
  CHECK(key.at("name") == "default");
  CHECK(key.at("network_default_of") == "1");
  CHECK(key.at("created_by_id").is_null());
  CHECK(key.at("type") == "reusable");
  CHECK(key.at("usage_limit") == 0);
  CHECK(key.at("expires") == "0001-01-01T00:00:00Z");
  const std::string before = world.stored();
  for (const Answer& answer : {world.ask("PUT", "/api/setup-keys/1", R"({"revoked": true})"),
                               world.ask("DELETE", "/api/setup-keys/1")}) {
    CHECK(answer.status == 422);
    CHECK(answer.reason() == "default_key");
  }
  CHECK((world.stored() == before));
}

TEST_CASE("the default key's groups can be changed") {
  World world;
  const std::string group = world.make_group("tills");
  CHECK(world.ask("PUT", "/api/setup-keys/1", R"({"auto_groups": ["tills"]})")
            .json()
            .at("auto_groups") == nlohmann::json{group});
}

TEST_CASE("a key counts its devices, living and online") {
  Made made;
  for (int i = 1; i <= 3; ++i) made.world.enroll(made.key.at("key"), device_secret(i));
  made.world.ask("DELETE", "/api/devices/1");
  made.world.ask_as_device(device_secret(2), "/api/agent/leave", R"({"how": "down"})");
  for (const auto& key : {made.world.ask("GET", made.path).json(),
                          made.world.ask("GET", "/api/setup-keys").json().back()}) {
    CHECK(key.at("devices_count") == 2);
    CHECK(key.at("devices_online") == 1);
    CHECK(key.at("used_times") == 3);
    CHECK(key.at("last_used") == rfc3339(made.world.clock.now()));
  }
  CHECK(made.world.ask("GET", made.path + "/devices").json().size() == 2);
  CHECK(made.world.ask("GET", made.path + "/devices?status=removed").json().size() == 1);
}

TEST_CASE(
    "a key can be revoked by a client that sends all of it, also when its group is protected") {
  World world;
  const std::string group = world.make_group("tills");
  const auto key =
      world.make_key_object(R"("type": "reusable", "auto_groups": [")" + group + "\"]");
  const std::string path = "/api/setup-keys/" + key.at("id").get<std::string>();
  world.ask("PATCH", "/api/groups/" + group, R"({"is_protected": true})");

  const Answer revoked =
      world.ask("PUT", path, R"({"revoked": true, "auto_groups": [")" + group + "\"]}");

  CHECK(revoked.status == 200);
  CHECK(revoked.json().at("revoked") == true);
}

}  // namespace
}  // namespace muster
