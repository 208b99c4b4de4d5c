#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "server/db.h"
#include "tests/catch.h"
#include "tests/command.h"

// A power cut spares only what the disk has confirmed. The two calls that wait for it are taken
// over here and counted, for the write-ahead log alone: only a wait that counts comes before the
// answer.

namespace {

std::atomic<int> log_waits{0};

int wait_for_disk(long call, int file) {
  std::error_code gone;
  const auto path =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), gone).string();
  if (path.ends_with("muster.db-wal")) ++log_waits;
  return static_cast<int>(::syscall(call, file));
}

}  // namespace

extern "C" int fsync(int file) { return wait_for_disk(SYS_fsync, file); }
extern "C" int fdatasync(int file) { return wait_for_disk(SYS_fdatasync, file); }

namespace muster {
namespace {

TEST_CASE("a change is answered after the disk has confirmed it", "[crash]") {
  const ScratchFolder folder;
  Database database{{.path = (folder.path() / "muster.db").string(), .migrate = true}};
  const auto change = [](Transaction& tx) {
    tx.run(
        "INSERT INTO settings (name, value) VALUES ('a', 'b') ON CONFLICT DO UPDATE"
        " SET value = value || 'b'");
  };
  database.write(change);
  for (int i = 0; i < 20; ++i) {
    const int before = log_waits;
    database.write(change);
    CHECK(log_waits > before);
  }
}

TEST_CASE("a question waits for no disk", "[crash]") {
  const ScratchFolder folder;
  Database database{{.path = (folder.path() / "muster.db").string(), .migrate = true}};
  const int before = log_waits;
  database.read(
      [](const Snapshot& snapshot) { return snapshot.query("SELECT 1 FROM settings").step(); });
  CHECK(log_waits == before);
}

}  // namespace
}  // namespace muster
