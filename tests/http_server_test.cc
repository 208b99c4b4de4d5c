#include "web/http_server.h"

#include <set>
#include <stdexcept>

#include "tests/catch.h"
#include "tests/http_server_fixture.h"

// What an honest client relies on. http_server_limits_test.cc has the others.

namespace muster {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("every method and path reaches the handler, whether HTTP knows them or not") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  for (const std::string method :
       {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "BREW"}) {
    const auto answer = client.ask(method + " /a/b HTTP/1.1\r\nHost: muster\r\n\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.body == method + " /a/b\n");
  }
  for (const std::string path : {"*", "muster:443", "/a//b/../c", "/.:()[]{}^$|+*\\"})
    CHECK(client.ask("OPTIONS " + path + " HTTP/1.1\r\nHost: muster\r\n\r\n").body ==
          "OPTIONS " + path + "\n");
}

TEST_CASE("a request may name the whole address, as it would to a proxy") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  CHECK(client.ask(get("http://muster:80/a/b?c=d")).body == "GET /a/b\n");
  CHECK(client.ask(get("HTTPS://muster")).body == "GET /\n");
  CHECK(client.ask(get("http://muster?c=d")).body == "GET /\n");
  CHECK(handler.request(0).query_value("c") == "d");
}

TEST_CASE("HEAD gets the head of what GET gets, and no body") {
  EchoHandler handler;
  handler.on_request([](Request&) { return Reply{.body = "0123456789"}; });
  RunningServer server(handler);
  RawClient client(server.port);
  client.send("HEAD /a HTTP/1.1\r\nHost: muster\r\n\r\n");
  const auto head = client.receive(true);
  CHECK(head.header("Content-Length") == "10");
  CHECK(head.header("Content-Type") == "application/json; charset=UTF-8");
  CHECK_FALSE(head.has_header("Accept-Ranges"));
  CHECK(client.ask(get("/a")).body == "0123456789");
  CHECK(handler.seen() == Texts{"HEAD /a", "GET /a"});
}

TEST_CASE("a body reaches the handler as it was sent, whatever it calls itself") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  const std::string parts =
      "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
  const Texts bodies{std::string("\0\xff{", 3), "a=b&c=" + std::string(200'000, 'd'), parts,
                     std::string(1'000'000, 'e')};
  for (const std::string type :
       {"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "multipart/form-data", "nonsense"}) {
    for (const auto& body : bodies) {
      const auto answer = client.ask(post("/", body, "Content-Type: " + type + "\r\n"));
      CHECK((answer.body == "POST /\n" + body));
    }
  }
  const Request last = handler.request(handler.seen().size() - 1);
  CHECK(last.header("content-type") == "nonsense");
  CHECK(last.query.empty());
}

TEST_CASE("the body of a GET is read, and not taken for the next request") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  const auto smuggled = get("/smuggled");
  client.send(get("/a", "Content-Length: " + std::to_string(smuggled.size()) + "\r\n") + smuggled +
              "DELETE /b HTTP/1.1\r\nHost: muster\r\nContent-Length: 1\r\n\r\nx");
  CHECK(client.receive().body == "GET /a\n" + smuggled);
  CHECK(client.receive().body == "DELETE /b\nx");
}

TEST_CASE("requests sent without waiting are answered one after the other") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  client.send(get("/1") + post("/2", "two") + "\r\n" + get("/3"));
  CHECK(client.receive().body == "GET /1\n");
  CHECK(client.receive().body == "POST /2\ntwo");
  CHECK(client.receive().body == "GET /3\n");
}

TEST_CASE("path and query are percent-decoded, and headers are as they came") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  client.ask(
      get("/a%20b%00c%zz%2?q=1%262&q=+x&e&=y", "X-A:  one%0d%0aX-B: two \t\r\nx-a: second\r\n"));
  const Request request = handler.request(0);
  CHECK(request.path == std::string("/a b\0c%zz%2", 11));
  CHECK(request.query_value("q") == "1&2");
  CHECK(request.find_query("e") == "");
  CHECK(request.header("X-A") == "one%0d%0aX-B: two");
  CHECK(request.headers.at(2) == std::pair<std::string, std::string>{"x-a", "second"});
  CHECK_FALSE(request.find_header("X-B"));
}

