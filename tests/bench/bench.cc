// Measures the server beside what it stands on, and prints tables. See docs/bench.md.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

#include "server/device_pages.h"
#include "server/device_search.h"
#include "server/format.h"
#include "server/key_list.h"
#include "server/secret.h"
#include "server/sessions.h"
#include "tests/bench/bare_sqlite.h"
#include "tests/bench/load.h"
#include "tests/installation.h"
#include "tests/plans.h"

namespace muster {
namespace {

constexpr double kSeconds = 3;  // of each load

using Clock = std::chrono::steady_clock;

void row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += formatted(" {} |", cell);
  std::puts(line.c_str());
  std::fflush(stdout);
}

void table(const char* title, const std::vector<std::string>& heads) {
  std::printf("\n%s\n\n", title);
  row(heads);
  row(std::vector<std::string>(heads.size(), "---"));
}

std::string rate(double value) { return formatted("{:.0f}", value); }
std::string ratio(double value) { return formatted("{:.2f}", value); }
std::string milliseconds(double value) { return formatted("{:.1f} ms", value); }

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.at(values.size() / 2);
}

// A folder with an owner and one key that many machines may use.
struct Prepared {
  Prepared()
      : owned(folder.path() / "data"),
        key(output_of_muster(on_folder(owned.data) + " key create --name bench")) {}

  std::filesystem::path database() const { return owned.data / "muster.db"; }

  const ScratchFolder folder;
  const Owned owned;
  const std::string key;
};

