#include <thread>

#include "server/sessions.h"
#include "tests/browser.h"
#include "tests/catch.h"
#include "tests/world.h"

// Removing a person or service user: what ends with them, and who cannot go.

namespace muster {
namespace {

Result<Person> remove_by(World& world, UserId by, std::int64_t id) {
  return world.database().write([&](Transaction& tx) {
    const By caller{{"user", to_text(by), "somebody"}, "192.0.2.7", world.clock.now(), by};
    return remove_person(tx, caller, UserId{id});
  });
}

TEST_CASE("a removed person's sessions and tokens end, a bystander's stay") {
  World world;
  Browser gone{world};
  Browser stays{world};
  gone.sign_in_as("admin");
  stays.sign_in_as("admin");
  const auto token = world.make_token("auditor");
  const auto id = world.number("SELECT id FROM users WHERE email = '" + gone.email() + "'");
  world.run("UPDATE access_tokens SET user_id = " + std::to_string(id) +
            " WHERE id = (SELECT max(id) FROM access_tokens)");
  const auto before = world.number("SELECT max(id) FROM audit_log");
  REQUIRE(remove_by(world, UserId{1}, id));
  CHECK(gone.get("/keys").status == 303);
  CHECK(stays.get("/keys").status == 200);
  CHECK(world.ask("GET", "/api/setup-keys", "", {.token = token}).status == 401);
  CHECK(world.ask("GET", "/api/setup-keys").status == 200);
  CHECK(world.audit_codes(before) == std::vector<std::string>{"user.delete", "user.session.end",
                                                              "personal.access.token.delete"});
}

TEST_CASE("who is removed is not found, and their e-mail is free again") {
  World world;
  world.make_token("member");
  REQUIRE(remove_by(world, UserId{1}, 2));
  CHECK(remove_by(world, UserId{1}, 2).refusal().kind == Kind::not_found);
  const auto email = world.text("SELECT email FROM users WHERE id = 2");
  CHECK(world.database().write([&](Transaction& tx) {
    return create_owner(tx, By::command_line(1), {.email = email, .password_hash = "-"});
  }));
}

TEST_CASE("the last owner who can sign in cannot be removed") {
  World world;
  CHECK(remove_by(world, UserId{}, 1).refusal().kind == Kind::conflict);
  const auto unfit = GENERATE(as<std::string>{}, "status = 'invited'", "status = 'blocked'",
                              "is_service_user = 1", "role = 'admin'", "removed_at = 1");
  world.make_token("owner");
  world.run("UPDATE users SET " + unfit + " WHERE id = 2");
  CHECK(!remove_by(world, UserId{}, 1));
  CHECK(world.number("SELECT removed_at IS NULL FROM users WHERE id = 1") == 1);
}

TEST_CASE("an admin removes no owner, and an owner removes anybody") {
  World world;
  world.make_token("owner");
  world.make_token("admin");
  CHECK(remove_by(world, UserId{3}, 2).refusal().kind == Kind::forbidden);
  CHECK(remove_by(world, UserId{1}, 2));
}

TEST_CASE("of two owners who remove each other at once one stays") {
  World world;
  for (int round = 0; round < 20; ++round) {
    world.run("UPDATE users SET removed_at = NULL");
    if (round == 0) world.make_token("owner");
    bool first = false;
    bool second = false;
    std::thread one{[&] { first = static_cast<bool>(remove_by(world, UserId{1}, 2)); }};
    std::thread two{[&] { second = static_cast<bool>(remove_by(world, UserId{2}, 1)); }};
    one.join();
    two.join();
    CHECK(first != second);
    CHECK(world.number("SELECT count(*) FROM users WHERE removed_at IS NULL") == 1);
  }
}

}  // namespace
}  // namespace muster
