#include "server/upkeep.h"
#include "tests/browser.h"
#include "tests/catch.h"
#include "web/page.h"

// Signing in and out, how long a session lives, and one's own password.

namespace muster {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

TEST_CASE("the right password opens a session, and the page that was asked for") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  Browser again{world};
  const Answer answer = world.ask("POST", "/sign-in",
                                  encoded({{"email", " " + owner.email() + " "},
                                           {"password", std::string{Browser::kPassword}},
                                           {"next", "/account"}}),
                                  {.headers = {{"User-Agent", "Firefox"}}});
  CHECK(answer.status == 303);
  CHECK(answer.headers.at("Location") == "/account");
  const std::string cookie = answer.headers.at("Set-Cookie");
  CHECK(cookie.find("; HttpOnly; SameSite=Strict") != std::string::npos);
  CHECK(world.text("SELECT browser FROM sessions ORDER BY id DESC") == "Firefox");
}

TEST_CASE("under TLS the cookie is the host's own and never sent in the clear") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  world.config.behind_proxy = parse_ip_range("192.0.2.7");
  world.config.public_url = "https://muster.example.com";
  const Answer answer =
      world.ask("POST", "/sign-in",
                encoded({{"email", owner.email()}, {"password", std::string{Browser::kPassword}}}),
                {.headers = {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-For", "198.51.100.1"}}});
  CHECK(answer.headers.at("Set-Cookie").starts_with("__Host-muster-session="));
  CHECK(answer.headers.at("Set-Cookie").find("; Secure") != std::string::npos);
  CHECK(answer.headers.at("Set-Cookie").find("Path=/;") != std::string::npos);
}

TEST_CASE("a wrong password and an unknown account look alike") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const Answer wrong = owner.sign_in(owner.email(), "another password");
  const Answer unknown = owner.sign_in("nobody@example.com", "another password");
  CHECK(wrong.status == 422);
  CHECK(unknown.status == 422);
  CHECK(wrong.body.find("do not belong together") != std::string::npos);
  CHECK(unknown.body.find("do not belong together") != std::string::npos);
  CHECK(world.number("SELECT count(*) FROM sessions") == 1);
}

TEST_CASE("after the sign-in a link to another site is not followed") {
  const auto* next = GENERATE("//evil.test", "https://evil.test", "/\\evil.test", "evil");
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const Answer answer = world.ask("POST", "/sign-in",
                                  encoded({{"email", owner.email()},
                                           {"password", std::string{Browser::kPassword}},
                                           {"next", next}}),
                                  {});
  CHECK(answer.headers.at("Location") == "/");
}

TEST_CASE("from the sixth failure each costs a pause, for unknown accounts alike") {
  World world;
  Browser browser{world};
  browser.sign_in_as();
  const std::string email = GENERATE(true, false) ? browser.email() : "nobody@example.com";
  const auto status = [&] { return browser.sign_in(email, "wrong password").status; };
  for (int i = 0; i < 6; ++i) CHECK(status() == 422);
  CHECK(status() == 429);
  world.clock.pass(1);
  CHECK(status() == 422);
  world.clock.pass(1);
  const Answer paused = browser.sign_in(email, std::string{Browser::kPassword});
  CHECK(paused.status == 429);
  CHECK(paused.headers.at("Retry-After") == "1");
  for (int i = 0; i < 10; ++i) {
    world.clock.pass(60);
    CHECK(status() == 422);
  }
}

TEST_CASE("the right password forgets the failures, and another address has its own") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  for (int i = 0; i < 6; ++i) owner.sign_in(owner.email(), "wrong password");
  const Answer elsewhere =
      world.ask("POST", "/sign-in",
                encoded({{"email", owner.email()}, {"password", std::string{Browser::kPassword}}}),
                {.from = "198.51.100.9"});
  CHECK(elsewhere.status == 303);
  world.clock.pass(2);
  CHECK(owner.sign_in(owner.email(), std::string{Browser::kPassword}).status == 303);
  CHECK(owner.sign_in(owner.email(), "wrong password").status == 422);
}

TEST_CASE("a session ends after 12 hours without a request, and after 30 days at most") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  world.clock.pass(12 * kHour);
  CHECK(owner.get("/account").status == 200);
  world.clock.pass(12 * kHour);
  CHECK(owner.get("/account").status == 200);
  world.clock.pass(12 * kHour + 1);
  CHECK(owner.get("/account").status == 303);

  Browser busy{world};
  busy.sign_in_as();
  for (int i = 0; i < 59; ++i) {
    world.clock.pass(12 * kHour);
    REQUIRE(busy.get("/account").status == 200);
  }
  world.clock.pass(12 * kHour);
  CHECK(busy.get("/account").status == 303);
}

