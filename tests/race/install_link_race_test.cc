#include "tests/catch.h"
#include "tests/installation.h"

// People and machines at the same link at the same instant.

namespace muster {
namespace {

using Json = nlohmann::json;

struct Links : Installation {
  Json make(const std::string& recipient) const {
    const RawAnswer answer =
        ask("POST", "/api/install-links", R"({"recipient": ")" + recipient + "\"}");
    if (answer.status != 200) throw std::runtime_error("no link: " + answer.body);
    return Json::parse(answer.body);
  }
  std::string path_of(const Json& link) const {
    return "/api/install-links/" + link.at("id").get<std::string>();
  }
  std::string by_owner(const std::string& method, const std::string& path) const {
    return request_to(method, path, method == "POST" ? "{}" : "",
                      "Authorization: Token " + owned.token + "\r\n");
  }
  // Both requests at once, each on a connection of its own.
  std::vector<RawAnswer> at_once(const std::string& one, const std::string& other) const {
    std::vector<RawClient> clients;
    for (int i = 0; i < 2; ++i) clients.emplace_back(server.port());
    return race(clients, {one, other});
  }
};

TEST_CASE("of two machines that use one link at once one is let in, thirty times", "[race]") {
  Links muster;
  for (std::uint64_t round = 0; round < 30; ++round) {
    const Json link = muster.make("Miller");
    const std::string key = link.at("key");
    const auto answers = muster.at_once(enroll_request(key, machine_secret(2 * round + 1)),
                                        enroll_request(key, machine_secret(2 * round + 2)));
    CHECK(std::min(answers[0].status, answers[1].status) == 200);
    CHECK(reason_of(answers[0].status == 200 ? answers[1] : answers[0]) == "key_used_up");
    CHECK(muster.get(muster.path_of(link)).at("state") == "used");
  }
  CHECK(muster.devices().size() == 30);
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("whoever comes in while the link is replaced is gone or refused, thirty times",
          "[race]") {
  Links muster;
  for (std::uint64_t round = 0; round < 30; ++round) {
    const Json link = muster.make("Miller");
    const auto answers = muster.at_once(enroll_request(link.at("key"), machine_secret(round + 1)),
                                        muster.by_owner("POST", muster.path_of(link) + "/replace"));
    CHECK((answers[0].status == 200 || reason_of(answers[0]) == "key_revoked"));
    REQUIRE(answers[1].status == 200);
    const Json old = muster.get(muster.path_of(link));
    CHECK(old.at("state") == (answers[0].status == 200 ? "used" : "replaced"));
    CHECK(old.at("replaced_by_id") == Json::parse(answers[1].body).at("id"));
  }
  CHECK(muster.devices().empty());
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("a link is used or withdrawn, and both sides are told which, thirty times", "[race]") {
  Links muster;
  std::size_t let_in = 0;
  for (std::uint64_t round = 0; round < 30; ++round) {
    const Json link = muster.make("Miller");
    const auto answers = muster.at_once(enroll_request(link.at("key"), machine_secret(round + 1)),
                                        muster.by_owner("DELETE", muster.path_of(link)));
    const bool is_used = answers[0].status == 200;
    CHECK(answers[1].status == (is_used ? 409 : 200));
    CHECK(muster.get(muster.path_of(link)).at("state") == (is_used ? "used" : "withdrawn"));
    if (is_used) ++let_in;
  }
  CHECK(muster.devices().size() == let_in);
  CHECK(muster.server.stop() == 0);
}

TEST_CASE("two clicks on wrong computer make one new link", "[race]") {
  Links muster;
  for (std::uint64_t round = 0; round < 10; ++round) {
    const Json link = muster.make("Miller");
    muster.enroll(link.at("key"), machine_secret(round + 1));
    const std::string click = muster.by_owner("POST", muster.path_of(link) + "/replace");
    const auto answers = muster.at_once(click, click);
    CHECK(answers[0].status + answers[1].status == 200 + 409);
  }
  CHECK(muster.get("/api/install-links").size() == 20);
  CHECK(muster.server.stop() == 0);
}

}  // namespace
}  // namespace muster
