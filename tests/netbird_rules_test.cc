#include "web/routes.h"

#include "tests/netbird.h"

// What holds for every path of NetBird's API: who is asked for, and what an error looks like.

namespace muster {
namespace {

TEST_CASE("contract: who shows what is let in or told why not") {
  struct Row {
    std::string header;
    int status;
    const char* message;
  };
  Shop shop;
  const std::string& token = shop.owner_token;
  const std::string unknown = make_secret(SecretKind::access_token).reveal();
  const Row rows[] = {
      {"Token " + token, 200, nullptr},
      {"Bearer " + token, 200, nullptr},
      {"tOKEN " + token, 200, nullptr},
      {"BEARER " + token, 200, nullptr},
      {"", 401, "no valid authentication provided"},
      {"Basic YW5hOng=", 401, "no valid authentication provided"},
      {token, 401, "no valid authentication provided"},
      {"Token", 401, "token invalid"},
      {"Bearer", 401, "token invalid"},
      {"Token " + token + " x", 401, "token invalid"},
      {"Token  " + token, 401, "token invalid"},
      {"Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", 401, "token invalid"},
      {"Token nbp_F3f0d123456789012345678901234567890a", 401, "token invalid"},
      {"Token " + token.substr(1), 401, "token invalid"},
      {"Token " + token + "x", 401, "token invalid"},
      {"Token " + unknown, 401, "token invalid"},
  };
  for (const Row& row : rows) {
    Sent sent;
    if (!row.header.empty()) sent.headers.emplace_back("Authorization", row.header);
    const Answer answer = shop.ask("GET", "/api/setup-keys", "", sent);
    INFO(row.header);
    CHECK(answer.status == row.status);
    if (row.message != nullptr) CHECK(answer.message() == row.message);
    if (row.message != nullptr) CHECK(answer.reason() == "unauthorized");
  }
}

TEST_CASE("contract: an expired token is invalid") {
  Shop shop;
  shop.clock.pass(90 * 86400);
  CHECK(shop.ask("GET", "/api/setup-keys").message() == "token invalid");
}

TEST_CASE("contract: each role may do its part with setup keys") {
  struct Row {
    const char* role;
    bool reads;
    bool writes;
  };
  const auto row = GENERATE(Row{"owner", true, true}, Row{"admin", true, true},
                            Row{"auditor", true, false}, Row{"member", false, false});
  Shop shop;
  const std::string token = shop.make_token(row.role);
  const auto check = [&](const char* method, const char* path, const char* body, bool allowed) {
    const Answer answer = shop.ask(method, path, body, {.token = token});
    INFO(row.role << " " << method << " " << path);
    CHECK(answer.status == (allowed ? 200 : 403));
    if (!allowed) CHECK(answer.message() == "permission denied");
  };
  check("GET", "/api/setup-keys", "", row.reads);
  check("GET", "/api/setup-keys/2", "", row.reads);
  check("POST", "/api/setup-keys", R"({"name": "n", "type": "reusable"})", row.writes);
  check("PUT", "/api/setup-keys/2", R"({"auto_groups": []})", row.writes);
  check("DELETE", "/api/setup-keys/2", "", row.writes);
}

TEST_CASE("contract: permission is asked for before the body is read") {
  Shop shop;
  const Sent auditor{.token = shop.make_token("auditor")};
  for (const char* path : {"/api/setup-keys", "/api/groups", "/api/users/1/tokens"})
    CHECK(shop.ask("POST", path, "{", auditor).status == 403);
}

TEST_CASE("contract: a blocked user is told so") {
  Shop shop;
  shop.run("UPDATE users SET status = 'blocked'");
  const Answer answer = shop.ask("GET", "/api/setup-keys");
  CHECK(answer.status == 403);
  CHECK(answer.message() == "failed to validate user permissions: user is blocked");
}

TEST_CASE("contract: a service user reads and writes by role and scopes") {
  Shop shop;
  CHECK(shop.ask("GET", "/api/setup-keys", "", {.token = shop.robot_token}).status == 200);
  const Sent reader{.token =
                        shop.make_service_token("robot", {.name = "r", .scopes = {"keys:read"}})};
  CHECK(shop.ask("GET", "/api/setup-keys", "", reader).status == 200);
  CHECK(shop.ask("GET", "/api/groups", "", reader).status == 403);
  CHECK(shop.ask("PUT", "/api/setup-keys/2", "{}", reader).status == 403);
}

TEST_CASE("contract: unknown routes and wrong methods are JSON, before authentication") {
  struct Row {
    const char* method;
    const char* path;
    int status;
    const char* reason;
  };
  const auto row = GENERATE(
      Row{"GET", "/api/nothing", 404, "not_found"},
      Row{"GET", "/api/setup-keys/", 404, "not_found"},
      Row{"GET", "/api/policies", 404, "not_found"}, Row{"GET", "/api", 404, "not_found"},
      Row{"PATCH", "/api/setup-keys", 405, "bad_request"},
      Row{"POST", "/api/peers", 405, "bad_request"}, Row{"PATCH", "/api/users", 405, "bad_request"},
      Row{"OPTIONS", "/api/groups", 405, "bad_request"},
      Row{"DELETE", "/api/events/audit", 405, "bad_request"});
  World world;
  const Answer answer = world.ask(row.method, row.path, "", {});
  INFO(row.method << " " << row.path);
  CHECK(answer.status == row.status);
  CHECK(answer.json().at("code") == row.status);
  CHECK(answer.reason() == row.reason);
  CHECK(answer.headers.contains("Allow") == (row.status == 405));
  CHECK(!answer.headers.contains("Access-Control-Allow-Origin"));
}

TEST_CASE("contract: every answer is JSON and says so") {
  Shop shop;
  for (const char* path : {"/api/setup-keys", "/api/groups", "/api/peers", "/api/users",
                           "/api/users/1/tokens", "/api/events/audit", "/api/peers/99", "/api/x"})
    CHECK(shop.ask("GET", path).headers.at("Content-Type") == "application/json; charset=UTF-8");
}

TEST_CASE("contract: a token confined to groups manages only keys that name nothing else") {
  Shop shop;
  const Sent confined{
      .token = shop.make_service_token("till-robot", {.name = "t", .groups = {"tills"}})};
  shop.make_group("bar");
  shop.make_key(R"("type": "reusable", "auto_groups": ["tills", "bar"])");  // 3
  shop.make_key(R"("type": "reusable")");                                   // 4
  shop.make_key(R"("type": "reusable", "auto_groups": ["tills"], "allow_group_choice": true)");
  struct Row {
    const char* method;
    const char* path;
    const char* body;
    int status;
  };
  const Row rows[] = {
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "one-off"})", 403},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "one-off", "auto_groups": ["bar"]})",
       403},
      {"POST", "/api/setup-keys",
       R"({"name": "n", "type": "one-off", "auto_groups": ["tills", "bar"]})", 403},
      {"POST", "/api/setup-keys",
       R"({"name": "n", "type": "one-off", "auto_groups": ["tills"], "allow_group_choice": true})",
       403},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": ["bar"]})", 403},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": []})", 403},
      {"PUT", "/api/setup-keys/3", R"({"auto_groups": ["tills"]})", 403},
      {"PUT", "/api/setup-keys/4", R"({"revoked": true})", 403},
      {"PUT", "/api/setup-keys/5", R"({"revoked": true})", 403},
      {"PUT", "/api/setup-keys/1", "{}", 403},
      {"DELETE", "/api/setup-keys/3", "", 403},
      {"DELETE", "/api/setup-keys/1", "", 403},
      {"POST", "/api/users/3/tokens", R"({"name": "n", "expires_in": 1})", 403},
      {"GET", "/api/setup-keys/4", "", 200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "one-off", "auto_groups": ["tills"]})",
       200},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": ["tills", "tills"]})", 200},
      {"DELETE", "/api/setup-keys/2", "", 200},
  };
  for (const Row& row : rows) {
    const std::string before = shop.stored();
    const Answer answer = shop.ask(row.method, row.path, row.body, confined);
    INFO(row.method << " " << row.path << " " << row.body << " " << answer.body);
    CHECK(answer.status == row.status);
    if (row.status == 403) CHECK((shop.stored() == before));
  }
}

TEST_CASE("contract: a confined token changes no key and no link of others by any route there is") {
  Shop shop;
  const Sent confined{.token = shop.make_service_token("r", {.name = "t", .groups = {"tills"}})};
  const std::string id = shop.make_key_object(R"("type": "reusable")").at("id");
  const std::string link =
      shop.ask("POST", "/api/install-links", R"({"recipient": "Miller"})").json().at("id");
  const std::string before = shop.stored();
  int asked = 0;
  for (const Route& route : all_routes()) {
    std::string path{route.pattern};
    const auto open = path.find("{id}");
    const bool is_link = route.access == "links:write";
    if ((route.access != "keys:write" && !is_link) || open == std::string::npos) continue;
    path.replace(open, 4, is_link ? link : id);
    const Answer answer = shop.ask(std::string{route.method}, path, "{}", confined);
    INFO(route.method << " " << route.pattern << ": " << answer.body);
    CHECK(answer.status == 403);
    CHECK((shop.stored() == before));
    ++asked;
  }
  CHECK(asked >= 2);
}

}  // namespace
}  // namespace muster
