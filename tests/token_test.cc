#include "server/access_tokens.h"

#include "tests/catch.h"
#include "tests/world.h"

// Access tokens and the people they act for.

namespace muster {
namespace {

Result<CreatedToken> make(World& world, const NewToken& wanted) {
  return world.database().write([&](Transaction& tx) {
    return create_token(tx, By::command_line(world.clock.now()), *find_person(tx, UserId{1}),
                        wanted);
  });
}

TEST_CASE("a token lives from 1 to 365 days, never for good") {
  World world;
  const auto days = GENERATE(1, 90, 365);
  const auto made = make(world, {.name = "n", .days = days});
  REQUIRE(made);
  CHECK(made->token.expires_at == world.clock.now() + days * 86400);
  for (const std::int64_t wrong : {0LL, -1LL, 366LL, 9'223'372'036'854'775'807LL})
    CHECK(!make(world, {.name = "n", .days = wrong}));
}

TEST_CASE("a token has a name, and scopes that are known") {
  World world;
  CHECK(make(world, {.name = "n"})->token.scopes == "all");
  CHECK(make(world, {.name = "n", .scopes = {"keys:read", "audit:read"}})->token.scopes ==
        "keys:read audit:read");
  CHECK(!make(world, {.name = " "}));
  CHECK(!make(world, {.name = "a\nb"}));
  for (const char* scope : {"", "keys", "keys:delete", "ALL", "all keys:read", "audit:write"}) {
    INFO(scope);
    CHECK(!make(world, {.name = "n", .scopes = {scope}}));
  }
}

TEST_CASE("every right has a word, and a role that has it") {
  for (const Right right : {Right::keys_read, Right::keys_write, Right::audit_read}) {
    CHECK(role_allows(Role::owner, right));
    CHECK(role_allows(Role::admin, right));
    CHECK(role_allows(Role::auditor, right) == text_of(right).ends_with(":read"));
    CHECK(!role_allows(Role::member, right));
    CHECK(scopes_allow("x all y", right));
    CHECK(scopes_allow(text_of(right), right));
    CHECK(!scopes_allow("", right));
  }
}

TEST_CASE("an owner's e-mail is one, whatever its case, and taken once") {
  World world;
  const auto create = [&](const std::string& email) {
    return world.database().write([&](Transaction& tx) {
      return create_owner(tx, By::command_line(1), {.email = email, .password_hash = "-"});
    });
  };
  const auto taken = create(" ANA@example.com ");
  REQUIRE(!taken);
  CHECK(taken.refusal().kind == Kind::conflict);
  CHECK(create(" Bob@Example.com ")->email == "bob@example.com");
  for (const char* email : {"", "bob", "@example.com", "bob@", "a@b@c", "a b@c", "a@b\x01"}) {
    INFO(email);
    CHECK(!create(email));
  }
}

TEST_CASE("a second owner makes no second network") {
  World world;
  static_cast<void>(world.database().write([&](Transaction& tx) {
    return create_owner(tx, By::command_line(1), {.email = "b@c", .password_hash = "-"});
  }));
  CHECK(world.ask("GET", "/api/networks").json().size() == 1);
  CHECK(world.ask("GET", "/api/setup-keys").json().size() == 1);
}

TEST_CASE("a service user of one name is made once") {
  World world;
  const auto keep = [&] {
    return world.database()
        .write([&](Transaction& tx) { return keep_service_user(tx, By::command_line(1), "robot"); })
        ->id;
  };
  CHECK(keep() == keep());
}

}  // namespace
}  // namespace muster
