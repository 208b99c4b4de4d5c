#include "tests/catch.h"
#include "tests/world.h"

// What a device says of itself while it lives, and how it goes.

namespace muster {
namespace {

using Json = nlohmann::json;

constexpr const char* kWireguardKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr const char* kOtherWireguardKey = "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

struct OneDevice : World {
  explicit OneDevice(const std::string& members = R"("type": "reusable")")
      : key(make_key(members)) {
    enroll(key, device_secret(1),
           std::string{R"(, "wireguard_public_key": ")"} + kWireguardKey + "\"");
  }
  Answer heartbeat(const std::string& body = "{}") {
    return ask_as_device(device_secret(1), "/api/agent/heartbeat", body);
  }
  Answer leave(const std::string& how) {
    return ask_as_device(device_secret(1), "/api/agent/leave", R"({"how": ")" + how + "\"}");
  }
  Json device() { return ask("GET", "/api/devices/1").json(); }
  std::string key;
};

TEST_CASE("a heartbeat tells the device what may have changed") {
  OneDevice world;
  world.config.public_url = "https://muster.example.com";
  world.app().pins = {"sha256//abc"};
  const auto answer = world.heartbeat().json();
  CHECK(answer.at("revision") == 1);
  CHECK(answer.at("names_revision").is_number_integer());
  CHECK(answer.at("status") == "connected");
  CHECK(answer.at("control_urls") == Json{"https://muster.example.com"});
  CHECK(answer.at("pins") == Json{"sha256//abc"});
}

TEST_CASE("without a public address the device is told none, and keeps what it has") {
  OneDevice world;
  CHECK(world.heartbeat().json().at("control_urls") == Json::array());
}

TEST_CASE("facts that changed are kept, and those left out stay") {
  OneDevice world;
  CHECK(world.heartbeat(R"({"hostname": "new", "os_version": "13"})").status == 200);
  CHECK(world.heartbeat(R"({"agent_version": "0.2", "os_version": null})").status == 200);
  const auto device = world.device();
  CHECK(device.at("hostname") == "new");
  CHECK(device.at("os_version") == "13");
  CHECK(device.at("agent_version") == "0.2");
  CHECK(device.at("name") == "till");
}

TEST_CASE("a heartbeat that says nothing new writes nothing") {
  OneDevice world;
  const std::string before = world.stored();
  for (int i = 0; i < 10; ++i) {
    world.clock.pass(60);
    CHECK(world.heartbeat(R"({"hostname": "till", "os_version": ""})").status == 200);
  }
  CHECK((world.stored() == before));
}

TEST_CASE("unfit facts are refused and nothing is kept") {
  OneDevice world;
  const std::string before = world.stored();
  for (const char* body :
       {R"({"hostname": ""})", R"({"hostname": "a\u0007"})", R"({"os_version": "a\nb"})",
        R"({"wireguard_public_key": "x"})", R"({"hostname": "new", "wireguard_public_key": ""})"}) {
    INFO(body);
    CHECK(world.heartbeat(body).status == 422);
  }
  CHECK((world.stored() == before));
}

TEST_CASE("a new WireGuard key moves the device's revision, the same one does not") {
  OneDevice world;
  const auto send = [&](const char* key) {
    return world.heartbeat(std::string{R"({"wireguard_public_key": ")"} + key + "\"}").json();
  };
  CHECK(send(kWireguardKey).at("revision") == 1);
  CHECK(send(kOtherWireguardKey).at("revision") == 2);
  CHECK(send(kOtherWireguardKey).at("revision") == 2);
}

TEST_CASE("a WireGuard key that another living device has is refused") {
  OneDevice world;
  world.enroll(world.key, device_secret(2));
  const auto send = [&] {
    return world.ask_as_device(
        device_secret(2), "/api/agent/heartbeat",
        std::string{R"({"hostname": "new", "wireguard_public_key": ")"} + kWireguardKey + "\"}");
  };
  CHECK(send().status == 403);
  CHECK(send().reason() == "wireguard_key_taken");
  CHECK(world.ask("GET", "/api/devices/2").json().at("hostname") == "till");
  world.leave("leave");
  CHECK(send().status == 200);
}

TEST_CASE("a device that is not known hears 401 and keeps everything; a removed one hears 410") {
  OneDevice world;
  for (const char* path : {"/api/agent/heartbeat", "/api/agent/leave"}) {
    for (const std::string& secret :
         {std::string{}, device_secret(2), std::string{"mdev_x"}, world.owner_token, world.key}) {
      const Answer unknown = world.ask_as_device(secret, path, R"({"how": "leave"})");
      CHECK(unknown.status == 401);
    }
    CHECK(world.ask_as_device(device_secret(2), path).reason() == "device_unknown");
  }
  world.ask("DELETE", "/api/devices/1");
  CHECK(world.heartbeat().status == 410);
  CHECK(world.heartbeat().reason() == "device_removed");
  CHECK(world.leave("down").status == 410);
  world.restart();
  CHECK(world.heartbeat().status == 410);
}

TEST_CASE("down shows a device offline and keeps its enrollment") {
  OneDevice world;
  const std::string before = world.stored();
  CHECK(world.leave("down").body == "{}");
  CHECK(world.device().at("online") == false);
  CHECK(world.device().at("status") == "connected");
  CHECK((world.stored() == before));
  CHECK(world.heartbeat().status == 200);
  CHECK(world.device().at("online") == true);
}

TEST_CASE("leave removes the device, and the log says that it left by itself") {
  OneDevice world;
  const auto head = world.number("SELECT max(id) FROM audit_log");
  CHECK(world.leave("leave").body == "{}");
  CHECK(world.device().at("removed_because") == "left");
  CHECK(world.audit_codes(head) == std::vector<std::string>{"user.peer.delete"});
  CHECK(world.text("SELECT actor FROM audit_log ORDER BY id DESC") == "device:1 till");
  CHECK(world.leave("leave").status == 410);
}

TEST_CASE("an ephemeral device is removed by down as by leave") {
  const auto* how = GENERATE("down", "leave");
  OneDevice world{R"("type": "reusable", "ephemeral": true)"};
  CHECK(world.leave(how).status == 200);
  CHECK(world.device().at("status") == "removed");
  CHECK(world.heartbeat().status == 410);
}

TEST_CASE("how a device goes is down or leave") {
  OneDevice world;
  const std::string before = world.stored();
  for (const char* body : {"{}", R"({"how": ""})", R"({"how": "Leave"})", R"({"how": null})"})
    CHECK(world.ask_as_device(device_secret(1), "/api/agent/leave", body).status == 422);
  CHECK((world.stored() == before));
}

TEST_CASE("names_revision moves when a device of the same network comes, goes or is renamed") {
  OneDevice world;
  world.make_network("other", "10.0.0.0/24");
  const std::string elsewhere = world.make_key(R"("type": "reusable", "networks": ["other"])");
  auto last = world.heartbeat().json().at("names_revision").get<int>();
  const auto moved = [&] {
    const auto now = world.heartbeat().json().at("names_revision").get<int>();
    return std::exchange(last, now) != now;
  };
  world.enroll(elsewhere, device_secret(2));
  CHECK(!moved());
  world.enroll(world.key, device_secret(3));
  CHECK(moved());
  world.ask("PATCH", "/api/devices/3", R"({"name": "new"})");
  CHECK(moved());
  world.ask("DELETE", "/api/devices/3");
  CHECK(moved());
  CHECK(!moved());
  CHECK(world.heartbeat().json().at("revision") == 1);
}

}  // namespace
}  // namespace muster
