#include "tests/catch.h"
#include "tests/world.h"

// Acts over many keys, links and devices: one act each, all of it or nothing.

namespace muster {
namespace {

using Json = nlohmann::json;
using Codes = std::vector<std::string>;

constexpr const char* kReusable = R"("type": "reusable", "expires_in": 86400)";

struct Many : World {
  std::string keys(const std::string& members = kReusable) {
    return make_key_object(members).at("id").get<std::string>();
  }
  Answer act(const std::string& noun, const Json& body) {
    return ask("POST", "/api/" + noun + "/actions", body.dump());
  }
  Answer act_on_keys(const std::string& action, const std::vector<std::string>& ids) {
    return act("setup-keys", {{"action", action}, {"ids", ids}});
  }
  std::int64_t head() { return number("SELECT max(id) FROM audit_log"); }
  std::string state(const std::string& key) {
    return ask("GET", "/api/setup-keys/" + key).json().at("state");
  }
};

TEST_CASE("keys named by their ids are paused, and those that were already count as unchanged") {
  Many world;
  const auto one = world.keys();
  const auto two = world.keys();
  world.ask("POST", "/api/setup-keys/" + two + "/pause");
  const auto head = world.head();
  const Answer answer = world.act_on_keys("pause", {one, two, one});
  CHECK(answer.status == 200);
  const Json report = answer.json();
  CHECK(report.at("action") == "pause");
  CHECK(report.at("count") == 2);
  CHECK(report.at("changed") == 1);
  CHECK(report.at("unchanged") == 1);
  CHECK(report.at("skipped").empty());
  CHECK(world.state(one) == "paused");
  CHECK(world.audit_codes(head) == Codes{"setupkey.pause"});
}

TEST_CASE("each key that changed has its row in the audit log, all with one cascade id") {
  Many world;
  const auto head = world.head();
  const Json report = world.act_on_keys("revoke", {world.keys(), world.keys()}).json();
  CHECK(world.number("SELECT count(*) FROM audit_log WHERE code = 'setupkey.revoke' AND"
                     " cascade_id = '" +
                     report.at("cascade_id").get<std::string>() + "'") == 2);
  CHECK(world.audit_codes(head + 2) == Codes{"setupkey.revoke", "setupkey.revoke"});
}

TEST_CASE("the acts on keys do what the single ones do") {
  Many world;
  const auto key = world.keys();
  world.act_on_keys("pause", {key});
  CHECK(world.act_on_keys("resume", {key}).json().at("changed") == 1);
  CHECK(world.state(key) == "valid");
  CHECK(world.act_on_keys("revoke", {key}).json().at("changed") == 1);
  CHECK(world.state(key) == "revoked");
  CHECK(world.act_on_keys("delete", {key}).json().at("changed") == 1);
  CHECK(world.ask("GET", "/api/setup-keys/" + key).status == 404);
  CHECK(world.act_on_keys("delete", {key}).json().at("unchanged") == 1);
}

TEST_CASE("one unknown id refuses the whole, and nothing is written") {
  Many world;
  const auto key = world.keys();
  const auto before = world.stored();
  const Answer answer = world.act_on_keys("pause", {key, "4711", "4712", "4713", "4714"});
  CHECK(answer.status == 404);
  CHECK(answer.message() ==
        "nothing was done: setup key: 4711 not found; setup key: 4712 not found; setup key: 4713 "
        "not found; and 1 more");
  CHECK(world.stored() == before);
}

TEST_CASE("a default key among ids refuses the whole, and is left out when a filter chose it") {
  Many world;
  const auto key = world.keys();
  const auto before = world.stored();
  const Answer refused = world.act_on_keys("revoke", {key, "1"});
  CHECK(refused.status == 422);
  CHECK(refused.reason() == "default_key");
  CHECK(refused.message().find("setup key default") != std::string::npos);
  CHECK(world.stored() == before);

  const Json report =
      world.act("setup-keys", {{"action", "revoke"}, {"filter", Json::object()}}).json();
  CHECK(report.at("changed") == 1);
  CHECK(report.at("skipped").size() == 1);
  CHECK(report.at("skipped")[0].at("id") == "1");
  CHECK(report.at("skipped")[0].at("reason") == "default_key");
  CHECK(world.state("1") == "valid");
  CHECK(world.act_on_keys("pause", {"1"}).json().at("changed") == 1);
}

TEST_CASE("a filter chooses what the list shows under the same query") {
  Many world;
  const auto tills = world.make_group("tills");
  const auto in = world.keys(std::string{kReusable} + R"(, "auto_groups": [")" + tills + "\"]");
  const auto out = world.keys();
  const Json report =
      world
          .act("setup-keys", {{"action", "pause"}, {"filter", {{"group", tills}, {"dead", false}}}})
          .json();
  CHECK(report.at("count") == 1);
  CHECK(world.state(in) == "paused");
  CHECK(world.state(out) == "valid");
}

TEST_CASE("what a request for many must say") {
  Many world;
  const auto key = world.keys();
  const auto before = world.stored();
  for (const char* body :
       {R"({"action": "pause"})", R"({"action": "pause", "ids": []})",
        R"({"action": "pause", "ids": ["2"], "filter": {}})",
        R"({"action": "enchant", "ids": ["2"]})", R"({"action": "pause", "ids": ["x"]})",
        R"({"action": "pause", "filter": {"sort": "name"}})",
        R"({"action": "pause", "filter": {"state": "odd"}})",
        R"({"action": "pause", "filter": {"deleted": true}})"}) {
    INFO(body);
    CHECK(world.ask("POST", "/api/setup-keys/actions", body).status == 422);
  }
  CHECK(
      world.ask("POST", "/api/setup-keys/actions", R"({"action": "pause", "filter": []})").status ==
      400);
  CHECK(world
            .ask("POST", "/api/setup-keys/actions",
                 R"({"action": "pause", "filter": {"state": ["valid"]}})")
            .status == 400);
  CHECK(world.stored() == before);
}

TEST_CASE("a dry run tells what would happen, and writes nothing") {
  Many world;
  const auto key = world.keys();
  const auto before = world.stored();
  const Json report =
      world.act("setup-keys", {{"action", "revoke"}, {"filter", Json::object()}, {"dry_run", true}})
          .json();
  CHECK(report.at("dry_run") == true);
  CHECK(report.at("changed") == 1);
  CHECK(report.at("skipped").size() == 1);
  CHECK(report.at("cascade_id") == "");
  CHECK(world.stored() == before);
  CHECK(
      world.act("setup-keys", {{"action", "revoke"}, {"ids", {"1"}}, {"dry_run", true}}).reason() ==
      "default_key");
}

TEST_CASE("a token that is confined to groups refuses the whole, by ids and by filter") {
  Many world;
  const auto tills = world.make_group("tills");
  const auto in = world.keys(std::string{kReusable} + R"(, "auto_groups": [")" + tills + "\"]");
  const auto out = world.keys();
  const auto token = world
                         .ask("POST", "/api/users/1/tokens",
                              R"({"name": "t", "expires_in": 9, "group_ids": [")" + tills + "\"]}")
                         .json()
                         .at("plain_token")
                         .get<std::string>();
  const auto ask = [&](const Json& body) {
    return world.ask("POST", "/api/setup-keys/actions", body.dump(), {.token = token});
  };
  const auto before = world.stored();
  CHECK(ask({{"action", "pause"}, {"ids", {in, out}}}).status == 403);
  CHECK(ask({{"action", "pause"}, {"filter", Json::object()}}).status == 403);
  CHECK(world.stored() == before);
  CHECK(ask({{"action", "pause"}, {"ids", {in}}}).json().at("changed") == 1);
}

