#include "server/person_changes.h"

#include <thread>

#include "server/key_changes.h"
#include "tests/browser.h"
#include "tests/catch.h"

// Who may change whom, and what a change does.

namespace muster {
namespace {

struct Team : World {
  // The id of a new person with that role, who can sign in.
  UserId add(const std::string& role, bool is_service_user = false) {
    const auto id = database().write([&](Transaction& tx) {
      return tx.insert(
          "INSERT INTO users (email, name, role, is_service_user, password_hash, created_at)"
          " SELECT iif(?2, '', 'p' || count(*) || '@example.com'), 'P' || count(*), ?1, ?2, '-', 1"
          " FROM users",
          {role, is_service_user});
    });
    return UserId{id};
  }
  By by(UserId id) {
    return database().read([&](const Snapshot& snapshot) {
      return By{subject_of(*find_person(snapshot, id)), "", clock.now(), id};
    });
  }
  template <class Act>
  auto act(UserId who, Act&& act) {
    const By actor = by(who);
    return database().write([&](Transaction& tx) { return act(tx, actor); });
  }
  std::string role_of(UserId id) {
    return text("SELECT role FROM users WHERE id = " + to_text(id));
  }
  std::string status_of(UserId id) {
    return text("SELECT status FROM users WHERE id = " + to_text(id));
  }

