#include "tests/browser.h"
#include "tests/catch.h"

// One's own account: sessions, access tokens, and what a member sees.

namespace muster {
namespace {

bool holds(const Answer& answer, const std::string& part) {
  return answer.body.find(part) != std::string::npos;
}

std::string token_in(const Answer& answer) {
  const auto at = answer.body.find("mpat_");
  return at == std::string::npos ? std::string{} : answer.body.substr(at, 40);
}

TEST_CASE("one sees where one is signed in, and signs out one browser or all others") {
  World world;
  Browser here{world};
  Browser there{world};
  Browser elsewhere{world};
  here.sign_in_as("auditor");
  there.sign_in(here.email(), std::string{Browser::kPassword});
  elsewhere.sign_in(here.email(), std::string{Browser::kPassword});
  CHECK(holds(here.get("/account"), "192.0.2.7"));
  CHECK(here.post("/account/sessions/2/end").status == 303);
  CHECK(there.get("/account").status == 303);
  CHECK(elsewhere.get("/account").status == 200);
  CHECK(here.post("/account/sessions/end-others").status == 303);
  CHECK(elsewhere.get("/account").status == 303);
  CHECK(here.get("/account").status == 200);
}

TEST_CASE("nobody ends another's session") {
  World world;
  Browser owner{world};
  Browser member{world};
  owner.sign_in_as();
  member.sign_in_as("member");
  member.post("/account/sessions/1/end");
  member.post("/account/sessions/end-others");
  CHECK(owner.get("/account").status == 200);
}

TEST_CASE("a token made on the page is shown once, and does what was ticked") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const Fields fields{{"name", "CI"},          {"days", "30"},           {"reach", "some"},
                      {"scopes", "keys:read"}, {"scopes", "audit:read"}, {"form_number", "f1"}};
  const Answer made = owner.post("/account/tokens/new", fields);
  CHECK(made.status == 200);
  const Sent sent{.token = token_in(made)};
  CHECK(world.ask("GET", "/api/setup-keys", "", sent).status == 200);
  CHECK(world.ask("GET", "/api/groups", "", sent).status == 403);
  const Answer again = owner.post("/account/tokens/new", fields);
  CHECK(holds(again, "Already made"));
  CHECK(token_in(again).empty());
  const Answer account = owner.get("/account");
  CHECK(holds(account, "See keys, Read the audit log"));
  CHECK(!holds(account, sent.token));
  const auto id = world.text("SELECT max(id) FROM access_tokens");
  CHECK(owner.post("/account/tokens/" + id + "/end").status == 303);
  CHECK(world.ask("GET", "/api/setup-keys", "", sent).status == 401);
}

TEST_CASE("a token for nothing, or without a name, is not made, and what was typed stays") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const Answer nothing = owner.post("/account/tokens/new", {{"name", "CI"}, {"reach", "some"}});
  CHECK(nothing.status == 422);
  CHECK(holds(nothing, "choose what the token may do"));
  CHECK(holds(nothing, R"(value="CI")"));
  CHECK(owner.post("/account/tokens/new", {{"name", ""}, {"reach", "all"}}).status == 422);
  CHECK(owner.post("/account/tokens/new", {{"name", "n"}, {"days", "366"}}).status == 422);
  CHECK(world.number("SELECT count(*) FROM access_tokens") == 1);
}

TEST_CASE("nobody ends another's token from their own account") {
  World world;
  Browser admin{world};
  admin.sign_in_as("admin");
  CHECK(admin.post("/account/tokens/1/end").status == 404);
  CHECK(world.ask("GET", "/api/groups").status == 200);
}

TEST_CASE("a service user's tokens are made and ended on its page, by an admin, not an auditor") {
  World world;
  Browser admin{world};
  Browser auditor{world};
  admin.sign_in_as("admin");
  auditor.sign_in_as("auditor");
  const Answer made =
      admin.post("/people/new", {{"kind", "service"}, {"name", "ci"}, {"role", "admin"}});
  const std::string location = made.headers.at("Location");
  const std::string path = location.substr(0, location.find('?'));
  const Answer token = admin.post(path + "/tokens/new", {{"name", "n"}, {"reach", "all"}});
  const Sent sent{.token = token_in(token)};
  CHECK(world.ask("GET", "/api/users/current", "", sent).json().at("name") == "ci");
  CHECK(auditor.post(path + "/tokens/new", {{"name", "n"}, {"reach", "all"}}).status == 403);
  CHECK(!holds(auditor.get(path), "New access token"));
  const auto id = world.text("SELECT max(id) FROM access_tokens");
  CHECK(admin.post(path + "/tokens/" + id + "/end").status == 303);
  CHECK(world.ask("GET", "/api/users/current", "", sent).status == 401);
}

TEST_CASE(
    "on the pages nobody makes tokens for a person, nor an admin for an owning service user") {
  World world;
  Browser admin{world};
  admin.sign_in_as("admin");
  const Fields fields{{"name", "n"}, {"reach", "all"}};
  CHECK(admin.post("/people/1/tokens/new", fields).status == 404);
  world.ask("POST", "/api/users", R"({"name": "r", "role": "owner", "is_service_user": true})");
  const auto id = world.text("SELECT max(id) FROM users");
  CHECK(admin.post("/people/" + id + "/tokens/new", fields).status == 403);
  CHECK(admin.get("/people/" + id + "/tokens/new").status == 403);
  CHECK(world.number("SELECT count(*) FROM access_tokens") == 1);
}

TEST_CASE("a member has their account and nothing else") {
  World world;
  Browser member{world};
  member.sign_in_as("member");
  CHECK(member.get("/").headers.at("Location") == "/account");
  const Answer account = member.get("/account");
  CHECK(holds(account, "Your devices"));
  CHECK(holds(account, "None yet."));
  for (const char* path : {"/keys", "/devices", "/people", "/people/1", "/audit", "/links"})
    CHECK(member.get(path).status == 403);
}

TEST_CASE("a member sees the devices that came in through keys that they once made") {
  World world;
  Browser person{world};
  person.sign_in_as("admin");
  const auto id = world.text("SELECT max(id) FROM users");
  const std::string mine = world.make_key(R"("type": "reusable")");
  world.run("UPDATE setup_keys SET created_by_id = " + id +
            " WHERE id = (SELECT max(id) FROM setup_keys)");
  world.enroll(mine, device_secret(1), R"(, "arch": "arm64")");
  world.enroll(world.make_key(R"("type": "reusable", "device_name": "foreign")"), device_secret(2));
  world.run("UPDATE users SET role = 'member' WHERE id = " + id);
  const Answer account = person.get("/account");
  CHECK(holds(account, "<strong>till</strong>"));
  CHECK(!holds(account, "foreign"));
}

}  // namespace
}  // namespace muster
