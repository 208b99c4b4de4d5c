#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/raw_client.h"
#include "web/http_server.h"

namespace muster {

// Answers with what it was asked, unless told otherwise, and keeps it.
class EchoHandler : public RequestHandler {
 public:
  using OnHead = std::function<std::optional<Reply>(const Request&)>;
  using OnRequest = std::function<Reply(Request&)>;

  void on_head(OnHead hook) {
    const std::lock_guard lock(mutex_);
    on_head_ = std::move(hook);
  }
  void on_request(OnRequest hook) {
    const std::lock_guard lock(mutex_);
    on_request_ = std::move(hook);
  }
  // What got as far as answer().
  Request request(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return requests_.at(index);
  }
  // The same, as `METHOD path`.
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const auto& request : requests_) lines.push_back(request.method + " " + request.path);
    return lines;
  }

  std::optional<Reply> before_body(const Request& head) override {
    const OnHead hook = copy(on_head_);
    return hook ? hook(head) : std::nullopt;
  }
  Reply answer(Request& request) override {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (const OnRequest hook = copy(on_request_)) return hook(request);
    return {.content_type = "text/plain",
            .body = request.method + " " + request.path + "\n" + request.body};
  }

 private:
  template <class Hook>
  Hook copy(const Hook& hook) {
    const std::lock_guard lock(mutex_);
    return hook;
  }

  std::mutex mutex_;
  OnHead on_head_;
  OnRequest on_request_;
  std::vector<Request> requests_;
};

// A server on a free port of this machine, served from a thread until it goes.
struct RunningServer {
  explicit RunningServer(RequestHandler& handler, HttpServerOptions options = {.host = "127.0.0.1"})
      : server(std::move(options), handler),
        port(server.bind()),
        thread([this] { server.serve(); }) {}
  ~RunningServer() { stop(); }
  void stop() {
    server.stop();
    if (thread.joinable()) thread.join();
  }

  HttpServer server;
  std::uint16_t port;
  std::thread thread;
};

inline std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: muster\r\n" + more + "\r\n";
}

inline std::string post(const std::string& path, const std::string& body,
                        const std::string& more = "") {
  return "POST " + path +
         " HTTP/1.1\r\nHost: muster\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         more + "\r\n" + body;
}

}  // namespace muster
