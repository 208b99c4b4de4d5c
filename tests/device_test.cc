#include "tests/catch.h"
#include "tests/world.h"

// One device: how it is shown, changed, approved and removed.

namespace muster {
namespace {

using Json = nlohmann::json;
using Codes = std::vector<std::string>;

struct OneDevice : World {
  std::string key = make_key(R"("type": "reusable", "tags": ["old"])");
  Json told = enroll(key, device_secret(1)).json();

  Answer patch(const std::string& body) { return ask("PATCH", "/api/devices/1", body); }
  std::int64_t head() { return number("SELECT max(id) FROM audit_log"); }
};

TEST_CASE("a device has every member that programs know") {
  OneDevice world;
  const auto device = world.ask("GET", "/api/devices/1").json();
  for (const char* member : {"id",           "name",           "hostname",        "os",
                             "os_version",   "arch",           "online",          "last_seen_at",
                             "status",       "addresses",      "groups",          "tags",
                             "setup_key_id", "setup_key_name", "install_link_id", "recipient",
                             "enrolled_at",  "enrolled_from",  "ephemeral",       "is_gateway"}) {
    INFO(member);
    CHECK(device.contains(member));
  }
  CHECK(device.at("status") == "connected");
  CHECK(device.at("last_seen_at") == rfc3339(world.clock.now()));
}

TEST_CASE("a device is renamed, and its network's names move") {
  OneDevice world;
  const auto names = [&] {
    return world.ask_as_device(device_secret(1), "/api/agent/heartbeat")
        .json()
        .at("names_revision");
  };
  const auto before = names();
  const auto head = world.head();
  CHECK(world.patch(R"({"name": " Front till "})").json().at("name") == "Front till");
  CHECK(names() > before);
  CHECK(world.audit_codes(head) == Codes{"peer.rename"});
  CHECK(world.patch(R"({"name": "Front till"})").status == 200);
  CHECK(world.audit_codes(head).size() == 1);
}

TEST_CASE("a device cannot take a living one's name, but a removed one's") {
  OneDevice world;
  world.enroll(world.key, device_secret(2));
  const std::string before = world.stored();
  const Answer taken = world.patch(R"({"name": "till-2", "tags": ["new"]})");
  CHECK(taken.status == 409);
  CHECK(taken.reason() == "conflict");
  CHECK(taken.message() == "device with name till-2 already exists");
  CHECK((world.stored() == before));
  world.ask("DELETE", "/api/devices/2");
  CHECK(world.patch(R"({"name": "till-2"})").status == 200);
}

TEST_CASE("an unfit name, tag or group changes nothing") {
  OneDevice world;
  const std::string before = world.stored();
  for (const char* body : {R"({"name": ""})", R"({"name": " "})", R"({"name": "a\nb"})",
                           R"({"name": "new", "tags": [""]})", R"({"tags": ["a\u0007"]})",
                           R"({"name": "new", "groups": ["nowhere"]})"}) {
    INFO(body);
    CHECK(world.patch(body).status == 422);
  }
  CHECK((world.stored() == before));
}

TEST_CASE("groups are replaced as a list, by id or name; All stays whatever was sent") {
  OneDevice world;
  const std::string a = world.make_group("a");
  world.make_group("b");
  const auto head = world.head();
  const auto names = [&](const std::string& groups) {
    const auto device = world.patch(R"({"groups": )" + groups + "}").json();
    std::string text;
    for (const auto& group : device.at("groups")) text += group.at("name").get<std::string>() + " ";
    return text;
  };
  CHECK(names(R"([")" + a + R"(", "b"])") == "All a b ");
  CHECK(names(R"(["All", "b"])") == "All b ");
  CHECK(names("[]") == "All ");
  CHECK(world.audit_codes(head) ==
        Codes{"peer.group.add", "peer.group.add", "peer.group.delete", "peer.group.delete"});
}

TEST_CASE("a group named twice holds the device once") {
  OneDevice world;
  world.make_group("a");
  const auto head = world.head();
  CHECK(world.patch(R"({"groups": ["a", "2", "a"]})").json().at("groups").size() == 2);
  CHECK(world.audit_codes(head) == Codes{"peer.group.add"});
}

TEST_CASE("tags are replaced as a list, each once") {
  OneDevice world;
  CHECK(world.patch(R"({"tags": ["b", " a ", "b"]})").json().at("tags") == Json{"a", "b"});
  CHECK(world.patch(R"({"tags": []})").json().at("tags") == Json::array());
}

TEST_CASE("what a change leaves out stays") {
  OneDevice world;
  const auto before = world.ask("GET", "/api/devices/1").json();
  const auto head = world.head();
  CHECK(world.patch("{}").json() == before);
  CHECK(world.patch(R"({"name": null, "groups": null, "tags": null})").json() == before);
  CHECK(world.audit_codes(head).empty());
}

TEST_CASE("an approval is given and taken back, each once in the audit log") {
  OneDevice world;
  const auto head = world.head();
  CHECK(world.patch(R"({"approved": true})").json().at("status") == "connected");
  CHECK(world.patch(R"({"approved": false})").json().at("status") == "waiting");
  CHECK(world.patch(R"({"approved": false})").json().at("approved_at").is_null());
  CHECK(world.patch(R"({"approved": true})").json().at("approved_at") ==
        rfc3339(world.clock.now()));
  CHECK(world.audit_codes(head) == Codes{"peer.approval.revoke", "peer.approve"});
}

TEST_CASE("a removed device is offline, in no group, without address, and says when and why") {
  OneDevice world;
  world.make_group("a");
  world.patch(R"({"groups": ["a"]})");
  world.clock.pass(5);
  CHECK(world.ask("DELETE", "/api/devices/1").body == "{}");
  const auto device = world.ask("GET", "/api/devices/1").json();
  CHECK(device.at("status") == "removed");
  CHECK(device.at("online") == false);
  CHECK(device.at("groups") == Json::array());
  CHECK(device.at("addresses") == Json::array());
  CHECK(device.at("removed_at") == rfc3339(world.clock.now()));
  CHECK(device.at("removed_because") == "removed");
  CHECK(world.ask("GET", "/api/groups/2").json().at("peers_count") == 0);
}

TEST_CASE("a removed device cannot be changed or removed again") {
  OneDevice world;
  world.ask("DELETE", "/api/devices/1");
  const std::string before = world.stored();
  CHECK(world.ask("DELETE", "/api/devices/1").status == 404);
  CHECK(world.patch(R"({"name": "x"})").status == 404);
  CHECK((world.stored() == before));
}

TEST_CASE("a device that is not there answers 404 and names what was asked for") {
  World world;
  const auto* id = GENERATE("99", "0", "-1", "abc", "1x", "99999999999999999999");
  const std::string path = std::string{"/api/devices/"} + id;
  for (const Answer& answer :
       {world.ask("GET", path), world.ask("PATCH", path, "{}"), world.ask("DELETE", path)}) {
    CHECK(answer.status == 404);
    CHECK(answer.message() == std::string{"device: "} + id + " not found");
  }
}

}  // namespace
}  // namespace muster
