#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "tests/catch.h"
#include "tests/installation.h"

// The folder and the file in it: who may read them, and files that are not ours.

namespace muster {
namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return 0;
  return about.st_mode & 07777;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::stringstream bytes;
  bytes << std::ifstream{path, std::ios::binary}.rdbuf();
  return bytes.str();
}

struct Folder {
  ScratchFolder scratch;
  std::filesystem::path data = scratch.path() / "data";
  std::filesystem::path database = data / "muster.db";

  std::string sql(const std::string& script) const { return sql_on(data, script); }
};

// Each of these commands says why, and the file stays as it was.
void check_refused(const Folder& folder, const std::vector<std::string>& commands,
                   const std::string& part) {
  const std::string before = bytes_of(folder.database);
  for (const std::string& command : commands) {
    const Said said = ask_muster(command + " " + on_folder(folder.data));
    INFO(command << ": " << said.err);
    CHECK(said.exit == 1);
    CHECK(said.out.empty());
    CHECK(said.err.find(part) != std::string::npos);
    CHECK(said.err.find("muster.db") != std::string::npos);
  }
  CHECK(bytes_of(folder.database) == before);
}

const std::string kServe = "serve --listen 127.0.0.1:0";

TEST_CASE("folder and files are their owner's alone, whatever the umask") {
  for (const char* mask : {"000", "022", "077", "777"}) {
    const ScratchFolder scratch;
    const auto data = scratch.path() / "deep" / "data";
    const std::string umask = "umask " + std::string{mask} + " &&";
    CHECK(ask_muster(on_folder(data) + " admin create --email a@b.c", umask).exit == 0);
    CHECK(mode_of(data) == 0700);
    CHECK(mode_of(data / "muster.db") == 0600);
  }
}

TEST_CASE("the files of a running server are its owner's alone") {
  const Installation muster;
  muster.make_key(R"("type": "one-off")");
  for (const char* name : {"muster.db", "muster.db-wal", "muster.db-shm", "muster.lock"})
    CHECK(mode_of(muster.data() / name) == 0600);
}

TEST_CASE("a folder's name may hold blanks, quotes and letters of any script") {
  const ScratchFolder scratch;
  const Owned owned{scratch.path() / "Küche 2. Stock 'ñ' 文件"};
  const ServerProcess server{owned.data};
  CHECK(server.ask("GET", "/api/devices", "", "Token " + owned.token).status == 200);
  CHECK(mode_of(owned.data / "muster.db") == 0600);
}

TEST_CASE("a folder that cannot be made or written is refused with its name") {
  const ScratchFolder scratch;
  const std::string file = scratch.put("file", "");
  for (const std::string& folder :
       {file, file + "/data", std::string{"/proc/muster"}, std::string{"/proc/sys"}}) {
    for (const char* command : {"check", "key create --name k", "serve --listen 127.0.0.1:0"}) {
      const Said said = ask_muster(std::string{command} + " --data " + folder);
      INFO(said.err);
      CHECK(said.exit == 1);
      CHECK(said.out.empty());
      CHECK(said.err.find(folder) != std::string::npos);
    }
  }
}

TEST_CASE("commands that come at once to a folder that is not there all find it sound") {
  for (int round = 0; round < 10; ++round) {
    const ScratchFolder scratch;
    const std::string command =
        std::string{MUSTER_BINARY} + " check " + on_folder(scratch.path() / "data");
    std::string script;
    for (int i = 0; i < 8; ++i) script += "{ " + command + " 2>&1 || echo failed; } & ";
    const Ran ran = run(script + "wait");
    INFO(ran.output);
    CHECK(ran.output.find("failed") == std::string::npos);
  }
}

TEST_CASE("a second server on the folder is refused, and the first goes on") {
  Installation muster;
  const Said said = ask_muster(kServe + " " + on_folder(muster.data()));
  CHECK(said.exit == 1);
  CHECK(said.err.find("another muster serves the folder") != std::string::npos);
  CHECK(muster.server.ask("GET", "/healthz").status == 200);
  CHECK(muster.server.stop() == 0);
  muster.server.start();
  CHECK(muster.get("/api/devices").empty());
}

TEST_CASE("a file of a newer version is left as it is") {
  const Folder folder;
  REQUIRE(run_muster(on_folder(folder.data) + " check").exit == 0);
  folder.sql("PRAGMA user_version = 9999");
  check_refused(folder, {kServe, "check", "key create --name k", "pin"},
                "was written by a newer Muster");
}

TEST_CASE("a file of an older version is brought up to date by serve alone") {
  const Folder folder;
  REQUIRE(run_muster(on_folder(folder.data) + " check").exit == 0);
  folder.sql("PRAGMA user_version = 0");
  check_refused(folder, {"check", "key create --name k", "pin", "admin create --email a@b.c"},
                "was written by an older Muster");
}

TEST_CASE("another program's database is left as it is") {
  const Folder folder;
  std::filesystem::create_directory(folder.data);
  folder.sql("CREATE TABLE recipes (name); INSERT INTO recipes VALUES ('soup')");
  check_refused(folder, {kServe, "check", "key create --name k"}, "is not a Muster database");
  CHECK(folder.sql("SELECT name FROM recipes") == "soup\n");
}

TEST_CASE("a file that is no database is left as it is") {
  const Folder folder;
  std::filesystem::create_directory(folder.data);
  folder.scratch.put("data/muster.db", std::string(5000, 'x'));
  check_refused(folder, {kServe, "check", "key create --name k"}, "cannot be used");
}

}  // namespace
}  // namespace muster
