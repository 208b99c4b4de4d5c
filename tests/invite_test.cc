#include "server/invites.h"

#include <thread>

#include "tests/browser.h"
#include "tests/catch.h"

// From an invite to an account.

namespace muster {
namespace {

struct Invited : World {
  Invited() {
    const Answer answer =
        ask("POST", "/api/users", R"({"email": "Bo@Example.com", "name": "Bo", "role": "admin"})");
    REQUIRE(answer.status == 200);
    user = answer.json();
    path = path_of(answer.json());
  }
  static std::string path_of(const nlohmann::json& user) {
    const std::string url = user.at("invite_url");
    return url.substr(url.find("/invite/"));
  }
  nlohmann::json renew() {
    return ask("POST", "/api/users/" + user.at("id").get<std::string>() + "/invite").json();
  }
  std::string secret() const { return path.substr(path.rfind('/') + 1); }

  nlohmann::json user;
  std::string path;
};

const Fields kPassword{{"password", "a password of Bo's"}};

bool holds(const Answer& answer, const std::string& part) {
  return answer.body.find(part) != std::string::npos;
}

TEST_CASE("an invited person chooses a password, is signed in, and has the role") {
  Invited world;
  CHECK(world.user.at("status") == "invited");
  CHECK(world.user.at("email") == "bo@example.com");
  Browser bo{world};
  CHECK(holds(bo.get(world.path), "ana@example.com invites you"));
  const Answer accepted = bo.post(world.path, kPassword);
  CHECK(accepted.status == 303);
  CHECK(accepted.headers.at("Location") == "/");
  CHECK(bo.get("/keys").status == 200);
  CHECK(world.text("SELECT role || ' ' || status FROM users WHERE id = 2") == "admin active");
  CHECK(bo.sign_in("bo@example.com", "a password of Bo's").status == 303);
  CHECK(world.audit_codes(4) ==
        std::vector<std::string>{"user.create", "user.invite", "user.join"});
}

TEST_CASE("looking at an invite changes nothing, however often mail scanners do it") {
  Invited world;
  const std::string before = world.stored();
  Browser scanner{world};
  for (int i = 0; i < 3; ++i) CHECK(scanner.get(world.path).status == 200);
  CHECK(world.ask("HEAD", world.path, "", {}).status == 200);
  CHECK((world.stored() == before));
  CHECK(scanner.post(world.path, kPassword).status == 303);
}

TEST_CASE("an invite works once, and then says so") {
  Invited world;
  Browser bo{world};
  bo.post(world.path, kPassword);
  Browser mallory{world};
  const std::string before = world.stored();
  const Answer again = mallory.post(world.path, {{"password", "another password"}});
  CHECK(again.status == 410);
  CHECK(holds(again, "It was accepted already"));
  CHECK(mallory.get(world.path).status == 410);
  CHECK((world.stored() == before));
}

TEST_CASE("an invite works for 24 hours") {
  Invited world;
  Browser bo{world};
  world.clock.pass(24 * 3600);
  CHECK(holds(bo.get(world.path), "Its time ran out"));
  CHECK(bo.post(world.path, kPassword).status == 410);
  CHECK(world.text("SELECT status FROM users WHERE id = 2") == "invited");
}

TEST_CASE("a new link takes the place of the one before, also of an expired one") {
  Invited world;
  if (GENERATE(true, false)) world.clock.pass(2 * 24 * 3600);
  const std::string newer = Invited::path_of(world.renew());
  Browser bo{world};
  const bool was_expired = world.clock.now() > 1'800'000'000 + 100;
  CHECK(bo.post(world.path, kPassword).status == 410);
  if (!was_expired) CHECK(holds(bo.get(world.path), "A newer link was made"));
  CHECK(bo.post(newer, kPassword).status == 303);
}

TEST_CASE("a withdrawn invite lets nobody in, and its e-mail is free again") {
  Invited world;
  Browser owner{world};
  owner.sign_in_as();
  CHECK(owner.post("/people/2/withdraw").headers.at("Location") ==
        "/people?notice=invite-withdrawn");
  Browser bo{world};
  CHECK(holds(bo.get(world.path), "It was withdrawn"));
  CHECK(bo.post(world.path, kPassword).status == 410);
  CHECK(world.ask("GET", "/api/users").json().size() == 2);
  CHECK(world.ask("POST", "/api/users", R"({"email": "bo@example.com", "role": "user"})").status ==
        200);
}

TEST_CASE("an invite of somebody who was removed lets nobody in") {
  Invited world;
  CHECK(world.ask("DELETE", "/api/users/2").status == 200);
  Browser bo{world};
  CHECK(bo.get(world.path).status == 410);
  CHECK(bo.post(world.path, kPassword).status == 410);
}

TEST_CASE("an unfit password accepts nothing") {
  Invited world;
  Browser bo{world};
  const std::string before = world.stored();
  for (const char* password : {"", "short"}) {
    const Answer answer = bo.post(world.path, {{"password", password}, {"name", "Bo B."}});
    CHECK(answer.status == 422);
    CHECK(holds(answer, "8 to 256 characters"));
    CHECK(holds(answer, "Bo B."));
  }
  CHECK((world.stored() == before));
}

TEST_CASE("the secret of an invite is stored as a hash only, and forgives how it is typed") {
  Invited world;
  CHECK(world.stored().find(world.secret()) == std::string::npos);
  std::string typed = world.secret();
  for (char& c : typed) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  Browser bo{world};
  CHECK(bo.get("/invite/" + typed).status == 200);
}

TEST_CASE("unknown invites are alike, and slow after twenty") {
  Invited world;
  Browser mallory{world};
  const std::string wrong =
      "/invite/" +
      make_secret(GENERATE(as<SecretKind>{}, SecretKind::invite, SecretKind::setup_key)).reveal();
  for (int i = 0; i < 20; ++i) CHECK(mallory.get(wrong).status == 404);
  CHECK(mallory.get("/invite/x").status == 429);
  CHECK(mallory.get(world.path).status == 200);
}

TEST_CASE("of two who accept one invite at once one gets the account, twenty times") {
  for (int round = 0; round < 20; ++round) {
    Invited world;
    const Hash hash = hash_of(*parse_secret(SecretKind::invite, world.secret()));
    const By by{{}, "192.0.2.1", world.clock.now()};
    std::array<bool, 2> won{};
    std::array<std::string, 2> passwords{"hash one", "hash two"};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2; ++i)
      threads.emplace_back([&, i] {
        won.at(i) = bool{world.database().write([&](Transaction& tx) {
          return accept_invite(tx, by, hash, {.name = "", .password_hash = passwords.at(i)});
        })};
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(won[0] != won[1]);
    CHECK(world.text("SELECT password_hash FROM users WHERE id = 2") ==
          passwords.at(won[0] ? 0 : 1));
  }
}

TEST_CASE("an admin invites no owner, and makes no new link for an invited one") {
  Invited world;
  const Sent admin{.token = world.make_token("admin")};
  CHECK(world.ask("POST", "/api/users", R"({"email": "c@example.com", "role": "owner"})", admin)
            .status == 403);
  const auto owner =
      world.ask("POST", "/api/users", R"({"email": "c@example.com", "role": "owner"})").json();
  const std::string path = "/api/users/" + owner.at("id").get<std::string>();
  CHECK(world.ask("POST", path + "/invite", "", admin).status == 403);
  CHECK(world.ask("DELETE", path, "", admin).status == 403);
  CHECK(world.ask("POST", path + "/invite").status == 200);
}

TEST_CASE("a token with some scopes makes no invites: the account may do more") {
  Invited world;
  const Sent some{.token = world.make_token("owner", {"people:write"})};
  const std::string before = world.stored();
  CHECK(world.ask("POST", "/api/users", R"({"email": "c@example.com", "role": "user"})", some)
            .message() == "permission denied");
  CHECK(world.ask("POST", "/api/users/2/invite", "", some).message() == "permission denied");
  CHECK((world.stored() == before));
}

TEST_CASE("the page shows an invite's link once, and a reload makes no second") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const Fields fields{
      {"kind", "person"}, {"email", "bo@example.com"}, {"role", "admin"}, {"form_number", "f1"}};
  const Answer made = owner.post("/people/new", fields);
  CHECK(made.status == 200);
  CHECK(holds(made, "/invite/minv_"));
  CHECK(holds(made, "mailto:bo%2540example.com") == false);
  CHECK(holds(made, "mailto:bo@example.com"));
  const Answer again = owner.post("/people/new", fields);
  CHECK(holds(again, "Already made"));
  CHECK(!holds(again, "minv_"));
  CHECK(world.number("SELECT count(*) FROM invites") == 1);
  const Answer taken = owner.post("/people/new", {{"email", "BO@example.com"}, {"role", "admin"}});
  CHECK(taken.status == 422);
  CHECK(holds(taken, "is there already"));
}

}  // namespace
}  // namespace muster
