#pragma once

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/command.h"

namespace muster {

// A machine of its own, as far as the agent can tell: a state folder, a machine id, and one shell
// under the name of `sh`.
class Machine {
 public:
  // `shell`: dash, bash or busybox.
  explicit Machine(const std::string& shell = "dash") {
    std::filesystem::create_directory(folder_.path() / "bin");
    for (const char* place : {"/bin/", "/usr/bin/"})
      if (std::filesystem::exists(place + shell) && !std::filesystem::exists(sh()))
        std::filesystem::create_symlink(place + shell, sh());
    if (!std::filesystem::exists(sh())) throw std::runtime_error("no shell " + shell);
  }
  ~Machine() {
    if (std::filesystem::exists(state() / "muster-agent")) agent("uninstall");
  }

  // Runs a line as a person pastes it, its errors with its output.
  Ran paste(const std::string& line) const { return run(environment() + line + " 2>&1"); }
  Ran agent(const std::string& arguments) const {
    return paste("sh " + (state() / "muster-agent").string() + " " + arguments);
  }

  std::filesystem::path state() const { return folder_.path() / "state"; }
  std::string file(const std::string& name) const {
    std::ifstream stream{state() / name};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }
  // The secret that the machine made for itself.
  std::string secret_in(const std::string& name) const {
    const std::string text = file(name);
    const auto at = text.find("mdev_");
    return at == std::string::npos ? "" : text.substr(at, 69);
  }

  // For every command of a line, also behind a pipe.
  std::string environment() const {
    return "export PATH=" + (folder_.path() / "bin").string() +
           ":$PATH MUSTER_STATE=" + state().string() +
           " MUSTER_MACHINE_ID=" + folder_.path().filename().string() + "; ";
  }

 private:
  std::filesystem::path sh() const { return folder_.path() / "bin" / "sh"; }

  const ScratchFolder folder_;
};

// The line that the server tells people to paste. `pin`: of its self-made certificate, or empty.
inline std::string pasted_line(const std::string& url, const std::string& key,
                               const std::string& pin = "") {
  const std::string fetch =
      pin.empty() ? "curl -fsSL " : "curl -fsSLk --pinnedpubkey '" + pin + "' ";
  const std::string trust = pin.empty() ? "" : " --pin '" + pin + "'";
  return fetch + url + "/install.sh | sh -s -- --control " + url + trust + " --key " + key;
}

}  // namespace muster
