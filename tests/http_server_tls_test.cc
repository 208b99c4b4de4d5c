#include <chrono>
#include <csignal>
#include <ctime>
#include <future>
#include <stdexcept>

#include "tests/catch.h"
#include "tests/command.h"
#include "tests/http_server_fixture.h"
#include "web/certificate.h"

namespace muster {
namespace {

using namespace std::chrono_literals;

TlsIdentity make_identity(const std::string& key = make_tls_key(),
                          const std::string& name = "localhost") {
  const CertificateNames names{.dns_names = {name}, .addresses = {"127.0.0.1"}};
  return {.certificate = make_certificate(key, names, std::time(nullptr)), .key = key};
}

// A base, so that it is there before the server and after it.
struct WithHandler {
  EchoHandler handler;
};

struct TlsServer : WithHandler, RunningServer {
  explicit TlsServer(const TlsIdentity& identity, const Patience& patience = {})
      : RunningServer(handler, {.host = "127.0.0.1", .tls = identity, .patience = patience}) {}

  // curl's exit and what it got.
  Ran curl(const std::string& options, const std::string& host = "localhost") const {
    const std::string end = ":" + std::to_string(port);
    return run("curl -sS --max-time 20 --noproxy '*' --connect-to ::127.0.0.1" + end + " " +
               options + " https://" + host + end + "/a 2>&1");
  }
  Ran openssl(const std::string& options) const {
    return run("openssl s_client -connect 127.0.0.1:" + std::to_string(port) + " " + options +
               " </dev/null 2>&1");
  }
};

TEST_CASE("curl takes the server by its pin, and no other") {
  const auto identity = make_identity();
  TlsServer server(identity);
  const auto pinned = [&](const std::string& pin) {
    return server.curl("-k --pinnedpubkey '" + pin + "'");
  };
  CHECK(pinned(pin_of_key(identity.key)).output == "GET /a\n");
  CHECK(pinned(pin_of_certificate(identity.certificate)).exit == 0);
  CHECK(pinned(pin_of_key(make_tls_key())).exit == 90);  // SSL_PINNEDPUBKEYNOTMATCH
  CHECK(server.handler.request(0).is_secure);
}

TEST_CASE("curl takes the server by its certificate, under the names that this has") {
  const auto identity = make_identity();
  TlsServer server(identity);
  const ScratchFolder folder;
  const auto trust = "--cacert " + folder.put("ca.pem", identity.certificate);
  CHECK(server.curl(trust).output == "GET /a\n");
  CHECK(server.curl(trust, "127.0.0.1").exit == 0);
  CHECK(server.curl(trust, "evil").exit == 60);
  CHECK(server.curl("").exit == 60);
  const auto other = folder.put("other.pem", make_identity().certificate);
  CHECK(server.curl("--cacert " + other).exit == 60);
}

TEST_CASE("large bodies and streams pass through TLS") {
  TlsServer server(make_identity());
  server.handler.on_request([](Request& request) {
    return Reply{.stream = [&](const Write& write) {
      for (std::size_t at = 0; at < request.body.size(); at += 1'000)
        write(std::string_view{request.body}.substr(at, 1'000));
    }};
  });
  const ScratchFolder folder;
  const std::string body(3'000'000, 'x');
  const auto upload = "-k -H Expect: --data-binary @" + folder.put("body", body);
  CHECK((server.curl(upload).output == body));
  CHECK((server.curl("--http1.0 " + upload).output == body));
}

TEST_CASE("a running server presents a new identity to later connections") {
  TlsServer server(make_identity());
  const auto renewed = make_identity();
  server.server.replace_identity(renewed);
  CHECK(server.curl("-k --pinnedpubkey '" + pin_of_key(renewed.key) + "'").exit == 0);
  CHECK_THROWS_AS(server.server.replace_identity({.certificate = "x", .key = "y"}),
                  std::runtime_error);
  CHECK(server.curl("-k --pinnedpubkey '" + pin_of_key(renewed.key) + "'").exit == 0);
}

TEST_CASE("the chain behind the certificate is presented with it") {
  auto identity = make_identity();
  identity.certificate += make_identity(make_tls_key(), "issuer").certificate;
  TlsServer server(identity);
  const auto shown = server.openssl("-showcerts").output;
  CHECK(shown.find(" 1 s:CN = issuer") != std::string::npos);
}

TEST_CASE("TLS begins with version 1.2") {
  TlsServer server(make_identity());
  CHECK(server.openssl("-tls1_3").output.find("New, TLSv1.3, ") != std::string::npos);
  CHECK(server.openssl("-tls1_2").output.find("New, TLSv1.2, ") != std::string::npos);
  const auto old = server.openssl("-tls1_1 -cipher DEFAULT@SECLEVEL=0").output;
  CHECK(old.find("Cipher is (NONE)") != std::string::npos);
  CHECK(old.find("alert protocol version") != std::string::npos);
}

TEST_CASE("a request without TLS gets no answer on a TLS port, and harms nobody") {
  TlsServer server(make_identity());
  RawClient plain(server.port);
  plain.send_while_open(get("/"));
  plain.receive_all();
  CHECK(server.handler.seen().empty());
  CHECK(server.curl("-k").exit == 0);
}

TEST_CASE("clients that are slow to shake hands hold up nobody, and are let go") {
  TlsServer server(make_identity(), {.client = 60ms});
  RawClient silent(server.port);
  RawClient half(server.port);
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  CHECK(server.curl("-k").exit == 0);
  silent.expect_end();
  half.receive_all();
}

TEST_CASE("stopping does not wait for handshakes") {
  TlsServer server(make_identity(), {.client = 1h});
  RawClient silent(server.port);
  CHECK(server.curl("-k").exit == 0);  // by now the silent one has a worker
  server.stop();
  silent.expect_end();
}

TEST_CASE("a client that goes away in mid-answer kills nothing, and learns that it was cut") {
  TlsServer server(make_identity());
  std::signal(SIGPIPE, SIG_DFL);
  std::promise<void> cut;
  server.handler.on_request([&](Request&) {
    return Reply{.stream = [&](const Write& write) {
      try {
        for (;;) write(std::string(100'000, 'x'));
      } catch (...) {
        cut.set_value();
        throw;
      }
    }};
  });
  CHECK(server.curl("-k --max-filesize 10 -o /dev/null -m 1").exit != 0);
  CHECK(cut.get_future().wait_for(20s) == std::future_status::ready);
  server.handler.on_request([](Request&) {
    return Reply{.stream = [](const Write& write) {
      write(std::string(100'000, 'x'));
      throw std::runtime_error("the disk is gone");
    }};
  });
  CHECK(server.curl("-k -o /dev/null").exit != 0);
  CHECK(server.curl("-k -o /dev/null --http1.0").exit != 0);
}

TEST_CASE("a server with an unusable identity says so before it listens") {
  EchoHandler handler;
  const TlsIdentity mixed{.certificate = make_identity().certificate, .key = make_tls_key()};
  HttpServer server({.host = "127.0.0.1", .tls = mixed}, handler);
  CHECK_THROWS_WITH(server.bind(), Catch::Matchers::ContainsSubstring("do not belong together"));
}

}  // namespace
}  // namespace muster
