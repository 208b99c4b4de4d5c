#pragma once

// A world with install links in it.

#include "server/install_links.h"
#include "tests/world.h"

namespace muster {

class LinkWorld : public World {
 public:
  // The whole answer that made a link. `members`: further ones, beginning with a comma.
  nlohmann::json make(const std::string& recipient, const std::string& members = "") {
    const Answer answer =
        ask("POST", "/api/install-links", R"({"recipient": ")" + recipient + '"' + members + "}");
    if (answer.status != 200) throw std::runtime_error(answer.body);
    return answer.json();
  }

  static std::string path_of(const nlohmann::json& link, const std::string& verb = "") {
    return "/api/install-links/" + link.at("id").get<std::string>() + verb;
  }
  nlohmann::json now(const nlohmann::json& link) { return ask("GET", path_of(link)).json(); }
  std::string state(const nlohmann::json& link) { return now(link).at("state"); }
  // `verb`: extend, resend, replace.
  Answer act(const nlohmann::json& link, const std::string& verb, const std::string& body = "{}") {
    return ask("POST", path_of(link, "/" + verb), body);
  }
  Answer withdraw(const nlohmann::json& link) { return ask("DELETE", path_of(link)); }

  // A machine uses it.
  Answer use(const nlohmann::json& link, int machine = 1) {
    return enroll(link.at("key"), device_secret(machine));
  }
  // A person opens its page.
  bool open(const nlohmann::json& link) {
    return database().write(
        [&](Transaction& tx) { return note_opened(tx, id_of(link), clock.now()); });
  }

  static LinkId id_of(const nlohmann::json& link) {
    return LinkId{std::stoll(link.at("id").get<std::string>())};
  }
};

}  // namespace muster
