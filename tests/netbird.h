#pragma once

// What the tests of NetBird's API share: a shop whose answers every row of a table can ask for.

#include "tests/catch.h"
#include "tests/world.h"

namespace muster {

using Json = nlohmann::json;

// Group 2 `tills`, protected group 3 `vault`; reusable key 2 `Shop` for the tills; devices 1
// `till` and 2 `till-2` of that key; service user 2 `robot`.
struct Shop : World {
  Shop() {
    make_group("tills");
    make_group("vault", true);
    key = ask("POST", "/api/setup-keys",
              R"({"name": "Shop", "type": "reusable", "auto_groups": ["2"]})")
              .json();
    for (int i = 1; i <= 2; ++i) enroll(key.at("key"), device_secret(i));
    robot_token = make_service_token("robot", {.name = "robot"});
  }

  std::string make_service_token(const std::string& name, const NewToken& token) {
    return database().write([&](Transaction& tx) {
      const By by = By::command_line(clock.now());
      return create_token(tx, by, *keep_service_user(tx, by, name), token)->secret.reveal();
    });
  }
  // The newest event, as an auditor's program sees it.
  Json last_event() { return ask("GET", "/api/events/audit?limit=1").json().at(0); }

  Json key;
  std::string robot_token;
};

// One line of the contract: this request gets this answer. `token`: owner, or a role's word, or
// robot.
struct Line {
  const char* method;
  const char* path;
  const char* body;
  int status;
  const char* message = nullptr;  // exact; nullptr: any
  const char* reason = nullptr;
};

// Each line in a shop of its own; a refusal stores nothing.
template <std::size_t size>
void check_lines(const Line (&lines)[size]) {
  for (const Line& line : lines) {
    Shop shop;
    const std::string before = shop.stored();
    const Answer answer = shop.ask(line.method, line.path, line.body);
    INFO(line.method << " " << line.path << " " << line.body << "\n-> " << answer.status << " "
                     << answer.body.substr(0, 300));
    CHECK(answer.status == line.status);
    if (line.message != nullptr) CHECK(answer.message() == line.message);
    if (line.reason != nullptr) CHECK(answer.reason() == line.reason);
    if (answer.status == 200) continue;
    CHECK(answer.json().size() == 3);
    CHECK(answer.json().at("code") == line.status);
    CHECK((shop.stored() == before));
  }
}

inline std::vector<std::string> members_of(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

}  // namespace muster
