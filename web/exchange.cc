#include "web/exchange.h"

#include <atomic>
#include <cstdint>
#include <exception>
#include <random>
#include <stdexcept>

#include "server/json_writer.h"
#include "server/log.h"

namespace muster {
namespace {

constexpr std::uint64_t kLargestBody = 64 * 1024 * 1024;  // rows allow less; this is the backstop
constexpr std::size_t kPieceOfStream = 16 * 1024;

// Unlike any other of this process, and most likely of those before it. Not a secret.
std::string new_request_id() {
  static const std::uint64_t seed = [] {
    std::random_device random;
    return std::uint64_t{random()} << 32 ^ random();
  }();
  static std::atomic<std::uint64_t> count{0};
  // The finish of splitmix64: one to one, so that ids differ as their numbers do.
  std::uint64_t x = seed + 0x9e3779b97f4a7c15 * ++count;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  x ^= x >> 31;
  std::string id(16, '0');
  for (char& c : id) {
    c = "0123456789abcdef"[x & 15];
    x >>= 4;
  }
  return id;
}

// Nothing to note in the log: clients come and go.
struct ClientIsGone : std::runtime_error {
  ClientIsGone() : runtime_error("the client is gone") {}
};

std::string what(const std::exception_ptr& fault) {
  try {
    std::rethrow_exception(fault);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "unknown";
  }
}

}  // namespace

Reply error_reply(int status, Reason reason, std::string_view message) {
  const JsonObject error =
      JsonObject().set("message", message).set("code", status).set("reason", text_of(reason));
  return {.status = status, .body = error.text()};
}

Exchange::Exchange(ClientConnection& connection, RequestHandler& handler, const std::string& peer,
                   bool is_secure)
    : connection_(connection), handler_(handler) {
  request_.id = new_request_id();
  request_.peer_address = peer;
  request_.client_address = peer;
  request_.is_secure = is_secure;
}

bool Exchange::await_head() {
  using Arrival = ClientConnection::Arrival;
  std::string lines;
  std::optional<RequestHead> head;
  switch (connection_.read_head(lines)) {
    case Arrival::nothing:
      return false;
    case Arrival::too_long:
      refusal_ = error_reply(431, Reason::too_large, "The head of the request is too long.");
      break;
    case Arrival::too_slow:
      refusal_ = error_reply(408, Reason::bad_request, "The request took too long to arrive.");
      break;
    case Arrival::complete:
      head = parse_request_head(lines);
      [[fallthrough]];
    case Arrival::malformed:
      if (!head)
        refusal_ = error_reply(400, Reason::bad_request, "This is not a valid HTTP request.");
  }
  if (head) {
    head_ = std::move(*head);
  } else {
    head_ = {.method = "GET", .target = "/", .version = "HTTP/1.1", .keeps_connection = false};
  }
  is_last_ = !head_.keeps_connection;
  request_.method = std::move(head_.method);
  request_.headers = std::move(head_.headers);
  return true;
}

std::string Exchange::request_line() const {
  // The library refuses methods that it does not know, and does things of its own with some.
  const char* method = request_.method == "HEAD" ? "HEAD " : "GET ";
  return method + head_.target + " " + head_.version + "\r\n\r\n";
}

Reply Exchange::answer(std::string path, std::vector<std::pair<std::string, std::string>> query) {
  is_answered_ = true;
  if (refusal_) return std::move(*refusal_);
  request_.path = std::move(path);
  request_.query = std::move(query);
  try {
    auto refusal = handler_.before_body(request_);
    if (!refusal) refusal = read_body();
    if (!refusal) return handler_.answer(request_);
    is_last_ = true;
    return std::move(*refusal);
  } catch (...) {
    log_line("fault in request " + request_.id + ": " + what(std::current_exception()));
    is_last_ = true;
    return error_reply(
        500, Reason::internal,
        "Something went wrong in the server. Its log says what, beside " + request_.id + ".");
  }
}

std::optional<Reply> Exchange::read_body() {
  if (head_.has_transfer_encoding)
    return error_reply(411, Reason::bad_request,
                       "The request must say how long it is (Content-Length).");
  if (head_.content_length == 0) return std::nullopt;
  if (head_.content_length > kLargestBody)
    return error_reply(413, Reason::too_large, "The body of the request is too large.");
  if (head_.is_compressed)
    return error_reply(415, Reason::bad_request, "The body of the request must not be compressed.");
  if (head_.expects_continue && !connection_.has_buffered())
    connection_.write("HTTP/1.1 100 Continue\r\n\r\n");
  if (!connection_.read_body(request_.body, static_cast<std::size_t>(head_.content_length)))
    return error_reply(408, Reason::bad_request, "The request took too long to arrive.");
  return std::nullopt;
}

bool Exchange::write_stream(const std::function<void(const Write&)>& stream,
                            const std::function<bool(std::string_view)>& write) const {
  std::string waiting;
  const auto flush = [&] {
    if (!waiting.empty() && !write(waiting)) throw ClientIsGone();
    waiting.clear();
  };
  try {
    stream([&](std::string_view piece) {
      waiting += piece;
      if (waiting.size() >= kPieceOfStream) flush();
    });
    flush();
    return true;
  } catch (const ClientIsGone&) {
    return false;
  } catch (...) {
    log_line("the answer to request " + request_.id +
             " was cut: " + what(std::current_exception()));
    return false;
  }
}

}  // namespace muster
