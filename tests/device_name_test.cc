#include "server/devices.h"
#include "tests/catch.h"
#include "tests/world.h"

// What devices are called: a label, unique among the living, however many are called the same.

namespace muster {
namespace {

// Names of the devices that these machines become, with keys that ask for `device_name`.
struct Namer {
  World world;
  std::string key = world.make_key(R"("type": "reusable")");
  int machines = 0;

  std::string name(const std::string& hostname) {
    const nlohmann::json text = hostname;
    return world.enroll(key, device_secret(++machines), R"(, "hostname": )" + text.dump())
        .json()
        .at("name");
  }
};

TEST_CASE("a device is called by its host name, made a label") {
  Namer namer;
  CHECK(namer.name("raspberrypi") == "raspberrypi");
  CHECK(namer.name("Ana's MacBook Pro") == "ana-s-macbook-pro");
  CHECK(namer.name("東京") == "device");
  CHECK(namer.world.ask("GET", "/api/devices/2").json().at("hostname") == "Ana's MacBook Pro");
}

TEST_CASE("a name that is taken gets the next number") {
  Namer namer;
  CHECK(namer.name("pi") == "pi");
  CHECK(namer.name("pi") == "pi-2");
  CHECK(namer.name("PI") == "pi-3");
  CHECK(namer.name("pi-2") == "pi-2-2");
  CHECK(namer.name("pi") == "pi-4");
}

TEST_CASE("the name of a removed device is free again") {
  Namer namer;
  namer.name("pi");
  namer.name("pi");
  namer.world.ask("DELETE", "/api/devices/1");
  CHECK(namer.name("pi") == "pi");
}

TEST_CASE("the key's device_name comes before the host name") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable", "device_name": "Till 1")");
  CHECK(world.enroll(key, device_secret(1)).json().at("name") == "till-1");
  CHECK(world.enroll(key, device_secret(2)).json().at("name") == "till-1-2");
}

TEST_CASE("long host names stay labels, numbered too") {
  Namer namer;
  const std::string label(63, 'a');
  CHECK(namer.name(std::string(200, 'a')) == label);
  CHECK(namer.name(std::string(200, 'a')) == label.substr(2) + "-2");
  for (int i = 3; i <= 12; ++i) {
    const std::string name = namer.name(std::string(100, 'a'));
    CHECK(name.size() == 63);
    CHECK(name.ends_with("-" + std::to_string(i)));
  }
}

NewDevice pi(std::string name, int number, const std::string& key) {
  MachineFacts facts;
  facts.hostname = "raspberrypi";
  facts.os = "linux";
  return {.name = std::move(name),
          .facts = facts,
          .secret_hash = hash_of(device_secret(number)),
          .wireguard_public_key = std::nullopt,
          .setup_key_id = KeyId{2},
          .enrolled_with_hash = hash_of(key),
          .enrolled_from = "",
          .enrolled_at = 0,
          .is_approved = true,
          .ephemeral = false,
          .ephemeral_seconds = 600};
}

TEST_CASE("ten thousand machines of one name are numbered without a gap") {
  Namer namer;
  REQUIRE(namer.name("raspberrypi") == "raspberrypi");
  const std::string last = namer.world.database().write([&](Transaction& tx) {
    std::string name;
    for (int i = 2; i <= 10'000; ++i) {
      name = free_device_name(tx, "raspberrypi");
      insert_device(tx, pi(name, 100 + i, namer.key));
    }
    return name;
  });
  CHECK(last == "raspberrypi-10000");
  CHECK(namer.name("raspberrypi") == "raspberrypi-10001");
}

}  // namespace
}  // namespace muster