TEST_CASE("who may only read acts on nothing") {
  Many world;
  const auto key = world.keys();
  const auto token = world.make_token("auditor");
  for (const char* noun : {"setup-keys", "install-links", "devices"}) {
    INFO(noun);
    CHECK(world
              .ask("POST", std::string{"/api/"} + noun + "/actions",
                   R"({"action": "pause", "ids": ["1"]})", {.token = token})
              .status == 403);
  }
}

TEST_CASE("five thousand keys are one act") {
  Many world;
  world.run(
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
      " INSERT INTO setup_keys (name, type, secret_hash, hint, created_at, updated_at)"
      " SELECT 'many ' || i, 'reusable', randomblob(32), 'mkey_' || i, 1, 1 FROM n");
  std::vector<std::string> ids;
  for (int id = 2; id < 5002; ++id) ids.push_back(std::to_string(id));
  const auto head = world.head();
  CHECK(world.act_on_keys("pause", ids).json().at("changed") == 5000);
  CHECK(world.head() - head == 5000);
  CHECK(world.act("setup-keys", {{"action", "resume"}, {"filter", {{"state", "paused"}}}})
            .json()
            .at("changed") == 5000);
}

// --- install links ------------------------------------------------------------------------------

std::string make_link(World& world, const std::string& recipient) {
  const Answer made =
      world.ask("POST", "/api/install-links", Json{{"recipient", recipient}}.dump());
  return made.json().at("id").get<std::string>();
}

TEST_CASE("links are withdrawn and extended by ids, and a used one refuses the whole") {
  Many world;
  const auto one = make_link(world, "Miller");
  const auto used = world.ask("POST", "/api/install-links", R"({"recipient": "Baker"})").json();
  const auto used_id = used.at("id").get<std::string>();
  world.enroll(used.at("key"), device_secret(1));
  const auto before = world.stored();
  for (const char* action : {"withdraw", "extend"}) {
    const Answer refused =
        world.act("install-links", {{"action", action}, {"ids", {one, used_id}}});
    CHECK(refused.status == 409);
    CHECK(refused.message().find("the link for Baker was used by baker") != std::string::npos);
  }
  CHECK(world.stored() == before);
  world.clock.pass(60);
  const Json extended =
      world.act("install-links", {{"action", "extend"}, {"ids", {one}}, {"expires_in", 86400}})
          .json();
  CHECK(extended.at("changed") == 1);
  CHECK(world.ask("GET", "/api/install-links/" + one).json().at("expires_at") ==
        rfc3339(world.clock.now() + 86400));
}

