#include "tests/catch.h"
#include "tests/server_process.h"

namespace muster {
namespace {

TEST_CASE("a fresh server answers on loopback and says how to make the first owner") {
  const ScratchFolder folder;
  const ServerProcess server{folder.path() / "data"};

  CHECK(server.ask("GET", "/healthz").status == 200);
  CHECK(server.log().find("admin create --email") != std::string::npos);
}

}  // namespace
}  // namespace muster
