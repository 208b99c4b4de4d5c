#include <fstream>
#include <sstream>

#include "tests/catch.h"
#include "tests/installation.h"

// What anybody may send to a running server, and what comes back.

namespace muster {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::stringstream bytes;
  bytes << std::ifstream{path, std::ios::binary}.rdbuf();
  return bytes.str();
}

std::string post_head(const std::string& headers) {
  return "POST /api/enroll HTTP/1.1\r\nHost: muster\r\n" + headers + "\r\n";
}

// A refused request ends its connection properly, or the next one on it is answered.
void check_connection(RawClient& client, const RawAnswer& answer) {
  CHECK(answer.is_whole);
  if (answer.header("Connection") == "close") {
    client.send_nothing_more();
    client.expect_end();
    CHECK_FALSE(client.was_reset());
  } else {
    CHECK(client.ask(request_to("GET", "/healthz")).status == 200);
  }
}

void check_refused(const ServerProcess& server, const std::string& bytes, int status,
                   const std::string& reason) {
  RawClient client{server.port()};
  const RawAnswer answer = client.ask(bytes);
  INFO(bytes.substr(0, 200) << answer.body);
  CHECK(answer.status == status);
  CHECK(reason_of(answer) == reason);
  CHECK(nlohmann::json::parse(answer.body).at("code") == status);
  check_connection(client, answer);
}

TEST_CASE("health and readiness are told to anybody") {
  const Installation muster;
  for (const char* path : {"/healthz", "/readyz"}) {
    const RawAnswer answer = muster.server.ask("GET", path);
    CHECK(answer.status == 200);
    CHECK(answer.header("Content-Type") == "application/json; charset=UTF-8");
  }
}

TEST_CASE("the pasted line's scripts are the same bytes as in the tree") {
  const Installation muster;
  const std::filesystem::path agent{MUSTER_SOURCE_DIR "/agent"};
  for (const char* name : {"install.sh", "muster-agent"}) {
    const RawAnswer answer = muster.server.ask("GET", "/" + std::string{name});
    CHECK(answer.status == 200);
    CHECK(answer.body.size() > 100);
    CHECK(answer.body == bytes_of(agent / name));
  }
}

TEST_CASE("HEAD is GET without the body") {
  const Installation muster;
  for (const char* path : {"/healthz", "/install.sh", "/nowhere", "/api/devices"}) {
    const RawAnswer whole = muster.server.ask("GET", path);
    RawClient client{muster.server.port()};
    client.send("HEAD " + std::string{path} + " HTTP/1.1\r\nHost: muster\r\n\r\n");
    const RawAnswer head = client.receive(true);
    CHECK(head.status == whole.status);
    CHECK(head.header("Content-Type") == whole.header("Content-Type"));
    CHECK(head.header("Content-Length") == std::to_string(whole.body.size()));
  }
}

TEST_CASE("a body in chunks is refused, also one that has a length as well") {
  const Installation muster;
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  check_refused(muster.server, post_head(chunked) + chunks, 411, "bad_request");
  check_refused(muster.server, post_head("Content-Length: 15\r\n" + chunked) + chunks, 400,
                "bad_request");
}

TEST_CASE("a body without a length is refused") {
  const Installation muster;
  check_refused(muster.server, post_head(""), 411, "bad_request");
}

TEST_CASE("a body above the limit is refused before it is sent, one at the limit is read") {
  const Installation muster;
  check_refused(muster.server, post_head("Content-Length: 16385\r\n"), 413, "too_large");
  check_refused(muster.server, post_head("Content-Length: 99999999999\r\n"), 413, "too_large");
  check_refused(muster.server, request_to("POST", "/api/enroll", std::string(16384, ' ')), 400,
                "bad_request");
}

TEST_CASE("control characters in a header or an address are refused") {
  const Installation muster;
  check_refused(muster.server,
                "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01"
                "b\r\n\r\n",
                400, "bad_request");
  check_refused(muster.server, "GET / HTTP/1.1\r\nHost: a\r\nX: a\nInjected: b\r\n\r\n", 400,
                "bad_request");
  check_refused(muster.server, "GET /%0d%0aX: HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request");
  check_refused(muster.server, "GET /a%01b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request");
}

