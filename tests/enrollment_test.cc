#include "tests/catch.h"
#include "tests/world.h"

// How a machine becomes a device.

namespace muster {
namespace {

using Json = nlohmann::json;

constexpr const char* kWireguardKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

std::string wireguard(const std::string& key) {
  return R"(, "wireguard_public_key": ")" + key + '"';
}

TEST_CASE("a one-time key enrolls exactly one device") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");

  const Answer first = world.enroll(key, device_secret(1));
  const Answer second = world.enroll(key, device_secret(2));

  CHECK(first.status == 200);
  CHECK(first.json().at("created") == true);
  CHECK(second.status == 403);
  CHECK(second.reason() == "key_used_up");
  CHECK(world.ask("GET", "/api/devices").json().size() == 1);
}

TEST_CASE("the answer tells the device all it needs") {
  World world;
  world.config.public_url = "https://muster.example.com";
  world.app().pins = {"sha256//abc"};
  const std::string group = world.make_group("tills");
  const std::string key = world.make_key(R"("type": "one-off", "auto_groups": ["tills"])");
  const auto answer = world.enroll(key, device_secret(1)).json();
  CHECK(answer ==
        Json{{"device_id", "1"},
             {"name", "till"},
             {"status", "connected"},
             {"created", true},
             {"addresses",
              {{{"network_id", "1"},
                {"network", "default"},
                {"address", "100.64.0.1"},
                {"cidr", "100.64.0.0/10"}}}},
             {"groups", {{{"id", "1"}, {"name", "All"}}, {{"id", group}, {"name", "tills"}}}},
             {"revision", 1},
             {"heartbeat_seconds", 60},
             {"control_urls", {"https://muster.example.com"}},
             {"pins", {"sha256//abc"}}});
}

TEST_CASE("a device keeps what its machine said and what its key gave") {
  World world;
  const std::string key = world.make_key(
      R"("type": "one-off", "ephemeral": true, "tags": ["shop", "till"], "device_name": "Front till")");
  world.enroll(key, device_secret(1),
               R"(, "hostname": "Ana's PC", "os": "windows", "os_version": "11",
                   "arch": "x86_64", "agent_version": "0.1")");
  const auto device = world.ask("GET", "/api/devices/1").json();
  CHECK(device.at("name") == "front-till");
  CHECK(device.at("hostname") == "Ana's PC");
  CHECK(device.at("os") == "windows");
  CHECK(device.at("os_version") == "11");
  CHECK(device.at("arch") == "x86_64");
  CHECK(device.at("agent_version") == "0.1");
  CHECK(device.at("ephemeral") == true);
  CHECK(device.at("tags") == Json{"shop", "till"});
  CHECK(device.at("setup_key_id") == "2");
  CHECK(device.at("setup_key_name") == "test");
  CHECK(device.at("enrolled_at") == rfc3339(world.clock.now()));
  CHECK(device.at("enrolled_from") == "192.0.2.7");
  CHECK(device.at("online") == true);
}

TEST_CASE("a key is taken in any case, with O, I and L, and with blanks around it") {
  World world;
  std::string key = world.make_key(R"("type": "one-off")");
  for (char& c : key)
    c = c == '0' ? 'O' : c == '1' ? 'l' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  CHECK(world.enroll("  " + key + "\\n", device_secret(1)).status == 200);
}

TEST_CASE("a machine that says nonsense is told so, and no use is spent") {
  const auto* member = GENERATE(
      R"("device_secret": "mdev_1")", R"("device_secret": "")", R"("device_secret": null)",
      R"("key": null)", R"("hostname": "")", R"("hostname": "  ")", R"("hostname": "a\u001b[2Jb")",
      R"("os": "")", R"("os": "plan9")", R"("os": "Linux")", R"("os_version": "a\nb")",
      R"("arch": "a\tb")", R"("machine_id": "\u0000")", R"("group": "a\u007fb")",
      R"("wireguard_public_key": "")",
      R"("wireguard_public_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")",
      R"("wireguard_public_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==")",
      R"("wireguard_public_key": "!AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")",
      R"("dns_labels": ["a.b"])", R"("dns_labels": ["-a"])", R"("dns_labels": ["A"])",
      R"("dns_labels": [""])", R"("dns_labels": ["1","2","3","4","5","6","7","8","9","10","11"])");
  World world;
  const std::string key = world.make_key(R"("type": "one-off", "allow_extra_dns_labels": true)");
  const std::string before = world.stored();
  const Answer answer = world.enroll(key, device_secret(1), std::string{", "} + member);
  INFO(member);
  CHECK(answer.status == 422);
  CHECK(answer.reason() == "invalid");
  CHECK((world.stored() == before));
}

TEST_CASE("all the systems we know can enroll, and what has no version says none") {
  const auto* os = GENERATE("linux", "macos", "windows", "freebsd", "other");
  World world;
  CHECK(world
            .enroll(world.make_key(R"("type": "one-off")"), device_secret(1),
                    std::string{R"(, "os_version": "", "arch": "", "os": ")"} + os + "\"")
            .status == 200);
}

TEST_CASE("no two living devices have the same WireGuard key") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  world.enroll(key, device_secret(1), wireguard(kWireguardKey));
  const std::string before = world.stored();
  const Answer copy = world.enroll(key, device_secret(2), wireguard(kWireguardKey));
  CHECK(copy.status == 403);
  CHECK(copy.reason() == "wireguard_key_taken");
  CHECK((world.stored() == before));
  world.ask("DELETE", "/api/devices/1");
  CHECK(world.enroll(key, device_secret(2), wireguard(kWireguardKey)).status == 200);
}

