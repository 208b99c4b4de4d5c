#include "tests/netbird.h"

// /api/users and their tokens, line by line as NetBird's clients know them.

namespace muster {
namespace {

TEST_CASE("contract: every refusal about users and tokens has its status and its words") {
  check_lines({
      {"GET", "/api/users?service_user=maybe", "", 422, "invalid service_user query parameter",
       "invalid"},
      {"POST", "/api/users", "", 400, "couldn't parse JSON request"},
      {"POST", "/api/users", "{}", 422, "invalid user role "},
      {"POST", "/api/users", R"({"role": "network_admin"})", 422,
       "invalid user role network_admin"},
      {"POST", "/api/users", R"({"role": "billing_admin"})", 422,
       "invalid user role billing_admin"},
      {"POST", "/api/users", R"({"role": "member"})", 422, "invalid user role member"},
      {"POST", "/api/users", R"({"role": "user", "email": "nobody"})", 422,
       "nobody is not an e-mail address"},
      {"POST", "/api/users", R"({"role": "user", "email": "Ana@Example.com"})", 409,
       "somebody with the e-mail ana@example.com is there already", "conflict"},
      {"POST", "/api/users", R"({"role": "user", "email": "b@c.d", "auto_groups": ["2"]})", 422,
       nullptr, "invalid"},
      {"POST", "/api/users", R"({"role": "user", "email": "b@c.d", "auto_groups": []})", 200},
      {"POST", "/api/users", R"({"role": "admin", "is_service_user": true})", 422,
       "the service user's name shouldn't be empty"},
      {"POST", "/api/users", R"({"role": "admin", "is_service_user": true, "name": "robot"})", 409,
       "a service user with the name robot is there already"},
      {"POST", "/api/users", R"({"role": "user", "is_service_user": true, "name": "r2"})", 200},
      {"PUT", "/api/users/99", R"({"role": "user"})", 404, "user: 99 not found", "not_found"},
      {"PUT", "/api/users/2", R"({"role": "king"})", 422, "invalid user role king"},
      {"PUT", "/api/users/2", R"({"role": "user", "auto_groups": [], "is_blocked": true})", 200},
      {"PUT", "/api/users/1", R"({"role": "admin", "is_blocked": false})", 403, nullptr,
       "forbidden"},
      {"PUT", "/api/users/1", R"({"role": "owner", "is_blocked": true})", 403,
       "nobody blocks themselves"},
      {"PUT", "/api/users/1", R"({"role": "owner", "auto_groups": [], "is_blocked": false})", 200},
      {"POST", "/api/users/99/invite", "", 404, "user: 99 not found"},
      {"POST", "/api/users/2/invite", "", 409, "robot has an account already"},
      {"DELETE", "/api/users/99", "", 404, "user: 99 not found"},
      {"DELETE", "/api/users/1", "", 409, "nobody removes themselves"},
      {"DELETE", "/api/users/2", "", 200},
      {"GET", "/api/users/1/tokens/99", "", 404, "pat: 99 not found", "not_found"},
      {"GET", "/api/users/1/tokens/abc", "", 404, "pat: abc not found"},
      {"GET", "/api/users/2/tokens/1", "", 404, "pat: 1 not found"},
      {"DELETE", "/api/users/1/tokens/99", "", 404, "pat: 99 not found"},
      {"GET", "/api/users/99/tokens", "", 404, "user: 99 not found"},
      {"POST", "/api/users/99/tokens", R"({"name": "n", "expires_in": 1})", 404,
       "user: 99 not found"},
      {"POST", "/api/users/1/tokens", "", 400, "couldn't parse JSON request"},
      {"POST", "/api/users/1/tokens", R"({"name": "", "expires_in": 1})", 422,
       "token name can't be empty"},
      {"POST", "/api/users/1/tokens", R"({"expires_in": 1})", 422, "token name can't be empty"},
      {"POST", "/api/users/1/tokens", R"({"name": "n"})", 422,
       "expiration has to be between 1 and 365"},
      {"POST", "/api/users/1/tokens", R"({"name": "n", "expires_in": 0})", 422,
       "expiration has to be between 1 and 365"},
      {"POST", "/api/users/1/tokens", R"({"name": "n", "expires_in": 366})", 422,
       "expiration has to be between 1 and 365"},
      {"POST", "/api/users/1/tokens", R"({"name": "n", "expires_in": 1, "scopes": ["king"]})", 422,
       nullptr},
      {"POST", "/api/users/1/tokens", R"({"name": "n", "expires_in": 1, "group_ids": ["99"]})", 422,
       "group not found: 99"},
      {"POST", "/api/users/1/tokens", R"({"name": "n", "expires_in": 365})", 200},
      {"POST", "/api/users/2/tokens", R"({"name": "n", "expires_in": 1})", 200},
  });
}

TEST_CASE("contract: a user has NetBird's members") {
  Shop shop;
  const auto users = shop.ask("GET", "/api/users").json();
  REQUIRE(users.size() == 2);
  const Json expected{{"id", "1"},
                      {"email", "ana@example.com"},
                      {"name", "ana@example.com"},
                      {"role", "owner"},
                      {"status", "active"},
                      {"auto_groups", Json::array()},
                      {"is_blocked", false},
                      {"pending_approval", false},
                      {"is_current", true},
                      {"is_service_user", false},
                      {"issued", "api"},
                      {"last_login", "0001-01-01T00:00:00Z"}};
  for (const auto& [name, value] : expected.items()) {
    INFO(name);
    CHECK(users[0].at(name) == value);
  }
  CHECK(users[1].at("name") == "robot");
  CHECK(users[1].at("is_service_user") == true);
  CHECK(users[1].at("is_current") == false);
}

TEST_CASE("contract: a new person is invited, and the answer alone tells the link") {
  Shop shop;
  const auto made =
      shop.ask("POST", "/api/users", R"({"email": "bo@example.com", "name": "Bo", "role": "user"})")
          .json();
  CHECK(made.at("status") == "invited");
  CHECK(made.at("role") == "user");
  CHECK(made.at("invite_url").get<std::string>().find("/invite/minv_") != std::string::npos);
  CHECK(made.at("invite_expires_at") == rfc3339(shop.clock.now() + 24 * 3600));
  CHECK(shop.last_event().at("activity_code") == "user.invite");
  CHECK(shop.last_event().dump().find("minv_") != std::string::npos);
  CHECK(shop.last_event().at("meta").at("invite").get<std::string>().size() == 10);
  CHECK(!shop.ask("GET", "/api/users").json()[2].contains("invite_url"));
  const auto again = shop.ask("POST", "/api/users/3/invite").json();
  CHECK(again.at("invite_url") != made.at("invite_url"));
}

TEST_CASE("contract: a person with living devices is not deleted, but planned") {
  Shop shop;
  const UserId bo{shop.number("SELECT count(*) FROM users") + 1};
  shop.make_token("owner");
  shop.run("UPDATE setup_keys SET created_by_id = " + to_text(bo) + " WHERE id = 2");
  const std::string before = shop.stored();
  const Answer refused = shop.ask("DELETE", "/api/users/" + to_text(bo));
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "plan_required");
  CHECK((shop.stored() == before));
  shop.ask("DELETE", "/api/devices/1");
  shop.ask("DELETE", "/api/devices/2");
  CHECK(shop.ask("DELETE", "/api/users/" + to_text(bo)).body == "{}");
  CHECK(shop.ask("DELETE", "/api/users/" + to_text(bo)).status == 404);
}

TEST_CASE("contract: users are filtered by being service users") {
  Shop shop;
  const auto ids = [&](const char* query) {
    std::string all;
    const auto users = shop.ask("GET", std::string{"/api/users"} + query).json();
    for (const auto& user : users) all += user.at("id").get<std::string>();
    return all;
  };
  CHECK(ids("") == "12");
  CHECK(ids("?service_user=true") == "2");
  CHECK(ids("?service_user=false") == "1");
}

TEST_CASE("contract: a plain user sees only itself, as `user`, and no service users") {
  Shop shop;
  const Sent member{.token = shop.make_token("member")};
  const auto users = shop.ask("GET", "/api/users", "", member).json();
  REQUIRE(users.size() == 1);
  CHECK(users[0].at("id") == "3");
  CHECK(users[0].at("role") == "user");
  CHECK(shop.ask("GET", "/api/users?service_user=true", "", member).body == "[]");
}

TEST_CASE("contract: permissions stand in the answer about oneself only") {
  Shop shop;
  CHECK(!shop.ask("GET", "/api/users").json()[0].contains("permissions"));
  const auto mine = [&](const std::string& token) {
    return shop.ask("GET", "/api/users/current", "", {.token = token}).json();
  };
  const auto owner = mine(shop.owner_token);
  CHECK(owner.at("id") == "1");
  CHECK(owner.at("permissions").at("is_restricted") == false);
  CHECK(owner.at("permissions").at("modules").at("setup_keys").at("create") == true);
  const auto auditor = mine(shop.make_token("auditor")).at("permissions").at("modules");
  CHECK(auditor.at("peers") ==
        Json{{"read", true}, {"create", false}, {"update", false}, {"delete", false}});
  const auto member = mine(shop.make_token("member"));
  CHECK(member.at("role") == "user");
  CHECK(member.at("permissions").at("is_restricted") == true);
}

TEST_CASE("contract: a token's life: made, shown once, used, read, listed, deleted") {
  Shop shop;
  const auto made = shop.ask("POST", "/api/users/2/tokens", R"({"name": "n", "expires_in": 30})");
  const std::string plain = made.json().at("plain_token");
  const auto token = made.json().at("personal_access_token");
  CHECK(token.at("name") == "n");
  CHECK(token.at("created_by") == "1");
  CHECK(token.at("created_at") == rfc3339(shop.clock.now()));
  CHECK(token.at("expiration_date") == rfc3339(shop.clock.now() + 30 * 86400));
  CHECK(!token.contains("last_used"));
  const std::string path = "/api/users/2/tokens/" + token.at("id").get<std::string>();
  CHECK(shop.ask("GET", path).json() == token);

  CHECK(shop.ask("GET", "/api/users/current", "", {.token = plain}).json().at("name") == "robot");
  CHECK(shop.ask("GET", path).json().at("last_used") == rfc3339(shop.clock.now()));
  const Answer list = shop.ask("GET", "/api/users/2/tokens");
  CHECK(list.json().size() == 2);
  CHECK(list.body.find(plain) == std::string::npos);

  CHECK(shop.ask("DELETE", path).body == "{}");
  CHECK(shop.last_event().at("activity_code") == "personal.access.token.delete");
  CHECK(shop.ask("GET", path).status == 404);
  CHECK(shop.ask("DELETE", path).status == 404);
  CHECK(shop.ask("GET", "/api/groups", "", {.token = plain}).status == 401);
}

TEST_CASE("contract: a user without tokens has an empty list") {
  Shop shop;
  shop.run("UPDATE access_tokens SET revoked_at = 1 WHERE user_id = 2");
  CHECK(shop.ask("GET", "/api/users/2/tokens").body == "[]");
}

TEST_CASE("contract: one handles one's own tokens, and service users' as an administrator") {
  struct Row {
    const char* role;
    bool service;  // whether they read and make a service user's tokens
    bool writes;
  };
  const auto row = GENERATE(Row{"owner", true, true}, Row{"admin", true, true},
                            Row{"auditor", true, false}, Row{"member", false, false});
  Shop shop;
  const Sent sent{.token = shop.make_token(row.role)};
  const char* body = R"({"name": "n", "expires_in": 1})";
  const auto check = [&](const char* method, const char* path, bool allowed) {
    const Answer answer =
        shop.ask(method, path, std::string_view{method} == "POST" ? body : "", sent);
    INFO(row.role << " " << method << " " << path << ": " << answer.body);
    CHECK(answer.status == (allowed ? 200 : 403));
    if (!allowed) CHECK(answer.message() == "admin role required to perform this action");
  };
  check("GET", "/api/users/3/tokens", true);
  check("POST", "/api/users/3/tokens", true);
  check("GET", "/api/users/2/tokens", row.service);
  check("POST", "/api/users/2/tokens", row.writes);
  check("DELETE", "/api/users/2/tokens/2", row.writes);
  check("GET", "/api/users/1/tokens", false);
  check("POST", "/api/users/1/tokens", false);
  check("DELETE", "/api/users/1/tokens/1", false);
}

TEST_CASE("contract: an administrator makes no token for an owning service user") {
  Shop shop;
  shop.run("UPDATE users SET role = 'owner' WHERE id = 2");
  const char* body = R"({"name": "n", "expires_in": 1})";
  const Sent admin{.token = shop.make_token("admin")};
  CHECK(shop.ask("POST", "/api/users/2/tokens", body, admin).status == 403);
  CHECK(shop.ask("POST", "/api/users/2/tokens", body).status == 200);
}

TEST_CASE("contract: scopes and groups of a token come back, and it does no more") {
  Shop shop;
  const auto made =
      shop.ask(
              "POST", "/api/users/1/tokens",
              R"({"name": "n", "expires_in": 1, "scopes": ["keys:write"], "group_ids": ["tills"]})")
          .json();
  CHECK(made.at("personal_access_token").at("scopes") == Json{"keys:write"});
  CHECK(made.at("personal_access_token").at("group_ids") == Json{"2"});
  const Sent sent{.token = made.at("plain_token")};
  CHECK(shop.ask("GET", "/api/setup-keys", "", sent).status == 403);
  CHECK(shop.ask("PUT", "/api/setup-keys/2", "{}", sent).status == 200);
  CHECK(shop.ask("PUT", "/api/setup-keys/1", "{}", sent).status == 403);
}

TEST_CASE("contract: a token without `all` makes no tokens, whatever else it may") {
  Shop shop;
  const Sent sent{.token = shop.make_token("owner", {"people:read", "people:write"})};
  const char* body = R"({"name": "n", "expires_in": 1})";
  const std::string before = shop.stored();
  for (const char* user : {"1", "2", "3", "99"}) {
    const std::string path = std::string{"/api/users/"} + user + "/tokens";
    CHECK(shop.ask("POST", path, body, sent).message() == "permission denied");
  }
  CHECK((shop.stored() == before));
  CHECK(shop.ask("GET", "/api/users/3/tokens", "", sent).status == 200);
}

}  // namespace
}  // namespace muster
