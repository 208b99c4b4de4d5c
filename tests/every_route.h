#pragma once

// A world in which every route has something to spoil, and what a refusal looks like there.

#include "tests/route_lists.h"

#include "tests/catch.h"
#include "tests/world.h"

namespace muster {

// Routes whose path says it all do not look at a body.
inline bool takes_body(const Route& route) {
  for (const char* word : {"/pause", "/resume", "/rotate", "/invite"})
    if (route.pattern.ends_with(word)) return false;
  return route.method == "POST" || route.method == "PUT" || route.method == "PATCH";
}
// Where every member may be left out, the body may be as well.
inline bool takes_no_body_too(const Route& route) { return route.pattern.ends_with("/clone"); }

// A key 2, a group 2, a device 1 and an install link 1, so that every route has something to spoil.
struct Target : World {
  Target() {
    make_group("tills");
    key = make_key(R"("type": "reusable", "allow_group_choice": true)");
    enroll(key, device_secret(1));
    ask("POST", "/api/install-links", R"({"recipient": "Miller"})");
    before = stored();
  }

  Sent sent_to(const Route& route) const {
    if (route.access == "anyone") return {};
    return {.token = route.access == "device" ? device_secret(1) : owner_token};
  }
  std::string path_of(const Route& route, const std::string& id) const {
    std::string path{route.pattern};
    for (auto open = path.find('{'); open != std::string::npos;
         open = path.find('{', open + id.size()))
      path.replace(open, path.find('}', open) - open + 1, id);
    return path;
  }
  std::string known_id(const Route& route) const {
    for (const char* noun :
         {"/api/devices", "/api/networks", "/api/install-links", "/api/peers", "/api/users"})
      if (route.pattern.starts_with(noun)) return "1";
    return "2";
  }

  void check_refused(const Route& route, const Answer& answer) {
    INFO(route.method << " " << route.pattern << " answered " << answer.status << ": "
                      << answer.body.substr(0, 300));
    REQUIRE((answer.status >= 400 && answer.status < 500));
    const auto body = answer.json();
    CHECK(body.size() == 3);
    CHECK(body.at("code") == answer.status);
    CHECK(!body.at("message").get<std::string>().empty());
    CHECK(!body.at("reason").get<std::string>().empty());
    REQUIRE((stored() == before));
  }
  void check_body(const Route& route, const std::string& body) {
    INFO(body.substr(0, 300));
    check_refused(route, ask(std::string{route.method}, path_of(route, known_id(route)), body,
                             sent_to(route)));
  }

  std::string key;
  std::string before;
};

}  // namespace muster
