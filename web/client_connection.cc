#include "web/client_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "web/openssl.h"

namespace muster {
namespace {

using SteadyClock = std::chrono::steady_clock;  // of sockets, not of the domain

constexpr std::size_t kLongestHead = 32 * 1024;
constexpr long kFairBytesPerSecond = 1024;
constexpr std::size_t kBodyStep = 16 * 1024;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// Whether `c` may come after `before` in a head. Lines end with CR LF and nothing else.
bool is_allowed(char before, char c) {
  if (c == '\n') return before == '\r';
  if (before == '\r') return false;
  return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\r' || c == '\t';
}

}  // namespace

void ClientConnection::CloseTls::operator()(ssl_st* tls) const {
  SSL_shutdown(tls);  // says goodbye, except on a connection that failed
  SSL_free(tls);
  ERR_clear_error();
}

ClientConnection::ClientConnection(Descriptor socket, ssl_ctx_st* tls, const Patience& patience,
                                   const Descriptor& stop)
    : socket_(std::move(socket)), patience_(patience), stop_(stop) {
  if (!tls) return;
  tls_.reset(SSL_new(tls));
  if (!tls_ || SSL_set_fd(tls_.get(), socket_.get()) != 1) throw_openssl("TLS cannot be started.");
}

bool ClientConnection::shake_hands() {
  if (!tls_) return true;
  left_ = patience_.client;
  const auto attempt = [&] {
    ERR_clear_error();
    return tls_step(SSL_accept(tls_.get()));
  };
  return insist(attempt, true) > 0;
}

ClientConnection::Arrival ClientConnection::read_head(std::string& head) {
  head.clear();
  left_ = patience_.idle;
  std::size_t taken = 0;
  char last = '\0';
  for (;; ++taken) {
    if (begin_ == end_) {
      if (!fill_input(true)) return taken == 0 ? Arrival::nothing : Arrival::too_slow;
      if (taken == 0) left_ = patience_.client;
    }
    const char c = input_[begin_++];
    if (!is_allowed(last, c)) return Arrival::malformed;
    if (taken == kLongestHead) return Arrival::too_long;
    head += last = c;
    if (c != '\n') continue;
    if (head.size() == 2) head.clear();  // some clients end a body with an empty line
    if (!head.ends_with("\r\n\r\n")) continue;
    head.resize(head.size() - 2);
    left_ = patience_.client;
    return Arrival::complete;
  }
}

bool ClientConnection::read_body(std::string& body, std::size_t size) {
  left_ = patience_.client;
  const std::size_t buffered = std::min(size, end_ - begin_);
  body.assign(input_.data() + begin_, buffered);
  begin_ += buffered;
  while (body.size() < size) {
    const std::size_t had = body.size();
    body.resize(std::min(size, had + kBodyStep));
    const std::size_t moved =
        insist([&] { return try_read(body.data() + had, body.size() - had); });
    body.resize(had + moved);
    if (moved == 0) return false;
    earn(moved);
  }
  left_ = patience_.client;
  return true;
}

bool ClientConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t moved = insist([&] { return try_write(bytes); });
    if (moved == 0) return false;
    earn(moved);
    bytes.remove_prefix(moved);
  }
  return true;
}

void ClientConnection::finish() {
  const auto say_goodbye = [&] {
    ERR_clear_error();
    const int result = SSL_shutdown(tls_.get());  // 0: said, and not heard yet
    return result == 0 ? Step{.moved = 1} : tls_step(result);
  };
  if (tls_) insist(say_goodbye);
  ::shutdown(socket_.get(), SHUT_WR);
  // Closing a socket with unread bytes resets the connection, and the reset may overtake the
  // answer. What comes now is dropped unread, TLS or not.
  tls_.reset();
  left_ = patience_.leaving;
  const auto until = SteadyClock::now() + patience_.leaving;
  const auto drop = [&] { return try_read(input_.data(), input_.size()); };
  while (SteadyClock::now() < until && insist(drop) > 0) {
  }
}

void ClientConnection::abort() {
  if (tls_) SSL_set_quiet_shutdown(tls_.get(), 1);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

ClientConnection::Step ClientConnection::try_read(char* to, std::size_t size) {
  if (tls_) {
    ERR_clear_error();
    return tls_step(
        SSL_read(tls_.get(), to, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
  }
  const ssize_t moved = ::recv(socket_.get(), to, size, 0);
  if (moved >= 0) return {.moved = static_cast<std::size_t>(moved)};
  return {.wait_for = would_block() ? short{POLLIN} : short{0}};
}

ClientConnection::Step ClientConnection::try_write(std::string_view bytes) {
  if (tls_) {
    ERR_clear_error();
    const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    return tls_step(SSL_write(tls_.get(), bytes.data(), size));
  }
  const ssize_t moved = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (moved >= 0) return {.moved = static_cast<std::size_t>(moved)};
  return {.wait_for = would_block() ? short{POLLOUT} : short{0}};
}

ClientConnection::Step ClientConnection::tls_step(int result) {
  if (result > 0) return {.moved = static_cast<std::size_t>(result)};
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {.wait_for = POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return {.wait_for = POLLOUT};
    default:
      SSL_set_quiet_shutdown(tls_.get(), 1);  // there is nobody to say goodbye to
      return {};
  }
}

// Tries until something moved. 0: the client has left or was too slow, or the server stops.
template <class Try>
std::size_t ClientConnection::insist(Try attempt, bool until_stop) {
  for (;;) {
    const Step step = attempt();
    if (step.moved > 0) return step.moved;
    if (step.wait_for == 0 || !wait(step.wait_for, until_stop)) return 0;
  }
}

bool ClientConnection::wait(short event, bool until_stop) {
  std::array<pollfd, 2> watched{{{socket_.get(), event, 0}, {stop_.get(), POLLIN, 0}}};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left_).count();
  const auto start = SteadyClock::now();
  ::poll(watched.data(), until_stop ? 2 : 1,
         static_cast<int>(std::max<long long>(milliseconds, 0)));
  left_ -= SteadyClock::now() - start;
  return watched[0].revents != 0;
}

void ClientConnection::earn(std::size_t bytes) {
  const std::chrono::nanoseconds earned = std::chrono::nanoseconds{std::chrono::seconds{1}} *
                                          static_cast<long>(bytes) / kFairBytesPerSecond;
  left_ = std::min<std::chrono::nanoseconds>(left_ + earned, patience_.client);
}

bool ClientConnection::has_pending() const { return tls_ && SSL_has_pending(tls_.get()) == 1; }

bool ClientConnection::fill_input(bool until_stop) {
  // A connection at rest mostly has nothing to read yet, so that the first try would be wasted.
  if (!has_pending() && !wait(POLLIN, until_stop)) return false;
  begin_ = 0;
  end_ = insist([&] { return try_read(input_.data(), input_.size()); }, until_stop);
  return end_ > 0;
}

}  // namespace muster
