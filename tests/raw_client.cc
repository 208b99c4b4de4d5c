#include "tests/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "web/request.h"

namespace muster {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

std::string RawAnswer::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), name))
      return std::string{line.substr(colon + 2)};
    rest.remove_prefix(line.size() + 2);
  }
  return {};
}

bool RawAnswer::has_header(std::string_view name) const { return !header(name).empty(); }

RawClient::RawClient(std::uint16_t port, const std::string& host) {
  const bool is_v6 = host.find(':') != std::string::npos;
  socket_ = Descriptor{::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (is_v6) {
    ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr);
  } else {
    ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
  }
  const auto* address = is_v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  if (::connect(socket_.get(), address, is_v6 ? sizeof v6 : sizeof v4) != 0) fail("connect");
}

void RawClient::send(std::string_view bytes) {
  if (send_while_open(bytes) != bytes.size()) fail("send");
}

std::size_t RawClient::send_while_open(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto n = ::send(socket_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
      was_reset_ = true;
      break;
    }
    if (n < 0) fail("send");
    sent += static_cast<std::size_t>(n);
  }
  return sent;
}

void RawClient::send_nothing_more() { ::shutdown(socket_.get(), SHUT_WR); }

bool RawClient::receive_some() {
  std::array<char, 16384> piece;
  const auto n = ::recv(socket_.get(), piece.data(), piece.size(), 0);
  if (n < 0 && errno == ECONNRESET) {
    was_reset_ = true;
    return false;
  }
  if (n < 0) fail("receive");
  input_.append(piece.data(), static_cast<std::size_t>(n));
  return n > 0;
}

// Receives until `mark` has come, and says where.
bool RawClient::await(std::string_view mark, std::size_t& at) {
  while ((at = input_.find(mark)) == std::string::npos)
    if (!receive_some()) return false;
  return true;
}

RawAnswer RawClient::receive(bool to_head) {
  RawAnswer answer;
  std::size_t end = 0;
  if (!await("\r\n\r\n", end)) return answer;
  answer.head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  answer.status = std::atoi(answer.head.substr(answer.head.find(' ')).c_str());
  if (to_head || answer.status < 200 || answer.status == 204 || answer.status == 304) {
    answer.is_whole = true;
  } else if (answer.header("Transfer-Encoding") == "chunked") {
    receive_chunks(answer);
  } else if (answer.has_header("Content-Length")) {
    const auto size = std::stoul(answer.header("Content-Length"));
    while (input_.size() < size && receive_some()) {
    }
    answer.is_whole = input_.size() >= size;
    answer.body = input_.substr(0, size);
    input_.erase(0, size);
  } else {
    answer.body = receive_all();
    answer.is_whole = !was_reset_;
  }
  return answer;
}

void RawClient::receive_chunks(RawAnswer& answer) {
  std::size_t end = 0;
  while (await("\r\n", end)) {
    const auto size = std::stoul(input_.substr(0, end), nullptr, 16);
    while (input_.size() < end + 2 + size + 2)
      if (!receive_some()) return;
    answer.body += input_.substr(end + 2, size);
    input_.erase(0, end + 2 + size + 2);
    if (size == 0) {
      answer.is_whole = true;
      return;
    }
  }
}

std::string RawClient::receive_all() {
  while (receive_some()) {
  }
  return std::exchange(input_, {});
}

void RawClient::expect_end() {
  const auto rest = receive_all();
  if (!rest.empty()) throw std::runtime_error("the connection did not end, but brought: " + rest);
}

}  // namespace muster
