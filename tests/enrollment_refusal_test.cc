#include "tests/catch.h"
#include "tests/world.h"

// How a machine does not become a device: which reason, in which words, and that nothing is spent.

namespace muster {
namespace {

constexpr const char* kWireguardKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr const char* kUnknown = "mkey_7f3010123456789abcdefghjkmnpqrs4qjb";

TEST_CASE("whoever holds no genuine key hears that it is unknown, however it is wrong") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");
  const std::string before = world.stored();
  for (const std::string& typed :
       {std::string{kUnknown}, key.substr(0, 39), key + "0", std::string{}, std::string{"x"},
        world.owner_token, "mpat" + key.substr(4), std::string(2000, 'm')}) {
    const Answer answer = world.enroll(typed, device_secret(1));
    CHECK(answer.status == 403);
    CHECK(answer.reason() == "key_unknown");
    CHECK(answer.message() == world.enroll(kUnknown, device_secret(1)).message());
  }
  CHECK((world.stored() == before));
}

TEST_CASE("with everything wrong at once, the reasons come in their order") {
  World world;
  const std::string group = world.make_group("servers");
  world.make_network("small", "10.9.0.0/30");
  const std::string key = world.make_key(
      R"("type": "reusable", "usage_limit": 2, "expires_in": 3600, "auto_groups": ["servers"],
         "networks": ["small"], "allowed_cidrs": ["192.0.2.7"])");
  const std::string copied = std::string{R"(, "wireguard_public_key": ")"} + kWireguardKey + "\"";
  REQUIRE(world.enroll(key, device_secret(1), copied).status == 200);
  REQUIRE(world.enroll(key, device_secret(2)).status == 200);
  world.run("UPDATE setup_keys SET revoked_at = 1, paused_at = 1 WHERE id = 2");
  world.run("UPDATE groups SET is_protected = 1 WHERE id = " + group);
  world.clock.jump(3600);
  const std::string chosen = R"(, "group": "mine")";
  const std::string named = R"(, "dns_labels": ["db"])";
  std::string more = chosen + named + copied;
  Sent sent{.from = "192.0.2.8"};
  const auto check = [&](const std::string& reason) {
    const std::string before = world.stored();
    const Answer answer = world.enroll(key, device_secret(3), more, sent);
    CHECK(answer.status == 403);
    CHECK(answer.reason() == reason);
    CHECK(answer.message().size() > 40);
    CHECK((world.stored() == before));
  };

  check("key_expired");
  world.clock.jump(-3600);
  check("key_revoked");
  world.run("UPDATE setup_keys SET revoked_at = NULL WHERE id = 2");
  check("key_paused");
  world.run("UPDATE setup_keys SET paused_at = NULL WHERE id = 2");
  check("key_used_up");
  world.run("UPDATE setup_keys SET usage_limit = 3 WHERE id = 2");
  check("group_protected");
  world.run("UPDATE groups SET is_protected = 0 WHERE id = " + group);
  check("group_not_allowed");
  more = named + copied;
  check("source_not_allowed");
  sent.from = "192.0.2.7";
  check("dns_labels_not_allowed");
  more = copied;
  check("wireguard_key_taken");
  more.clear();
  check("address_range_full");
  world.ask("DELETE", "/api/devices/2");
  world.clock.jump(-3600);
  world.run("UPDATE addresses SET freed_at = 0 WHERE freed_at IS NOT NULL");
  CHECK(world.enroll(key, device_secret(3), more, sent).status == 200);
}

TEST_CASE("a used-up one-time key says who used it, when, and whom to ask") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off", "device_name": "Front till")");
  world.enroll(key, device_secret(1));
  world.clock.pass(86400);
  const std::string message = world.enroll(key, device_secret(2)).message();
  CHECK(message ==
        "This line works once, and front-till used it on 15 January 2027, 08:00 UTC. Ask "
        "ana@example.com for a new line.");
}

