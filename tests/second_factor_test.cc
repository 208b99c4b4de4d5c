#include "server/second_factor.h"

#include <thread>

#include "tests/browser.h"
#include "tests/catch.h"
#include "web/totp.h"

// Codes beside the password: what they are, and when they are asked for.

namespace muster {
namespace {

TEST_CASE("codes are those of RFC 6238's test vectors") {
  struct Vector {
    std::int64_t time;
    const char* code;  // the last six of its eight digits
  };
  const auto row = GENERATE(Vector{59, "287082"}, Vector{1111111109, "081804"},
                            Vector{1111111111, "050471"}, Vector{1234567890, "005924"},
                            Vector{2000000000, "279037"}, Vector{20000000000, "353130"});
  const Secret seed{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"};  // "12345678901234567890"
  CHECK(totp_code(seed, row.time / kTotpSeconds) == row.code);
}

TEST_CASE("a code of the step before or after is taken, none further away") {
  const Secret seed{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"};
  const std::int64_t now = 1'800'000'015;
  const std::int64_t present = now / kTotpSeconds;
  for (const int away : {-1, 0, 1})
    CHECK(read_proof(seed, totp_code(seed, present + away), now).step == present + away);
  for (const int away : {-3, -2, 2, 3})
    CHECK(!read_proof(seed, totp_code(seed, present + away), now).step);
  const std::string code = totp_code(seed, present);
  CHECK(read_proof(seed, code.substr(0, 3) + " " + code.substr(3), now).step == present);
}

struct Phone : World {
  // Signs an admin in and turns their second factor on.
  Phone() {
    admin.sign_in_as("admin");
    id = UserId{number("SELECT max(id) FROM users")};
    admin.post("/account/second-factor", {{"password", std::string{Browser::kPassword}}});
    const Answer on = admin.post("/account/second-factor/confirm", {{"code", code()}});
    REQUIRE(on.status == 200);
    recovery = codes_of(on);
    clock.pass(kTotpSeconds);
  }
  std::string code() {
    const std::string seed =
        text("SELECT value FROM server_secrets WHERE name = 'totp:" + to_text(id) + "'");
    return totp_code(Secret{std::string{seed}}, clock.now() / kTotpSeconds);
  }
  static std::vector<std::string> codes_of(const Answer& page) {
    std::vector<std::string> found;
    const std::string open = "<span>";
    const auto from = page.body.find("id=\"codes\"");
    for (auto at = page.body.find(open, from); at != std::string::npos;
         at = page.body.find(open, at + 1)) {
      const std::string code = page.body.substr(at + open.size(), 19);
      if (code.size() == 19 && code[4] == '-') found.push_back(code);
    }
    return found;
  }
  // The second step's page of a browser whose password was right.
  std::string half(Browser& browser) {
    const Answer answer = browser.sign_in(admin.email(), std::string{Browser::kPassword});
    REQUIRE(answer.status == 200);
    return input_value(answer.body, "half");
  }
  Answer show_code(Browser& browser, const std::string& half, const std::string& code) {
    return browser.post("/sign-in/code", {{"half", half}, {"code", code}, {"next", "/account"}});
  }

  Browser admin{*this};
  UserId id;
  std::vector<std::string> recovery;
};

TEST_CASE("with a second factor the password alone opens no session") {
  Phone world;
  Browser other{world};
  const auto sessions = world.number("SELECT count(*) FROM sessions");
  const std::string half = world.half(other);
  CHECK(other.cookie().empty());
  CHECK(world.number("SELECT count(*) FROM sessions") == sessions);
  const Answer in = world.show_code(other, half, world.code());
  CHECK(in.status == 303);
  CHECK(in.headers.at("Location") == "/account");
  CHECK(other.get("/account").status == 200);
}

TEST_CASE("the seed stands in server_secrets alone, the recovery codes as hashes") {
  Phone world;
  const std::string seed = world.text("SELECT value FROM server_secrets WHERE name LIKE 'totp:%'");
  CHECK(seed.size() == 32);
  std::string rest = world.stored();
  const auto at = rest.find(seed);
  REQUIRE(at != std::string::npos);
  CHECK(rest.find(seed, at + 1) == std::string::npos);
  REQUIRE(world.recovery.size() == 10);
  for (const std::string& code : world.recovery) CHECK(rest.find(code) == std::string::npos);
  CHECK(world.admin.get("/account/second-factor").body.find(seed) == std::string::npos);
}

TEST_CASE("a code works once, and none from before it") {
  Phone world;
  Browser one{world};
  Browser other{world};
  const std::string earlier = world.code();
  world.clock.pass(kTotpSeconds);
  const std::string code = world.code();
  CHECK(world.show_code(one, world.half(one), code).status == 303);
  CHECK(world.show_code(other, world.half(other), code).status == 422);
  CHECK(world.show_code(other, world.half(other), earlier).status == 422);
  CHECK(other.cookie().empty());
}

TEST_CASE("the code that turned it on signs nobody in") {
  Phone world;
  world.clock.pass(-kTotpSeconds);
  Browser other{world};
  CHECK(world.show_code(other, world.half(other), world.code()).status == 422);
}

TEST_CASE("a recovery code works once, however it is typed") {
  Phone world;
  std::string typed = world.recovery.at(3);
  typed.erase(4, 1);
  for (char& c : typed) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  Browser one{world};
  Browser other{world};
  CHECK(world.show_code(one, world.half(one), " " + typed).status == 303);
  CHECK(world.show_code(other, world.half(other), world.recovery.at(3)).status == 422);
  CHECK(one.get("/account").body.find("9 recovery codes") != std::string::npos);
  const auto codes = world.audit_codes();
  CHECK(std::ranges::count(codes, "user.recovery_code.use") == 1);
}

TEST_CASE("of two who claim one code at once one gets in, twenty times") {
  Phone world;
  const auto person = world.database().read(
      [&](const Snapshot& snapshot) { return *find_person(snapshot, world.id); });
  const By by{subject_of(person), "", world.clock.now(), person.id};
  for (std::size_t round = 0; round < 20; ++round) {
    const Secret seed{world.text("SELECT value FROM server_secrets WHERE name LIKE 'totp:%'")};
    Proof proof{.step = 80'000'000 + static_cast<std::int64_t>(round)};
    if (round < 10) proof = {.recovery_code = hash_of_recovery_code(world.recovery.at(round))};
    std::array<bool, 2> won{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2; ++i)
      threads.emplace_back([&, i] {
        won.at(i) = world.database().write(
            [&](Transaction& tx) { return claim_proof(tx, by, person, seed, proof); });
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(won[0] != won[1]);
  }
}

TEST_CASE("from the sixth wrong code each costs a pause, which a right password does not end") {
  Phone world;
  Browser other{world};
  for (int i = 0; i < 6; ++i)
    CHECK(world.show_code(other, world.half(other), "no code").status == 422);
  const std::string half = world.half(other);
  const Answer paused = world.show_code(other, half, world.code());
  CHECK(paused.status == 429);
  CHECK(paused.headers.at("Retry-After") == "1");
  world.admin.post("/account/password", {{"old_password", std::string{Browser::kPassword}},
                                         {"password", std::string{Browser::kPassword}}});
  CHECK(world.show_code(other, half, world.code()).status == 429);
  world.clock.pass(1);
  CHECK(world.show_code(other, world.half(other), world.code()).status == 303);
}

TEST_CASE("a sign-in that waits for its code ends after five minutes, and with a new password") {
  Phone world;
  Browser other{world};
  const std::string late = world.half(other);
  world.clock.pass(301);
  CHECK(world.show_code(other, late, world.code()).body.find("That took too long") !=
        std::string::npos);
  const std::string half = world.half(other);
  world.run("UPDATE users SET password_hash = '-'");
  CHECK(world.show_code(other, half, world.code()).status == 401);
  CHECK(other.cookie().empty());
  CHECK(world.show_code(other, "x", world.code()).status == 422);
}

TEST_CASE("somebody blocked between password and code gets no session") {
  Phone world;
  Browser other{world};
  const std::string half = world.half(other);
  world.run("UPDATE users SET status = 'blocked'");
  CHECK(world.show_code(other, half, world.code()).status == 401);
  CHECK(other.cookie().empty());
}

TEST_CASE("a second factor is on after its first right code, and needs the password to begin") {
  World world;
  Browser admin{world};
  admin.sign_in_as("admin");
  CHECK(admin.post("/account/second-factor", {{"password", "wrong password"}}).status == 422);
  CHECK(world.number("SELECT count(*) FROM second_factors") == 0);
  admin.post("/account/second-factor", {{"password", std::string{Browser::kPassword}}});
  CHECK(admin.post("/account/second-factor/confirm", {{"code", "000000"}}).status == 422);
  Browser other{world};
  CHECK(other.sign_in(admin.email(), std::string{Browser::kPassword}).status == 303);
}

TEST_CASE("turning it off takes password and code, and ends the seed") {
  Phone world;
  const auto off = [&](const std::string& password, const std::string& code) {
    return world.admin.post("/account/second-factor/off", {{"password", password}, {"code", code}});
  };
  CHECK(off("wrong password", world.code()).status == 422);
  CHECK(off(std::string{Browser::kPassword}, "000000").status == 422);
  CHECK(off(std::string{Browser::kPassword}, world.code()).status == 303);
  CHECK(world.number("SELECT count(*) FROM server_secrets WHERE name LIKE 'totp:%'") == 0);
  CHECK(world.number("SELECT count(*) FROM recovery_codes") == 0);
  Browser other{world};
  CHECK(other.sign_in(world.admin.email(), std::string{Browser::kPassword}).status == 303);
}

TEST_CASE("new recovery codes end the old ones, take a code, and are shown once") {
  Phone world;
  CHECK(world.admin.post("/account/second-factor/codes", {{"code", "000000"}}).status == 422);
  const Answer made = world.admin.post("/account/second-factor/codes", {{"code", world.code()}});
  const auto newer = Phone::codes_of(made);
  REQUIRE(newer.size() == 10);
  Browser other{world};
  CHECK(world.show_code(other, world.half(other), world.recovery.at(0)).status == 422);
  CHECK(world.show_code(other, world.half(other), newer.at(0)).status == 303);
}

TEST_CASE("a removed person's seed goes with them") {
  Phone world;
  CHECK(world.ask("DELETE", "/api/users/" + to_text(world.id)).status == 200);
  CHECK(world.number("SELECT count(*) FROM server_secrets WHERE name LIKE 'totp:%'") == 0);
}

}  // namespace
}  // namespace muster
