#pragma once

// The whole product in one process, but for its sockets: real SQLite in a scratch folder, the real
// site in front of it, and a clock that the test moves.

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/clock.h"
#include "server/keys.h"
#include "server/people.h"
#include "tests/command.h"
#include "web/app.h"
#include "web/site.h"

namespace muster {

class FakeClock : public Clock {
 public:
  std::int64_t now() const override { return wall_; }
  std::int64_t monotonic() const override { return monotonic_; }

  // Time passes: both clocks move.
  void pass(std::int64_t seconds) {
    wall_ += seconds;
    monotonic_ += seconds;
  }
  // Somebody sets the wall clock.
  void jump(std::int64_t seconds) { wall_ += seconds; }

 private:
  std::int64_t wall_ = 1'800'000'000;
  std::int64_t monotonic_ = 5'000;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
  std::string reason() const { return json().at("reason").get<std::string>(); }
  std::string message() const { return json().at("message").get<std::string>(); }
};

// What a caller sends beside method, path and body.
struct Sent {
  std::string token = {};  // shown as `Authorization: Token …`
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string from = "192.0.2.7";
};

class World {
 public:
  // With an owner, the default network, and the owner's token.
  World();

  // `path` may end in a query. A body goes with its Content-Length, unless the headers tell of it.
  Answer ask(const std::string& method, const std::string& path, const std::string& body,
             const Sent& sent);
  // As the owner.
  Answer ask(const std::string& method, const std::string& path, const std::string& body = "");
  // As a machine: `secret` is one of device_secret()'s, or empty for nobody.
  Answer ask_as_device(const std::string& secret, const std::string& path,
                       const std::string& body = "{}");

  // The plain secret of a key made with these members beside `name`: R"("type": "one-off")".
  std::string make_key(const std::string& members);
  // Like make_key, the whole answer.
  nlohmann::json make_key_object(const std::string& members);
  // The id of a new group.
  std::string make_group(const std::string& name, bool is_protected = false);
  // `more`: further members, beginning with a comma.
  Answer enroll(const std::string& key, const std::string& device_secret,
                const std::string& more = "", const Sent& sent = {});
  // The id of a new network.
  std::string make_network(const std::string& name, const std::string& cidr);
  // The plain secret of a token of a new person with that role. No scopes: all.
  std::string make_token(const std::string& role, const std::vector<std::string>& scopes = {});

  // Ends everything that lives in memory and starts again on the same database.
  void restart();
  // The same without the chance to write what waited in memory.
  void crash();

  // All that is stored, as text: the same before and after means that nothing was written.
  std::string stored();
  // The first column of the first row.
  std::int64_t number(const std::string& sql);
  std::string text(const std::string& sql);
  // A change that nobody offers: a broken disk's, an intruder's, or one of another version.
  void run(const std::string& sql);
  // How SQLite goes about every statement that `look` runs: statement and steps, one text each.
  std::vector<std::string> plans(const std::function<void(const Snapshot&)>& look);
  // Codes of the audit log from this row on, oldest first.
  std::vector<std::string> audit_codes(std::int64_t after = 0);

  ScratchFolder folder;
  FakeClock clock;
  ServeConfig config;
  std::string owner_token;

  std::string database_path() const { return (folder.path() / "muster.db").string(); }
  Database& database() { return running_->database; }
  App& app() { return running_->app; }

 private:
  struct Running {
    Running(const std::string& path, const Clock& clock, const ServeConfig& config);
    Database database;
    LastSeen last_seen;
    RefusalLog refusals;
    TokenUses token_uses;
    SessionUses session_uses;
    App app;
    Site site;
  };
  std::unique_ptr<Running> running_;
};

// A device secret of its own for each number.
std::string device_secret(int number);

}  // namespace muster