TEST_CASE("the address of the client is the socket's, whatever headers say") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  client.ask(get("/", "REMOTE_ADDR: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nLOCAL_ADDR: x\r\n"));
  CHECK(handler.request(0).peer_address == "127.0.0.1");
  CHECK(handler.request(0).client_address == "127.0.0.1");
  CHECK_FALSE(handler.request(0).is_secure);
}

TEST_CASE("a reply to the head alone ends the connection, and the body is nobody's request") {
  EchoHandler handler;
  handler.on_head([](const Request& head) -> std::optional<Reply> {
    if (head.method == "POST") return Reply{.status = 413, .body = "too large"};
    return std::nullopt;
  });
  RunningServer server(handler);
  RawClient client(server.port);
  const auto answer = client.ask(post("/a", get("/smuggled")));
  CHECK(answer.status == 413);
  CHECK(answer.body == "too large");
  CHECK(answer.header("Connection") == "close");
  client.expect_end();
  CHECK(handler.seen().empty());
}

TEST_CASE("a refused client that goes on sending can still read why") {
  EchoHandler handler;
  handler.on_head([](const Request&) { return Reply{.status = 413}; });
  RunningServer server(handler);
  RawClient client(server.port);
  std::string body;
  body.resize(20'000'000, 'x');  // more than the sockets hold between them
  client.send_while_open(post("/a", body));
  CHECK(client.receive().status == 413);
  client.expect_end();
  CHECK_FALSE(client.was_reset());
}

TEST_CASE("a client that waits for 100 Continue gets it after the head was approved, or never") {
  EchoHandler handler;
  handler.on_head([](const Request& head) -> std::optional<Reply> {
    if (head.path == "/no") return Reply{.status = 401};
    return std::nullopt;
  });
  RunningServer server(handler);
  const std::string rest =
      " HTTP/1.1\r\nHost: muster\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  RawClient client(server.port);
  CHECK(client.ask("POST /yes" + rest).status == 100);
  CHECK(client.ask("abc").body == "POST /yes\nabc");
  CHECK(client.ask("POST /no" + rest).status == 401);
  client.expect_end();
}

