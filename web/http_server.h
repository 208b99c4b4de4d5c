#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "web/client_connection.h"
#include "web/reply.h"
#include "web/request.h"

namespace muster {

// What answers requests. Both calls come from many threads at once and must not throw; should they,
// the client gets a 500 with the request id, and the log the rest.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // Asked when the head of a request has arrived and its body has not been read. A reply ends the
  // request there: it is sent and the connection closed, so that unread bytes of the body are
  // never taken for the next request.
  virtual std::optional<Reply> before_body(const Request& head) = 0;
  virtual Reply answer(Request& request) = 0;
};

// PEM texts of the certificate (its chain after it) and its private key.
struct TlsIdentity {
  std::string certificate;
  std::string key;
};

struct HttpServerOptions {
  std::string host;                    // numeric address
  std::uint16_t port = 0;              // 0: any free one
  std::optional<TlsIdentity> tls{};    // absent: plain HTTP
  std::size_t max_connections = 1024;  // more are closed at once
  Patience patience{};
};

// Answers HTTP/1.1 and 1.0 on one port, each connection on a worker of its own. The one place that
// knows the HTTP library, of which it uses what stands between a request line and a written
// answer. The rest is ours, since the library is free with it: sockets (listener.h), workers
// (workers.h), waiting and TLS (client_connection.h), headers (request_head.h).
//
// Every method and path reaches the handler, and every body whole and as it was sent. Answered
// here, with the JSON of all errors, is what cannot be read as HTTP, what is too long or too slow,
// a compressed body, and a body without Content-Length that before_body let pass.
class HttpServer {
 public:
  HttpServer(HttpServerOptions options, RequestHandler& handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and returns the actual port. Throws std::runtime_error with a sentence for the
  // administrator: address in use, not allowed, unusable certificate.
  std::uint16_t bind();
  // Serves until stop(); returns when the last connection is done.
  void serve();
  // Any thread, any number of times: no new connections; running requests finish.
  void stop();
  // Later connections present this identity (a renewed certificate). Only on a server that was
  // made with one. Throws std::runtime_error, and keeps the old one, when it cannot be used.
  void replace_identity(const TlsIdentity& identity);

  // Name and version of the HTTP library, as `muster version` prints it.
  static std::string library_version();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster
