#include "tests/catch.h"
#include "tests/world.h"

// Making setup keys, as NetBird's clients do it and beyond.

namespace muster {
namespace {

TEST_CASE("a key that cannot be is refused with the sentence that clients know") {
  struct Row {
    const char* body;
    int status;
    const char* message;
  };
  const auto row = GENERATE(
      Row{"", 400, "couldn't parse JSON request"}, Row{"{", 400, "couldn't parse JSON request"},
      Row{"null", 400, "couldn't parse JSON request"},
      Row{R"({"name": 1, "type": "reusable"})", 400, "couldn't parse JSON request"},
      Row{R"({"name": "n", "type": "reusable", "usage_limit": 1.5})", 400,
          "couldn't parse JSON request"},
      Row{R"({"name": "n", "type": "reusable", "usage_limit": "1"})", 400,
          "couldn't parse JSON request"},
      Row{R"({"type": "reusable"})", 422, "setup key name shouldn't be empty"},
      Row{R"({"name": "", "type": "king"})", 422, "setup key name shouldn't be empty"},
      Row{R"({"name": "n", "type": "king"})", 422, "unknown setup key type king"},
      Row{R"({"name": "n", "type": "One-Off"})", 422, "unknown setup key type One-Off"},
      Row{R"({"name": "n"})", 422, "unknown setup key type "},
      Row{R"({"name": "n", "type": "reusable", "expires_in": -1})", 422,
          "expiresin can not be in the past"},
      Row{R"({"name": "n", "type": "reusable", "usage_limit": -1})", 422,
          "usage_limit can not be negative"},
      Row{R"({"name": "n", "type": "reusable", "expires_in": 315360001})", 422,
          "expires_in can not be longer than ten years; 0 means never"},
      Row{R"({"name": "n", "type": "reusable", "auto_groups": ["99"]})", 422,
          "invalid auto groups: group not found: 99"},
      Row{R"({"name": "n", "type": "reusable", "auto_groups": ["Tills"]})", 422,
          "invalid auto groups: group not found: Tills"},
      Row{R"({"name": "n", "type": "reusable", "auto_groups": ["1"]})", 422,
          "invalid auto groups: can't add 'all' group to the setup key"},
      Row{R"({"name": "n", "type": "reusable", "auto_groups": ["All"]})", 422,
          "invalid auto groups: can't add 'all' group to the setup key"},
      Row{R"({"name": "n", "type": "reusable", "networks": ["x"]})", 422,
          "invalid networks: network not found: x"});
  World world;
  const std::string before = world.stored();
  const Answer answer = world.ask("POST", "/api/setup-keys", row.body);
  INFO(row.body);
  CHECK(answer.status == row.status);
  CHECK(answer.message() == row.message);
  CHECK((world.stored() == before));
}

TEST_CASE(
    "name is asked before type, type before limit, limit before expiry, expiry before groups") {
  World world;
  nlohmann::json body = {{"name", ""},
                         {"type", "king"},
                         {"usage_limit", 2},
                         {"expires_in", -1},
                         {"auto_groups", {"99"}}};
  const auto message = [&] { return world.ask("POST", "/api/setup-keys", body.dump()).message(); };
  CHECK(message() == "setup key name shouldn't be empty");
  body["name"] = "n";
  CHECK(message() == "unknown setup key type king");
  body["type"] = "one-off";
  CHECK(message().starts_with("usage_limit 2 is not valid for a one-off setup key"));
  body["usage_limit"] = 1;
  CHECK(message() == "expiresin can not be in the past");
  body["expires_in"] = 1;
  CHECK(message() == "invalid auto groups: group not found: 99");
}

TEST_CASE("own members that cannot be are refused") {
  const auto* member =
      GENERATE(R"("ephemeral_seconds": 59)", R"("ephemeral_seconds": 2592001)",
               R"("allowed_cidrs": ["10.0.0.1/8"])", R"("allowed_cidrs": ["example.com"])",
               R"("allowed_cidrs": [""])", R"("tags": [""])", R"("tags": ["a\u001fb"])",
               R"("note": "a\u0007b")", R"("device_name": "a\nb")", R"("usage_limit": 2147483648)");
  World world;
  const std::string before = world.stored();
  const Answer answer =
      world.ask("POST", "/api/setup-keys",
                std::string{R"({"name": "n", "type": "reusable", )"} + member + "}");
  INFO(member);
  CHECK(answer.status == 422);
  CHECK(answer.reason() == "invalid");
  CHECK((world.stored() == before));
}

TEST_CASE("a name has 1 to 200 characters and no control characters") {
  World world;
  const auto status = [&](const std::string& name) {
    return world
        .ask("POST", "/api/setup-keys", nlohmann::json{{"name", name}, {"type", "reusable"}}.dump())
        .status;
  };
  CHECK(status(std::string(200, 'x')) == 200);
  CHECK(status(std::string(201, 'x')) == 422);
  CHECK(status("a\tb") == 422);
  CHECK(status("  ") == 422);
  CHECK(status("Läden & \"Kassen\" <1>") == 200);
}

TEST_CASE("expiry in seconds: 0 and absent mean never, 1 second to ten years are fine") {
  World world;
  CHECK(world.make_key_object(R"("type": "reusable")").at("expires") == "0001-01-01T00:00:00Z");
  for (const std::int64_t seconds : {1LL, 3600LL, 366LL * 86400, 315'360'000LL}) {
    const auto key =
        world.make_key_object(R"("type": "reusable", "expires_in": )" + std::to_string(seconds));
    CHECK(key.at("expires") == rfc3339(world.clock.now() + seconds));
  }
}

TEST_CASE("a one-off key has limit 1, whatever was left out; a reusable one what was sent") {
  World world;
  CHECK(world.make_key_object(R"("type": "one-off")").at("usage_limit") == 1);
  CHECK(world.make_key_object(R"("type": "one-off", "usage_limit": 0)").at("usage_limit") == 1);
  CHECK(world.make_key_object(R"("type": "reusable")").at("usage_limit") == 0);
  const auto once = world.make_key_object(R"("type": "reusable", "usage_limit": 1)");
  CHECK(once.at("usage_limit") == 1);
  CHECK(once.at("type") == "reusable");
}

TEST_CASE("groups stay in the order and number in which they were sent, by id or by name") {
  World world;
  const std::string a = world.make_group("a");
  const std::string b = world.make_group("b");
  const auto key = world.make_key_object(R"("type": "reusable", "auto_groups": ["b", ")" + a +
                                         R"(", "a", ")" + b + R"("])");
  CHECK(key.at("auto_groups") == nlohmann::json{b, a, a, b});
  CHECK(world.ask("GET", "/api/setup-keys").json().back().at("auto_groups") ==
        nlohmann::json{b, a, a, b});
}

TEST_CASE("a group whose name is the id of another does not stand in for it") {
  World world;
  const std::string first = world.make_group("first");
  world.make_group(first);
  CHECK(world.make_key_object(R"("type": "reusable", "auto_groups": [")" + first + "\"]")
            .at("auto_groups") == nlohmann::json{first});
}

TEST_CASE("the answer that makes a key has every member that clients know") {
  World world;
  const auto key = world.make_key_object(
      R"("type": "one-off", "expires_in": 60, "ephemeral": true, "allow_extra_dns_labels": true)");
  CHECK(key.at("id") == "2");
  CHECK(key.at("key").get<std::string>().starts_with("mkey_"));
  CHECK(key.at("name") == "test");
  CHECK(key.at("expires") == rfc3339(world.clock.now() + 60));
  CHECK(key.at("type") == "one-off");
  CHECK(key.at("valid") == true);
  CHECK(key.at("revoked") == false);
  CHECK(key.at("used_times") == 0);
  CHECK(key.at("last_used") == "0001-01-01T00:00:00Z");
  CHECK(key.at("state") == "valid");
  CHECK(key.at("auto_groups") == nlohmann::json::array());
  CHECK(key.at("updated_at") == rfc3339(world.clock.now()));
  CHECK(key.at("usage_limit") == 1);
  CHECK(key.at("ephemeral") == true);
  CHECK(key.at("allow_extra_dns_labels") == true);
}