TEST_CASE("devices without a tunnel get an address too, as many as there are") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  world.enroll(key, device_secret(1));
  const auto second = world.enroll(key, device_secret(2)).json();
  CHECK(second.at("addresses").at(0).at("address") == "100.64.0.2");
}

TEST_CASE("extra names need a key that allows them") {
  World world;
  const std::string labels = R"(, "dns_labels": ["db", "db-1", "db"])";
  const std::string strict = world.make_key(R"("type": "one-off")");
  const std::string open = world.make_key(R"("type": "one-off", "allow_extra_dns_labels": true)");
  CHECK(world.enroll(strict, device_secret(1), labels).reason() == "dns_labels_not_allowed");
  CHECK(world.enroll(strict, device_secret(1), R"(, "dns_labels": [])").status == 200);
  CHECK(world.enroll(open, device_secret(2), labels).status == 200);
  CHECK(world.text("SELECT group_concat(device_id || label) FROM device_dns_labels") ==
        "2db,2db-1");
}

TEST_CASE("a key may work from certain places only") {
  struct Row {
    const char* from;
    int status;
  };
  const auto row =
      GENERATE(Row{"203.0.113.9", 200}, Row{"203.0.114.1", 403}, Row{"::ffff:203.0.113.9", 200},
               Row{"2001:db8:1::9", 200}, Row{"2001:db8:2::9", 403}, Row{"198.51.100.1", 200},
               Row{"198.51.100.2", 403});
  World world;
  const std::string key = world.make_key(
      R"("type": "one-off", "allowed_cidrs": ["203.0.113.0/24", "2001:db8:1::/48", "198.51.100.1"])");
  const std::string before = world.stored();
  const Answer answer = world.enroll(key, device_secret(1), "", {.from = row.from});
  CHECK(answer.status == row.status);
  if (row.status == 200) return;
  CHECK(answer.reason() == "source_not_allowed");
  CHECK(answer.message().find(row.from) != std::string::npos);
  CHECK((world.stored() == before));
}

TEST_CASE("a key of several networks gives an address in each, the default one not among them") {
  World world;
  const std::string a = world.make_network("a", "10.0.0.0/24");
  const std::string b = world.make_network("b", "10.0.1.0/24");
  const std::string key =
      world.make_key(R"("type": "one-off", "networks": ["b", ")" + a + R"(", "b"])");
  std::map<std::string, std::string> addresses;
  const auto answer = world.enroll(key, device_secret(1)).json();
  for (const auto& item : answer.at("addresses"))
    addresses[item.at("network_id")] = item.at("address");
  CHECK(addresses == std::map<std::string, std::string>{{a, "10.0.0.1"}, {b, "10.0.1.1"}});
}

TEST_CASE("one full network refuses the whole enrollment, and no use is spent") {
  World world;
  world.make_network("small", "10.0.0.0/30");
  const std::string both =
      world.make_key(R"("type": "reusable", "usage_limit": 3, "networks": ["default", "small"])");
  world.enroll(both, device_secret(1));
  world.enroll(both, device_secret(2));
  const std::string before = world.stored();
  const Answer full = world.enroll(both, device_secret(3));
  CHECK(full.status == 403);
  CHECK(full.reason() == "address_range_full");
  CHECK(full.message().find("small") != std::string::npos);
  CHECK((world.stored() == before));
  world.ask("DELETE", "/api/devices/1");
  world.clock.pass(25 * 3600);
  CHECK(world.enroll(both, device_secret(3)).status == 200);
}

}  // namespace
}  // namespace muster
