#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/catch.h"
#include "tests/installation.h"

// How the server ends, and what it has written by then.

namespace muster {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Ends the server and says whether that took less than two seconds and was exit 0.
bool stops_well(ServerProcess& server) {
  const auto began = SteadyClock::now();
  const int exit = server.stop();
  const auto took = SteadyClock::now() - began;
  INFO(std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
  CHECK(exit == 0);
  CHECK(took < std::chrono::seconds{2});
  return exit == 0;
}

TEST_CASE("a server ends soon though clients keep their connections and say nothing") {
  Installation muster;
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(muster.server.port());
  for (int i = 0; i < 25; ++i)
    CHECK(clients[static_cast<std::size_t>(i)].ask(request_to("GET", "/healthz")).status == 200);
  clients.back().send("GET /healthz HTTP/1.1\r\nHost: mus");
  CHECK(stops_well(muster.server));
  CHECK(muster.server.log().find("Muster has stopped") != std::string::npos);
}

TEST_CASE("a server ends soon under load and cuts no answer that it began") {
  Installation muster;
  const std::string key = muster.make_key(R"("type": "reusable")").at("key");
  std::atomic<std::uint64_t> number{0};
  std::atomic<int> torn{0};
  const auto work = [&, port = muster.server.port()] {
    try {
      RawClient client{port};
      while (true) {
        const auto answer = client.ask(enroll_request(key, machine_secret(++number)));
        if (!answer.head.empty() && !answer.is_whole) ++torn;
        if (answer.status != 200) return;
      }
    } catch (const std::exception&) {
      // The server closed the connection between two requests.
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(work);
  const auto deadline = SteadyClock::now() + std::chrono::seconds{20};
  while (number < 40 && SteadyClock::now() < deadline) ::poll(nullptr, 0, 1);
  CHECK(stops_well(muster.server));
  for (std::thread& thread : threads) thread.join();
  CHECK(number >= 40);
  CHECK(torn == 0);
  CHECK(run_muster(on_folder(muster.data()) + " check").exit == 0);
}

TEST_CASE("Ctrl-C ends a server as SIGTERM does") {
  Installation muster;
  ::kill(muster.server.pid(), SIGINT);
  CHECK(stops_well(muster.server));
}

TEST_CASE("last-seen times, refusals and uses of tokens are on disk when the server has ended") {
  Installation muster;
  const auto key = muster.make_key(R"("type": "one-off")");
  REQUIRE(muster.enroll(key.at("key"), machine_secret(1)).status == 200);
  REQUIRE(muster.enroll(key.at("key"), machine_secret(2), "late").status == 403);
  const std::string seen = muster.devices().at(0).at("last_seen_at");
  CHECK(stops_well(muster.server));

  const auto rows = [&](const std::string& sql) { return sql_on(muster.data(), sql); };
  CHECK(rows("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') FROM last_seen") ==
        seen + "\n");
  CHECK(rows("SELECT reason, hostname FROM refusals") == "key_used_up|late\n");
  CHECK(rows("SELECT refused_times FROM setup_keys WHERE id = " +
             key.at("id").get<std::string>()) == "1\n");
  CHECK(rows("SELECT count(*) FROM access_tokens WHERE last_used_at > 0") == "1\n");
  muster.server.start();
  CHECK(muster.devices().at(0).at("last_seen_at") == seen);
  CHECK(muster.devices().at(0).at("online") == true);
}

TEST_CASE("a device that said it goes down is offline after a restart too") {
  Installation muster;
  const auto key = muster.make_key(R"("type": "one-off")");
  REQUIRE(muster.enroll(key.at("key"), machine_secret(1)).status == 200);
  const std::string device = "Bearer " + machine_secret(1);
  REQUIRE(muster.server.ask("POST", "/api/agent/leave", R"({"how": "down"})", device).status ==
          200);
  CHECK(muster.devices().at(0).at("online") == false);
  CHECK(stops_well(muster.server));
  muster.server.start();
  CHECK(muster.devices().at(0).at("online") == false);
}

}  // namespace
}  // namespace muster
