#include <set>

#include "tests/netbird.h"

// /api/peers, line by line as NetBird's clients know it: our devices under their other name.

namespace muster {
namespace {

constexpr const char* kFlags =
    R"("ssh_enabled": false, "login_expiration_enabled": false, "inactivity_expiration_enabled": false)";

std::string flags_and(const std::string& more) { return std::string{"{"} + kFlags + more + "}"; }

TEST_CASE("contract: every refusal about peers has its status and its words") {
  check_lines({
      {"GET", "/api/peers/99", "", 404, "peer not found: 99", "not_found"},
      {"GET", "/api/peers/abc", "", 404, "peer not found: abc"},
      {"PUT", "/api/peers/99", R"({"name": "x"})", 404, "peer not found: 99"},
      {"PUT", "/api/peers/1", "", 400, "couldn't parse JSON request"},
      {"PUT", "/api/peers/1", R"({"ssh_enabled": "yes"})", 400, "couldn't parse JSON request"},
      {"PUT", "/api/peers/1", R"({"name": ""})", 422, nullptr},
      {"PUT", "/api/peers/1", R"({"name": "till-2"})", 409, nullptr, "conflict"},
      {"PUT", "/api/peers/1", R"({"login_expiration_enabled": true})", 412,
       "this peer hasn't been added with the sso login, therefore the login expiration can't be "
       "updated"},
      {"PUT", "/api/peers/1", R"({"inactivity_expiration_enabled": true})", 412,
       "this peer hasn't been added with the sso login, therefore the inactivity expiration can't "
       "be updated"},
      {"PUT", "/api/peers/1", R"({"ip": "x"})", 422, "invalid ip address x: it is no IPv4 address"},
      {"PUT", "/api/peers/1", R"({"ip": "192.0.2.1"})", 422,
       "invalid ip address 192.0.2.1: it is in none of the device's networks"},
      {"PUT", "/api/peers/1", R"({"ip": "100.64.0.2"})", 422,
       "invalid ip address 100.64.0.2: another device has it"},
      {"PUT", "/api/peers/1", R"({"ip": "100.64.0.0"})", 422, nullptr},
      {"PUT", "/api/peers/1", R"({"ipv6": "fd00::1"})", 422, nullptr},
      {"DELETE", "/api/peers/99", "", 404, "peer 99 account not found", "not_found"},
      {"PUT", "/api/peers/1", "{}", 200},
  });
}

TEST_CASE("contract: a peer has every member that NetBird's description requires") {
  Shop shop;
  const auto peer = shop.ask("GET", "/api/peers/1").json();
  const Json expected{
      {"id", "1"},
      {"name", "till"},
      {"created_at", rfc3339(shop.clock.now())},
      {"ip", "100.64.0.1"},
      {"connection_ip", "192.0.2.7"},
      {"connected", true},
      {"last_seen", rfc3339(shop.clock.now())},
      {"os", "Linux"},
      {"kernel_version", ""},
      {"geoname_id", 0},
      {"version", ""},
      {"groups",
       {{{"id", "1"}, {"name", "All"}, {"peers_count", 2}, {"resources_count", 0}},
        {{"id", "2"}, {"name", "tills"}, {"peers_count", 2}, {"resources_count", 0}}}},
      {"ssh_enabled", false},
      {"user_id", ""},
      {"hostname", "till"},
      {"ui_version", ""},
      {"dns_label", "till.default.internal"},
      {"login_expiration_enabled", false},
      {"login_expired", false},
      {"last_login", rfc3339(shop.clock.now())},
      {"inactivity_expiration_enabled", false},
      {"approval_required", false},
      {"country_code", ""},
      {"city_name", ""},
      {"serial_number", ""},
      {"extra_dns_labels", Json::array()},
      {"ephemeral", false}};
  for (const auto& [name, value] : expected.items()) {
    INFO(name);
    CHECK(peer.at(name) == value);
  }
  CHECK(peer.at("setup_key_id") == "2");
}

TEST_CASE("contract: the list adds the count of reachable peers") {
  Shop shop;
  auto peers = shop.ask("GET", "/api/peers").json();
  REQUIRE(peers.size() == 2);
  CHECK(peers[0].at("accessible_peers_count") == 0);
  peers[0].erase("accessible_peers_count");
  CHECK(peers[0] == shop.ask("GET", "/api/peers/1").json());
}

TEST_CASE("contract: peers are found by parts of name and address, also by both") {
  struct Row {
    const char* query;
    std::vector<std::string> ids;
  };
  const auto row =
      GENERATE(Row{"", {"1", "2"}}, Row{"?name=till", {"1", "2"}}, Row{"?name=LL-2", {"2"}},
               Row{"?name=x", {}}, Row{"?ip=100.64", {"1", "2"}}, Row{"?ip=.0.2", {"2"}},
               Row{"?name=till&ip=.0.1", {"1"}}, Row{"?name=till-2&ip=.0.1", {}}, Row{"?ip=%", {}});
  Shop shop;
  std::vector<std::string> ids;
  const auto peers = shop.ask("GET", std::string{"/api/peers"} + row.query).json();
  for (const auto& peer : peers) ids.push_back(peer.at("id"));
  INFO(row.query);
  CHECK(ids == row.ids);
}

TEST_CASE("contract: PUT renames, and leaves approval and address alone unless it names them") {
  Shop shop;
  const auto put = [&](const std::string& more) {
    return shop.ask("PUT", "/api/peers/1", flags_and(more)).json();
  };
  auto peer = put(R"(, "name": "front", "approval_required": true)");
  CHECK(peer.at("name") == "front");
  CHECK(peer.at("dns_label") == "front.default.internal");
  CHECK(peer.at("approval_required") == true);
  CHECK(put("").at("approval_required") == true);
  CHECK(put("").at("name") == "front");
  CHECK(put(R"(, "approval_required": false)").at("approval_required") == false);
  CHECK(put("").at("ip") == "100.64.0.1");
}

TEST_CASE("contract: PUT moves a peer to a free address, and the old one rests for a day") {
  Shop shop;
  const auto put = [&](const char* id, const char* ip) {
    const std::string path = std::string{"/api/peers/"} + id;
    return shop.ask("PUT", path, Json{{"ip", ip}}.dump());
  };
  CHECK(put("1", "100.64.0.9").json().at("ip") == "100.64.0.9");
  CHECK(shop.last_event().at("activity_code") == "peer.ip.update");
  CHECK(put("2", "100.64.0.1").message() ==
        "invalid ip address 100.64.0.1: it was another's until lately");
  shop.clock.pass(24 * 3600 + 1);
  CHECK(put("2", "100.64.0.1").json().at("ip") == "100.64.0.1");
  CHECK(put("2", "100.64.0.1").status == 200);
  std::set<std::string> given;
  for (int i = 10; i < 20; ++i)
    given.insert(
        shop.enroll(shop.key.at("key"), device_secret(i)).json().at("addresses")[0].at("address"));
  CHECK(given.size() == 10);
  CHECK(!given.contains("100.64.0.9"));
}

TEST_CASE("contract: switches that a PUT leaves out are off") {
  Shop shop;
  const auto ssh = [&](const char* body) {
    return shop.ask("PUT", "/api/peers/1", body).json().at("ssh_enabled");
  };
  CHECK(ssh(R"({"ssh_enabled": true})") == true);
  CHECK(shop.last_event().at("activity_code") == "peer.ssh.enable");
  CHECK(ssh("{}") == false);
  CHECK(shop.last_event().at("activity_code") == "peer.ssh.disable");
}

TEST_CASE("contract: a deleted peer is gone from peers, and its device is told") {
  Shop shop;
  CHECK(shop.ask("DELETE", "/api/peers/1").body == "{}");
  CHECK(shop.ask("GET", "/api/peers/1").status == 404);
  CHECK(shop.ask("PUT", "/api/peers/1", "{}").status == 404);
  CHECK(shop.ask("DELETE", "/api/peers/1").message() == "peer 1 account not found");
  CHECK(shop.ask("GET", "/api/peers").json().size() == 1);
  CHECK(shop.ask_as_device(device_secret(1), "/api/agent/heartbeat").reason() == "device_removed");
}

TEST_CASE("contract: extra names, approval and the end of an ephemeral key show on the peer") {
  Shop shop;
  const std::string key = shop.make_key(
      R"("type": "one-off", "ephemeral": true, "allow_extra_dns_labels": true, "requires_approval": true)");
  shop.enroll(key, device_secret(3), R"(, "dns_labels": ["www", "db"], "os_version": "12")");
  const auto peer = shop.ask("GET", "/api/peers/3").json();
  CHECK(peer.at("extra_dns_labels").size() == 2);
  CHECK(peer.at("ephemeral") == true);
  CHECK(peer.at("approval_required") == true);
  CHECK(peer.at("os") == "Linux 12");
}

}  // namespace
}  // namespace muster
