#include "server/revocation.h"

#include <thread>

#include "tests/cascade.h"
#include "tests/catch.h"

// What goes with something: what falls, what stays, and that nothing falls that was not shown.

namespace muster {
namespace {

using Falls = std::set<std::string>;
constexpr const char* kRemove = R"(, "devices": "remove")";

std::string id_of(const nlohmann::json& object) { return object.at("id"); }

TEST_CASE("a key goes alone unless its devices are chosen to go") {
  Cascade world;
  const auto maker = world.join();
  const auto key = world.key_of(maker);
  const auto device = world.come_in(key);
  const auto shown = world.plan("setup_key", id_of(key)).json();
  CHECK(falls_of(shown) == Falls{"setup_key " + id_of(key) + " revoked"});
  REQUIRE(world.act("setup_key", id_of(key), shown.at("digest")).status == 200);
  CHECK(world.state(key) == "revoked");
  CHECK(world.lives(device));
}

TEST_CASE("a key goes with its devices, another key's stay in the same group") {
  Cascade world;
  const auto maker = world.join();
  world.make_group("tills");
  const auto key = world.key_of(maker, R"(, "auto_groups": ["2"])");
  const auto other = world.key_of(maker, R"(, "auto_groups": ["2"])");
  const auto device = world.come_in(key);
  const auto bystander = world.come_in(other);
  const Answer done = world.end("setup_key", id_of(key), kRemove);
  CHECK(falls_of(done.json()) ==
        Falls{"setup_key " + id_of(key) + " revoked", "device " + device + " removed"});
  CHECK(!world.lives(device));
  CHECK(world.lives(bystander));
  CHECK(world.state(other) == "valid");
  CHECK(world.number("SELECT count(*) FROM group_members") == 1);
  CHECK(world.ask_as_device(device_secret(1), "/api/agent/heartbeat").status == 410);
  CHECK(!world.app().last_seen.is_online(DeviceId{std::stoll(device)}));
}

TEST_CASE("the devices of a key that ended before can still be removed") {
  Cascade world;
  const auto key = world.key_of(world.join());
  const auto device = world.come_in(key);
  const std::string act = GENERATE(as<std::string>{}, R"({"revoked": true})", "");
  const std::string path = "/api/setup-keys/" + id_of(key);
  world.ask(act.empty() ? "DELETE" : "PATCH", path, act);
  const Answer done = world.end("setup_key", id_of(key), kRemove);
  CHECK(falls_of(done.json()) == Falls{"device " + device + " removed"});
  CHECK(!world.lives(device));
  CHECK(world.end("setup_key", id_of(key), kRemove).reason() == "conflict");
}

TEST_CASE("a token goes with the keys made with it, those made otherwise stay") {
  Cascade world;
  const auto maker = world.join();
  const auto key = world.key_of(maker);
  const auto other = world.key_of({"", world.owner_token, ""});
  const auto device = world.come_in(key);
  const Answer done = world.end("access_token", maker.token_id, kRemove);
  CHECK(falls_of(done.json()) == Falls{"access_token " + maker.token_id + " revoked",
                                       "setup_key " + id_of(key) + " revoked",
                                       "device " + device + " removed"});
  CHECK(world.state(other) == "valid");
  CHECK(world.ask("GET", "/api/setup-keys", "", {.token = maker.token}).status == 401);
}

TEST_CASE("of a token only what was made since a moment can be chosen") {
  Cascade world;
  const auto maker = world.join();
  const auto before = world.key_of(maker);
  world.clock.pass(100);
  const std::string since = rfc3339(world.clock.now());
  const auto after = world.key_of(maker);
  const Answer done = world.end("access_token", maker.token_id, R"(, "since": ")" + since + '"');
  CHECK(done.status == 200);
  CHECK(world.state(before) == "valid");
  CHECK(world.state(after) == "revoked");
  CHECK(world.plan("user", maker.id, R"(, "since": ")" + since + '"').status == 422);
}

TEST_CASE("a person goes with tokens, keys, unused links and devices; a bystander's stay") {
  Cascade world;
  const auto gone = world.join();
  const auto stays = world.join();
  const auto key = world.key_of(gone);
  const auto device = world.come_in(key);
  const auto link =
      world.ask("POST", "/api/install-links", R"({"recipient": "Miller"})", {.token = gone.token})
          .json();
  const auto used =
      world.ask("POST", "/api/install-links", R"({"recipient": "Smith"})", {.token = gone.token})
          .json();
  const auto arrived = world.come_in(used);
  const auto other = world.key_of(stays);
  const auto bystander = world.come_in(other);
  const Answer done = world.end("user", gone.id);
  CHECK(falls_of(done.json()) ==
        Falls{"user " + gone.id + " removed", "access_token " + gone.token_id + " revoked",
              "setup_key " + id_of(key) + " revoked", "device " + device + " removed",
              "setup_key " + link.at("setup_key_id").get<std::string>() + " revoked",
              "install_link " + id_of(link) + " withdrawn",
              "setup_key " + used.at("setup_key_id").get<std::string>() + " revoked",
              "device " + arrived + " removed"});
  CHECK(!world.lives(arrived));
  CHECK(world.ask("GET", "/api/install-links/" + id_of(link)).json().at("state") == "withdrawn");
  CHECK(world.state(other) == "valid");
  CHECK(world.lives(bystander));
  CHECK(world.ask("GET", "/api/setup-keys", "", {.token = stays.token}).status == 200);
  CHECK(world.number("SELECT count(*) FROM setup_keys WHERE network_default_of = 1"
                     " AND revoked_at IS NULL") == 1);
}

TEST_CASE("with a person devices cannot be kept") {
  Cascade world;
  const auto somebody = world.join();
  CHECK(world.plan("user", somebody.id, R"(, "devices": "keep")").status == 422);
}

TEST_CASE("a service user goes like a person, and not with who made it") {
  Cascade world;
  const auto maker = world.join();
  const auto robot = world.join();
  world.run("UPDATE users SET is_service_user = 1, name = 'robot' WHERE id = " + robot.id);
  world.run("UPDATE access_tokens SET created_by_id = " + maker.id +
            " WHERE id = " + robot.token_id);
  const auto key = world.key_of(robot);
  REQUIRE(world.end("user", maker.id).status == 200);
  CHECK(world.state(key) == "valid");
  REQUIRE(world.end("user", robot.id).status == 200);
  CHECK(world.state(key) == "revoked");
}

TEST_CASE("a group goes with keys that name it alone; others and devices lose it") {
  Cascade world;
  const auto maker = world.join();
  const auto group = world.make_group("tills");
  const auto second = world.make_group("shops");
  const auto alone = world.key_of(maker, R"(, "auto_groups": ["2"])");
  const auto both = world.key_of(maker, R"(, "auto_groups": ["3", "2"])");
  const auto neither = world.key_of(maker, R"(, "auto_groups": ["3"])");
  const auto device = world.come_in(alone);
  const auto bystander = world.come_in(neither);
  const Answer done = world.end("group", group);
  CHECK(falls_of(done.json()) == Falls{"group 2 deleted", "setup_key " + id_of(alone) + " revoked",
                                       "setup_key " + id_of(both) + " loses_group",
                                       "device " + device + " loses_group"});
  CHECK(world.state(alone) == "revoked");
  CHECK(world.state(both) == "valid");
  CHECK(world.text("SELECT group_concat(group_id) FROM setup_key_groups WHERE setup_key_id = " +
                   id_of(both)) == "3");
  CHECK(world.lives(device));
  CHECK(world.lives(bystander));
  CHECK(world.number("SELECT count(*) FROM group_members WHERE group_id = 3") == 1);
  CHECK(world.ask("GET", "/api/groups/2").status == 404);
  CHECK(world.plan("group", second, kRemove).status == 422);
}

TEST_CASE("a network goes with what is only there; others lose it") {
  Cascade world;
  const auto maker = world.join();
  const std::string network =
      world.ask("POST", "/api/networks", R"({"name": "office", "cidr": "10.1.0.0/24"})")
          .json()
          .at("id");
  const auto alone = world.key_of(maker, R"(, "networks": ["2"])");
  const auto both = world.key_of(maker, R"(, "networks": ["1", "2"])");
  const auto neither = world.key_of(maker);
  const auto falls = world.come_in(alone);
  const auto moves = world.come_in(both);
  const auto bystander = world.come_in(neither);
  const auto own = world.text("SELECT id FROM setup_keys WHERE network_default_of = 2");
  const Answer done = world.end("network", network);
  CHECK(falls_of(done.json()) == Falls{"network 2 deleted", "setup_key " + own + " deleted",
                                       "setup_key " + id_of(alone) + " revoked",
                                       "setup_key " + id_of(both) + " loses_network",
                                       "device " + falls + " removed",
                                       "device " + moves + " loses_address"});
  CHECK(!world.lives(falls));
  CHECK(world.lives(moves));
  CHECK(world.lives(bystander));
  CHECK(world.number("SELECT count(*) FROM addresses WHERE network_id = 2 AND device_id IS NOT"
                     " NULL") == 0);
  CHECK(world.state(both) == "valid");
  CHECK(world.ask("GET", "/api/networks/2").status == 404);
}

TEST_CASE("a device goes alone") {
  Cascade world;
  const auto key = world.key_of(world.join());
  const auto device = world.come_in(key);
  const auto other = world.come_in(key);
  CHECK(falls_of(world.end("device", device).json()) == Falls{"device " + device + " removed"});
  CHECK(!world.lives(device));
  CHECK(world.lives(other));
  CHECK(world.plan("device", device).status == 404);
}

TEST_CASE("what cannot go is refused when it is looked at") {
  Cascade world;
  world.ask("POST", "/api/groups", R"({"name": "g"})");
  CHECK(world.plan("user", "1").reason() == "conflict");
  CHECK(world.plan("network", "1").status == 422);
  CHECK(world.plan("group", "1").status == 422);
  CHECK(world.plan("setup_key", "1").reason() == "default_key");
  for (const char* kind : {"user", "network", "group", "setup_key", "access_token", "device"})
    CHECK(world.plan(kind, "99").status == 404);
}

TEST_CASE("a plan that grew since it was shown is refused, with the new one") {
  Cascade world;
  const auto key = world.key_of(world.join());
  world.come_in(key);
  const auto shown = world.plan("setup_key", id_of(key), kRemove).json();
  const auto late = world.come_in(key);
  const std::string before = world.stored();
  const Answer refused = world.act("setup_key", id_of(key), shown.at("digest"), kRemove);
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "plan_changed");
  CHECK((world.stored() == before));
  const auto now = refused.json().at("plan");
  CHECK(falls_of(now).contains("device " + late + " removed"));
  CHECK(world.act("setup_key", id_of(key), now.at("digest"), kRemove).status == 200);
}

TEST_CASE("each that fell has its row, all with the receipt's cascade id, and the chain holds") {
  Cascade world;
  const auto gone = world.join();
  world.come_in(world.key_of(gone));
  const auto rows = world.number("SELECT max(id) FROM audit_log");
  const auto receipt = world.end("user", gone.id).json();
  const std::string since = " FROM audit_log WHERE id > " + std::to_string(rows);
  CHECK(world.number("SELECT count(*)" + since) ==
        static_cast<std::int64_t>(falls_of(receipt).size()));
  CHECK(world.text("SELECT group_concat(DISTINCT cascade_id)" + since) ==
        receipt.at("cascade_id").get<std::string>());
  CHECK(world.text("SELECT details ->> '$.because_of'" + since + " AND code = 'user.peer.delete'")
            .starts_with("setup_key:"));
  CHECK(receipt.at("head_id") == world.text("SELECT max(id) FROM audit_log"));
  CHECK(receipt.at("head") ==
        world.text("SELECT lower(hex(hash)) FROM audit_log ORDER BY id DESC LIMIT 1"));
  CHECK(world.is_chain_whole());
}

TEST_CASE("without the right for everything that falls nothing is shown and nothing done") {
  Cascade world;
  const auto key = world.key_of(world.join());
  const std::string body =
      R"({"target": {"kind": "setup_key", "id": ")" + id_of(key) + R"("}, "dry_run": true})";
  const auto ask = [&](const std::string& token) {
    return world.ask("POST", "/api/revocations", body, {.token = token}).status;
  };
  CHECK(ask(world.make_token("auditor")) == 403);
  CHECK(ask(world.make_token("admin", {"keys:write"})) == 403);
  CHECK(ask(world.make_token("admin", {"devices:write"})) == 403);
  CHECK(ask(world.make_token("admin", {"keys:write", "devices:write"})) == 200);
}

TEST_CASE("a token that is confined to groups ends nothing") {
  Cascade world;
  world.make_group("tills");
  const auto confined = world.join();
  const auto key = world.key_of(confined, R"(, "auto_groups": ["2"])");
  world.run("UPDATE access_tokens SET group_ids = '2' WHERE id = " + confined.token_id);
  const std::string body =
      R"({"target": {"kind": "setup_key", "id": ")" + id_of(key) + R"("}, "dry_run": true})";
  CHECK(world.ask("POST", "/api/revocations", body, {.token = confined.token}).status == 403);
}

TEST_CASE("an admin ends neither an owner nor an owner's token") {
  Cascade world;
  const auto admin = world.join();
  const auto owner = world.join("owner");
  for (const std::string& target : {R"({"kind": "user", "id": ")" + owner.id,
                                    R"({"kind": "access_token", "id": ")" + owner.token_id})
    CHECK(world
              .ask("POST", "/api/revocations",
                   R"({"target": )" + target + R"("}, "dry_run": true})", {.token = admin.token})
              .status == 403);
}

TEST_CASE("of two owners ended by two requests at once one stays") {
  Cascade world;
  const auto second = world.join("owner");
  const auto first_plan = world.plan("user", "1").json().at("digest").get<std::string>();
  const auto second_plan = world.plan("user", second.id).json().at("digest").get<std::string>();
  int first = 0;
  int other = 0;
  std::thread one{[&] { first = world.act("user", "1", first_plan).status; }};
  std::thread two{[&] { other = world.act("user", second.id, second_plan).status; }};
  one.join();
  two.join();
  CHECK((first == 200) != (other == 200));
  CHECK(world.number("SELECT count(*) FROM users WHERE removed_at IS NULL") == 1);
}

}  // namespace
}  // namespace muster