TEST_CASE("a connection is kept over refusals whose body was read") {
  const Installation muster;
  RawClient client{muster.server.port()};
  const std::string secret = machine_secret(1);
  for (int round = 0; round < 3; ++round) {
    CHECK(client.ask(enroll_request("mkey_nonsense", secret)).status == 403);
    CHECK(client.ask(request_to("POST", "/api/enroll", "{")).status == 400);
    CHECK(client.ask(request_to("POST", "/api/enroll", "{}")).status == 422);
    CHECK(client.ask(request_to("GET", "/api/devices")).status == 401);
    CHECK(client.ask(request_to("GET", "/healthz")).status == 200);
  }
}

TEST_CASE("refusals that need no body leave the connection whole or end it properly") {
  const Installation muster;
  check_refused(muster.server, request_to("GET", "/nowhere"), 404, "not_found");
  check_refused(muster.server, request_to("POST", "/nowhere", "{}"), 404, "not_found");
  check_refused(muster.server, request_to("DELETE", "/healthz"), 405, "bad_request");
  check_refused(muster.server, request_to("POST", "/api/devices", "{\"a\": 1}"), 405,
                "bad_request");
}

TEST_CASE("after twenty unknown keys a minute guessing has to wait, a genuine key has not") {
  const Installation muster;
  const std::string key = muster.make_key(R"("type": "reusable")").at("key");
  RawClient client{muster.server.port()};
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const RawAnswer answer = client.ask(enroll_request("mkey_guess", machine_secret(i)));
    CHECK(answer.status == 403);
    CHECK(reason_of(answer) == "key_unknown");
  }
  const RawAnswer answer = client.ask(enroll_request("mkey_guess", machine_secret(21)));
  CHECK(answer.status == 429);
  CHECK(reason_of(answer) == "too_many_requests");
  const int wait = std::stoi("0" + answer.header("Retry-After"));
  CHECK(wait > 0);
  CHECK(wait <= 60);
  CHECK(client.ask(enroll_request(key, machine_secret(22))).status == 200);
  CHECK(client.ask(enroll_request(key, machine_secret(22))).status == 200);
  CHECK(client.ask(enroll_request("mkey_guess", machine_secret(23))).status == 429);
}

TEST_CASE("a machine that asks for plain text gets lines, refusals too") {
  const Installation muster;
  const std::string key = muster.make_key(R"("type": "one-off")").at("key");
  RawClient client{muster.server.port()};
  const auto ask = [&](std::uint64_t number) {
    return client.ask(request_to("POST", "/api/enroll", enroll_body(key, machine_secret(number)),
                                 "Accept: text/plain\r\n"));
  };
  CHECK(("\n" + ask(1).body).find("\naddresses.address=100.64.0.1\n") != std::string::npos);
  const std::string refused = "\n" + ask(2).body;
  CHECK(refused.find("\nreason=key_used_up\n") != std::string::npos);
  CHECK(refused.find("\nmessage=") > refused.find("\nreason="));
}

TEST_CASE("connections above the limit are closed at once, and there is room when one ends") {
  const ScratchFolder folder;
  const ServerProcess server{folder.path() / "data", {"--max-connections", "3"}};
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(server.port());
    CHECK(clients.back().ask(request_to("GET", "/healthz")).status == 200);
  }
  RawClient fourth{server.port()};
  fourth.send_while_open(request_to("GET", "/healthz"));
  CHECK(fourth.receive_all().empty());
  CHECK(clients.front().ask(request_to("GET", "/healthz")).status == 200);

  clients.pop_back();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    RawClient next{server.port()};
    next.send_while_open(request_to("GET", "/healthz"));
    status = next.receive().status;
  }
  CHECK(status == 200);
}

}  // namespace
}  // namespace muster
