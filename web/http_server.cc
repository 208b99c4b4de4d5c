#include "web/http_server.h"

#include <httplib.h>
#include <sys/eventfd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "server/log.h"
#include "web/client_connection.h"
#include "web/exchange.h"
#include "web/listener.h"
#include "web/tls_context.h"
#include "web/workers.h"

namespace muster {
namespace {

// What the library takes for the socket of an exchange: it reads the request line there, and
// nothing else, and writes the answer.
class LibraryStream final : public httplib::Stream {
 public:
  LibraryStream(ClientConnection& connection, std::string request_line)
      : connection_(connection), line_(std::move(request_line)) {}

  ssize_t read(char* to, size_t size) override {
    const std::size_t read = line_.copy(to, size, read_);
    read_ += read;
    return static_cast<ssize_t>(read);
  }
  ssize_t write(const char* bytes, size_t size) override {
    return connection_.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  bool is_readable() const override { return true; }
  bool wait_readable() const override { return true; }
  bool wait_writable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const override { return 0; }

 private:
  ClientConnection& connection_;
  const std::string line_;
  std::size_t read_ = 0;
};

void fill(httplib::Response& response, Reply reply, Exchange& exchange) {
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  if (!reply.stream) {
    if (!reply.body.empty()) response.set_content(std::move(reply.body), reply.content_type);
    return;
  }
  auto provider = [&exchange, stream = std::move(reply.stream)](size_t, httplib::DataSink& sink) {
    const auto write = [&](std::string_view bytes) {
      return sink.write(bytes.data(), bytes.size());
    };
    if (!exchange.write_stream(stream, write)) return false;
    sink.done();
    return true;
  };
  if (exchange.is_http_1_0()) {
    exchange.make_last();  // which is how the client learns where the answer ends
    response.set_content_provider(reply.content_type, std::move(provider));
  } else {
    response.set_chunked_content_provider(reply.content_type, std::move(provider));
  }
}

void finish_headers(httplib::Response& response, const Exchange& exchange) {
  for (const char* name : {"Accept-Ranges", "Connection", "Keep-Alive"})
    response.headers.erase(name);
  if (exchange.is_last()) {
    response.set_header("Connection", "close");
  } else if (exchange.is_http_1_0()) {
    response.set_header("Connection", "keep-alive");
  }
  if (response.status == 204 || response.status == 304) response.headers.erase("Content-Length");
  response.set_header("X-Request-Id", exchange.id());
}

// The library calls back on the thread that called it, and does not say for which request.
thread_local Exchange* current = nullptr;

// The library's server without its sockets, its routes, and the headers of requests.
class Library final : public httplib::Server {
 public:
  explicit Library(const std::atomic<bool>& stopping) {
    svr_sock_ = 0;  // else it takes itself for stopped and cuts streams; nothing reads it
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      std::vector<std::pair<std::string, std::string>> query;
      for (const auto& [name, value] : request.params) query.emplace_back(name, value);
      fill(response, current->answer(request.path, std::move(query)), *current);
      return HandlerResponse::Handled;
    });
    // What the library refuses by itself, before the handler above.
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (current->is_answered()) return HandlerResponse::Unhandled;
      current->make_last();
      const bool is_long = response.status == httplib::StatusCode::UriTooLong_414;
      fill(response,
           is_long ? error_reply(414, Reason::too_large, "The address is too long.")
                   : error_reply(400, Reason::bad_request, "This is not a valid HTTP request."),
           *current);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([&](const httplib::Request&, httplib::Response& response) {
      if (stopping) current->make_last();
      finish_headers(response, *current);
    });
  }

  // False: the answer did not go out whole.
  bool process(Exchange& exchange, ClientConnection& connection) {
    current = &exchange;
    LibraryStream stream(connection, exchange.request_line());
    bool closed = false;
    return process_request(stream, {}, 0, {}, 0, false, closed, nullptr);
  }
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, RequestHandler& handler)
      : options_(std::move(options)), handler_(handler) {
    if (!stop_) throw std::runtime_error("The server cannot be started: no descriptor is left.");
  }

  std::uint16_t bind() {
    if (options_.tls) replace_identity(*options_.tls);
    listener_.emplace(options_.host, options_.port);
    return listener_->port();
  }

  void serve() {
    if (!listener_) throw std::logic_error("serve() without bind()");
    Workers workers(options_.max_connections);
    while (auto accepted = listener_->accept(stop_)) {
      workers.run([this, client = std::make_shared<Listener::Accepted>(std::move(*accepted))] {
        try {
          talk_to(*client);
        } catch (const std::exception& fault) {
          log_line("a connection was dropped: " + std::string{fault.what()});
        }
      });  // a job that no worker takes goes, and its connection with it
    }
    listener_.reset();
  }  // the workers finish here

  void stop() {
    stopping_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  }

  void replace_identity(const TlsIdentity& identity) {
    if (!options_.tls) throw std::logic_error("replace_identity() without TLS");
    auto context = make_tls_context(identity.certificate, identity.key);
    const std::lock_guard lock(tls_mutex_);
    tls_.swap(context);
  }

 private:
  std::shared_ptr<ssl_ctx_st> tls() {
    const std::lock_guard lock(tls_mutex_);
    return tls_;
  }

  void talk_to(Listener::Accepted& client) {
    ClientConnection connection(std::move(client.socket), tls().get(), options_.patience, stop_);
    if (!connection.shake_hands()) return;
    for (;;) {
      Exchange exchange(connection, handler_, client.peer_address, options_.tls.has_value());
      if (!exchange.await_head()) return;
      if (!library_.process(exchange, connection)) return connection.abort();
      if (exchange.is_last()) return connection.finish();
    }
  }

  const HttpServerOptions options_;
  RequestHandler& handler_;
  std::atomic<bool> stopping_{false};
  const Descriptor stop_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};  // readable from stop() on
  Library library_{stopping_};
  std::optional<Listener> listener_;
  std::mutex tls_mutex_;
  std::shared_ptr<ssl_ctx_st> tls_;
};

HttpServer::HttpServer(HttpServerOptions options, RequestHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), handler)) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::bind() { return impl_->bind(); }
void HttpServer::serve() { impl_->serve(); }
void HttpServer::stop() { impl_->stop(); }
void HttpServer::replace_identity(const TlsIdentity& id) { impl_->replace_identity(id); }
std::string HttpServer::library_version() { return "cpp-httplib " CPPHTTPLIB_VERSION; }

}  // namespace muster
