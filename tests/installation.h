#pragma once

// A data folder of its own with an owner, and the real server on it; and machines that come to it.

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/command.h"
#include "tests/raw_client.h"
#include "tests/server_process.h"

namespace muster {

// One word of a shell command, whatever it holds.
inline std::string shell_word(const std::filesystem::path& word) {
  std::string text = "'";
  for (const char c : word.string()) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

inline std::string on_folder(const std::filesystem::path& data) {
  return "--data " + shell_word(data);
}

// What the database of a folder answers to a piece of SQL, one row on a line.
inline std::string sql_on(const std::filesystem::path& data, const std::string& sql) {
  return run("sqlite3 " + shell_word(data / "muster.db") + " " + shell_word(sql)).output;
}

// What a machine makes for itself; another one for each number.
inline std::string machine_secret(std::uint64_t number) {
  std::string digits(64, '0');
  for (auto digit = digits.rbegin(); number != 0; number >>= 4, ++digit)
    *digit = "0123456789abcdef"[number & 15];
  return "mdev_" + digits;
}

// `more`: further members, beginning with a comma.
inline std::string enroll_body(const std::string& key, const std::string& device_secret,
                               const std::string& hostname = "till", const std::string& more = "") {
  return R"({"key": ")" + key + R"(", "device_secret": ")" + device_secret + R"(", "hostname": ")" +
         hostname + R"(", "os": "linux")" + more + "}";
}

// The bytes of a request on a connection that is kept. `headers` end in CR LF each.
inline std::string request_to(const std::string& method, const std::string& path,
                              const std::string& body = "", const std::string& headers = "") {
  const std::string length = body.empty() && method == "GET"
                                 ? ""
                                 : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return method + " " + path + " HTTP/1.1\r\nHost: muster\r\n" + headers + length + "\r\n" + body;
}

inline std::string enroll_request(const std::string& key, const std::string& device_secret,
                                  const std::string& hostname = "till") {
  return request_to("POST", "/api/enroll", enroll_body(key, device_secret, hostname));
}

inline std::string reason_of(const RawAnswer& answer) {
  return nlohmann::json::parse(answer.body).value("reason", "");
}

// Each client sends all of its request but the last byte; then all last bytes go out at once. That
// is as true a race as one machine can run.
inline std::vector<RawAnswer> race(std::vector<RawClient>& clients,
                                   const std::vector<std::string>& requests) {
  for (std::size_t i = 0; i < requests.size(); ++i)
    clients[i].send(std::string_view{requests[i]}.substr(0, requests[i].size() - 1));
  for (std::size_t i = 0; i < requests.size(); ++i)
    clients[i].send(std::string_view{requests[i]}.substr(requests[i].size() - 1));
  std::vector<RawAnswer> answers;
  for (std::size_t i = 0; i < requests.size(); ++i) answers.push_back(clients[i].receive());
  return answers;
}

// A folder with an owner, the default network, and a token of the owner's.
struct Owned {
  explicit Owned(std::filesystem::path path, const std::string& range = "100.64.0.0/10")
      : data(std::move(path)) {
    password = output_of_muster(on_folder(data) + " admin create --email ana@example.com --range " +
                                range);
    token = output_of_muster(on_folder(data) + " token create --email ana@example.com --name t");
    if (token.empty()) throw std::runtime_error("no owner could be made");
  }

  std::filesystem::path data;
  std::string password;
  std::string token;
};

// The same, served.
struct Installation {
  explicit Installation(std::vector<std::string> arguments = {},
                        const std::string& range = "100.64.0.0/10")
      : owned(folder.path() / "data", range), server(owned.data, std::move(arguments)) {}

  const std::filesystem::path& data() const { return owned.data; }

  RawAnswer ask(const std::string& method, const std::string& path,
                const std::string& body = "") const {
    return server.ask(method, path, body, "Token " + owned.token);
  }
  nlohmann::json get(const std::string& path) const {
    const RawAnswer answer = ask("GET", path);
    if (answer.status != 200) throw std::runtime_error(path + ": " + answer.head + answer.body);
    return nlohmann::json::parse(answer.body);
  }
  // The key with its plain secret. `members`: R"("type": "one-off")".
  nlohmann::json make_key(const std::string& members) const {
    const RawAnswer answer =
        ask("POST", "/api/setup-keys",
            R"({"name": "k", "expires_in": 86400, "auto_groups": [], )" + members + "}");
    if (answer.status != 200) throw std::runtime_error("no key: " + answer.body);
    return nlohmann::json::parse(answer.body);
  }
  nlohmann::json key_now(const nlohmann::json& key) const {
    return get("/api/setup-keys/" + key.at("id").get<std::string>());
  }
  // Every device, over all pages.
  std::vector<nlohmann::json> devices() const {
    std::vector<nlohmann::json> all;
    for (std::string after = "0";; after = all.back().at("id")) {
      const auto page = get("/api/devices?after=" + after);
      if (page.empty()) return all;
      all.insert(all.end(), page.begin(), page.end());
    }
  }
  RawAnswer enroll(const std::string& key, const std::string& device_secret,
                   const std::string& hostname = "till") const {
    return server.ask("POST", "/api/enroll", enroll_body(key, device_secret, hostname));
  }

  const ScratchFolder folder;
  const Owned owned;
  ServerProcess server;
};

}  // namespace muster
