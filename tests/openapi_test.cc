#include "web/routes.h"

#include <set>

#include "tests/catch.h"
#include "tests/world.h"

// The description that programs read agrees with the table of routes. That answers agree with it
// is seen by tests/openapi, which looks at those of all these tests.

namespace muster {
namespace {

using Json = nlohmann::json;

Json document() {
  World world;
  return world.ask("GET", "/api/openapi.json", "", {}).json();
}

std::string lower(std::string_view method) {
  std::string text{method};
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Pages are for people; programs are told of the rest.
bool is_for_programs(const Route& route) { return route.pattern.starts_with("/api/"); }

std::string access_of(const Json& operation) {
  const Json& security = operation.at("security");
  if (security.empty()) return "anyone";
  if (security[0].contains("device")) return "device";
  const Json& scopes = security[0].at("token");
  return scopes.empty() ? "token" : scopes[0].get<std::string>();
}

TEST_CASE("openapi.json is served to anybody, and is of version 3.1") {
  World world;
  const Answer answer = world.ask("GET", "/api/openapi.json", "", {});
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("Content-Type") == "application/json; charset=UTF-8");
  CHECK(answer.json().at("openapi").get<std::string>().starts_with("3.1."));
}

TEST_CASE("openapi.json describes every route of the API, and who may call it") {
  const Json paths = document().at("paths");
  for (const Route& route : all_routes()) {
    if (!is_for_programs(route)) continue;
    INFO(route.method << " " << route.pattern);
    REQUIRE(paths.contains(std::string{route.pattern}));
    const Json& path = paths.at(std::string{route.pattern});
    REQUIRE(path.contains(lower(route.method)));
    CHECK(access_of(path.at(lower(route.method))) == route.access);
  }
}

TEST_CASE("openapi.json describes no route that is not there") {
  const Json paths = document().at("paths");
  for (const auto& [pattern, path] : paths.items())
    for (const auto& [method, operation] : path.items()) {
      INFO(method << " " << pattern);
      const auto found = std::ranges::any_of(all_routes(), [&](const Route& route) {
        return route.pattern == pattern && lower(route.method) == method;
      });
      CHECK(found);
    }
}

TEST_CASE("openapi.json names each operation once, and its path's parameters") {
  const Json paths = document().at("paths");
  std::set<std::string> names;
  for (const auto& [pattern, path] : paths.items())
    for (const auto& [method, operation] : path.items()) {
      INFO(method << " " << pattern);
      CHECK(names.insert(operation.at("operationId").get<std::string>()).second);
      std::size_t count = 0;
      for (const auto& parameter : operation.value("parameters", Json::array()))
        if (parameter.at("in") == "path") {
          CHECK(pattern.find("{" + parameter.at("name").get<std::string>() + "}") !=
                std::string::npos);
          ++count;
        }
      CHECK(count == static_cast<std::size_t>(std::ranges::count(pattern, '{')));
      const bool takes_body = method == "post" || method == "put" || method == "patch";
      if (!takes_body) CHECK(!operation.contains("requestBody"));
    }
}

}  // namespace
}  // namespace muster
