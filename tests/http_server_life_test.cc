#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <stdexcept>

#include "tests/catch.h"
#include "tests/http_server_fixture.h"
#include "web/listener.h"
#include "web/workers.h"

// How the server begins and ends.

namespace muster {
namespace {

using namespace std::chrono_literals;

std::string sentence_of_binding(const std::string& host, std::uint16_t port) {
  EchoHandler handler;
  HttpServer server({.host = host, .port = port}, handler);
  try {
    server.bind();
  } catch (const std::runtime_error& refused) {
    return refused.what();
  }
  return "bound";
}

TEST_CASE("two servers cannot listen on one port") {
  EchoHandler handler;
  RunningServer server(handler);
  CHECK(sentence_of_binding("127.0.0.1", server.port) ==
        "Cannot listen on 127.0.0.1:" + std::to_string(server.port) +
            ": another program already listens there.");
}

TEST_CASE("what keeps a server from listening is said in a sentence") {
  CHECK(sentence_of_binding("muster.example", 0) ==
        "Cannot listen on muster.example: this is not a numeric IPv4 or IPv6 address.");
  CHECK(sentence_of_binding("192.0.2.1", 8443) ==
        "Cannot listen on 192.0.2.1:8443: this machine does not have that address.");
}

TEST_CASE("a restarted server gets its port back at once") {
  EchoHandler handler;
  std::uint16_t port = 0;
  {
    RunningServer server(handler);
    port = server.port;
    RawClient client(port);
    // The server closes first, so that the connection lingers on its side.
    client.ask(get("/", "Connection: close\r\n"));
    client.expect_end();
  }
  CHECK(sentence_of_binding("127.0.0.1", port) == "bound");
}

TEST_CASE("on the IPv6 wildcard, IPv4 is served too and called by its own name") {
  const auto local = sentence_of_binding("::1", 0);
  if (local != "bound") {  // a machine without IPv6
    CHECK(local.starts_with("Cannot listen on [::1]:0: this machine "));
    return;
  }
  CHECK(sentence_of_binding("2001:db8::1", 8443) ==
        "Cannot listen on [2001:db8::1]:8443: this machine does not have that address.");
  EchoHandler handler;
  RunningServer server(handler, {.host = "::"});
  CHECK(RawClient(server.port).ask(get("/")).status == 200);
  CHECK(RawClient(server.port, "::1").ask(get("/")).status == 200);
  CHECK(handler.request(0).peer_address == "127.0.0.1");
  CHECK(handler.request(1).peer_address == "::1");
}

TEST_CASE("programs that are started from here inherit no sockets") {
  EchoHandler handler;
  handler.on_request([](Request&) {
    std::string open;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
      const int flags = ::fcntl(std::stoi(entry.path().filename()), F_GETFD);
      if ((target.starts_with("socket:") || target.find("event") != std::string::npos) &&
          (flags & FD_CLOEXEC) == 0)
        open += target + " ";
    }
    return Reply{.body = open};
  });
  RunningServer server(handler);
  CHECK(RawClient(server.port).ask(get("/")).body.empty());
}

TEST_CASE("a server that was stopped before it served does not serve") {
  EchoHandler handler;
  HttpServer server({.host = "127.0.0.1"}, handler);
  const auto port = server.bind();
  server.stop();
  server.stop();
  server.serve();
  CHECK_THROWS_WITH(RawClient(port), "connect: Connection refused");
}

TEST_CASE("a client that waits for the end of the connection is told it at once") {
  EchoHandler handler;
  RunningServer server(handler, {.host = "127.0.0.1", .patience = {.leaving = 1h}});
  RawClient client(server.port);
  client.ask(get("/", "Connection: close\r\n"));
  client.expect_end();
}

TEST_CASE("stopping ends connections at rest at once") {
  EchoHandler handler;
  RunningServer server(handler, {.host = "127.0.0.1", .patience = {.idle = 1h, .client = 1h}});
  RawClient used(server.port);
  used.ask(get("/"));
  RawClient fresh(server.port);
  RawClient unfinished(server.port);
  unfinished.send("GET / HT");
  server.stop();
  used.expect_end();
  CHECK_THROWS_WITH(RawClient(server.port), "connect: Connection refused");
}

TEST_CASE("stopping lets a running request finish, stream and all, and tells the client") {
  EchoHandler handler;
  std::promise<void> running;
  std::promise<void> go_on;
  handler.on_request([&](Request&) {
    running.set_value();
    go_on.get_future().wait();
    return Reply{.stream = [](const Write& write) {
      for (int i = 0; i < 100; ++i) write(std::string(10'000, 'x'));
    }};
  });
  RunningServer server(handler);
  RawClient client(server.port);
  client.send(get("/"));
  running.get_future().wait();
  server.server.stop();
  go_on.set_value();
  const auto answer = client.receive();
  CHECK(answer.is_whole);
  CHECK(answer.body.size() == 1'000'000);
  CHECK(answer.header("Connection") == "close");
  client.expect_end();
}

TEST_CASE("workers are made on demand, up to the limit") {
  Workers workers(2);
  std::promise<void> first;
  std::promise<void> second;
  CHECK(workers.run([&] { first.get_future().wait(); }));
  CHECK(workers.run([&] { second.get_future().wait(); }));
  CHECK_FALSE(workers.run([] {}));
  first.set_value();
  while (!workers.run([] {})) std::this_thread::yield();
  second.set_value();
  workers.finish();
  CHECK_FALSE(workers.run([] {}));
}

// Threads of this process by name and state do not matter here, only how many there are.
std::ptrdiff_t count_threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST_CASE("workers without work end after a while, and finishing waits for the others") {
  std::thread{[] {}}.join();  // with the first, sanitizers start one of their own that stays
  const auto before = count_threads();
  std::atomic<bool> is_done = false;
  {
    Workers workers(10, 20ms);
    std::promise<void> go_on;
    const auto wait = go_on.get_future().share();
    for (int i = 0; i < 5; ++i) workers.run([=] { wait.wait(); });
    CHECK(count_threads() == before + 5);
    go_on.set_value();
    while (count_threads() > before) std::this_thread::yield();
    workers.run([&] {
      std::this_thread::yield();
      is_done = true;
    });
  }
  CHECK(is_done);
}

}  // namespace
}  // namespace muster
