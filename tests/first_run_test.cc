#include "tests/browser.h"
#include "tests/catch.h"

// The set-up page: it makes the first owner and closes for good.

namespace muster {
namespace {

// A server that nobody owns yet.
struct FreshWorld : World {
  FreshWorld() {
    for (const char* table :
         {"access_tokens", "setup_key_networks", "setup_keys", "networks", "audit_log", "users"})
      run(std::string{"DELETE FROM "} + table);
  }
  std::string path() { return "/first-run/" + app().setup_secret; }
  Fields fields() {
    return {{"email", "Ana@Example.com"},
            {"password", "a long enough password"},
            {"public_url", "https://muster.example.com:8443"},
            {"network", "office"},
            {"range", "10.20.0.0/16"}};
  }
};

TEST_CASE("the set-up page makes the owner, the network and the address, and signs in") {
  FreshWorld world;
  Browser browser{world};
  CHECK(browser.get(world.path()).status == 200);
  const Answer done = browser.post(world.path(), world.fields());
  CHECK(done.status == 303);
  CHECK(done.headers.at("Location") == "/start");
  CHECK(browser.get("/start").status == 200);
  CHECK(world.text("SELECT email FROM users WHERE role = 'owner'") == "ana@example.com");
  CHECK(world.text("SELECT name || ' ' || cidr FROM networks") == "office 10.20.0.0/16");
  CHECK(world.text("SELECT value FROM settings WHERE name = 'public_url'") ==
        "https://muster.example.com:8443");
}

TEST_CASE("once there is an owner the set-up page is gone, for its own address too") {
  FreshWorld world;
  Browser browser{world};
  browser.post(world.path(), world.fields());
  Browser late{world};
  CHECK(late.get(world.path()).status == 410);
  CHECK(late.post(world.path(), world.fields()).status == 410);
  world.restart();
  CHECK(late.get(world.path()).status == 410);
  CHECK(world.number("SELECT count(*) FROM users") == 1);
}

TEST_CASE("another set-up address than the printed one opens nothing") {
  FreshWorld world;
  Browser browser{world};
  const std::string old = world.path();
  CHECK(browser.get("/first-run/guess").status == 404);
  CHECK(browser.post("/first-run/guess", world.fields()).status == 404);
  world.restart();
  CHECK(browser.get(old).status == 404);
  CHECK(world.number("SELECT count(*) FROM users") == 0);
}

TEST_CASE("the set-up page fills in the address of the browser") {
  FreshWorld world;
  Browser browser{world};
  CHECK(input_value(browser.get(world.path()).body, "public_url") == "http://muster.test");
}

TEST_CASE("what cannot be is said, what was typed is kept, and nothing is written") {
  FreshWorld world;
  const auto wrong = GENERATE(std::pair{"email", "nobody"}, std::pair{"email", ""},
                              std::pair{"password", "short"}, std::pair{"password", ""},
                              std::pair{"public_url", "muster"}, std::pair{"public_url", ""},
                              std::pair{"range", "10.0.0.0"}, std::pair{"network", ""});
  Browser browser{world};
  Fields fields = world.fields();
  for (auto& [name, value] : fields)
    if (name == wrong.first) value = wrong.second;
  const std::string before = world.stored();
  const Answer answer = browser.post(world.path(), fields);
  INFO(wrong.first << ": " << answer.body);
  CHECK(answer.status == 422);
  CHECK(answer.body.find("role=\"alert\"") != std::string::npos);
  CHECK(answer.body.find("a long enough password") == std::string::npos);
  CHECK((world.stored() == before));
  if (std::string{wrong.first} != "network") CHECK(input_value(answer.body, "network") == "office");
}

TEST_CASE("the set-up page takes no form of another site") {
  FreshWorld world;
  Browser browser{world};
  for (const char* origin : {"null", "http://evil.test"})
    CHECK(browser.post(world.path(), world.fields(), {{"Origin", origin}}).status == 403);
  CHECK(world.number("SELECT count(*) FROM users") == 0);
}

TEST_CASE("who comes to a server without an owner is told where to begin") {
  FreshWorld world;
  CHECK(world.ask("GET", "/sign-in", "", {}).body.find("Nobody owns this Muster yet") !=
        std::string::npos);
}

}  // namespace
}  // namespace muster
