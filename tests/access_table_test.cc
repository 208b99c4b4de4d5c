#include <map>
#include <set>
#include <sstream>

#include "server/access_tokens.h"
#include "server/format.h"
#include "tests/access_table.h"
#include "tests/browser.h"
#include "tests/catch.h"
#include "tests/route_lists.h"

// Every route, every role, every scope: the table says who may, and all of it is tried.

namespace muster {
namespace {

struct Row {
  std::string method;
  std::string pattern;
  std::string access;
};

std::vector<Row> rows_of_table() {
  std::vector<Row> rows;
  std::istringstream lines{std::string{kAccessTable}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    Row row;
    if (!(words >> row.method >> row.pattern)) continue;
    std::getline(words >> std::ws, row.access);
    rows.push_back(std::move(row));
  }
  return rows;
}

const std::vector<std::string> kRoles{"owner", "admin", "auditor", "member"};

// The rule of roles, in one place of its own: owner and admin all, auditors look, members nothing.
bool role_may(const std::string& role, const std::string& right) {
  if (role == "owner" || role == "admin") return true;
  return role == "auditor" && right.ends_with(":read");
}

// Every object a path may name is there with id 1, and is nobody's but the first owner's.
struct Furnished : World {
  Furnished() {
    const std::string key = make_key(R"("type": "reusable", "usage_limit": 0)");
    enroll(key, device_secret(1));
    ask("POST", "/api/install-links", R"({"recipient": "Miller"})");
  }
};

std::string path_of(const std::string& pattern, const std::string& id = "1") {
  std::string path = pattern;
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}', open) - open + 1, id);
  return path;
}

Answer ask(World& world, const Row& row, const std::string& token) {
  const bool has_body = row.method != "GET" && row.method != "DELETE";
  return world.ask(row.method, path_of(row.pattern), has_body ? "{}" : "", {.token = token});
}

bool is_right(const std::string& access) { return access.find(':') != std::string::npos; }

TEST_CASE("the table of who may what has every route, and no other") {
  std::set<std::string> served;
  for (const Route& route : all_routes())
    served.insert(formatted("{} {} {}", route.method, route.pattern, route.access));
  std::set<std::string> listed;
  for (const Row& row : rows_of_table())
    listed.insert(formatted("{} {} {}", row.method, row.pattern, row.access));
  for (const std::string& line : served) {
    INFO("served, not in the table: " << line);
    CHECK(listed.contains(line));
  }
  for (const std::string& line : listed) {
    INFO("in the table, not served: " << line);
    CHECK(served.contains(line));
  }
}

TEST_CASE(
    "by the API each role gets in where the table says, with every scope or the one that fits") {
  const std::string role = GENERATE(from_range(kRoles));
  const bool has_all = GENERATE(true, false);
  std::map<std::string, std::string> tokens;
  for (const Row& row : rows_of_table()) {
    if (row.pattern.starts_with("/api/") && is_right(row.access)) tokens[row.access];
  }
  for (const auto& [right, unused] : tokens) {
    // What one row ends another would miss: a world for each right.
    Furnished world;
    const std::string token = world.make_token(
        role, has_all ? std::vector<std::string>{} : std::vector<std::string>{right});
    for (const Row& row : rows_of_table()) {
      if (!row.pattern.starts_with("/api/") || row.access != right) continue;
      const Answer answer = ask(world, row, token);
      INFO(role << ": " << row.method << " " << row.pattern << " answered " << answer.status << " "
                << answer.body.substr(0, 200));
      // An admin has the right and is still refused an owner, who is person 1.
      const bool is_owners = row.pattern.starts_with("/api/users/{id}") && role == "admin";
      if (!role_may(role, right))
        CHECK((answer.status == 403 && answer.message() == "permission denied"));
      else if (!is_owners)
        CHECK((answer.status != 401 && answer.status != 403 && answer.status < 500));
    }
  }
}

TEST_CASE("a token with every scope but the one of the table is refused") {
  std::set<std::string> rights;
  for (const Row& row : rows_of_table())
    if (row.pattern.starts_with("/api/") && is_right(row.access)) rights.insert(row.access);
  Furnished world;
  for (const std::string& right : rights) {
    std::vector<std::string> others{rights.begin(), rights.end()};
    std::erase(others, right);
    const std::string token = world.make_token("owner", others);
    for (const Row& row : rows_of_table()) {
      if (!row.pattern.starts_with("/api/") || row.access != right) continue;
      INFO(row.method << " " << row.pattern);
      CHECK(ask(world, row, token).status == 403);
    }
  }
}

TEST_CASE("at a browser each role gets in where the table says") {
  const std::string role = GENERATE(from_range(kRoles));
  for (const Row& row : rows_of_table()) {
    if (!row.access.starts_with("session")) continue;
    const bool ends_session = row.pattern == "/sign-out";
    Furnished world;
    Browser browser{world};
    browser.sign_in_as(role);
    const std::string path = path_of(row.pattern);
    const Answer answer = row.method == "GET" ? browser.get(path) : browser.post(path);
    INFO(role << ": " << row.method << " " << row.pattern << " answered " << answer.status);
    const std::string right = row.access.size() > 8 ? row.access.substr(8) : "";
    if (right.empty() || role_may(role, right)) {
      const bool is_owners = role == "admin" && (row.pattern.starts_with("/people/{id}") ||
                                                 row.pattern.starts_with("/revocations/"));
      if (!is_owners && !ends_session)
        CHECK((answer.status != 401 && answer.status != 403 && answer.status < 500));
    } else {
      CHECK(answer.status == 403);
    }
  }
}

TEST_CASE("nobody gets past the sign-in") {
  Furnished world;
  for (const Row& row : rows_of_table()) {
    if (row.access == "anyone") continue;
    const std::string path = path_of(row.pattern);
    const bool is_page = row.access.starts_with("session");
    Browser browser{world};
    const std::string before = world.stored();
    const Answer answer = is_page ? row.method == "GET" ? browser.get(path)
                                                        : browser.post(path, {{"csrf_token", "x"}})
                                  : ask(world, row, "");
    INFO(row.method << " " << row.pattern << " answered " << answer.status);
    if (is_page && row.method == "GET")
      CHECK((answer.status == 303 || answer.status == 401 || answer.status == 200));
    else
      CHECK((answer.status == 303 || answer.status == 401 || answer.status == 403));
    CHECK((world.stored() == before));
  }
}

// Tokens belong to somebody: one's own are one's own whatever the role, a service user's are the
// owners' and admins' and for auditors to see, another person's are nobody's.
TEST_CASE("tokens: one's own always, a service user's by role, another person's never") {
  const std::string role = GENERATE(from_range(kRoles));
  World world;
  const std::string token = world.make_token(role);
  const auto me = world.ask("GET", "/api/users/current", "", {.token = token});
  const std::string own = me.json().at("id");
  const auto robot = world.database().write([&](Transaction& tx) {
    return keep_service_user(tx, By::command_line(world.clock.now()), "robot")->id;
  });
  struct Case {
    std::string whose;
    bool may_see;
    bool may_change;
  };
  const bool leads = role == "owner" || role == "admin";
  for (const Case& one :
       {Case{own, true, true}, Case{to_text(robot), leads || role == "auditor", leads},
        Case{"1", false, false}}) {
    const std::string path = "/api/users/" + one.whose + "/tokens";
    const auto status = [&](const char* method, const std::string& at, const char* body) {
      return world.ask(method, at, body, {.token = token}).status;
    };
    INFO(role << " with the tokens of " << one.whose << ", being " << own);
    CHECK((status("GET", path, "") == 200) == one.may_see);
    CHECK((status("POST", path, R"({"name": "n", "expires_in": 1})") == 200) == one.may_change);
    CHECK((status("GET", path + "/99", "") == 404) == one.may_see);
    CHECK((status("DELETE", path + "/99", "") == 404) == one.may_change);
  }
}

TEST_CASE("what goes with something is shown to who has every right over what falls, nobody else") {
  const std::string role = GENERATE(from_range(kRoles));
  const bool leads = role == "owner" || role == "admin";
  const std::map<std::string, std::string> scopes{
      {"setup_key", "keys:write"}, {"access_token", "keys:write"}, {"user", "people:write"},
      {"group", "groups:write"},   {"network", "networks:write"},  {"device", "devices:write"}};
  for (const auto& [kind, scope] : scopes) {
    Furnished world;
    world.make_group("tills");
    world.make_network("shop", "10.9.0.0/24");
    // Number 2 is nobody's but the first owner's; person 2 and token 2 are another owner's.
    world.make_token("owner");
    const auto plan = [&](const std::string& token) {
      return world
          .ask("POST", "/api/revocations",
               R"({"target": {"kind": ")" + kind + R"(", "id": "2"}, "dry_run": true})",
               {.token = token})
          .status;
    };
    INFO(role << " ending a " << kind);
    const int status = plan(world.make_token(role));
    if (!leads) CHECK(status == 403);
    if (role == "owner") CHECK((status == 200 || status == 404));
    if (role == "admin") CHECK((status == 403) == (kind == "user" || kind == "access_token"));
    CHECK(plan(world.make_token("owner", {"audit:read"})) == 403);
    if (kind != "device") CHECK(plan(world.make_token("owner", {scope})) == 403);
    Browser browser{world};
    browser.sign_in_as(role);
    const int shown = browser.get("/revocations/" + kind + "/2").status;
    if (!leads) CHECK(shown == 403);
    if (role == "owner") CHECK((shown == 200 || shown == 404));
  }
}

}  // namespace
}  // namespace muster
