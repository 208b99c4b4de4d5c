#include <random>
#include <thread>

#include "tests/catch.h"
#include "tests/installation.h"

// The server is killed while it ends a person with 500 devices: all of it is done, or none.

namespace muster {
namespace {

constexpr int kDevices = 500;

// A service user with a key through which so many came in.
std::string make_robot(const Installation& muster, int number) {
  output_of_muster(on_folder(muster.data()) + " token create --service robot" +
                   std::to_string(number) + " --name t");
  const std::string n = std::to_string(number);
  sql_on(muster.data(),
         "PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE;"
         "INSERT INTO setup_keys (name, type, secret_hash, hint, created_by_id, created_at,"
         " updated_at) SELECT 'k', 'reusable', randomblob(32), 'h', max(id), 1, 1 FROM users;"
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
             std::to_string(kDevices) +
             ") INSERT INTO devices (name, hostname, os, os_version, arch, agent_version,"
             " machine_id, secret_hash, setup_key_id, enrolled_with_hash, enrolled_at,"
             " enrolled_from, ephemeral, ephemeral_seconds)"
             " SELECT 'd" +
             n +
             "-' || i, 'h', 'linux', '', '', '', '', randomblob(32),"
             " (SELECT max(id) FROM setup_keys), randomblob(32), 1, '', 0, 600 FROM n; COMMIT;");
  const std::string id = sql_on(muster.data(), "SELECT max(id) FROM users");
  return id.substr(0, id.find('\n'));
}

TEST_CASE("a server killed while somebody goes has done all of it or nothing", "[crash]") {
  Installation muster;
  std::mt19937 random{20240607};
  for (int kill = 0; kill < 12; ++kill) {
    INFO("kill " << kill);
    const std::string robot = make_robot(muster, kill);
    const std::string target = R"({"target": {"kind": "user", "id": ")" + robot + "\"}";
    const auto plan = nlohmann::json::parse(
        muster.ask("POST", "/api/revocations", target + R"(, "dry_run": true})").body);
    const std::string request =
        request_to("POST", "/api/revocations",
                   target + R"(, "digest": ")" + plan.at("digest").get<std::string>() + "\"}",
                   "Authorization: Token " + muster.owned.token + "\r\n");
    RawClient client{muster.server.port()};
    client.send(request);
    std::this_thread::sleep_for(std::chrono::milliseconds{random() % 60});
    muster.server.kill();

    CHECK(run_muster(on_folder(muster.data()) + " check").exit == 0);
    const std::string gone =
        sql_on(muster.data(), "SELECT removed_at IS NOT NULL FROM users WHERE id = " + robot);
    const std::string left =
        sql_on(muster.data(),
               "SELECT count(*) FROM devices WHERE removed_at IS NULL AND setup_key_id ="
               " (SELECT max(id) FROM setup_keys)");
    const std::string rows = sql_on(
        muster.data(),
        "SELECT count(*) FROM audit_log WHERE details LIKE '%\"cascade_of\":\"user:" + robot +
            " %'");
    const bool is_done = gone == "1\n";
    CHECK(left == (is_done ? "0\n" : std::to_string(kDevices) + "\n"));
    CHECK(rows == (is_done ? std::to_string(kDevices + 3) + "\n" : "0\n"));
    muster.server.start();
  }
  CHECK(muster.server.stop() == 0);
}

}  // namespace
}  // namespace muster
