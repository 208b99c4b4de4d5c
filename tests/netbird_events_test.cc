#include "tests/netbird.h"

// /api/events/audit, line by line as NetBird's clients know it.

namespace muster {
namespace {

TEST_CASE("contract: events of a fresh log are an array, newest first, on both paths") {
  Shop shop;
  const Answer answer = shop.ask("GET", "/api/events/audit");
  CHECK(shop.ask("GET", "/api/events").body == answer.body);
  const auto events = answer.json();
  REQUIRE(events.size() > 5);
  for (std::size_t i = 1; i < events.size(); ++i)
    CHECK(std::stoll(events[i - 1].at("id").get<std::string>()) >
          std::stoll(events[i].at("id").get<std::string>()));
  shop.run("DELETE FROM audit_log");
  CHECK(shop.ask("GET", "/api/events").body == "[]");
}

TEST_CASE("contract: events need audit:read") {
  Shop shop;
  CHECK(shop.ask("GET", "/api/events", "", {.token = shop.make_token("member")}).status == 403);
  CHECK(shop.ask("GET", "/api/events", "", {.token = shop.make_token("auditor")}).status == 200);
  const Sent other{.token = shop.make_token("owner", {"keys:read"})};
  CHECK(shop.ask("GET", "/api/events/audit", "", other).status == 403);
}

TEST_CASE("contract: an event has NetBird's nine members, and its meta holds texts only") {
  Shop shop;
  const auto events = shop.ask("GET", "/api/events/audit").json();
  for (const auto& event : events) {
    INFO(event.dump());
    for (const char* member : {"id", "timestamp", "activity", "activity_code", "initiator_id",
                               "initiator_name", "initiator_email", "target_id"})
      CHECK(event.at(member).is_string());
    CHECK(!event.at("activity").get<std::string>().empty());
    for (const auto& [name, value] : event.at("meta").items()) CHECK(value.is_string());
  }
}

// What was done, and how its event reads.
struct Done {
  const char* method;
  const char* path;
  const char* body;
  const char* code;
  const char* activity;
  const char* target_id;
  std::vector<std::string> meta;  // members that it holds
};

TEST_CASE("contract: every change has its event, with code, words, who, what and meta") {
  const std::vector<std::string> key_meta{"key", "name", "type"};
  const std::vector<std::string> peer_meta{"created_at", "fqdn", "ip", "location_connection_ip",
                                           "name"};
  const Done rows[] = {
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "one-off"})", "setupkey.add",
       "Setup key created", "3", key_meta},
      {"PUT", "/api/setup-keys/2", R"({"revoked": true})", "setupkey.revoke", "Setup key revoked",
       "2", key_meta},
      {"DELETE", "/api/setup-keys/2", "", "setupkey.delete", "Setup key deleted", "2", key_meta},
      {"PUT",
       "/api/setup-keys/2",
       R"({"auto_groups": []})",
       "setupkey.group.delete",
       "Group removed from user setup key",
       "2",
       {"group", "group_id", "setupkey"}},
      {"PUT",
       "/api/setup-keys/1",
       R"({"auto_groups": ["tills"]})",
       "setupkey.group.add",
       "Group added to setup key",
       "1",
       {"group", "group_id", "setupkey"}},
      {"DELETE", "/api/peers/1", "", "user.peer.delete", "Peer deleted", "1", peer_meta},
      {"PUT", "/api/peers/1", R"({"name": "front"})", "peer.rename", "Peer renamed", "1",
       peer_meta},
      {"PUT", "/api/peers/1", R"({"approval_required": true})", "peer.approval.revoke",
       "Peer approval revoked", "1", peer_meta},
      {"PUT", "/api/peers/1", R"({"ip": "100.64.0.9"})", "peer.ip.update", "Peer IP updated", "1",
       peer_meta},
      {"PUT",
       "/api/groups/3",
       R"({"name": "vault", "peers": ["1"]})",
       "peer.group.add",
       "Group added to peer",
       "1",
       {"group", "group_id", "peer_fqdn", "peer_ip"}},
      {"PUT",
       "/api/groups/2",
       R"({"name": "tills", "peers": ["1"]})",
       "peer.group.delete",
       "Group removed from peer",
       "2",
       {"group", "group_id", "peer_fqdn", "peer_ip"}},
      {"POST", "/api/groups", R"({"name": "n"})", "group.add", "Group created", "4", {"name"}},
      {"PUT",
       "/api/groups/3",
       R"({"name": "safe"})",
       "group.update",
       "Group updated",
       "3",
       {"new_name", "old_name"}},
      {"DELETE", "/api/groups/3", "", "group.delete", "Group deleted", "3", {"name"}},
      {"POST",
       "/api/users/2/tokens",
       R"({"name": "n", "expires_in": 1})",
       "personal.access.token.create",
       "Personal access token created",
       "2",
       {"is_service_user", "name", "user_name"}},
      {"DELETE",
       "/api/users/2/tokens/2",
       "",
       "personal.access.token.delete",
       "Personal access token deleted",
       "2",
       {"is_service_user", "name", "user_name"}},
  };
  for (const Done& row : rows) {
    Shop shop;
    INFO(row.method << " " << row.path << " " << row.body);
    REQUIRE(shop.ask(row.method, row.path, row.body).status == 200);
    const auto event = shop.last_event();
    INFO(event.dump());
    CHECK(event.at("activity_code") == row.code);
    CHECK(event.at("activity") == row.activity);
    CHECK(event.at("target_id") == row.target_id);
    CHECK(event.at("initiator_id") == "1");
    CHECK(event.at("initiator_email") == "ana@example.com");
    CHECK(event.at("timestamp") == rfc3339(shop.clock.now()));
    for (const std::string& member : row.meta) CHECK(event.at("meta").contains(member));
  }
}

TEST_CASE("contract: a device that enrolled was added by its setup key") {
  Shop shop;
  shop.enroll(shop.key.at("key"), device_secret(3));
  const auto event = shop.last_event();
  CHECK(event.at("activity_code") == "peer.setupkey.add");
  CHECK(event.at("activity") == "Peer added");
  CHECK(event.at("initiator_id") == "2");
  CHECK(event.at("initiator_name") == "Shop");
  CHECK(event.at("initiator_email") == "");
  CHECK(event.at("target_id") == "3");
  CHECK(event.at("meta").at("setup_key_name") == "Shop");
  CHECK(event.at("meta").at("fqdn") == "till-3.default.internal");
  CHECK(event.at("meta").at("ip") == "100.64.0.3");
}

TEST_CASE("what the command line did was done by the system") {
  World world;
  const auto events = world.ask("GET", "/api/events").json();
  CHECK(events.at(0).at("initiator_id") == "sys");
  CHECK(events.at(0).at("initiator_name") == "command_line");
}

TEST_CASE("older events are reached by a cursor") {
  Shop shop;
  for (int i = 0; i < 600; ++i) shop.make_group("g" + std::to_string(i));
  const auto all = shop.ask("GET", "/api/events").json();
  REQUIRE(all.size() > 600);
  const auto page = shop.ask("GET", "/api/events?limit=3").json();
  REQUIRE(page.size() == 3);
  const std::string last = page[2].at("id");
  const auto next = shop.ask("GET", "/api/events?limit=2&before=" + last).json();
  CHECK(next == Json{all[3], all[4]});
  CHECK(shop.ask("GET", "/api/events?before=1").body == "[]");
  for (const char* query : {"?limit=0", "?limit=10001", "?limit=x", "?before=0", "?before=x"})
    CHECK(shop.ask("GET", std::string{"/api/events"} + query).status == 422);
}

}  // namespace
}  // namespace muster