TEST_CASE("a filter leaves out used links and says why; withdrawn ones are unchanged") {
  Many world;
  const auto one = make_link(world, "Miller");
  world.ask("DELETE", "/api/install-links/" + make_link(world, "Gone"));
  const auto used = world.ask("POST", "/api/install-links", R"({"recipient": "Baker"})").json();
  world.enroll(used.at("key"), device_secret(1));
  const Json report =
      world.act("install-links", {{"action", "withdraw"}, {"filter", Json::object()}}).json();
  CHECK(report.at("changed") == 1);
  CHECK(report.at("unchanged") == 1);
  CHECK(report.at("skipped").size() == 1);
  CHECK(report.at("skipped")[0].at("name") == "Baker");
  CHECK(world.ask("GET", "/api/install-links/" + one).json().at("state") == "withdrawn");
  CHECK(world.act("install-links", {{"action", "withdraw"}, {"ids", {one}}, {"expires_in", 5}})
            .status == 422);
}

// --- devices ------------------------------------------------------------------------------------

struct Fleet : Many {
  explicit Fleet(int count = 3, const std::string& members = kReusable) : key(make_key(members)) {
    for (int i = 1; i <= count; ++i) enroll(key, device_secret(i));
  }
  Json device(const std::string& id) { return ask("GET", "/api/devices/" + id).json(); }
  std::string key;
};

TEST_CASE("devices get and lose tags; those that have them already are unchanged") {
  Fleet world;
  world.ask("PATCH", "/api/devices/1", R"({"tags": ["old", "shop"]})");
  const auto head = world.head();
  const Json report =
      world
          .act("devices",
               {{"action", "tag"}, {"ids", {"1", "2"}}, {"add", {"shop"}}, {"remove", {"old"}}})
          .json();
  CHECK(report.at("changed") == 2);
  CHECK(world.device("1").at("tags") == Json{"shop"});
  CHECK(world.device("2").at("tags") == Json{"shop"});
  CHECK(world.audit_codes(head) == Codes{"peer.tags.update", "peer.tags.update"});
  CHECK(world.act("devices", {{"action", "tag"}, {"ids", {"1"}}, {"add", {"shop"}}})
            .json()
            .at("unchanged") == 1);
  CHECK(world.audit_codes(head).size() == 2);
}

TEST_CASE("devices are put into groups and taken out, protected ones too, and keep their others") {
  Fleet world;
  const auto tills = world.make_group("tills");
  const auto vault = world.make_group("vault", true);
  world.act("devices", {{"action", "group"}, {"ids", {"1", "2"}}, {"add", {"tills"}}});
  const Json report = world
                          .act("devices", {{"action", "group"},
                                           {"filter", {{"group", tills}}},
                                           {"add", {vault}},
                                           {"remove", {tills}}})
                          .json();
  CHECK(report.at("changed") == 2);
  const Json groups = world.device("2").at("groups");
  CHECK(groups.size() == 2);
  CHECK(groups[1].at("name") == "vault");
  for (const char* group : {"All", "nothing"})
    CHECK(world.act("devices", {{"action", "group"}, {"ids", {"1"}}, {"remove", {group}}}).status ==
          422);
}

TEST_CASE("waiting devices are approved, and removed ones are not found") {
  Fleet world{2, std::string{kReusable} + R"(, "requires_approval": true)"};
  CHECK(world.act("devices", {{"action", "approve"}, {"filter", {{"status", "waiting"}}}})
            .json()
            .at("changed") == 2);
  CHECK(world.device("1").at("status") == "connected");
  CHECK(world.act("devices", {{"action", "remove"}, {"ids", {"1"}}}).json().at("changed") == 1);
  CHECK(world.act("devices", {{"action", "remove"}, {"ids", {"1"}}}).json().at("unchanged") == 1);
  CHECK(world.act("devices", {{"action", "approve"}, {"ids", {"1", "2"}}}).status == 404);
  CHECK(world.act("devices", {{"action", "approve"}, {"filter", {{"status", "removed"}}}}).status ==
        422);
}

TEST_CASE("a filter of what memory knows chooses devices, too") {
  Fleet world;
  world.ask_as_device(device_secret(2), "/api/agent/leave", R"({"how": "down"})");
  const Json report =
      world.act("devices", {{"action", "remove"}, {"filter", {{"online", false}}}}).json();
  CHECK(report.at("changed") == 1);
  CHECK(world.device("2").at("status") == "removed");
  CHECK(world.device("1").at("status") == "connected");
}

TEST_CASE("an act on devices says what it adds or takes away, or neither") {
  Fleet world;
  for (const Json& body : {Json{{"action", "tag"}, {"ids", {"1"}}},
                           Json{{"action", "approve"}, {"ids", {"1"}}, {"add", {"x"}}},
                           Json{{"action", "enchant"}, {"ids", {"1"}}}})
    CHECK(world.act("devices", body).status == 422);
}

}  // namespace
}  // namespace muster