class BareHttp {
 public:
  BareHttp() {
    if (!(pipe_ = ::popen("exec " MUSTER_BARE_HTTP, "r")))
      throw std::runtime_error("the bare library does not start");
    if (std::fscanf(pipe_, "%d %hu", &pid_, &port_) != 2)
      throw std::runtime_error("the bare library does not say its port");
  }
  ~BareHttp() {
    ::kill(pid_, SIGKILL);
    ::pclose(pipe_);
  }
  BareHttp(const BareHttp&) = delete;
  BareHttp& operator=(const BareHttp&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  std::FILE* pipe_;
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
};

Load enrollments(std::uint16_t port, int connections, const std::string& key) {
  return {.port = port,
          .connections = connections,
          .seconds = kSeconds,
          .request = [key](int, std::uint64_t number) {
            return enroll_request(key, machine_secret(number), formatted("machine-{}", number));
          }};
}

double bare_rate(std::int64_t to_a_commit) {
  const Prepared prepared;
  return measure_writes(prepared.database(), kSeconds, to_a_commit);
}

double bare_http_rate(int connections) {
  const BareHttp http;
  return run_load(enrollments(http.port(), connections, "k")).per_second();
}

double enrollment_rate(int connections) {
  const Prepared prepared;
  const ServerProcess server{prepared.owned.data};
  return run_load(enrollments(server.port(), connections, prepared.key)).per_second();
}

void measure_enrollments() {
  table("Durable enrollments per second, load program and server on the same cores",
        {"connections", "Muster", "bare SQLite, 1 to a commit", "bare SQLite, 32 to a commit",
         "bare HTTP library", "of 1 to a commit", "of 32 to a commit", "of bare HTTP"});
  for (const int connections : {1, 8, 64}) {
    const double one = bare_rate(1);
    const double many = bare_rate(32);
    const double bare = bare_http_rate(connections);
    const double muster = enrollment_rate(connections);
    row({std::to_string(connections), rate(muster), rate(one), rate(many), rate(bare),
         ratio(muster / one), ratio(muster / many), ratio(muster / bare)});
  }
}

void measure_calls() {
  table("Other calls per second at 1,000 keys and 10,000 devices",
        {"call", "1 connection", "8", "64"});
  const Prepared prepared;
  write_devices(prepared.database(), 10'000);
  write_keys(prepared.database(), 1'000);
  const ServerProcess server{prepared.owned.data};
  const std::string token = "Authorization: Token " + prepared.owned.token + "\r\n";
  const struct {
    const char* name;
    std::function<std::string(int, std::uint64_t)> request;
  } calls[]{
      {"heartbeat",
       [](int, std::uint64_t number) {
         const auto device = static_cast<std::int64_t>(number % 10'000 + 1);
         return request_to("POST", "/api/agent/heartbeat", "{}",
                           "Authorization: Bearer " + filled_secret(device) + "\r\n");
       }},
      {"read of a setup key, with a token",
       [&](int, std::uint64_t) { return request_to("GET", "/api/setup-keys/1", "", token); }},
      {"health check", [](int, std::uint64_t) { return request_to("GET", "/healthz"); }},
  };
  for (const auto& call : calls) {
    std::vector<std::string> cells{call.name};
    for (const int connections : {1, 8, 64})
      cells.push_back(rate(run_load({.port = server.port(),
                                     .connections = connections,
                                     .seconds = kSeconds,
                                     .request = call.request})
                               .per_second()));
    row(cells);
  }
}

double median_answer(std::uint16_t port, const std::string& request) {
  std::vector<double> times;
  for (int i = 0; i < 31; ++i)
    times.push_back(run_load({.port = port,
                              .requests_at_most = 1,
                              .request = [&](int, std::uint64_t) { return request; }})
                        .seconds *
                    1000);
  return median(times);
}

// A new list page is a row here.
constexpr const char* kLists[]{
    "/api/setup-keys",
    "/api/devices",
    "/api/devices?search=machine-99",
    "/api/groups",
};

// The pages, as a browser asks for them.
constexpr const char* kPages[]{"/keys", "/keys?state=all&sort=-used_times", "/devices",
                               "/devices?search=machine-99", "/groups"};

// At a hundred times the size that most will ever have.
constexpr const char* kLargeLists[]{
    "/api/setup-keys?limit=100",
    "/api/setup-keys?dead=true&sort=-created_at&limit=100",
    "/api/setup-keys?search=dead-77&limit=100",
    "/api/setup-keys/1",
    "/api/setup-keys/1/devices",
    "/api/devices",
    "/api/devices?search=machine-999",
    "/api/devices?search=100.64.3.7",
    "/api/devices?search=nothing-such",
    "/api/peers?name=machine-777",
};
constexpr const char* kLargePages[]{
    "/keys",
    "/keys?state=dead&sort=-used_times",
    "/keys/1",
    "/devices",
    "/devices?page=2000",
    "/devices?sort=-enrolled_at",
    "/devices?sort=-last_seen_at",
    "/devices?search=machine-999",
    "/devices?search=machine",
    "/devices?key=1",
};

// The header of a browser where the owner is signed in.
std::string cookie_of_owner(const std::filesystem::path& path) {
  Database database{{.path = path.string()}};
  const Secret secret = database.write([](Transaction& tx) {
    const By by = By::command_line(std::time(nullptr));
    return create_session(tx, by, UserId{1}, "bench");
  });
  return formatted("Cookie: muster-session={}\r\n", secret.reveal());
}

void measure_lists() {
  table("Lists at 1,000 keys and 10,000 devices", {"path", "median of 31"});
  const Prepared prepared;
  write_devices(prepared.database(), 10'000);
  write_keys(prepared.database(), 1'000);
  const std::string cookie = cookie_of_owner(prepared.database());
  const ServerProcess server{prepared.owned.data};
  const std::string token = "Authorization: Token " + prepared.owned.token + "\r\n";
  for (const char* path : kLists)
    row({path, milliseconds(median_answer(server.port(), request_to("GET", path, "", token)))});
  for (const char* path : kPages)
    row({path, milliseconds(median_answer(server.port(), request_to("GET", path, "", cookie)))});
}

// What one act over many costs for each key, beside an act of its own.
void measure_many() {
  table("One act over 5,000 keys, each with its row in the audit log",
        {"act", "the whole", "of one act for each key"});
  constexpr int kMany = 5'000;
  const Prepared prepared;
  write_keys(prepared.database(), kMany + 1);
  const ServerProcess server{prepared.owned.data};
  const std::string token = "Authorization: Token " + prepared.owned.token + "\r\n";
  std::string ids;
  for (int id = 2; id < kMany + 2; ++id) ids += formatted("{}\"{}\"", ids.empty() ? "" : ",", id);
  const auto once = [&](const std::string& path, const std::string& body) {
    return run_load({.port = server.port(),
                     .requests_at_most = 1,
                     .request =
                         [&](int, std::uint64_t) { return request_to("POST", path, body, token); }})
               .seconds *
           1000;
  };
  std::vector<double> singles;
  for (int id = 2; id < 33; ++id)
    singles.push_back(once(formatted("/api/setup-keys/{}/pause", id), ""));
  for (const char* act : {"pause", "resume", "revoke", "delete"}) {
    const double whole =
        once("/api/setup-keys/actions", formatted(R"({{"action":"{}","ids":[{}]}})", act, ids));
    row({act, milliseconds(whole), formatted("{:.3f}", whole / kMany / median(singles))});
  }
}

// What upkeep would do by and by.
void index_all(const std::filesystem::path& path) {
  Database database{{.path = path.string()}};
  database.write([](Transaction& tx) { index_devices(tx, 1'000'000); });
}

// Key 1 has let in 5,000 of the devices, 199 others the rest; the dead ones let in none.
void measure_large_lists() {
  table("Lists at 10,000 dead keys and 100,000 devices, 5,000 of them of one key",
        {"path", "median of 31"});
  const Prepared prepared;
  write_devices(prepared.database(), 100'000);
  write_keys(prepared.database(), 200);
  write_dead_keys(prepared.database(), 10'000);
  deal_devices(prepared.database(), 5'000);
  index_all(prepared.database());
  const std::string cookie = cookie_of_owner(prepared.database());
  const ServerProcess server{prepared.owned.data};
  const std::string token = "Authorization: Token " + prepared.owned.token + "\r\n";
  for (const char* path : kLargeLists)
    row({path, milliseconds(median_answer(server.port(), request_to("GET", path, "", token)))});
  for (const char* path : kLargePages)
    row({path, milliseconds(median_answer(server.port(), request_to("GET", path, "", cookie)))});
}

// How SQLite goes about what lists of keys and devices ask.
void print_plans() {
  const Prepared prepared;
  write_devices(prepared.database(), 10'000);
  write_keys(prepared.database(), 1'000);
  const muster::Clock clock;
  const LastSeen last_seen{clock};
  std::puts("\nStatements of the lists of devices and keys, and how SQLite goes about them\n");
  for (const std::string& plan :
       query_plans(prepared.database().string(), [&](const Snapshot& snapshot) {
         for (const auto sort :
              {DeviceSort::name, DeviceSort::enrolled_at, DeviceSort::last_seen_at})
           for (const char* search : {"", "machine-99"})
             find_device_page(snapshot, last_seen, {.filter = {.search = search}, .sort = sort});
         list_devices(snapshot, {.setup_key_id = KeyId{1}}, DeviceId{}, 1'000);
         list_keys(snapshot, {.search = "Customer"}, {}, 0, 100, 0);
         count_keys(snapshot, {}, 0);
       }))
    std::puts(plan.c_str());
}

// Asks for one key again and again until it is told to stop; the slowest answer, in milliseconds.
double read_until(const std::atomic<bool>& is_over, const ServerProcess& server,
                  const std::string& token) {
  double slowest = 0;
  while (!is_over) {
    const auto begin = Clock::now();
    server.ask("GET", "/api/setup-keys/1", "", token);
    slowest =
        std::max(slowest, std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  return slowest;
}

void measure_revocation() {
  table("A service user goes with a key and its 10,000 devices, each with a row in the audit log",
        {"the plan", "the act", "slowest read of a key meanwhile"});
  const Prepared prepared;
  write_devices(prepared.database(), 10'000);
  output_of_muster(on_folder(prepared.owned.data) + " token create --service robot --name t");
  Database{{.path = prepared.database().string()}}.write([](Transaction& tx) {
    tx.run("UPDATE setup_keys SET created_by_id = (SELECT max(id) FROM users)");
  });
  const ServerProcess server{prepared.owned.data};
  const std::string token = "Token " + prepared.owned.token;
  const std::string target = R"({"target": {"kind": "user", "id": "2"})";
  const auto timed = [&](const std::string& body, std::string& answer) {
    const auto begin = Clock::now();
    answer = server.ask("POST", "/api/revocations", body, token).body;
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  };
  std::string answer;
  const double plan = timed(target + R"(, "dry_run": true})", answer);
  const std::string digest = nlohmann::json::parse(answer).at("digest");
  std::atomic<bool> is_over{false};
  double slowest = 0;
  std::thread reader([&] { slowest = read_until(is_over, server, token); });
  const double act = timed(target + R"(, "digest": ")" + digest + "\"}", answer);
  is_over = true;
  reader.join();
  if (!nlohmann::json::parse(answer).contains("cascade_id")) throw std::runtime_error(answer);
  row({milliseconds(plan), milliseconds(act), milliseconds(slowest)});
}

std::uint16_t free_port() {
  const ScratchFolder folder;
  return ServerProcess{folder.path() / "data"}.port();
}

// From the call that makes the process to the first byte of an answer, in milliseconds.
double start_once(const std::filesystem::path& data, std::uint16_t port) {
  const std::string listen = "127.0.0.1:" + std::to_string(port);
  const std::string folder = data.string();
  const char* words[]{MUSTER_BINARY, "serve",        "--data", folder.c_str(),
                      "--listen",    listen.c_str(), nullptr};
  posix_spawn_file_actions_t silence;
  ::posix_spawn_file_actions_init(&silence);
  for (const int file : {STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&silence, file, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const auto begin = Clock::now();
  if (::posix_spawn(&pid, MUSTER_BINARY, &silence, nullptr, const_cast<char**>(words), environ) !=
      0)
    throw std::runtime_error("the server cannot be started");
  ::posix_spawn_file_actions_destroy(&silence);
  double took = 0;
  while (took == 0 && Clock::now() - begin < std::chrono::seconds{10}) {
    try {
      RawClient client{port};
      if (client.ask(request_to("GET", "/healthz")).status == 200)
        took = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
  }
  ::kill(pid, SIGTERM);
  ::waitpid(pid, nullptr, 0);
  if (took == 0) throw std::runtime_error("the server did not answer within 10 seconds");
  return took;
}

double median_start(const std::filesystem::path& data) {
  const std::uint16_t port = free_port();
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) times.push_back(start_once(data, port));
  return median(times);
}

std::string resident(const ServerProcess& server) {
  const auto kib =
      run("awk '/^VmRSS/ { print $2 }' /proc/" + std::to_string(server.pid()) + "/status").output;
  return formatted("{:.1f} MB", std::stod(kib) / 1000 * 1.024);
}

void measure_size() {
  table("Start and memory", {"", "start to first answer, median of 21", "resident, idle",
                             "resident, after a second of reads on 64 connections"});
  for (const std::int64_t devices : {0, 100'000}) {
    const Prepared prepared;
    if (devices > 0) write_devices(prepared.database(), devices);
    const double start = median_start(prepared.owned.data);
    const ServerProcess server{prepared.owned.data};
    if (server.ask("GET", "/healthz").status != 200) throw std::runtime_error("not healthy");
    const std::string idle = resident(server);
    const std::string token = "Authorization: Token " + prepared.owned.token + "\r\n";
    run_load({.port = server.port(),
              .connections = 64,
              .seconds = 1,
              .request = [&](int, std::uint64_t) {
                return request_to("GET", "/api/setup-keys/1", "", token);
              }});
    row({formatted("{} devices", devices), milliseconds(start), idle, resident(server)});
  }
}

}  // namespace
}  // namespace muster

int main(int count, char** words) {
  using namespace muster;
  const struct {
    std::string_view name;
    void (*measure)();
  } parts[]{
      {"enrollments", measure_enrollments}, {"calls", measure_calls}, {"lists", measure_lists},
      {"large", measure_large_lists},       {"plans", print_plans},   {"many", measure_many},
      {"revocation", measure_revocation},   {"size", measure_size},
  };
  try {
    start_crypto();
    for (const auto& part : parts)
      if (count < 2 || std::find(words + 1, words + count, part.name) != words + count)
        part.measure();
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "bench: %s\n", fault.what());
    return 1;
  }
}
