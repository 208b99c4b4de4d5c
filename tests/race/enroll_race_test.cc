#include <map>
#include <set>

#include "tests/catch.h"
#include "tests/installation.h"

// Many machines at the same instant. Everything is sent but for one byte each; see race().

namespace muster {
namespace {

constexpr std::size_t kMachines = 64;

// Connections that are kept over all rounds and are warm when a round begins.
class Crowd {
 public:
  explicit Crowd(const ServerProcess& server) : server_(server) {
    while (clients_.size() < kMachines) clients_.emplace_back(server.port());
  }

  std::vector<RawAnswer> race(const std::vector<std::string>& requests) {
    for (RawClient& client : clients_) warm(client);
    return muster::race(clients_, requests);
  }

 private:
  // A connection that the server closed because a slow machine left it idle is made anew.
  void warm(RawClient& client) const {
    const std::string question = request_to("GET", "/healthz");
    if (client.send_while_open(question) == question.size() && client.receive().status == 200)
      return;
    client = RawClient{server_.port()};
    if (client.ask(question).status != 200) throw std::runtime_error("the server is gone");
  }

  const ServerProcess& server_;
  std::vector<RawClient> clients_;
};

// How often each outcome came: "created 1, key_used_up 63".
std::string tally(const std::vector<RawAnswer>& answers) {
  std::map<std::string, int> counts;
  for (const RawAnswer& answer : answers) {
    if (answer.status == 0) {
      ++counts["no answer"];
      continue;
    }
    const auto body = nlohmann::json::parse(answer.body);
    if (answer.status == 200)
      ++counts[body.at("created") == true ? "created" : "again"];
    else
      ++counts[body.at("reason").get<std::string>()];
  }
  std::string text;
  for (const auto& [outcome, count] : counts)
    text += (text.empty() ? "" : ", ") + outcome + " " + std::to_string(count);
  return text;
}

std::vector<std::string> machines_with(const std::string& key, std::uint64_t first) {
  std::vector<std::string> requests;
  for (std::uint64_t i = 0; i < kMachines; ++i)
    requests.push_back(enroll_request(key, machine_secret(first + i)));
  return requests;
}

TEST_CASE("of 64 machines racing for a one-time key one is let in, fifty times", "[race]") {
  Installation muster;
  Crowd crowd{muster.server};
  for (std::uint64_t round = 0; round < 50; ++round) {
    const auto key = muster.make_key(R"("type": "one-off")");
    const auto answers = crowd.race(machines_with(key.at("key"), 1 + round * kMachines));

    CHECK(tally(answers) == "created 1, key_used_up 63");
    const auto now = muster.key_now(key);
    CHECK(now.at("used_times") == 1);
    CHECK(now.at("devices_count") == 1);
  }
  CHECK(muster.devices().size() == 50);
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("of 64 machines racing for a key with five uses five are let in", "[race]") {
  Installation muster;
  Crowd crowd{muster.server};
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto key = muster.make_key(R"("type": "reusable", "usage_limit": 5)");
    const auto answers = crowd.race(machines_with(key.at("key"), 1 + round * kMachines));

    CHECK(tally(answers) == "created 5, key_used_up 59");
    CHECK(muster.key_now(key).at("used_times") == 5);
    CHECK(muster.key_now(key).at("devices_count") == 5);
  }
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("a machine that asks 64 times at once becomes one device and spends one use", "[race]") {
  Installation muster;
  Crowd crowd{muster.server};
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto key = muster.make_key(R"("type": "one-off")");
    const std::string same = enroll_request(key.at("key"), machine_secret(1 + round));
    const auto answers = crowd.race(std::vector<std::string>(kMachines, same));

    CHECK(tally(answers) == "again 63, created 1");
    std::set<std::string> ids;
    for (const auto& answer : answers)
      ids.insert(nlohmann::json::parse(answer.body).value("device_id", ""));
    CHECK(ids.size() == 1);
    CHECK(muster.key_now(key).at("used_times") == 1);
  }
  CHECK(muster.devices().size() == 5);
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("64 keys racing into a network of 62 addresses give none twice", "[race]") {
  Installation muster{{}, "100.64.0.0/26"};
  Crowd crowd{muster.server};
  std::vector<nlohmann::json> keys;
  std::vector<std::string> requests;
  for (std::uint64_t i = 0; i < kMachines; ++i) {
    keys.push_back(muster.make_key(R"("type": "one-off")"));
    requests.push_back(enroll_request(keys.back().at("key"), machine_secret(i + 1)));
  }
  const auto answers = crowd.race(requests);

  CHECK(tally(answers) == "address_range_full 2, created 62");
  std::set<std::string> addresses;
  for (const auto& device : muster.devices())
    addresses.insert(device.at("addresses").at(0).at("address"));
  CHECK(addresses.size() == 62);
  for (std::size_t i = 0; i < kMachines; ++i)
    CHECK(muster.key_now(keys[i]).at("used_times") == (answers[i].status == 200 ? 1 : 0));
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("a key revoked in the middle of a rush has let in exactly those who were told so",
          "[race]") {
  Installation muster;
  Crowd crowd{muster.server};
  const auto key = muster.make_key(R"("type": "reusable")");
  auto requests = machines_with(key.at("key"), 1);
  const std::string path = "/api/setup-keys/" + key.at("id").get<std::string>();
  requests[kMachines / 2] = request_to("PUT", path, R"({"revoked": true})",
                                       "Authorization: Token " + muster.owned.token + "\r\n");
  const auto answers = crowd.race(requests);

  int let_in = 0;
  for (std::size_t i = 0; i < kMachines; ++i) {
    const bool is_refused = answers[i].status == 403 && reason_of(answers[i]) == "key_revoked";
    CHECK((answers[i].status == 200 || is_refused));
    if (i != kMachines / 2 && answers[i].status == 200) ++let_in;
  }
  CHECK(answers[kMachines / 2].status == 200);
  CHECK(muster.key_now(key).at("used_times") == let_in);
  CHECK(muster.devices().size() == static_cast<std::size_t>(let_in));
  CHECK(reason_of(muster.enroll(key.at("key"), machine_secret(1000))) == "key_revoked");
  CHECK(muster.server.stop() == 0);
}

}  // namespace
}  // namespace muster
