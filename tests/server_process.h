#pragma once

// The real binary on a real port of this machine.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/command.h"
#include "tests/raw_client.h"

namespace muster {

struct Said {
  int exit = -1;
  std::string out;
  std::string err;
};
// Runs the binary with these arguments to its end, within a minute. `environment`: `NAME=value …`
// as a shell reads it.
Said ask_muster(const std::string& arguments, const std::string& environment = "");
// The same; output and errors together.
Ran run_muster(const std::string& arguments);
// The same, standard output alone: what `$(muster …)` in a shell is.
std::string output_of_muster(const std::string& arguments);

class ServerProcess {
 public:
  // Starts `muster serve` on the folder and returns when it listens. `port` 0: any free one, kept
  // over restarts. `launcher`: words in front of the command, which end by running the rest. The
  // server dies with the thread that started it.
  explicit ServerProcess(std::filesystem::path data, std::vector<std::string> arguments = {},
                         std::uint16_t port = 0, std::vector<std::string> launcher = {});
  ~ServerProcess();  // SIGKILL, if it still runs
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void start();
  void kill();  // SIGKILL, as a power cut
  int stop();   // SIGTERM; returns the exit code, -1 when it had to be killed after 30 seconds

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // All that it wrote to standard error, over all starts.
  std::string log() const;

  // One request on a connection of its own. `token`: `Token mpat_…` or `Bearer mdev_…`, or empty.
  RawAnswer ask(const std::string& method, const std::string& path, const std::string& body = "",
                const std::string& authorization = "") const;

 private:
  void await_listening(std::size_t log_began);

  std::filesystem::path data_;
  std::vector<std::string> arguments_;
  std::uint16_t port_;
  std::vector<std::string> launcher_;
  std::filesystem::path log_;
  pid_t pid_ = 0;
};

}  // namespace muster