TEST_CASE("our own members come back as they were sent") {
  World world;
  const std::string office = world.make_network("office", "10.0.0.0/24");
  const nlohmann::json own = {
      {"note", "two\nlines"},       {"tags", {"shop", "till"}},
      {"device_name", "till"},      {"ephemeral_seconds", 60},
      {"allow_group_choice", true}, {"requires_approval", true},
      {"networks", {office}},       {"allowed_cidrs", {"203.0.113.0/24", "2001:db8::/32"}}};
  nlohmann::json body = own;
  body["name"] = "n";
  body["type"] = "reusable";
  const auto key = world.ask("POST", "/api/setup-keys", body.dump()).json();
  for (const auto& [name, value] : own.items()) CHECK(key.at(name) == value);
  CHECK(key.at("created_by") == "ana@example.com");
  CHECK(key.at("created_by_id") == "1");
  CHECK(key.at("created_at") == rfc3339(world.clock.now()));
  CHECK(key.at("blocked_by") == nlohmann::json::array());
}

TEST_CASE("the secret is shown in the answer that makes it and never again") {
  World world;
  const auto made = world.make_key_object(R"("type": "reusable")");
  const std::string secret = made.at("key");
  const std::string mask = secret.substr(0, 10) + "****";
  const std::string path = "/api/setup-keys/" + made.at("id").get<std::string>();
  CHECK(world.ask("GET", path).json().at("key") == mask);
  CHECK(world.ask("PUT", path, R"({"auto_groups": []})").json().at("key") == mask);
  CHECK(world.ask("GET", "/api/setup-keys").body.find(secret) == std::string::npos);
  CHECK(world.ask("GET", "/api/setup-keys").body.find(mask) != std::string::npos);
  world.restart();
  CHECK(world.ask("GET", path).json().at("key") == mask);
}

TEST_CASE("names of keys need not be unique, their secrets are") {
  World world;
  const auto first = world.make_key_object(R"("type": "reusable")");
  const auto second = world.make_key_object(R"("type": "reusable")");
  CHECK(first.at("name") == second.at("name"));
  CHECK(first.at("id") != second.at("id"));
  CHECK(first.at("key") != second.at("key"));
}

TEST_CASE("a key from the command line is nobody's") {
  World world;
  const auto made = world.database().write([&](Transaction& tx) {
    return create_key(tx, By::command_line(world.clock.now()), {.name = "n", .type = "one-off"});
  });
  REQUIRE(made);
  const auto key = world.ask("GET", "/api/setup-keys/" + to_text(made->key.id)).json();
  CHECK(key.at("created_by_id").is_null());
  CHECK(key.at("created_by") == "");
}

TEST_CASE("a list of keys has each once, however long, and as many as was asked for") {
  World world;
  world.database().write([&](Transaction& tx) {
    for (int i = 0; i < 1200; ++i)
      REQUIRE(create_key(tx, By::command_line(1), {.name = "n", .type = "one-off"}));
  });
  const auto keys = world.ask("GET", "/api/setup-keys").json();
  REQUIRE(keys.size() == 1201);
  for (std::size_t i = 0; i < keys.size(); ++i) CHECK(keys[i].at("id") == std::to_string(i + 1));
  CHECK(world.ask("GET", "/api/setup-keys?limit=501").json().size() == 501);
  CHECK(world.ask("GET", "/api/setup-keys?limit=0").status == 422);
}

}  // namespace
}  // namespace muster
