#define CATCH_CONFIG_RUNNER
#include <csignal>

#include "server/secret.h"
#include "tests/catch.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  muster::start_crypto();
  return Catch::Session().run(argc, argv);
}