TEST_CASE("a key for several machines says when all have come") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable", "usage_limit": 2)");
  world.enroll(key, device_secret(1));
  world.enroll(key, device_secret(2));
  const std::string message = world.enroll(key, device_secret(3)).message();
  CHECK(message.find("2 machines") != std::string::npos);
  CHECK(message.find("till-2") != std::string::npos);
  CHECK(message.find("Ask ana@example.com") != std::string::npos);
}

TEST_CASE("an expired key says until when it was good") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off", "expires_in": 3600)");
  world.clock.pass(2 * 3600);
  const std::string message = world.enroll(key, device_secret(1)).message();
  CHECK(message.find("15 January 2027, 09:00 UTC") != std::string::npos);
  CHECK(message.find("Ask ana@example.com") != std::string::npos);
}

TEST_CASE("a key that is nobody's names nobody to ask") {
  World world;
  const std::string key = world.database().write([&](Transaction& tx) {
    return create_key(tx, By::command_line(world.clock.now()), {.name = "n", .type = "one-off"})
        ->secret.reveal();
  });
  world.enroll(key, device_secret(1));
  CHECK(world.enroll(key, device_secret(2)).message().find("Ask whoever sent it to you") !=
        std::string::npos);
}

TEST_CASE("no refusal tells a secret, a mail address of others, or what the server is made of") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");
  world.enroll(key, device_secret(1));
  for (const auto& typed : {key, std::string{kUnknown}}) {
    const Answer answer = world.enroll(typed, device_secret(2));
    CHECK(answer.body.find("mkey_") == std::string::npos);
    CHECK(answer.body.find("mdev_") == std::string::npos);
    CHECK(answer.body.find("SQL") == std::string::npos);
  }
}

TEST_CASE("refusals of a genuine key stand on its page at once, the newest first") {
  World world;
  const auto made = world.make_key_object(R"("type": "one-off")");
  const std::string path = "/api/setup-keys/" + made.at("id").get<std::string>();
  world.enroll(made.at("key"), device_secret(1));
  world.enroll(made.at("key"), device_secret(2), R"(, "hostname": "first")");
  world.clock.pass(1);
  world.enroll(made.at("key"), device_secret(3), R"(, "hostname": "second")", {.from = "::1"});
  const auto check = [&] {
    const auto refusals = world.ask("GET", path + "/refusals").json();
    REQUIRE(refusals.size() == 2);
    CHECK(refusals[0] == nlohmann::json{{"at", rfc3339(world.clock.now())},
                                        {"reason", "key_used_up"},
                                        {"from", "::1"},
                                        {"hostname", "second"}});
    CHECK(refusals[1].at("hostname") == "first");
  };
  check();
  world.restart();
  check();
}

TEST_CASE("of a key's refusals the newest 100 are kept, and all are counted") {
  World world;
  const auto made = world.make_key_object(R"("type": "one-off")");
  const std::string path = "/api/setup-keys/" + made.at("id").get<std::string>();
  world.enroll(made.at("key"), device_secret(1));
  for (int i = 0; i < 130; ++i) {
    world.enroll(made.at("key"), device_secret(2),
                 R"(, "hostname": "h)" + std::to_string(i) + "\"");
    if (i == 70) world.app().refusals.flush(world.database());
  }
  CHECK(world.ask("GET", path + "/refusals").json().size() == 100);
  CHECK(world.ask("GET", path).json().at("refused_times") == 130);
  world.app().refusals.flush(world.database());
  const auto refusals = world.ask("GET", path + "/refusals").json();
  REQUIRE(refusals.size() == 100);
  CHECK(refusals[0].at("hostname") == "h129");
  CHECK(refusals[99].at("hostname") == "h30");
  CHECK(world.ask("GET", path).json().at("refused_times") == 130);
  CHECK(world.number("SELECT count(*) FROM refusals") == 100);
}

TEST_CASE("a machine that hammers a refused key costs no write") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");
  world.enroll(key, device_secret(1));
  const std::string before = world.stored();
  for (int i = 0; i < 50; ++i) world.enroll(key, device_secret(2));
  CHECK((world.stored() == before));
}

}  // namespace
}  // namespace muster
