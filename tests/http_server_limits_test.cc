#include <chrono>
#include <future>

#include "tests/catch.h"
#include "tests/http_server_fixture.h"

// What a hostile or broken client cannot do.

namespace muster {
namespace {

using namespace std::chrono_literals;

HttpServerOptions impatient() {
  return {.host = "127.0.0.1", .patience = {.idle = 60ms, .client = 60ms, .leaving = 60ms}};
}

// Refused by the server itself: in JSON, and the connection is over.
void check_refused(RunningServer& server, const std::string& bytes, int status,
                   const std::string& reason) {
  RawClient client(server.port);
  client.send_while_open(bytes);
  const auto answer = client.receive();
  CHECK(answer.status == status);
  CHECK(answer.header("Content-Type") == "application/json; charset=UTF-8");
  CHECK(answer.body.ends_with("\",\"code\":" + std::to_string(status) + ",\"reason\":\"" + reason +
                              "\"}"));
  CHECK(answer.header("Connection") == "close");
  client.expect_end();
}

TEST_CASE("a head that two programs could read differently is refused, and nothing after it read") {
  EchoHandler handler;
  RunningServer server(handler);
  const std::string line = "POST /a HTTP/1.1\r\nHost: muster\r\n";
  for (const auto& head : {
           line + "Content-Length: 5x\r\n",
           line + "Content-Length: -1\r\n",
           line + "Content-Length: +1\r\n",
           line + "Content-Length: 0x5\r\n",
           line + "Content-Length:\r\n",
           line + "Content-Length: 1, 1\r\n",
           line + "Content-Length: 1\r\nContent-Length: 2\r\n",
           line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
           line + "Content-Length : 1\r\n",
           line + " Content-Length: 1\r\n",
           line + "X-A: 1\r\n Content-Length: 1\r\n",
           line + "X-A: 1\nContent-Length: 1\r\n",
           line + "X-A: 1\rContent-Length: 1\r\n",
           line + "X-A: \x01\r\n",
           line + "X-A: \x1b[2J\r\n",
           line + "X-A: \x7f\r\n",
           line + "no colon\r\n",
           line + ": no name\r\n",
           line + "Host: other\r\n",
           std::string("POST /a HTTP/1.1\r\n"),
           std::string("POST /a\r\n"),
           std::string("POST  HTTP/1.1\r\nHost: muster\r\n"),
           std::string("POST /a HTTP/2.0\r\nHost: muster\r\n"),
           std::string("POST /a http/1.1\r\nHost: muster\r\n"),
           std::string("POST  /a HTTP/1.1\r\nHost: muster\r\n"),
           std::string("POST /a  HTTP/1.1\r\nHost: muster\r\n"),
           std::string("POST /a b HTTP/1.1\r\nHost: muster\r\n"),
           std::string("POST\t/a\tHTTP/1.1\r\nHost: muster\r\n"),
           std::string("(POST) /a HTTP/1.1\r\nHost: muster\r\n"),
           std::string("POST /\0 HTTP/1.1\r\nHost: muster\r\n", 32),
           std::string("GET / HTTP/1.1\nHost: muster\n"),
           std::string("\x16\x03\x01\x02\x00\x01", 6),  // TLS
       })
    check_refused(server, head + "\r\n" + get("/smuggled"), 400, "bad_request");
  CHECK(handler.seen().empty());
}

TEST_CASE("a body without Content-Length is refused, after the handler was asked") {
  EchoHandler handler;
  RunningServer server(handler);
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: muster\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
  check_refused(server, chunked, 411, "bad_request");
  handler.on_head([](const Request& head) -> std::optional<Reply> {
    return Reply{.body = std::string{head.header("Transfer-Encoding")}};
  });
  CHECK(RawClient(server.port).ask(chunked).body == "chunked");
  CHECK(handler.seen().empty());
}

TEST_CASE("a compressed body is refused") {
  EchoHandler handler;
  RunningServer server(handler);
  check_refused(server, post("/", "\x1f\x8b", "Content-Encoding: gzip\r\n"), 415, "bad_request");
  CHECK(RawClient(server.port).ask(post("/", "x", "Content-Encoding: identity\r\n")).status == 200);
}

TEST_CASE("heads and bodies have a largest size") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  CHECK(client.ask(get("/", "X-A: " + std::string(10'000, 'a') + "\r\n")).status == 200);
  check_refused(server, get("/", "X-A: " + std::string(40'000, 'a') + "\r\n"), 431, "too_large");
  check_refused(server, std::string(40'000, 'a'), 431, "too_large");
  check_refused(server, get("/" + std::string(9'000, 'a')), 414, "too_large");
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X-A: 1\r\n";
  check_refused(server, get("/", many), 400, "bad_request");
  for (const std::string length : {"68000000", "99999999999999999999999999"})
    check_refused(server, get("/", "Content-Length: " + length + "\r\n"), 413, "too_large");
}

TEST_CASE("long and deep paths fit on the stack of a worker") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  std::string deep;
  for (int i = 0; i < 4'000; ++i) deep += "/a";
  for (const auto& path : {"/" + std::string(8'000, 'a'), deep, std::string(8'000, '/')}) {
    CHECK(client.ask(get(path)).body == "GET " + path + "\n");
    CHECK(client.ask(post(path, "x")).body == "POST " + path + "\nx");
  }
}

TEST_CASE("a client that says nothing is let go after the time between requests") {
  EchoHandler handler;
  RunningServer server(handler, impatient());
  RawClient silent(server.port);
  silent.expect_end();
  RawClient polite(server.port);
  CHECK(polite.ask(get("/")).status == 200);
  polite.expect_end();
}

// Sends a byte again and again until the server has had enough.
RawAnswer dribble(RawClient& client, const std::string& first, char byte) {
  client.send(first);
  auto enough = std::async(std::launch::async, [&] { return client.receive(); });
  while (enough.wait_for(5ms) == std::future_status::timeout)
    client.send_while_open(std::string(1, byte));
  return enough.get();
}

TEST_CASE("a client that sends a byte now and then does not keep a worker") {
  EchoHandler handler;
  RunningServer server(handler, impatient());
  for (const auto& [first, byte] : {std::pair<std::string, char>{"GET / HTTP/1.1\r\nX-A: ", 'a'},
                                    {post("/", "").substr(0, 20), '0'},
                                    {get("/", "Content-Length: 100000\r\n"), 'b'}}) {
    RawClient client(server.port);
    const auto answer = dribble(client, first, byte);
    CHECK(answer.status == 408);
    client.expect_end();
  }
  CHECK(handler.seen().empty());
}

TEST_CASE("a client that does not take its answer does not keep a worker") {
  EchoHandler handler;
  std::promise<void> cut;
  handler.on_request([&](Request&) {
    return Reply{.stream = [&](const Write& write) {
      try {
        for (;;) write(std::string(100'000, 'x'));
      } catch (...) {
        cut.set_value();
        throw;
      }
    }};
  });
  RunningServer server(handler, impatient());
  RawClient client(server.port);
  client.send(get("/"));
  CHECK(cut.get_future().wait_for(20s) == std::future_status::ready);
  CHECK_FALSE(client.receive().is_whole);
}

TEST_CASE("a client that leaves in the middle of its body is forgotten") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  client.send(get("/", "Content-Length: 10\r\n") + "half");
  client.send_nothing_more();
  CHECK(client.receive().status == 408);
  CHECK(handler.seen().empty());
}

TEST_CASE("connections above the limit are closed at once, and those before them live") {
  EchoHandler handler;
  HttpServerOptions options{.host = "127.0.0.1", .max_connections = 2};
  RunningServer server(handler, options);
  RawClient first(server.port);
  CHECK(first.ask(get("/")).status == 200);
  {
    RawClient second(server.port);
    CHECK(second.ask(get("/")).status == 200);
    RawClient third(server.port);
    third.expect_end();
    CHECK(first.ask(get("/")).status == 200);
    CHECK(second.ask(get("/", "Connection: close\r\n")).status == 200);
    second.expect_end();
  }
  CHECK(first.ask(get("/")).status == 200);
}

}  // namespace
}  // namespace muster
