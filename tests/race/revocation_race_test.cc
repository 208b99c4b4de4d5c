#include "tests/catch.h"
#include "tests/installation.h"

// Machines that enroll at the very moment at which the person goes whose key they hold.

namespace muster {
namespace {

constexpr std::size_t kMachines = 32;

TEST_CASE("a machine that enrolls while a person goes is in the plan, or refused", "[race]") {
  Installation muster;
  std::vector<RawClient> clients;
  while (clients.size() <= kMachines) clients.emplace_back(muster.server.port());
  for (std::uint64_t round = 0; round < 10; ++round) {
    const std::string token =
        output_of_muster(on_folder(muster.data()) + " token create --service robot" +
                         std::to_string(round) + " --name t");
    const std::string robot = sql_on(muster.data(), "SELECT max(id) FROM users");
    const std::string who = robot.substr(0, robot.find('\n'));
    const RawAnswer made = muster.server.ask(
        "POST", "/api/setup-keys",
        R"({"name": "k", "type": "reusable", "expires_in": 86400, "auto_groups": []})",
        "Token " + token);
    const auto key = nlohmann::json::parse(made.body);
    const std::string target = R"({"target": {"kind": "user", "id": ")" + who + "\"}";
    const auto plan = nlohmann::json::parse(
        muster.ask("POST", "/api/revocations", target + R"(, "dry_run": true})").body);

    std::vector<std::string> requests;
    for (std::uint64_t i = 0; i < kMachines; ++i)
      requests.push_back(enroll_request(key.at("key"), machine_secret(1 + round * kMachines + i)));
    requests.insert(
        requests.begin() + static_cast<std::ptrdiff_t>(round % kMachines),
        request_to("POST", "/api/revocations",
                   target + R"(, "digest": ")" + plan.at("digest").get<std::string>() + "\"}",
                   "Authorization: Token " + muster.owned.token + "\r\n"));
    const auto answers = race(clients, requests);
    const RawAnswer& ended = answers[round % kMachines];
    const auto now = muster.key_now(key);
    const bool is_gone = ended.status == 200;
    INFO(ended.body);
    CHECK((is_gone || reason_of(ended) == "plan_changed"));
    CHECK(now.at("revoked") == is_gone);
    if (is_gone) CHECK(now.at("devices_count") == 0);
    for (std::size_t i = 0; i < answers.size(); ++i)
      if (i != round % kMachines)
        CHECK((answers[i].status == 200 || reason_of(answers[i]) == "key_revoked"));

    const auto again = nlohmann::json::parse(
        muster.ask("POST", "/api/revocations", target + R"(, "dry_run": true})").body);
    if (!is_gone)
      CHECK(muster
                .ask("POST", "/api/revocations",
                     target + R"(, "digest": ")" + again.at("digest").get<std::string>() + "\"}")
                .status == 200);
    CHECK(muster.key_now(key).at("devices_count") == 0);
  }
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("a bystander's key lets in and keeps its devices while somebody else goes", "[race]") {
  Installation muster;
  std::vector<RawClient> clients;
  while (clients.size() <= kMachines) clients.emplace_back(muster.server.port());
  const auto make_key = [&](const std::string& token) {
    return nlohmann::json::parse(
        muster.server
            .ask("POST", "/api/setup-keys",
                 R"({"name": "k", "type": "reusable", "auto_groups": ["tills"]})", "Token " + token)
            .body);
  };
  muster.ask("POST", "/api/groups", R"({"name": "tills"})");
  const auto bystanders = make_key(muster.owned.token);
  for (std::uint64_t round = 0; round < 10; ++round) {
    const std::string token =
        output_of_muster(on_folder(muster.data()) + " token create --service robot" +
                         std::to_string(round) + " --name t");
    const auto key = make_key(token);
    const std::uint64_t first = 1 + round * (kMachines + 1);
    muster.server.ask("POST", "/api/enroll",
                      enroll_body(key.at("key"), machine_secret(first + kMachines)));
    const std::string robot = sql_on(muster.data(), "SELECT max(id) FROM users");
    const std::string target =
        R"({"target": {"kind": "user", "id": ")" + robot.substr(0, robot.find('\n')) + "\"}";
    const auto plan = nlohmann::json::parse(
        muster.ask("POST", "/api/revocations", target + R"(, "dry_run": true})").body);

    std::vector<std::string> requests;
    for (std::uint64_t i = 0; i < kMachines; ++i)
      requests.push_back(enroll_request(bystanders.at("key"), machine_secret(first + i)));
    const auto at = static_cast<std::ptrdiff_t>(round * 3 % kMachines);
    requests.insert(
        requests.begin() + at,
        request_to("POST", "/api/revocations",
                   target + R"(, "digest": ")" + plan.at("digest").get<std::string>() + "\"}",
                   "Authorization: Token " + muster.owned.token + "\r\n"));
    for (const RawAnswer& answer : race(clients, requests)) {
      INFO(answer.body);
      CHECK(answer.status == 200);
    }
    CHECK(muster.key_now(key).at("devices_count") == 0);
    CHECK(muster.key_now(bystanders).at("devices_count") == (round + 1) * kMachines);
  }
  CHECK(muster.server.stop() == 0);
}

}  // namespace
}  // namespace muster
