#include "tests/catch.h"
#include "tests/route_lists.h"
#include "tests/world.h"

// From a request to its answer: what is routed, what is refused before a handler sees it, and how
// errors look.

namespace muster {
namespace {

TEST_CASE("what is nowhere answers 404 with the error body") {
  const auto* path =
      GENERATE("/api", "/api/", "/api/setup-keys/", "/api/setup-keys/1/", "/api//groups",
               "/api/groups/1/2/3", "/api/setup-keys/../groups", "/api/nothing");
  World world;
  const Answer answer = world.ask("GET", path);
  INFO(path);
  CHECK(answer.status == 404);
  CHECK(answer.json() ==
        nlohmann::json{{"message", "404 page not found"}, {"code", 404}, {"reason", "not_found"}});
}

TEST_CASE(
    "a wrong method answers 405 and says which ones there are, before any token is asked for") {
  World world;
  const Answer answer = world.ask("PUT", "/api/setup-keys", "{}", {});
  CHECK(answer.status == 405);
  CHECK(answer.headers.at("Allow") == "GET, HEAD, POST");
  CHECK(answer.reason() == "bad_request");
  CHECK(answer.json().at("code") == 405);
  for (const Route& route : api_routes()) {
    const Answer wrong = world.ask("BREW", std::string{route.pattern});
    CHECK(wrong.status == 405);
    CHECK(wrong.headers.at("Allow").find(route.method) != std::string::npos);
  }
}

TEST_CASE("HEAD is answered where GET is") {
  World world;
  for (const Route& route : api_routes())
    CHECK((world.ask("HEAD", std::string{route.pattern}).status == 405) ==
          (find_route("GET", route.pattern).route == nullptr));
}

TEST_CASE("no two routes are the same, and patterns and methods are whole") {
  for (const Route& route : all_routes()) {
    INFO(route.method << " " << route.pattern);
    CHECK(find_route(route.method, route.pattern).route == &route);
    CHECK(route.body_limit >= 1024);
  }
}

TEST_CASE("a trailing slash or an empty id does not match") {
  CHECK(find_route("GET", "/api/groups/").route == nullptr);
  CHECK(find_route("GET", "/api/groups/1").route != nullptr);
  CHECK(find_route("GET", "/api/groups/1").path_parameters == std::vector<std::string>{"1"});
  CHECK(find_route("GET", "/api/groups/1/").route == nullptr);
}

TEST_CASE("answers are not kept by anybody, and are taken for what they say they are") {
  World world;
  const Answer answer = world.ask("GET", "/api/groups");
  CHECK(answer.headers.at("Cache-Control") == "no-store");
  CHECK(answer.headers.at("X-Content-Type-Options") == "nosniff");
  CHECK(answer.headers.at("Content-Type") == "application/json; charset=UTF-8");
}

TEST_CASE("the server says that it lives and that it can answer") {
  World world;
  CHECK(world.ask("GET", "/healthz", "", {}).json().at("status") == "ok");
  CHECK(world.ask("GET", "/readyz", "", {}).json().at("status") == "ready");
}

TEST_CASE("the scripts are the same bytes for everybody") {
  World world;
  const auto* path = GENERATE("/install.sh", "/muster-agent");
  const Answer first = world.ask("GET", path, "", {});
  const Answer second = world.ask("GET", path, "", {.headers = {{"Host", "evil.example.com"}}});
  CHECK(first.status == 200);
  CHECK(first.body.starts_with("#!/bin/sh"));
  CHECK(first.headers.at("Content-Type") == "text/plain; charset=UTF-8");
  CHECK((first.body == second.body));
}

TEST_CASE("cookies open nothing, and other sites are told nothing") {
  World world;
  const Answer answer = world.ask(
      "GET", "/api/groups", "",
      {.headers = {{"Cookie", "session=" + world.owner_token}, {"Origin", "https://example.com"}}});
  CHECK(answer.status == 401);
  CHECK(!answer.headers.contains("Access-Control-Allow-Origin"));
}

TEST_CASE("a fault answers 500 with the request's id and none of its detail") {
  World world;
  world.run("ALTER TABLE groups RENAME TO hidden");
  const Answer answer = world.ask("POST", "/api/groups", R"({"name": "x"})");
  CHECK(answer.status == 500);
  CHECK(answer.reason() == "internal");
  CHECK(answer.message() == "internal server error; the log names it as request test");
}

TEST_CASE("every answer that is an error has message, code and reason, and nothing else") {
  World world;
  for (const Answer& answer :
       {world.ask("GET", "/api/x"), world.ask("PUT", "/api/groups"),
        world.ask("GET", "/api/groups", "", {}), world.ask("GET", "/api/groups/9"),
        world.ask("POST", "/api/groups", "{"), world.ask("POST", "/api/groups", "{}")}) {
    const auto body = answer.json();
    CHECK(body.size() == 3);
    CHECK(body.at("code") == answer.status);
    CHECK(body.at("message").is_string());
    CHECK(body.at("reason").is_string());
  }
}

}  // namespace
}  // namespace muster
