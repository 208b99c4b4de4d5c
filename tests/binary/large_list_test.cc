#include <fstream>
#include <iterator>

#include "tests/catch.h"
#include "tests/installation.h"

// Lists of many thousand rows, written out row by row.

namespace muster {
namespace {

constexpr int kDevices = 60'000;

// The most memory that the process ever had, in bytes.
std::int64_t peak_of(pid_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) * 1024;
  throw std::runtime_error("the process tells no peak");
}

// So many devices in the database, written there as no server would.
void fill(const std::filesystem::path& data) {
  sql_on(data, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                   std::to_string(kDevices) +
                   ") INSERT INTO devices (name, hostname, os, os_version, arch, agent_version,"
                   " machine_id, secret_hash, setup_key_id, enrolled_with_hash, enrolled_at,"
                   " enrolled_from, approved_at, ephemeral, ephemeral_seconds)"
                   " SELECT 'machine-' || i, 'host-' || i, 'linux', '12', 'x86_64', '1', '',"
                   " randomblob(32), 1, zeroblob(32), i, '10.0.0.1', 1, 0, 600 FROM n");
}

TEST_CASE("a whole list is written out without standing in memory") {
  const ScratchFolder folder;
  const Owned owned{folder.path() / "data"};
  output_of_muster(on_folder(owned.data) + " key create --name many");
  fill(owned.data);
  const auto* path = GENERATE("/api/peers", "/api/devices?format=csv");
  const ServerProcess server{owned.data};
  const std::string token = "Token " + owned.token;
  // A page of it first: what the process needs for any answer is there then.
  server.ask("GET", "/api/devices", "", token);
  const auto before = peak_of(server.pid());
  const RawAnswer answer = server.ask("GET", path, "", token);
  INFO(path << ": " << answer.body.size() << " bytes, " << peak_of(server.pid()) - before
            << " more in memory");
  CHECK(answer.status == 200);
  // What grows is SQLite's own cache of pages, up to 2 MB.
  CHECK(answer.body.size() > 100 * kDevices);
  CHECK(peak_of(server.pid()) - before < std::ssize(answer.body) / 3);
}

}  // namespace
}  // namespace muster
