#include "tests/every_route.h"

// Nonsense in bodies and ids, on every route there is: always a refusal in the error's shape, never
// a fault, and nothing is written.

namespace muster {
namespace {

using Json = nlohmann::json;

// What a route reads from its body, and a body that it would take.
struct Members {
  std::string_view method;
  std::string_view pattern;
  Json good;
  std::vector<const char*> texts;
  std::vector<const char*> booleans;
  std::vector<const char*> integers;
  std::vector<const char*> lists;
};

const std::vector<Members>& all_members() {
  static const std::vector<Members> rows{
      {"POST",
       "/api/enroll",
       {{"hostname", "h"}, {"os", "linux"}},
       {"key", "device_secret", "hostname", "os", "os_version", "arch", "agent_version",
        "machine_id", "wireguard_public_key", "group"},
       {},
       {},
       {"dns_labels"}},
      {"POST",
       "/api/agent/heartbeat",
       Json::object(),
       {"hostname", "os_version", "agent_version", "wireguard_public_key"},
       {},
       {},
       {}},
      {"POST", "/api/agent/leave", {{"how", "down"}}, {"how"}, {}, {}, {}},
      {"POST",
       "/api/setup-keys",
       {{"name", "n"}, {"type", "reusable"}},
       {"name", "note", "type", "device_name", "expires_at", "gateway_mode", "gateway_device_id"},
       {"ephemeral", "allow_extra_dns_labels", "allow_group_choice", "requires_approval"},
       {"usage_limit", "expires_in", "ephemeral_seconds"},
       {"auto_groups", "networks", "tags", "allowed_cidrs"}},
      {"PATCH",
       "/api/setup-keys/{id}",
       Json::object(),
       {"name", "note", "type", "device_name", "expires_at", "gateway_mode", "gateway_device_id"},
       {"ephemeral", "allow_extra_dns_labels", "allow_group_choice", "requires_approval", "paused",
        "revoked"},
       {"usage_limit", "expires_in", "ephemeral_seconds"},
       {"auto_groups", "networks", "tags", "allowed_cidrs"}},
      {"POST",
       "/api/setup-keys/actions",
       {{"action", "pause"}, {"ids", {"2"}}},
       {"action"},
       {"dry_run"},
       {},
       {"ids"}},
      {"POST",
       "/api/setup-keys/{id}/apply",
       Json::object(),
       {},
       {"groups", "tags", "networks", "dry_run"},
       {},
       {}},
      {"POST",
       "/api/install-links/actions",
       {{"action", "extend"}, {"ids", {"1"}}},
       {"action"},
       {"dry_run"},
       {"expires_in"},
       {"ids"}},
      {"POST",
       "/api/devices/actions",
       {{"action", "tag"}, {"ids", {"1"}}, {"add", {"x"}}},
       {"action"},
       {"dry_run"},
       {},
       {"ids", "add", "remove"}},
      {"POST", "/api/setup-keys/{id}/clone", Json::object(), {"name"}, {}, {"expires_in"}, {}},
      {"PUT", "/api/setup-keys/{id}", Json::object(), {}, {"revoked"}, {}, {"auto_groups"}},
      {"POST",
       "/api/groups",
       {{"name", "n"}},
       {"name"},
       {"is_protected", "requires_approval"},
       {},
       {"peers"}},
      {"PUT",
       "/api/groups/{id}",
       {{"name", "n"}},
       {"name"},
       {"is_protected", "requires_approval"},
       {},
       {"peers"}},
      {"PATCH",
       "/api/groups/{id}",
       Json::object(),
       {"name"},
       {"is_protected", "requires_approval"},
       {},
       {"peers"}},
      {"PATCH",
       "/api/devices/{id}",
       Json::object(),
       {"name"},
       {"approved"},
       {},
       {"groups", "tags"}},
      {"POST",
       "/api/networks",
       {{"name", "n"}, {"cidr", "10.0.0.0/24"}},
       {"name", "cidr", "devices_reach"},
       {},
       {},
       {}},
      {"PATCH",
       "/api/networks/{id}",
       Json::object(),
       {"name", "cidr", "devices_reach"},
       {},
       {},
       {}},
      {"POST",
       "/api/install-links",
       {{"recipient", "r"}},
       {"recipient", "note", "message", "device_name"},
       {"requires_approval"},
       {"expires_in"},
       {"auto_groups", "networks"}},
      {"PATCH",
       "/api/install-links/{id}",
       Json::object(),
       {"recipient", "note", "message", "device_name"},
       {"requires_approval"},
       {},
       {"auto_groups", "networks"}},
      {"POST", "/api/install-links/{id}/extend", Json::object(), {}, {}, {"expires_in"}, {}},
      {"POST", "/api/install-links/{id}/resend", Json::object(), {}, {}, {"expires_in"}, {}},
      {"POST", "/api/install-links/{id}/replace", Json::object(), {}, {}, {"expires_in"}, {}},
      {"PUT",
       "/api/peers/{id}",
       {{"name", "n"}},
       {"name", "ip", "ipv6"},
       {"ssh_enabled", "login_expiration_enabled", "inactivity_expiration_enabled",
        "approval_required"},
       {},
       {}},
      {"POST",
       "/api/setup-keys/{id}/apply",
       {{"dry_run", true}, {"groups", true}},
       {},
       {"groups", "tags", "networks", "dry_run"},
       {},
       {}},
      {"POST",
       "/api/users",
       {{"name", "n"}, {"email", "n@example.com"}, {"role", "admin"}},
       {"name", "email", "role"},
       {"is_service_user"},
       {},
       {"auto_groups"}},
      {"PUT", "/api/users/{id}", Json::object(), {"role"}, {"is_blocked"}, {}, {"auto_groups"}},
      {"POST",
       "/api/revocations",
       {{"target", {{"kind", "group"}, {"id", "99"}}}},
       {"digest", "devices", "since"},
       {"dry_run"},
       {},
       {}},
      {"POST", "/api/users/{id}/hand-over", Json::object(), {"to_id"}, {}, {}, {}},
      {"POST",
       "/api/users/{id}/tokens",
       {{"name", "n"}, {"expires_in", 1}},
       {"name"},
       {},
       {"expires_in"},
       {"scopes", "group_ids"}},
  };
  return rows;
}

TEST_CASE("the members of every body are known to these tests") {
  for (const Route& route : api_routes()) {
    if (!takes_body(route)) continue;
    INFO(route.method << " " << route.pattern);
    const auto& rows = all_members();
    CHECK(std::any_of(rows.begin(), rows.end(), [&](const Members& row) {
      return row.method == route.method && row.pattern == route.pattern;
    }));
  }
}

TEST_CASE("a body that is no JSON object is refused on every route") {
  Target world;
  const std::string nul{"{\"name\": \"a\0b\"}", 15};
  for (const Route& route : api_routes()) {
    if (!takes_body(route)) continue;
    for (const std::string& body :
         {std::string{}, std::string{"{"}, std::string{"}"}, std::string{"null"}, std::string{"[]"},
          std::string{"[{}]"}, std::string{"\"x\""}, std::string{"1"}, std::string{"name=x"},
          std::string{"{\"name\": \"\xff\xfe\"}"}, std::string{"{\"name\": \"\\ud800\"}"}, nul,
          std::string(1, '\0'), std::string(10'000, '['),
          "{\"x\": " + std::string(40, '[') + std::string(40, ']') + "}", std::string(16'000, '{')})
      if (!body.empty() || !takes_no_body_too(route)) world.check_body(route, body);
  }
}

TEST_CASE("a member of the wrong type is refused on every route that reads it") {
  Target world;
  const auto spoil = [&](const Route& route, const Members& row, const char* member,
                         std::initializer_list<const char*> values) {
    for (const char* value : values) {
      Json body = row.good;
      if (row.pattern == "/api/enroll") {
        body["key"] = world.key;
        body["device_secret"] = device_secret(2);
      }
      body[member] = Json::parse(value);
      world.check_body(route, body.dump());
    }
  };
  for (const Members& row : all_members()) {
    const Route& route = *find_route(row.method, row.pattern).route;
    for (const char* member : row.texts)
      spoil(route, row, member, {"1", "1.5", "true", "[]", "{}"});
    for (const char* member : row.booleans)
      spoil(route, row, member, {"1", "0", R"("true")", "[]", "{}"});
    for (const char* member : row.integers)
      spoil(route, row, member,
            {R"("1")", "true", "1.5", "1e3", "[]", "{}", "-1", "99999999999999999999",
             "9223372036854775807", "-9223372036854775808"});
    for (const char* member : row.lists)
      spoil(route, row, member,
            {"1", "true", R"("x")", "{}", "[1]", "[null]", R"([["x"]])", R"(["\u0000"])",
             R"(["a\u001fb"])", R"([""])"});
  }
}

TEST_CASE("texts of 10,000 characters or with control characters are refused on every route") {
  Target world;
  const std::string texts[] = {std::string(10'000, 'x'),
                               "a\nb",
                               "a\x1b[2J",
                               "\x7f",
                               "a\xc2\x9b"
                               "b",
                               std::string{"a\0b", 3}};
  for (const Members& row : all_members()) {
    const Route& route = *find_route(row.method, row.pattern).route;
    for (const char* member : row.texts) {
      for (const std::string& text : texts) {
        const bool is_note =
            member == std::string_view{"note"} || member == std::string_view{"message"};
        if (is_note && text == "a\nb") continue;
        Json body = row.good;
        if (row.pattern == "/api/enroll") {
          body["key"] = world.key;
          body["device_secret"] = device_secret(2);
        }
        body[member] = text;
        INFO(member);
        world.check_body(route, body.dump());
      }
    }
  }
}

TEST_CASE("an id that nothing has is refused on every route") {
  Target world;
  const std::string ids[] = {"0",
                             "-1",
                             "99999999999999999999",
                             "9223372036854775807",
                             "abc",
                             "%",
                             "%00",
                             "1x",
                             " 1",
                             "+1",
                             "0x1",
                             "1.0",
                             "'1' OR 1=1",
                             "*",
                             "..",
                             "\xd9\xa1",
                             std::string(10'000, '9'),
                             "a\nb",
                             "\xff",
                             std::string{"1\0", 2}};
  int asked = 0;
  for (const Route& route : api_routes()) {
    if (route.pattern.find('{') == std::string_view::npos) continue;
    for (const std::string& id : ids) {
      INFO(id.substr(0, 100));
      const std::string body = takes_body(route) ? R"({"name": "x"})" : "";
      world.check_refused(route, world.ask(std::string{route.method}, world.path_of(route, id),
                                           body, world.sent_to(route)));
      ++asked;
    }
  }
  CHECK(asked > 100);
}

}  // namespace
}  // namespace muster