  UserId ana{1};  // the only owner at first
};

// What an admin could try on an owner, or to become one.
using Try = std::function<bool(Transaction&, const By&, UserId owner, UserId self, UserId member)>;
const std::vector<std::pair<const char*, Try>>& tries() {
  static const std::vector<std::pair<const char*, Try>> all{
      {"demote an owner", [](Transaction& tx, const By& by, UserId owner, UserId,
                             UserId) { return bool{change_role(tx, by, owner, Role::member)}; }},
      {"block an owner", [](Transaction& tx, const By& by, UserId owner, UserId,
                            UserId) { return bool{block_person(tx, by, owner)}; }},
      {"unblock an owner", [](Transaction& tx, const By& by, UserId owner, UserId,
                              UserId) { return bool{unblock_person(tx, by, owner)}; }},
      {"remove an owner", [](Transaction& tx, const By& by, UserId owner, UserId,
                             UserId) { return bool{remove_person(tx, by, owner)}; }},
      {"pause an owner's keys", [](Transaction& tx, const By& by, UserId owner, UserId,
                                   UserId) { return bool{pause_keys_of(tx, by, owner)}; }},
      {"become an owner", [](Transaction& tx, const By& by, UserId, UserId self,
                             UserId) { return bool{change_role(tx, by, self, Role::owner)}; }},
      {"make an owner of somebody",
       [](Transaction& tx, const By& by, UserId, UserId, UserId member) {
         return bool{change_role(tx, by, member, Role::owner)};
       }},
      {"make an owning service user",
       [](Transaction& tx, const By& by, UserId, UserId, UserId) {
         return bool{create_service_user(tx, by, {.name = "robot", .role = Role::owner})};
       }},
  };
  return all;
}

TEST_CASE("an admin touches no owner, and neither becomes nor makes one") {
  Team team;
  const UserId owner = team.add("owner");
  const UserId admin = team.add("admin");
  const UserId member = team.add("member");
  for (const auto& [what, attempt] : tries()) {
    INFO(what);
    const std::string before = team.stored();
    const auto done = team.act(admin, [&](Transaction& tx, const By& by) -> Result<void> {
      if (attempt(tx, by, owner, admin, member)) return {};
      return Refusal::forbidden("no");
    });
    CHECK(!done);
    CHECK((team.stored() == before));
  }
}

TEST_CASE("no field of any request makes an admin an owner") {
  World world;
  const Sent admin{.token = world.make_token("admin")};
  const std::string self = "/api/users/2";
  for (const char* body :
       {R"({"role": "owner"})", R"({"Role": "owner"})", R"({"ROLE": "owner", "is_blocked": false})",
        R"({"role": "admin", "ROLE": "owner"})", R"({"role": "owner", "role": "admin"})",
        R"({"role": "admin", "is_service_user": false, "status": "active", "id": "1"})",
        R"({"permissions": {"is_restricted": false}, "user": {"role": "owner"}})"}) {
    INFO(body);
    world.ask("PUT", self, body, admin);
    CHECK(world.text("SELECT role FROM users WHERE id = 2") == "admin");
  }
  for (const char* body :
       {R"({"name": "r", "role": "owner", "is_service_user": true})",
        R"({"email": "c@example.com", "role": "owner"})", R"({"email": "c@d.e", "Role": "owner"})"})
    CHECK(world.ask("POST", "/api/users", body, admin).status == 403);
  CHECK(world.number("SELECT count(*) FROM users WHERE role = 'owner'") == 1);
}

TEST_CASE("an owner may do all of that, but nothing to their own role") {
  Team team;
  const UserId other = team.add("owner");
  const UserId member = team.add("member");
  for (const auto& [what, attempt] : tries()) {
    INFO(what);
    team.run("UPDATE users SET removed_at = NULL, role = 'owner', status = 'active' WHERE id = 2");
    const bool done = team.act(team.ana, [&](Transaction& tx, const By& by) {
      return attempt(tx, by, other, team.ana, member);
    });
    CHECK(done);
  }
  const auto demoted = team.act(team.ana, [&](Transaction& tx, const By& by) {
    return change_role(tx, by, team.ana, Role::admin);
  });
  CHECK(demoted.refusal().message ==
        "nobody changes their own role: another owner or admin does that");
  const auto blocked = team.act(
      team.ana, [&](Transaction& tx, const By& by) { return block_person(tx, by, team.ana); });
  CHECK(blocked.refusal().kind == Kind::forbidden);
}

TEST_CASE("what counts is the role that the caller has in that very act") {
  Team team;
  const UserId owner = team.add("owner");
  const By from_before = team.by(owner);
  team.run("UPDATE users SET role = 'admin' WHERE id = " + to_text(owner));
  const auto done = team.database().write(
      [&](Transaction& tx) { return change_role(tx, from_before, team.ana, Role::member); });
  CHECK(done.refusal().kind == Kind::forbidden);
  CHECK(team.role_of(team.ana) == "owner");
}

TEST_CASE("the last owner who can sign in is neither demoted nor blocked") {
  Team team;
  team.run(GENERATE(as<std::string>{},
                    "INSERT INTO users (email, name, role, status, created_at)"
                    " VALUES ('b@example.com', 'B', 'owner', 'blocked', 1)",
                    "INSERT INTO users (email, name, role, status, created_at)"
                    " VALUES ('b@example.com', 'B', 'owner', 'invited', 1)",
                    "INSERT INTO users (email, name, role, removed_at, created_at)"
                    " VALUES ('b@example.com', 'B', 'owner', 1, 1)"));
  const UserId robot = team.add("owner", true);
  const auto demoted = team.act(robot, [&](Transaction& tx, const By& by) {
    return change_role(tx, by, team.ana, Role::admin);
  });
  CHECK(demoted.refusal().message ==
        "ana@example.com is the last owner and cannot be given another role: make somebody else an "
        "owner first");
  const auto blocked = team.act(
      robot, [&](Transaction& tx, const By& by) { return block_person(tx, by, team.ana); });
  CHECK(blocked.refusal().kind == Kind::conflict);
  CHECK(team.role_of(team.ana) == "owner");
  CHECK(team.status_of(team.ana) == "active");
}

TEST_CASE("of two owners that are demoted or blocked at once one stays, twenty times") {
  for (int round = 0; round < 20; ++round) {
    Team team;
    const UserId bo = team.add("owner");
    const UserId robot = team.add("owner", true);
    const By by = team.by(robot);
    std::thread one{[&] {
      (void)team.database().write(
          [&](Transaction& tx) { return change_role(tx, by, team.ana, Role::member); });
    }};
    std::thread other{[&] {
      (void)team.database().write([&](Transaction& tx) { return block_person(tx, by, bo); });
    }};
    one.join();
    other.join();
    CHECK(team.number("SELECT count(*) FROM users WHERE role = 'owner' AND status = 'active'"
                      " AND is_service_user = 0") == 1);
  }
}

TEST_CASE("two owners who demote each other at once leave one") {
  for (int round = 0; round < 20; ++round) {
    Team team;
    const UserId bo = team.add("owner");
    const By ana_by = team.by(team.ana);
    const By bo_by = team.by(bo);
    std::thread one{[&] {
      (void)team.database().write(
          [&](Transaction& tx) { return change_role(tx, ana_by, bo, Role::member); });
    }};
    std::thread other{[&] {
      (void)team.database().write(
          [&](Transaction& tx) { return change_role(tx, bo_by, team.ana, Role::member); });
    }};
    one.join();
    other.join();
    CHECK(team.number("SELECT count(*) FROM users WHERE role = 'owner'") == 1);
  }
}

TEST_CASE("blocking ends the sessions and refuses the tokens, and the keys keep working") {
  World world;
  Browser admin{world};
  admin.sign_in_as("admin");
  const auto id = world.number("SELECT max(id) FROM users");
  const std::string token = world.database().write([&](Transaction& tx) {
    const auto person = find_person(tx, UserId{id});
    return create_token(tx, By::command_line(world.clock.now()), *person, {.name = "n"})
        ->secret.reveal();
  });
  const auto key = world.ask("POST", "/api/setup-keys", R"({"name": "k", "type": "reusable"})",
                             {.token = token});
  const std::string path = "/api/users/" + std::to_string(id);
  CHECK(world.ask("PUT", path, R"({"is_blocked": true})").json().at("status") == "blocked");
  CHECK(admin.get("/account").status == 303);
  CHECK(world.number("SELECT count(*) FROM sessions") == 0);
  CHECK(world.ask("GET", "/api/groups", "", {.token = token}).message() ==
        "failed to validate user permissions: user is blocked");
  CHECK(world.enroll(key.json().at("key"), device_secret(1)).status == 200);

  CHECK(world.ask("PUT", path, R"({"is_blocked": false})").json().at("status") == "active");
  CHECK(world.ask("GET", "/api/groups", "", {.token = token}).status == 200);
  CHECK(admin.get("/account").status == 303);
  CHECK(admin.sign_in(admin.email(), std::string{Browser::kPassword}).status == 303);
}

TEST_CASE("pausing somebody's keys pauses those that work, and nobody else's") {
  Team team;
  team.make_key(R"("type": "reusable")");
  const auto revoked = team.make_key_object(R"("type": "reusable")");
  team.ask("PATCH", "/api/setup-keys/" + revoked.at("id").get<std::string>(),
           R"({"revoked": true})");
  const UserId bo = team.add("owner");
  const auto paused =
      team.act(bo, [&](Transaction& tx, const By& by) { return pause_keys_of(tx, by, team.ana); });
  CHECK(*paused == 1);
  CHECK(team.number("SELECT count(*) FROM setup_keys WHERE paused_at IS NOT NULL") == 1);
  CHECK(team.number("SELECT count(*) FROM setup_keys WHERE network_default_of IS NOT NULL"
                    " AND paused_at IS NOT NULL") == 0);
  CHECK(team.audit_codes().back() == "setupkey.pause");
}

TEST_CASE("a service user has no password, signs in nowhere, and acts by its token") {
  World world;
  const auto made = world.ask("POST", "/api/users",
                              R"({"name": "ci", "role": "auditor", "is_service_user": true})");
  REQUIRE(made.status == 200);
  CHECK(!made.json().contains("invite_url"));
  CHECK(world.number("SELECT count(*) FROM users WHERE is_service_user = 1"
                     " AND password_hash IS NULL") == 1);
  Browser nobody{world};
  CHECK(nobody.sign_in("", "").status == 422);
  CHECK(nobody.sign_in("ci", "").status == 422);
  const std::string path = "/api/users/" + made.json().at("id").get<std::string>() + "/tokens";
  const auto token = world.ask("POST", path, R"({"name": "n", "expires_in": 1})").json();
  const Sent sent{.token = token.at("plain_token")};
  CHECK(world.ask("GET", "/api/devices", "", sent).status == 200);
  CHECK(world.ask("POST", "/api/groups", R"({"name": "g"})", sent).status == 403);
}

}  // namespace
}  // namespace muster
