#pragma once

// A world in which people make keys, machines come in through them, and somebody has to go.

#include <set>
#include <string>

#include "server/clock.h"
#include "tests/world.h"

namespace muster {

class Cascade : public World {
 public:
  struct Somebody {
    std::string id;
    std::string token;
    std::string token_id;
  };
  // A new person with a token.
  Somebody join(const std::string& role = "admin") {
    Somebody somebody;
    somebody.token = make_token(role);
    somebody.id = text("SELECT max(id) FROM users");
    somebody.token_id = text("SELECT max(id) FROM access_tokens");
    return somebody;
  }
  // The key's whole answer, made by that token.
  nlohmann::json key_of(const Somebody& maker, const std::string& more = "") {
    const Answer answer =
        ask("POST", "/api/setup-keys",
            R"({"name": "k", "type": "reusable", "expires_in": 86400)" + more + "}",
            {.token = maker.token});
    if (answer.status != 200) throw std::runtime_error(answer.body);
    return answer.json();
  }
  // The id of a new device.
  std::string come_in(const nlohmann::json& key) {
    const Answer answer = enroll(key.at("key"), device_secret(++machines_));
    if (answer.status != 200) throw std::runtime_error(answer.body);
    return answer.json().at("device_id");
  }

  // `more`: further members, beginning with a comma.
  Answer plan(const std::string& kind, const std::string& id, const std::string& more = "") {
    return post(kind, id, R"(, "dry_run": true)" + more);
  }
  Answer act(const std::string& kind, const std::string& id, const std::string& digest,
             const std::string& more = "") {
    return post(kind, id, R"(, "digest": ")" + digest + '"' + more);
  }
  // Looks, then does what was shown.
  Answer end(const std::string& kind, const std::string& id, const std::string& more = "") {
    const Answer shown = plan(kind, id, more);
    if (shown.status != 200) return shown;
    return act(kind, id, shown.json().at("digest"), more);
  }

  bool lives(const std::string& device) {
    return number("SELECT removed_at IS NULL FROM devices WHERE id = " + device) == 1;
  }
  std::string state(const nlohmann::json& key) {
    return text(
        "SELECT iif(deleted_at IS NOT NULL, 'deleted', iif(revoked_at IS NOT NULL, 'revoked',"
        " 'valid')) FROM setup_keys WHERE id = " +
        key.at("id").get<std::string>());
  }
  bool is_chain_whole() {
    return database().read([](const Snapshot& snapshot) {
      return !check_chain(snapshot).first_broken_id.has_value();
    });
  }

 private:
  Answer post(const std::string& kind, const std::string& id, const std::string& more) {
    return ask("POST", "/api/revocations",
               R"({"target": {"kind": ")" + kind + R"(", "id": ")" + id + "\"}" + more + "}");
  }
  int machines_ = 0;
};

// "device 3 removed", without what ended before.
inline std::set<std::string> falls_of(const nlohmann::json& plan) {
  std::set<std::string> falls;
  for (const auto& item : plan.at("items"))
    if (item.at("effect") != "already_ended")
      falls.insert(item.at("kind").get<std::string>() + " " + item.at("id").get<std::string>() +
                   " " + item.at("effect").get<std::string>());
  return falls;
}

}  // namespace muster