TEST_CASE("parts of a page that renew themselves keep nobody signed in") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  for (int i = 0; i < 2; ++i) {
    world.clock.pass(6 * kHour + 1);
    world.ask("GET", "/account", "", {.headers = {{"Cookie", owner.cookie()}, {"X-Live", "1"}}});
  }
  CHECK(owner.get("/account").status == 303);
}

TEST_CASE("the last use of a session outlives a restart") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  world.clock.pass(10 * kHour);
  owner.get("/account");
  world.app().session_uses.flush(world.database());
  world.restart();
  world.clock.pass(10 * kHour);
  CHECK(owner.get("/account").status == 200);
}

TEST_CASE("signing out ends the session on the server") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const std::string cookie = owner.cookie();
  CHECK(owner.post("/sign-out").headers.at("Location") == "/sign-in");
  CHECK(world.ask("GET", "/account", "", {.headers = {{"Cookie", cookie}}}).status == 303);
  CHECK(world.number("SELECT count(*) FROM sessions") == 0);
}

TEST_CASE("a blocked or removed person's session answers no more") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const std::string email = owner.email();
  world.run(GENERATE("UPDATE users SET status = 'blocked'", "UPDATE users SET removed_at = 1"));
  CHECK(owner.get("/account").status == 303);
  Browser again{world};
  CHECK(again.sign_in(email, std::string{Browser::kPassword}).status == 422);
}

TEST_CASE("the secret of a session is stored as a hash only") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const std::string secret = owner.cookie().substr(owner.cookie().find('=') + 1);
  CHECK(secret.size() == 64);
  CHECK(world.stored().find(secret) == std::string::npos);
  CHECK(world.number("SELECT count(*) FROM sessions WHERE secret_hash = x'" +
                     hex_of(hash_of(secret)) + "'") == 1);
}

TEST_CASE("a new password needs the old one and ends the person's other sessions") {
  World world;
  Browser owner{world};
  Browser other{world};
  owner.sign_in_as();
  other.sign_in(owner.email(), std::string{Browser::kPassword});
  const auto change = [&](const std::string& old_password, const std::string& password) {
    return owner.post("/account/password",
                      {{"old_password", old_password}, {"password", password}});
  };
  CHECK(change("wrong password", "a new password").status == 422);
  CHECK(change(std::string{Browser::kPassword}, "short").status == 422);
  CHECK(other.get("/account").status == 200);
  CHECK(change(std::string{Browser::kPassword}, "a new password").status == 303);
  CHECK(owner.get("/account").status == 200);
  CHECK(other.get("/account").status == 303);
  CHECK(other.sign_in(owner.email(), std::string{Browser::kPassword}).status == 422);
  CHECK(other.sign_in(owner.email(), "a new password").status == 303);
  CHECK(world.audit_codes().back() == "user.password.change");
}

TEST_CASE("ended sessions leave the database, living ones stay") {
  World world;
  Browser old{world};
  Browser owner{world};
  old.sign_in_as();
  world.clock.pass(kDay);
  owner.sign_in_as();
  world.database().write([&](Transaction& tx) {
    claim_form(tx, SessionId{1}, "7");
    delete_ended_sessions(tx, world.app().session_uses, world.clock.now());
  });
  CHECK(world.number("SELECT count(*) FROM sessions") == 1);
  CHECK(world.number("SELECT count(*) FROM used_forms") == 0);
  CHECK(owner.get("/account").status == 200);
}

TEST_CASE("a form number works once in its session and remembers what it made") {
  World world;
  Browser one{world};
  Browser two{world};
  one.sign_in_as();
  two.sign_in_as();
  world.database().write([&](Transaction& tx) {
    CHECK(claim_form(tx, SessionId{1}, "7"));
    note_form_result(tx, SessionId{1}, "7", "/keys/3");
    CHECK(!claim_form(tx, SessionId{1}, "7"));
    CHECK(claim_form(tx, SessionId{2}, "7"));
    CHECK(find_form_result(tx, SessionId{1}, "7") == "/keys/3");
    CHECK(find_form_result(tx, SessionId{2}, "7").empty());
  });
}

TEST_CASE("the colors stay as chosen") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const Answer answer = owner.post("/theme", {{"theme", "dark"}, {"here", "/start?x=1"}});
  CHECK(answer.headers.at("Location") == "/start?x=1");
  const std::string theme = answer.headers.at("Set-Cookie").substr(0, 17);
  const Answer page =
      world.ask("GET", "/account", "", {.headers = {{"Cookie", theme + "; " + owner.cookie()}}});
  CHECK(page.body.find(R"(<html lang="en" data-theme="dark">)") != std::string::npos);
  CHECK(owner.post("/theme", {{"theme", "pink"}}).status == 422);
}

}  // namespace
}  // namespace muster
