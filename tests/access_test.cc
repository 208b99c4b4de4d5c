#include "tests/route_lists.h"

#include <set>

#include "server/access_tokens.h"
#include "tests/catch.h"
#include "tests/world.h"
#include "web/access.h"

// Who may ask for what, on every route there is: a new one is looked at without another word here.

namespace muster {
namespace {

// The path of a route with an id that may or may not be there.
std::string path_of(const Route& route) {
  std::string path{route.pattern};
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}', open) - open + 1, "1");
  return path;
}

bool needs_token(const Route& route) {
  return route.access != "anyone" && route.access != "device";
}
// Beyond a token: what people may do with their own is no matter of rights alone.
bool needs_right(const Route& route) { return needs_token(route) && route.access != "token"; }

Answer ask(World& world, const Route& route, const Sent& sent) {
  const std::string method{route.method};
  return world.ask(method, path_of(route), method == "GET" || method == "DELETE" ? "" : "{}", sent);
}

// Asks every route that needs a token, and compares the answers with what `wanted` says.
template <class Wanted>
void ask_all(World& world, const Sent& sent, Wanted&& wanted,
             bool (*is_asked)(const Route&) = needs_token) {
  int asked = 0;
  for (const Route& route : api_routes()) {
    if (!is_asked(route)) continue;
    const std::string before = world.stored();
    const Answer answer = ask(world, route, sent);
    INFO(route.method << " " << route.pattern << ": " << answer.body);
    wanted(route, answer);
    if (answer.status == 401 || answer.status == 403) CHECK((world.stored() == before));
    ++asked;
  }
  CHECK(asked > 10);
}

void check_unauthorized(World& world, const Sent& sent, const std::string& message) {
  ask_all(world, sent, [&](const Route&, const Answer& answer) {
    REQUIRE(answer.status == 401);
    CHECK(answer.reason() == "unauthorized");
    CHECK(answer.message() == message);
    CHECK(answer.headers.contains("WWW-Authenticate"));
  });
}

void check_forbidden(World& world, const std::string& token, const std::string& message,
                     bool (*is_asked)(const Route&) = needs_token) {
  ask_all(
      world, {.token = token},
      [&](const Route&, const Answer& answer) {
        REQUIRE(answer.status == 403);
        CHECK(answer.reason() == "forbidden");
        CHECK(answer.message() == message);
      },
      is_asked);
}

Sent with_header(const std::string& value) { return {.headers = {{"Authorization", value}}}; }

TEST_CASE("of the API nothing but enrolling and its description is open to anyone") {
  for (const Route& route : api_routes())
    if (route.access == "anyone" && route.pattern.starts_with("/api/"))
      CHECK((route.pattern == "/api/enroll" || route.pattern == "/api/openapi.json"));
}

TEST_CASE("without a token, or with another scheme, every route answers 401") {
  World world;
  const std::string header = GENERATE("", "Basic YTpi", "mpat_x", "Digest x=y", "Tokens x");
  check_unauthorized(world, header.empty() ? Sent{} : with_header(header),
                     "no valid authentication provided");
}

TEST_CASE("a token that is none, unknown, or of another kind answers 401") {
  World world;
  const std::string key = world.make_key(R"("type": "reusable")");
  world.enroll(key, device_secret(1));
  const std::string token = world.owner_token;
  const auto which = GENERATE(0, 1, 2, 3, 4, 5, 6, 7);
  const std::string shown[] = {"x",
                               "mpat_7f3010123456789abcdefghjkmnpqrskfsf",
                               token.substr(0, token.size() - 1),
                               key,
                               device_secret(1),
                               token + " " + token,
                               " " + token,
                               "mpat_" + std::string(10'000, 'x')};
  check_unauthorized(world, with_header("Token " + shown[which]), "token invalid");
}

TEST_CASE("a scheme without a word behind it answers 401") {
  World world;
  check_unauthorized(world, with_header(GENERATE("Token", "Bearer", "token")), "token invalid");
}

TEST_CASE("an expired token answers 401, and not a second before") {
  World world;
  world.clock.pass(90 * 86400 - 1);
  CHECK(world.ask("GET", "/api/groups").status == 200);
  world.clock.pass(1);
  check_unauthorized(world, {.token = world.owner_token}, "token invalid");
}

TEST_CASE("a revoked token, and one of a removed person, answer 401") {
  World world;
  world.run(GENERATE("UPDATE access_tokens SET revoked_at = 1", "UPDATE users SET removed_at = 1"));
  check_unauthorized(world, {.token = world.owner_token}, "token invalid");
}

TEST_CASE("a blocked person's token answers 403") {
  World world;
  world.run("UPDATE users SET status = 'blocked'");
  check_forbidden(world, world.owner_token, "failed to validate user permissions: user is blocked");
}

TEST_CASE("a member may do nothing of this") {
  World world;
  check_forbidden(world, world.make_token("member"), "permission denied", needs_right);
}

TEST_CASE("a token with every scope but the one that fits answers 403; with that one it passes") {
  World world;
  std::set<std::string> rights;
  for (const Route& route : api_routes())
    if (needs_right(route)) rights.emplace(route.access);
  for (const std::string& right : rights) {
    std::vector<std::string> others{rights.begin(), rights.end()};
    std::erase(others, right);
    const std::string without = world.make_token("owner", others);
    const std::string with = world.make_token("owner", {right});
    for (const Route& route : api_routes()) {
      if (route.access != right) continue;
      INFO(route.method << " " << route.pattern);
      const Answer refused = ask(world, route, {.token = without});
      CHECK(refused.status == 403);
      CHECK(refused.message() == "permission denied");
      const int status = ask(world, route, {.token = with}).status;
      CHECK((status != 401 && status != 403 && status < 500));
    }
  }
}

TEST_CASE("an auditor reads everything and changes nothing") {
  World world;
  ask_all(
      world, {.token = world.make_token("auditor")},
      [](const Route& route, const Answer& answer) {
        const bool reads = route.access.ends_with(":read");
        CHECK((answer.status == 403) == !reads);
        CHECK((route.method == "GET") == reads);
      },
      needs_right);
}

TEST_CASE("owner and admin pass everywhere, by Token and by Bearer, in any case") {
  World world;
  const std::string token = GENERATE(true, false) ? world.owner_token : world.make_token("admin");
  const std::string scheme = GENERATE("Token ", "Bearer ", "TOKEN ", "bearer ");
  ask_all(
      world, with_header(scheme + token),
      [](const Route& route, const Answer& answer) {
        // User 1 is an owner, whom no admin ends.
        if (route.method == "DELETE" && route.pattern == "/api/users/{id}") return;
        CHECK((answer.status != 401 && answer.status != 403 && answer.status < 500));
      },
      needs_right);
}

TEST_CASE("a service user acts by its token as an admin") {
  World world;
  const std::string token = world.database().write([&](Transaction& tx) {
    const By by = By::command_line(world.clock.now());
    const auto robot = keep_service_user(tx, by, "robot");
    return create_token(tx, by, *robot, {.name = "n"})->secret.reveal();
  });
  const auto key =
      world.ask("POST", "/api/setup-keys", R"({"name": "n", "type": "one-off"})", {.token = token});
  REQUIRE(key.status == 200);
  CHECK(key.json().at("created_by") == "robot");
}

TEST_CASE("a token that was revoked a moment ago changes nothing any more") {
  World world;
  Request request;
  request.headers = {{"Authorization", "Token " + world.owner_token}};
  const auto caller = authenticate(world.app(), request, Right::keys_write);
  REQUIRE(caller);
  const auto check = [&](const char* change, Kind kind) {
    world.run(change);
    const auto still = world.database().read([&](const Snapshot& snapshot) {
      return check_still_allowed(snapshot, *caller, Right::keys_write, world.clock.now());
    });
    REQUIRE(!still);
    CHECK(still.refusal().kind == kind);
  };
  check("UPDATE users SET role = 'auditor'", Kind::forbidden);
  check("UPDATE users SET status = 'blocked'", Kind::forbidden);
  check("UPDATE access_tokens SET revoked_at = 1", Kind::unauthorized);
}

TEST_CASE("every route for devices answers 401 to anybody else and 410 to a removed one") {
  World world;
  world.enroll(world.make_key(R"("type": "reusable")"), device_secret(1));
  world.ask("DELETE", "/api/devices/1");
  int asked = 0;
  for (const Route& route : api_routes()) {
    if (route.access != "device") continue;
    INFO(route.method << " " << route.pattern);
    CHECK(ask(world, route, {}).status == 401);
    CHECK(ask(world, route, with_header("Basic " + device_secret(1))).status == 401);
    CHECK(ask(world, route, {.token = world.owner_token}).reason() == "device_unknown");
    CHECK(ask(world, route, {.token = device_secret(2)}).reason() == "device_unknown");
    CHECK(ask(world, route, {.token = device_secret(1)}).status == 410);
    ++asked;
  }
  CHECK(asked >= 2);
}

TEST_CASE("when a token was used last is kept, without a write for each use") {
  World world;
  const std::string before = world.stored();
  world.ask("GET", "/api/groups");
  world.clock.pass(5);
  world.ask("GET", "/api/groups");
  CHECK((world.stored() == before));
  world.app().token_uses.flush(world.database());
  CHECK(world.number("SELECT last_used_at FROM access_tokens") == world.clock.now());
}

}  // namespace
}  // namespace muster
