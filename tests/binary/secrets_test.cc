#include <fstream>
#include <list>
#include <random>
#include <sstream>

#include "tests/catch.h"
#include "tests/installation.h"

// Secrets that went through the server, in the right places and in wrong ones, are found nowhere
// afterwards: not in its log, its files, its answers or its place in the process list.

namespace muster {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::stringstream bytes;
  bytes << std::ifstream{path, std::ios::binary}.rdbuf();
  return bytes.str();
}

std::string random_machine_secret() {
  static std::mt19937_64 random{77};
  std::string digits;
  while (digits.size() < 64) digits += "0123456789abcdef"[random() & 15];
  return "mdev_" + digits;
}

// All that must stay secret, and where one of it was found.
class Secrets {
 public:
  const std::string& add(const std::string& secret) {
    REQUIRE(secret.size() >= 8);
    texts_.push_back(secret);
    // A part would be as bad: the random characters between hint and checksum.
    const auto underline = secret.find('_');
    if (underline != std::string::npos) texts_.push_back(secret.substr(underline + 6, 26));
    return added_.emplace_back(secret);
  }
  // `sent`: what the client said itself, which an answer may repeat to it.
  void check_absent(const std::string& place, const std::string& bytes,
                    const std::string& sent = "") const {
    for (const std::string& text : texts_)
      if (bytes.find(text) != std::string::npos && sent.find(text) == std::string::npos)
        FAIL_CHECK(text << " stands in " << place);
  }
  bool has_any(const std::string& bytes) const {
    return std::ranges::any_of(
        texts_, [&](const auto& text) { return bytes.find(text) != std::string::npos; });
  }

 private:
  std::vector<std::string> texts_;
  std::list<std::string> added_;
};

struct World {
  ScratchFolder scratch;
  std::filesystem::path data = scratch.path() / "data";
  Secrets secrets;
  std::string password = secrets.add("a staple of correct horses");
  std::string token;
  std::string service_token;
  std::string key;       // reusable
  std::string one_time;  // spent
  std::string revoked;
  std::string machine = secrets.add(random_machine_secret());
  std::string stranger = secrets.add(random_machine_secret());

  World() {
    const std::string folder = on_folder(data);
    const std::string file = scratch.put("password", password + "\n");
    REQUIRE(run_muster(folder + " admin create --email a@b.c --password-file " + file).exit == 0);
    std::filesystem::remove(file);
    secrets.add(output_of_muster(folder + " admin create --email d@b.c"));
    token = secrets.add(output_of_muster(folder + " token create --email a@b.c --name t"));
    service_token = secrets.add(output_of_muster(folder + " token create --service ci --name t"));
    key = secrets.add(output_of_muster(folder + " key create --name many"));
    one_time = secrets.add(output_of_muster(folder + " key create --name once --one-off"));
  }

  // An answer that must hold no secret but what it was asked with.
  RawAnswer ask(const ServerProcess& server, const std::string& method, const std::string& path,
                const std::string& body = "", const std::string& authorization = "") {
    const RawAnswer answer = server.ask(method, path, body, authorization);
    secrets.check_absent("the answer to " + method, answer.head + answer.body, path + body);
    return answer;
  }
  int enroll(const ServerProcess& server, const std::string& with, const std::string& secret,
             const std::string& more = "") {
    return ask(server, "POST", "/api/enroll", enroll_body(with, secret, "till", more)).status;
  }
  // Bytes of a client that need not be a request.
  void send(const ServerProcess& server, const std::string& bytes) const {
    RawClient client{server.port()};
    client.send_while_open(bytes);
    client.send_nothing_more();
    secrets.check_absent("an answer", client.receive_all());
  }

  void check_files() const {
    int files = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator{scratch.path()}) {
      if (!file.is_regular_file()) continue;
      secrets.check_absent(file.path(), bytes_of(file.path()));
      ++files;
    }
    CHECK(files >= 3);
    const std::string dump = sql_on(data, ".dump");
    CHECK(dump.find("peer.setupkey.add") != std::string::npos);
    secrets.check_absent("the database", dump);
  }
};