TEST_CASE("every answer has a request id of its own, and none says what serves it") {
  EchoHandler handler;
  RunningServer server(handler);
  std::set<std::string> ids;
  for (const auto& request :
       {get("/"), get("/"), std::string{"nonsense\r\n\r\n"}, get("/" + std::string(9'000, 'a'))}) {
    const auto answer = RawClient(server.port).ask(request);
    CHECK_FALSE(answer.has_header("Server"));
    const auto id = answer.header("X-Request-Id");
    CHECK(id.size() == 16);
    ids.insert(id);
  }
  CHECK(ids.size() == 4);
  CHECK(ids.count(handler.request(0).id) == 1);
}

TEST_CASE("nobody but the handler acts on a header") {
  EchoHandler handler;
  RunningServer server(handler);
  RawClient client(server.port);
  const std::string websocket =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  for (const std::string& header :
       Texts{"Range: bytes=0-1", "Range: bytes=90-", "Range: lines=1", "Range: bytes=0-0,2-2",
             "If-None-Match: *", "If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT",
             "Accept: ,,;q=x", "Accept-Encoding: gzip, br", "TE: trailers", "Expect: wonders",
             "Content-Type: \xff", "Connection: Upgrade\r\nUpgrade: h2c", websocket}) {
    const auto answer = client.ask(get("/a", header + "\r\n"));
    CHECK(answer.status == 200);
    CHECK(answer.body == "GET /a\n");
    CHECK_FALSE(answer.has_header("Content-Range"));
    CHECK_FALSE(answer.has_header("Content-Encoding"));
  }
}

TEST_CASE("an answer has the status, headers and body that the handler gave it") {
  EchoHandler handler;
  handler.on_request([](Request& request) {
    return Reply{.status = std::stoi(request.path.substr(1))}
        .with_header("X-A", "a, b")
        .with_header("Location", "/l\r\nX-Evil: 1");
  });
  RunningServer server(handler);
  RawClient client(server.port);
  for (const int status : {200, 201, 303, 401, 404, 405, 422, 503}) {
    const auto answer = client.ask(get("/" + std::to_string(status)));
    CHECK(answer.status == status);
    CHECK(answer.header("X-A") == "a, b");
    CHECK(answer.header("Content-Length") == "0");
    CHECK_FALSE(answer.has_header("X-Evil"));
    CHECK_FALSE(answer.has_header("Connection"));  // a no is no reason to part
  }
  for (const int status : {204, 304})
    CHECK_FALSE(client.ask(get("/" + std::to_string(status))).has_header("Content-Length"));
}

TEST_CASE("a stream arrives whole: in chunks, or up to the close for HTTP/1.0") {
  EchoHandler handler;
  std::string all;
  for (int row = 0; row < 20'000; ++row) all += std::to_string(row) + ",";
  handler.on_request([&](Request&) {
    return Reply{.stream = [&](const Write& write) {
      for (std::size_t at = 0; at < all.size(); at += 7) write(std::string_view{all}.substr(at, 7));
      write("");
    }};
  });
  RunningServer server(handler);
  RawClient client(server.port);
  const auto answer = client.ask(get("/"));
  CHECK(answer.header("Transfer-Encoding") == "chunked");
  CHECK((answer.is_whole && answer.body == all));
  client.send("HEAD / HTTP/1.1\r\nHost: muster\r\n\r\n");
  CHECK(client.receive(true).status == 200);
  const auto old = client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_FALSE(old.has_header("Transfer-Encoding"));
  CHECK((old.is_whole && old.body == all));
}

TEST_CASE("a stream that throws is cut, so that nobody takes a part for the whole") {
  EchoHandler handler;
  handler.on_request([&](Request&) {
    return Reply{.stream = [](const Write& write) {
      write(std::string(50'000, 'x'));
      throw std::runtime_error("the disk is gone");
    }};
  });
  RunningServer server(handler);
  for (const std::string version : {"HTTP/1.1", "HTTP/1.0"}) {
    RawClient client(server.port);
    const auto answer = client.ask("GET / " + version + "\r\nHost: muster\r\n\r\n");
    CHECK(answer.status == 200);
    CHECK_FALSE(answer.is_whole);
    CHECK(client.was_reset());
  }
}

TEST_CASE("a fault in the handler answers 500 with the request id") {
  EchoHandler handler;
  handler.on_request([](Request&) -> Reply { throw std::runtime_error("secret detail"); });
  RunningServer server(handler);
  RawClient client(server.port);
  const auto answer = client.ask(post("/", "x"));
  CHECK(answer.status == 500);
  CHECK(answer.body ==
        R"({"message":"Something went wrong in the server. Its log says what, beside )" +
            answer.header("X-Request-Id") + R"(.","code":500,"reason":"internal"})");
  handler.on_request(nullptr);
  handler.on_head([](const Request&) -> std::optional<Reply> { throw 42; });
  CHECK(RawClient(server.port).ask(get("/")).status == 500);
}

TEST_CASE("a connection is kept or closed as the request asks") {
  EchoHandler handler;
  RunningServer server(handler);
  const auto outlives = [&](const std::string& version, const std::string& header) {
    RawClient client(server.port);
    const auto answer = client.ask("GET / " + version + "\r\nHost: muster\r\n" + header + "\r\n");
    CHECK(answer.status == 200);
    if (answer.header("Connection") == "close") return client.expect_end(), false;
    return client.ask(get("/")).status == 200;
  };
  CHECK(outlives("HTTP/1.1", ""));
  CHECK(outlives("HTTP/1.1", "Connection: keep-alive\r\n"));
  CHECK_FALSE(outlives("HTTP/1.1", "Connection: close\r\n"));
  CHECK_FALSE(outlives("HTTP/1.1", "connection: TE ,CLOSE\r\n"));
  CHECK_FALSE(outlives("HTTP/1.1", "Connection: close\r\nConnection: keep-alive\r\n"));
  CHECK_FALSE(outlives("HTTP/1.0", ""));
  CHECK(outlives("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

}  // namespace
}  // namespace muster
