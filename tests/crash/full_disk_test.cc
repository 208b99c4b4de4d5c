#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <functional>

#include "tests/catch.h"
#include "tests/installation.h"

// Enrolling until there is no room, and on when there is some.

namespace muster {
namespace {

using Words = std::vector<std::string>;

// Where a server runs short of room.
struct SmallDisk {
  Words launcher;                                                   // starts it there
  std::function<void(const ServerProcess&)> make_room;              // while it runs
  std::function<std::filesystem::path(const ServerProcess&)> data;  // its folder, seen from here
};

// No file of the server's grows beyond a limit, which is lifted later. Needs no rights.
SmallDisk limited_files(const std::filesystem::path& data) {
  const std::string script = R"(trap "" XFSZ && ulimit -S -f 1024 && exec "$@")";  // of 512 bytes
  return {{"sh", "-c", script, "sh"},
          [](const ServerProcess& server) {
            const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
            rlimit now{};
            ::prlimit(server.pid(), RLIMIT_FSIZE, nullptr, &now);
            now.rlim_cur = none.rlim_max < now.rlim_max ? none.rlim_max : now.rlim_max;
            REQUIRE(::prlimit(server.pid(), RLIMIT_FSIZE, &now, nullptr) == 0);
          },
          [=](const ServerProcess&) { return data; }};
}

// A file system of 2 MB, mounted where nobody but the server sees it; it goes with the server. A
// file that fills a part of it is deleted later.
SmallDisk small_file_system(const std::filesystem::path& data, const std::string& unshare) {
  const std::string script = "mount -t tmpfs -o size=2m,mode=0700 muster " + shell_word(data) +
                             ".small && cp -r " + shell_word(data) + " " + shell_word(data) +
                             ".small/data && head -c 600000 /dev/zero > " + shell_word(data) +
                             ".small/ballast && mount --bind " + shell_word(data) + ".small/data " +
                             shell_word(data) + " && exec \"$@\"";
  std::filesystem::create_directory(data.string() + ".small");
  const auto inside = [=](const ServerProcess& server) {
    return std::filesystem::path{"/proc/" + std::to_string(server.pid()) + "/root" + data.string() +
                                 ".small"};
  };
  return {{"unshare", unshare, "sh", "-c", script, "sh"},
          [=](const ServerProcess& server) {
            REQUIRE(std::filesystem::remove(inside(server) / "ballast"));
          },
          [=](const ServerProcess& server) { return inside(server) / "data"; }};
}

// Root mounts; an ordinary user does where the system lets him be root of a world of his own; and
// where nobody may, as in many containers, a limit has to do.
SmallDisk smallest_disk(const std::filesystem::path& data) {
  for (const std::string unshare : {"-m", "-Urm"})
    if (run("unshare " + unshare + " mount -t tmpfs muster " + shell_word(data) + " 2>&1").exit ==
        0)
      return small_file_system(data, unshare);
  return limited_files(data);
}

// Sends four at a time, so that changes fail together too.
struct Machines {
  explicit Machines(const ServerProcess& server, std::string reusable_key)
      : key(std::move(reusable_key)) {
    while (clients.size() < 4) clients.emplace_back(server.port());
  }

  // Until one is turned away.
  void come_until_refused() {
    while (refused.empty() && enrolled.size() < 2000) come();
  }
  void come() {
    std::vector<std::uint64_t> numbers;
    std::vector<std::string> requests;
    while (requests.size() < clients.size()) {
      numbers.push_back(++last);
      requests.push_back(enroll_request(key, machine_secret(last), "m" + std::to_string(last)));
    }
    const auto answers = race(clients, requests);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i].status == 200)
        enrolled.push_back(numbers[i]);
      else
        refused.emplace_back(numbers[i], answers[i]);
    }
  }

  std::string key;
  std::vector<RawClient> clients;
  std::uint64_t last = 0;
  std::vector<std::uint64_t> enrolled;
  std::vector<std::pair<std::uint64_t, RawAnswer>> refused;
};

RawAnswer ask(const ServerProcess& server, const std::string& token, const std::string& path) {
  return server.ask("GET", path, "", "Token " + token);
}

// Exactly these are in, by the list and by asking again.
void check_enrolled(const ServerProcess& server, const std::string& token, const Machines& who) {
  const auto devices = nlohmann::json::parse(ask(server, token, "/api/devices").body);
  CHECK(devices.size() == who.enrolled.size());
  for (const std::uint64_t number : who.enrolled) {
    const auto answer =
        server.ask("POST", "/api/enroll", enroll_body(who.key, machine_secret(number), "again"));
    REQUIRE(answer.status == 200);
    CHECK(nlohmann::json::parse(answer.body).at("created") == false);
  }
  for (const auto& key : nlohmann::json::parse(ask(server, token, "/api/setup-keys").body))
    CHECK(key.at("used_times") == key.at("devices_count"));
}

// What is on the disk at this moment, opened by another server elsewhere.
void check_stored(const ServerProcess& server, const SmallDisk& disk, const std::string& token,
                  const Machines& who) {
  const ScratchFolder elsewhere;
  const auto copy = elsewhere.path() / "data";
  ::kill(server.pid(), SIGSTOP);
  std::filesystem::copy(disk.data(server), copy);
  ::kill(server.pid(), SIGCONT);
  CHECK(run_muster(on_folder(copy) + " check").exit == 0);
  check_enrolled(ServerProcess{copy}, token, who);
}

void fill_and_free(const Owned& owned, const SmallDisk& disk) {
  const std::string reusable = output_of_muster(on_folder(owned.data) + " key create --name a");
  const std::string one_time =
      output_of_muster(on_folder(owned.data) + " key create --name b --one-off");
  ServerProcess server{owned.data, {}, 0, disk.launcher};
  Machines machines{server, reusable};

  machines.come_until_refused();
  REQUIRE(machines.enrolled.size() > 4);
  for (const auto& [number, answer] : machines.refused) {
    CHECK(answer.status == 503);
    CHECK(reason_of(answer) == "unavailable");
    CHECK(answer.has_header("Retry-After"));
  }
  const std::string late = enroll_body(one_time, machine_secret(90'000), "late");
  CHECK(server.ask("POST", "/api/enroll", late).status == 503);
  CHECK(server.ask("GET", "/readyz").status == 200);
  const std::string first = "Bearer " + machine_secret(machines.enrolled.front());
  CHECK(server.ask("POST", "/api/agent/heartbeat", "{}", first).status == 200);
  check_enrolled(server, owned.token, machines);
  check_stored(server, disk, owned.token, machines);

  disk.make_room(server);
  for (const auto& [number, answer] : machines.refused) {
    const auto now =
        server.ask("POST", "/api/enroll", enroll_body(machines.key, machine_secret(number)));
    REQUIRE(now.status == 200);
    CHECK(nlohmann::json::parse(now.body).at("created") == true);
    machines.enrolled.push_back(number);
  }
  check_enrolled(server, owned.token, machines);
  CHECK(server.ask("POST", "/api/enroll", late).status == 200);
  CHECK(server.stop() == 0);
}

TEST_CASE("a full disk turns machines away and loses none; with room again they get in",
          "[crash]") {
  const ScratchFolder folder;
  const Owned owned{folder.path() / "data"};
  fill_and_free(owned, smallest_disk(owned.data));
}

TEST_CASE("files that may not grow turn machines away and lose none; later they get in",
          "[crash]") {
  const ScratchFolder folder;
  const Owned owned{folder.path() / "data"};
  fill_and_free(owned, limited_files(owned.data));
}

}  // namespace
}  // namespace muster