void live_properly(World& world, const ServerProcess& server) {
  const std::string owner = "Token " + world.token;
  const std::string device = "Bearer " + world.machine;
  const auto made = nlohmann::json::parse(
      server.ask("POST", "/api/setup-keys", R"({"name": "x", "type": "reusable"})", owner).body);
  world.revoked = world.secrets.add(made.at("key"));
  const std::string path = "/api/setup-keys/" + made.at("id").get<std::string>();
  CHECK(world.ask(server, "PUT", path, R"({"revoked": true})", owner).status == 200);
  CHECK(world.enroll(server, world.one_time, world.machine) == 200);
  CHECK(world.enroll(server, world.one_time, world.machine) == 200);
  CHECK(world.enroll(server, world.one_time, world.stranger) == 403);
  CHECK(world.enroll(server, world.revoked, world.stranger) == 403);
  CHECK(world.enroll(server, world.key, world.machine) == 409);
  CHECK(world.ask(server, "GET", path, "", owner).status == 200);
  CHECK(world.ask(server, "GET", "/api/devices", "", "Bearer " + world.service_token).status ==
        200);
  CHECK(world.ask(server, "POST", "/api/agent/heartbeat", "{}", device).status == 200);
}

void put_secrets_in_wrong_places(World& world, const ServerProcess& server) {
  for (const std::string& secret : {world.key, world.token, world.machine, world.stranger}) {
    for (const char* path : {"/", "/i/", "/api/setup-keys/", "/api/devices/", "/install.sh?key=",
                             "/api/devices?search=", "/api/devices?status=", "/%00"})
      world.ask(server, "GET", path + secret, "", "Token " + world.token);
    for (const char* path : {"/api/enroll", "/api/agent/heartbeat", "/api/setup-keys"})
      for (const std::string& body :
           {secret, "{\"key\": \"" + secret, "{\"key\": [\"" + secret + "\"]}",
            "{\"" + secret + "\": 1}", "\"" + secret + "\"", std::string(20'000, ' ') + secret})
        world.ask(server, "POST", path, body, "Token " + secret);
    for (const char* member : {"os", "wireguard_public_key", "group", "device_secret", "key"})
      world.enroll(server, world.key, world.stranger,
                   ", \"" + std::string{member} + "\": \"" + secret + "\"");
    world.enroll(server, world.key, world.stranger, ", \"dns_labels\": [\"" + secret + "\"]");
    world.send(server, secret + "\r\n\r\n");
    world.send(server, secret + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (const char* header : {"Host", "X-Key", "Content-Length", "Transfer-Encoding",
                               "Authorization", "Expect", "X-Forwarded-For", "Cookie", "\x01"})
      world.send(server, "POST /api/enroll HTTP/1.1\r\nHost: a\r\n" + std::string{header} + ": " +
                             secret + "\r\n\r\n");
    world.send(server,
               "POST /api/enroll HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n" + secret);
  }
  const std::string newcomer = world.secrets.add(random_machine_secret());
  CHECK(world.enroll(server, world.key + "x", newcomer) == 403);
}

// A table is away for a moment, as in a damaged file.
void cause_faults(World& world, const ServerProcess& server) {
  sql_on(world.data, "ALTER TABLE group_members RENAME TO away");
  CHECK(world.ask(server, "POST", "/api/agent/heartbeat", "{}", "Bearer " + world.machine).status ==
        500);
  CHECK(world.enroll(server, world.one_time, world.machine) == 500);
  CHECK(server.log().find("group_members") != std::string::npos);
  sql_on(world.data, "ALTER TABLE away RENAME TO group_members");
}

TEST_CASE("no secret is left in log, files, answers or process list") {
  World world;
  ServerProcess server{world.data};
  live_properly(world, server);
  put_secrets_in_wrong_places(world, server);
  cause_faults(world, server);
  CHECK(world.enroll(server, world.one_time, world.machine) == 200);
  const auto process = std::filesystem::path{"/proc"} / std::to_string(server.pid());
  world.secrets.check_absent("the process list", bytes_of(process / "cmdline"));
  world.secrets.check_absent("the environment", bytes_of(process / "environ"));
  world.check_files();

  server.kill();
  CHECK(std::filesystem::exists(world.data / "muster.db-wal"));
  world.check_files();
  server.start();
  CHECK(
      world
          .ask(server, "POST", "/api/agent/leave", R"({"how": "leave"})", "Bearer " + world.machine)
          .status == 200);
  CHECK(world.enroll(server, world.one_time, world.machine) == 410);
  CHECK(server.stop() == 0);
  world.check_files();
  CHECK(server.log().size() > 100);
  CHECK(run_muster(on_folder(world.data) + " check").exit == 0);
}

TEST_CASE("the search for secrets finds one that is there") {
  World world;
  CHECK(world.secrets.has_any("before " + world.key + " behind"));
  CHECK(world.secrets.has_any(world.token.substr(8)));
  CHECK_FALSE(world.secrets.has_any(world.key.substr(0, 10) + " is its hint"));
}

}  // namespace
}  // namespace muster
