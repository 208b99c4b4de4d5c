#include "tests/catch.h"
#include "tests/world.h"

// What a key leaves to others: the machine chooses a group, an administrator approves the device.

namespace muster {
namespace {

constexpr const char* kChoosing = R"("type": "reusable", "allow_group_choice": true)";

std::string groups_of(World& world, const std::string& id) {
  std::string names;
  const auto device = world.ask("GET", "/api/devices/" + id).json();
  for (const auto& group : device.at("groups")) names += group.at("name").get<std::string>() + " ";
  return names;
}

TEST_CASE("a machine may choose a group when its key lets it") {
  World world;
  world.make_group("servers");
  world.make_group("tills");
  const std::string key =
      world.make_key(R"("type": "one-off", "allow_group_choice": true, "auto_groups": ["tills"])");
  CHECK(world.enroll(key, device_secret(1), R"(, "group": "servers")").status == 200);
  CHECK(groups_of(world, "1") == "All servers tills ");
}

TEST_CASE("a key that says nothing of it lets no machine choose") {
  World world;
  world.make_group("servers");
  const std::string key = world.make_key(R"("type": "one-off")");
  const std::string before = world.stored();
  for (const char* group : {"servers", "new", "All"}) {
    const Answer answer =
        world.enroll(key, device_secret(1), std::string{R"(, "group": ")"} + group + "\"");
    CHECK(answer.status == 403);
    CHECK(answer.reason() == "group_not_allowed");
  }
  CHECK((world.stored() == before));
  CHECK(world.enroll(key, device_secret(1), R"(, "group": "")").status == 200);
}

TEST_CASE("a chosen group that is not there is made, once") {
  World world;
  const std::string key = world.make_key(kChoosing);
  const auto head = world.number("SELECT max(id) FROM audit_log");
  world.enroll(key, device_secret(1), R"(, "group": " servers ")");
  world.enroll(key, device_secret(2), R"(, "group": "servers")");
  CHECK(groups_of(world, "2") == "All servers ");
  CHECK(world.ask("GET", "/api/groups?name=servers").json()[0].at("peers_count") == 2);
  CHECK(world.audit_codes(head) ==
        std::vector<std::string>{"group.add", "peer.setupkey.add", "peer.setupkey.add"});
}

TEST_CASE("a chosen group is not made when the machine is turned away") {
  World world;
  const std::string key = world.make_key(
      R"("type": "one-off", "allow_group_choice": true, "allowed_cidrs": ["10.0.0.1"])");
  CHECK(world.enroll(key, device_secret(1), R"(, "group": "new")").status == 403);
  CHECK(world.ask("GET", "/api/groups").json().size() == 1);
}

TEST_CASE("choosing a protected group takes a one-time key that lets the machine choose") {
  World world;
  world.make_group("servers", true);
  const std::string many = world.make_key(kChoosing);
  const std::string strict = world.make_key(R"("type": "one-off")");
  const std::string once = world.make_key(R"("type": "one-off", "allow_group_choice": true)");
  const std::string chosen = R"(, "group": "servers")";
  CHECK(world.enroll(many, device_secret(1), chosen).reason() == "group_protected");
  CHECK(world.enroll(strict, device_secret(1), chosen).reason() == "group_not_allowed");
  CHECK(world.enroll(once, device_secret(1), chosen).status == 200);
}

TEST_CASE("a key or a group that wants approval makes devices wait") {
  World world;
  world.ask("POST", "/api/groups", R"({"name": "strict", "requires_approval": true})");
  const auto* members = GENERATE(R"("type": "one-off", "requires_approval": true)",
                                 R"("type": "one-off", "auto_groups": ["strict"])",
                                 R"("type": "one-off", "allow_group_choice": true)");
  const std::string key = world.make_key(members);
  const bool chooses = std::string{members}.find("choice") != std::string::npos;
  const Answer answer =
      world.enroll(key, device_secret(1), chooses ? R"(, "group": "strict")" : "");
  CHECK(answer.json().at("status") == "waiting");
  CHECK(world.ask("GET", "/api/devices/1").json().at("approved_at").is_null());
  CHECK(answer.json().at("addresses").size() == 1);
}

TEST_CASE("when All wants approval, every device waits") {
  World world;
  world.ask("PATCH", "/api/groups/1", R"({"requires_approval": true})");
  CHECK(
      world.enroll(world.make_key(R"("type": "one-off")"), device_secret(1)).json().at("status") ==
      "waiting");
}

TEST_CASE("a waiting device is connected once it is approved, and hears of it") {
  World world;
  world.enroll(world.make_key(R"("type": "one-off", "requires_approval": true)"), device_secret(1));
  const auto heartbeat = [&] {
    return world.ask_as_device(device_secret(1), "/api/agent/heartbeat").json();
  };
  CHECK(heartbeat().at("status") == "waiting");
  CHECK(world.ask("GET", "/api/devices?status=waiting").json().size() == 1);
  const auto revision = heartbeat().at("revision");

  world.ask("PATCH", "/api/devices/1", R"({"approved": true})");
  CHECK(heartbeat().at("status") == "connected");
  CHECK(heartbeat().at("revision") > revision);
  CHECK(world.ask("GET", "/api/devices?status=waiting").json().empty());
}

TEST_CASE("a group that begins to want approval leaves the devices in it as they are") {
  World world;
  const std::string path = "/api/groups/" + world.make_group("tills");
  world.enroll(world.make_key(R"("type": "one-off", "auto_groups": ["tills"])"), device_secret(1));
  world.ask("PATCH", path, R"({"requires_approval": true})");
  CHECK(world.ask("GET", "/api/devices/1").json().at("status") == "connected");
}

}  // namespace
}  // namespace muster
