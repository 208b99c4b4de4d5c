#include "tests/catch.h"
#include "tests/links.h"

// Making an install link, and what becomes of the machine that uses it.

namespace muster {
namespace {

using Json = nlohmann::json;

TEST_CASE("an install link shows its secret once, as key, address and lines") {
  LinkWorld world;
  world.config.public_url = "https://muster.example.com";
  const Json made = world.make("Miller bakery");
  const std::string key = made.at("key");
  CHECK(made.at("url") == "https://muster.example.com/i/" + key);
  CHECK(made.at("commands") ==
        Json{{"linux",
              "curl -fsSL https://muster.example.com/install.sh | sh -s -- --control "
              "https://muster.example.com --key " +
                  key},
             {"macos",
              "curl -fsSL https://muster.example.com/install.sh | sh -s -- --control "
              "https://muster.example.com --key " +
                  key},
             {"windows", nullptr},
             {"docker", nullptr},
             {"kubernetes", nullptr}});
  for (const Json& later : {world.now(made), world.ask("GET", "/api/install-links").json().at(0)}) {
    CHECK(later.at("url").is_null());
    CHECK(later.at("key").is_null());
    CHECK(later.at("commands").is_null());
  }
}

TEST_CASE("a new link has a week, waits unopened, and names who made it") {
  LinkWorld world;
  const Json link = world.make("Miller bakery", R"(, "note": "till", "message": "Hello")");
  CHECK(link.at("state") == "not_opened");
  CHECK(link.at("recipient") == "Miller bakery");
  CHECK(link.at("note") == "till");
  CHECK(link.at("message") == "Hello");
  CHECK(link.at("expires_at") == "2027-01-22T08:00:00Z");
  CHECK(link.at("created_by") == "ana@example.com");
  CHECK(link.at("opened_times") == 0);
  for (const char* member : {"batch_id", "first_opened_at", "last_opened_at", "sent_at",
                             "sent_by_id", "sent_via", "replaced_by_id", "device_id", "used_by"})
    CHECK(link.at(member).is_null());
}

TEST_CASE("a link's setup key is one-time, called as the recipient, and names its link") {
  LinkWorld world;
  const std::string group = world.make_group("tills", true);
  const Json link = world.make("Miller", R"(, "auto_groups": ["tills"], "expires_in": 60)");
  const Json key =
      world.ask("GET", "/api/setup-keys/" + link.at("setup_key_id").get<std::string>()).json();
  CHECK(key.at("name") == "Miller");
  CHECK(key.at("type") == "one-off");
  CHECK(key.at("usage_limit") == 1);
  CHECK(key.at("auto_groups") == Json{group});
  CHECK(key.at("expires") == link.at("expires_at"));
  CHECK(key.at("install_link_id") == link.at("id"));
  CHECK(link.at("auto_groups") == Json{group});
}

TEST_CASE("a plain setup key has no install link, and its devices have no recipient") {
  LinkWorld world;
  const Json key = world.make_key_object(R"("type": "one-off")");
  CHECK(key.at("install_link_id").is_null());
  world.enroll(key.at("key"), device_secret(1));
  const Json device = world.ask("GET", "/api/devices/1").json();
  CHECK(device.at("install_link_id").is_null());
  CHECK(device.at("recipient").is_null());
  CHECK(device.at("name") == "till");
}

TEST_CASE("the secret of a link is stored nowhere") {
  LinkWorld world;
  const Json link = world.make("Miller");
  world.use(link);
  world.act(world.make("Other"), "resend");
  const std::string key = link.at("key");
  const std::string stored = world.stored();
  CHECK(stored.find(key) == std::string::npos);
  CHECK(stored.find(key.substr(10)) == std::string::npos);
}

TEST_CASE("the device that came through a link is called as its recipient") {
  LinkWorld world;
  const Json link = world.make("M\xc3\xbcller & Sons");
  const Json answer = world.use(link).json();
  CHECK(answer.at("name") == "m-ller-sons");
  const Json device = world.ask("GET", "/api/devices/1").json();
  CHECK(device.at("install_link_id") == link.at("id"));
  CHECK(device.at("recipient") == "M\xc3\xbcller & Sons");
  CHECK(device.at("hostname") == "till");
  CHECK(world.ask("GET", "/api/devices").json().at(0).at("recipient") == device.at("recipient"));
}

TEST_CASE("a device name set on the link comes before its recipient") {
  LinkWorld world;
  CHECK(world.use(world.make("Miller", R"(, "device_name": "till-7")")).json().at("name") ==
        "till-7");
}

TEST_CASE("the machine gets the link's groups and networks, and waits if the link says so") {
  LinkWorld world;
  world.make_group("tills");
  world.make_network("shop", "10.9.0.0/24");
  const Json answer =
      world
          .use(world.make("Miller", R"(, "auto_groups": ["tills"], "networks": ["shop"],
                                      "requires_approval": true)"))
          .json();
  CHECK(answer.at("status") == "waiting");
  CHECK(answer.at("groups").at(1).at("name") == "tills");
  CHECK(answer.at("addresses").at(0).at("network") == "shop");
}

TEST_CASE("a link lets in one machine, and tells the next one who used it and whom to ask") {
  LinkWorld world;
  const Json link = world.make("Miller");
  REQUIRE(world.use(link, 1).status == 200);
  const Answer second = world.use(link, 2);
  CHECK(second.status == 403);
  CHECK(second.reason() == "key_used_up");
  CHECK(second.message() ==
        "This line works once, and miller used it on 15 January 2027, 08:00 UTC. Ask "
        "ana@example.com for a new line.");
}

TEST_CASE("a used link tells which device used it, and when") {
  LinkWorld world;
  const Json link = world.make("Miller");
  world.clock.pass(60);
  world.use(link);
  const Json used = world.now(link);
  CHECK(used.at("state") == "used");
  CHECK(used.at("device_id") == "1");
  CHECK(used.at("used_by") == "miller");
  CHECK(used.at("used_at") == "2027-01-15T08:01:00Z");
}

TEST_CASE("an install link that breaks a rule is refused, and nothing is made") {
  LinkWorld world;
  world.make_group("tills");
  const std::string before = world.stored();
  const auto& [body, message] = GENERATE(table<std::string, std::string>({
      {R"({})", "recipient shouldn't be empty"},
      {R"({"recipient": "  "})", "recipient shouldn't be empty"},
      {R"({"recipient": ")" + std::string(201, 'x') + "\"}", "recipient"},
      {R"({"recipient": "a\nb"})", "recipient"},
      {R"({"recipient": "a", "note": ")" + std::string(2001, 'x') + "\"}", "the note"},
      {R"({"recipient": "a", "message": ")" + std::string(2001, 'x') + "\"}", "the message"},
      {R"({"recipient": "a", "expires_in": 0})", "expires_in"},
      {R"({"recipient": "a", "expires_in": -1})", "expires_in"},
      {R"({"recipient": "a", "expires_in": 315360001})", "expires_in"},
      {R"({"recipient": "a", "auto_groups": ["9"]})", "invalid auto groups: group not found: 9"},
      {R"({"recipient": "a", "auto_groups": ["All"]})", "invalid auto groups"},
      {R"({"recipient": "a", "networks": ["9"]})", "invalid networks: network not found: 9"},
  }));
  const Answer answer = world.ask("POST", "/api/install-links", body);
  INFO(answer.body);
  CHECK(answer.status == 422);
  CHECK(answer.reason() == "invalid");
  CHECK(answer.message().starts_with(message));
  CHECK((world.stored() == before));
}

