#include "tests/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace muster {
namespace {

// The system knows on which port a process listens; the program itself may only tell its public
// address.
std::uint16_t listening_port(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  std::set<std::string> sockets;
  for (const auto& file : std::filesystem::directory_iterator{process + "/fd"}) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(file, gone).string();
    if (target.starts_with("socket:[")) sockets.insert(target.substr(8, target.size() - 9));
  }
  for (const char* table : {"/net/tcp", "/net/tcp6"}) {
    std::ifstream lines{process + table};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields{line};
      std::vector<std::string> field;
      for (std::string word; fields >> word;) field.push_back(word);
      if (field.size() > 9 && field[3] == "0A" && sockets.contains(field[9]))
        return static_cast<std::uint16_t>(
            std::stoi(field[1].substr(field[1].rfind(':') + 1), nullptr, 16));
    }
  }
  throw std::runtime_error("the server listens on no port");
}

}  // namespace

Said ask_muster(const std::string& arguments, const std::string& environment) {
  const ScratchFolder folder;
  const std::string errors = (folder.path() / "errors").string();
  const Ran ran = run(environment + " timeout 60 " + MUSTER_BINARY + " " + arguments + " 2>" +
                      errors + " </dev/null");
  std::stringstream text;
  text << std::ifstream{errors}.rdbuf();
  return {ran.exit, ran.output, text.str()};
}

Ran run_muster(const std::string& arguments) {
  return run(std::string{MUSTER_BINARY} + " " + arguments + " 2>&1");
}

std::string output_of_muster(const std::string& arguments) {
  std::string output = run(std::string{MUSTER_BINARY} + " " + arguments + " 2>/dev/null").output;
  if (!output.empty() && output.back() == '\n') output.pop_back();
  return output;
}

ServerProcess::ServerProcess(std::filesystem::path data, std::vector<std::string> arguments,
                             std::uint16_t port, std::vector<std::string> launcher)
    : data_(std::move(data)),
      arguments_(std::move(arguments)),
      port_(port),
      launcher_(std::move(launcher)),
      log_(data_.string() + ".log") {
  start();
}

ServerProcess::~ServerProcess() {
  if (pid_ != 0) kill();
  std::error_code ignored;
  std::filesystem::remove(log_, ignored);
}

void ServerProcess::start() {
  const std::size_t log_began = log().size();
  std::vector<std::string> words = launcher_;
  words.insert(words.end(), {MUSTER_BINARY, "serve", "--data", data_.string()});
  if (std::find(arguments_.begin(), arguments_.end(), "--listen") == arguments_.end()) {
    words.push_back("--listen");
    words.push_back("127.0.0.1:" + std::to_string(port_));
  }
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, STDERR_FILENO);
    ::execvp(pointers[0], pointers.data());
    ::_exit(127);
  }
  await_listening(log_began);
}

// The program itself says where it listens, so nothing has to be guessed or slept for.
void ServerProcess::await_listening(std::size_t log_began) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (std::chrono::steady_clock::now() < deadline) {
    const std::string text = log().substr(log_began);
    if (text.find("Muster serves ") != std::string::npos) {
      port_ = listening_port(pid_);
      return;
    }
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      throw std::runtime_error("the server ended at once: " + text);
    }
    ::poll(nullptr, 0, 5);
  }
  throw std::runtime_error("the server does not listen: " + log());
}

void ServerProcess::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

int ServerProcess::stop() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill();
      return -1;
    }
    ::poll(nullptr, 0, 5);
  }
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string ServerProcess::log() const {
  std::ifstream stream{log_};
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

RawAnswer ServerProcess::ask(const std::string& method, const std::string& path,
                             const std::string& body, const std::string& authorization) const {
  std::string request = method + " " + path + " HTTP/1.1\r\nHost: muster\r\nConnection: close\r\n";
  if (!authorization.empty()) request += "Authorization: " + authorization + "\r\n";
  if (!body.empty() || method != "GET")
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  RawClient client{port_};
  return client.ask(request + "\r\n" + body);
}

}  // namespace muster
