#include "tests/cascade.h"
#include "tests/catch.h"

// Handing over keys, links and devices, so that they stay when somebody goes.

namespace muster {
namespace {

Answer hand_over(Cascade& world, const std::string& from, const std::string& to) {
  return world.ask("POST", "/api/users/" + from + "/hand-over", R"({"to_id": ")" + to + "\"}");
}

TEST_CASE("after a hand-over nothing falls with somebody but sessions and tokens") {
  Cascade world;
  const auto former = world.join();
  const auto next = world.join();
  const auto key = world.key_of(former);
  const auto device = world.come_in(key);
  const auto link =
      world.ask("POST", "/api/install-links", R"({"recipient": "Miller"})", {.token = former.token})
          .json();
  const auto done = hand_over(world, former.id, next.id).json();
  CHECK(done.at("keys") == 2);
  CHECK(done.at("links") == 1);
  CHECK(done.at("devices") == 1);
  const Answer gone = world.end("user", former.id);
  CHECK(falls_of(gone.json()) ==
        std::set<std::string>{"user " + former.id + " removed",
                              "access_token " + former.token_id + " revoked"});
  CHECK(world.lives(device));
  CHECK(world.state(key) == "valid");
  CHECK(world.ask("GET", "/api/install-links/" + link.at("id").get<std::string>())
            .json()
            .at("state") == "not_opened");
}

TEST_CASE("what was handed over goes with its new owner, and names them") {
  Cascade world;
  const auto former = world.join();
  const auto next = world.join();
  const auto key = world.key_of(former);
  const auto device = world.come_in(key);
  REQUIRE(hand_over(world, former.id, next.id).status == 200);
  const auto shown = world.ask("GET", "/api/setup-keys/" + key.at("id").get<std::string>()).json();
  CHECK(shown.at("created_by") == world.text("SELECT email FROM users WHERE id = " + next.id));
  REQUIRE(world.end("user", next.id).status == 200);
  CHECK(world.state(key) == "revoked");
  CHECK(!world.lives(device));
}

TEST_CASE("the audit log keeps both names of a hand-over") {
  Cascade world;
  const auto former = world.join();
  const auto next = world.join();
  world.key_of(former);
  const auto rows = world.number("SELECT max(id) FROM audit_log");
  REQUIRE(hand_over(world, former.id, next.id).status == 200);
  CHECK(world.audit_codes(rows) == std::vector<std::string>{"user.handover", "setupkey.handover"});
  const std::string row =
      world.text("SELECT target || details FROM audit_log WHERE id = " + std::to_string(rows + 1));
  for (const auto& somebody : {former, next})
    CHECK(row.find(world.text("SELECT email FROM users WHERE id = " + somebody.id)) !=
          std::string::npos);
}

TEST_CASE("things are handed over to another active owner or admin alone") {
  Cascade world;
  const auto former = world.join();
  const auto next = world.join();
  const std::string unfit =
      GENERATE(as<std::string>{}, "role = 'auditor'", "role = 'member'", "status = 'blocked'",
               "status = 'invited'", "is_service_user = 1", "removed_at = 1");
  CHECK(hand_over(world, former.id, former.id).status == 422);
  CHECK(hand_over(world, former.id, "99").status == 422);
  CHECK(hand_over(world, "99", next.id).status == 404);
  world.run("UPDATE users SET " + unfit + " WHERE id = " + next.id);
  CHECK(hand_over(world, former.id, next.id).status == 422);
}

TEST_CASE("an admin hands over nothing of an owner's") {
  Cascade world;
  const auto admin = world.join();
  CHECK(world
            .ask("POST", "/api/users/1/hand-over", R"({"to_id": ")" + admin.id + "\"}",
                 {.token = admin.token})
            .status == 403);
}

}  // namespace
}  // namespace muster