TEST_CASE("the longest life, name and texts of a link are taken") {
  LinkWorld world;
  const Json link = world.make(std::string(200, 'x'), R"(, "expires_in": 315360000, "message": ")" +
                                                          std::string(1999, 'x') + R"(\n")");
  CHECK(link.at("recipient").get<std::string>().size() == 200);
}

TEST_CASE("a token for links needs no other right, and one for keys makes no links") {
  LinkWorld world;
  const std::string body = R"({"recipient": "Miller"})";
  const auto make = [&](const char* scope) {
    return world
        .ask("POST", "/api/install-links", body, {.token = world.make_token("owner", {scope})})
        .status;
  };
  CHECK(make("links:write") == 200);
  CHECK(make("keys:write") == 403);
  CHECK(make("links:read") == 403);
}

TEST_CASE("what a recipient is called, and what is noted, can be changed") {
  LinkWorld world;
  const Json link = world.make("Miler", R"(, "note": "a")");
  const auto from = world.number("SELECT max(id) FROM audit_log");
  const Json changed =
      world.ask("PATCH", LinkWorld::path_of(link), R"({"recipient": " Miller "})").json();
  CHECK(changed.at("recipient") == "Miller");
  CHECK(changed.at("note") == "a");
  CHECK(changed.at("key").is_null());
  CHECK(world.text("SELECT name FROM setup_keys ORDER BY id DESC") == "Miller");
  CHECK(world.audit_codes(from) == std::vector<std::string>{"installlink.update"});
  CHECK(world.use(link).json().at("name") == "miller");
}

TEST_CASE("what the machine to come shall get can be changed while the link is out") {
  LinkWorld world;
  world.make_group("tills");
  world.make_network("shop", "10.9.0.0/24");
  const Json link = world.make("Miller");
  const Answer changed = world.ask("PATCH", LinkWorld::path_of(link),
                                   R"({"auto_groups": ["tills"], "networks": ["shop"],
                                       "device_name": "till-7", "requires_approval": true})");
  CHECK(changed.json().at("auto_groups") == Json{"2"});
  CHECK(changed.json().at("recipient") == "Miller");
  const Json device = world.use(link).json();
  CHECK(device.at("name") == "till-7");
  CHECK(device.at("status") == "waiting");
  CHECK(device.at("addresses").at(0).at("network") == "shop");
}

TEST_CASE("a link that is to name a group nobody knows stays as it is") {
  LinkWorld world;
  const Json link = world.make("Miller");
  const std::string before = world.stored();
  const Answer refused = world.ask("PATCH", LinkWorld::path_of(link),
                                   R"({"recipient": "Smith", "auto_groups": ["none"]})");
  CHECK(refused.status == 422);
  CHECK(world.stored() == before);
}

TEST_CASE("a change that says what is so already is not in the audit log") {
  LinkWorld world;
  const Json link = world.make("Miller");
  const auto from = world.number("SELECT max(id) FROM audit_log");
  CHECK(world.ask("PATCH", LinkWorld::path_of(link), R"({"recipient": "Miller"})").status == 200);
  CHECK(world.audit_codes(from).empty());
}

}  // namespace
}  // namespace muster
