#include "tests/bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "web/descriptor.h"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

Descriptor connect_to(std::uint16_t port) {
  Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("the server takes no connection");
  const int yes = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return socket;
}

// One connection and what has come of its present answer.
struct Asker {
  Descriptor socket;
  std::string input{};
  std::size_t whole = 0;  // bytes of the answer; 0 while its head is not there
};

void send(const Asker& asker, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(asker.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the server ended a connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t size_of_answer(const std::string& input, std::size_t head_end) {
  if (!input.starts_with("HTTP/1.1 200")) throw std::runtime_error("refused: " + input);
  const auto chunked = input.find("Transfer-Encoding: chunked");
  if (chunked < head_end) {
    const auto last = input.find("0\r\n\r\n", head_end + 2);
    return last == std::string::npos ? 0 : last + 5;
  }
  const auto at = input.find("Content-Length: ");
  if (at > head_end) throw std::runtime_error("an answer without a length: " + input);
  return head_end + 4 + std::strtoul(input.c_str() + at + 16, nullptr, 10);
}

// True when the answer is whole.
bool receive(Asker& asker) {
  std::array<char, 65536> piece;
  const auto got = ::recv(asker.socket.get(), piece.data(), piece.size(), 0);
  if (got <= 0) throw std::runtime_error("the server ended a connection: " + asker.input);
  asker.input.append(piece.data(), static_cast<std::size_t>(got));
  if (asker.whole == 0) {
    const auto head_end = asker.input.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    asker.whole = size_of_answer(asker.input, head_end);
  }
  if (asker.whole == 0 || asker.input.size() < asker.whole) return false;
  asker.input.clear();
  asker.whole = 0;
  return true;
}

}  // namespace

LoadResult run_load(const Load& load) {
  const Descriptor events{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<Asker> askers;
  for (int i = 0; i < load.connections; ++i) {
    askers.push_back({connect_to(load.port)});
    epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(i)}};
    ::epoll_ctl(events.get(), EPOLL_CTL_ADD, askers.back().socket.get(), &event);
  }

  LoadResult result;
  std::uint64_t asked = 0;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration<double>{load.seconds};
  const auto ask = [&](std::uint32_t i) {
    if (asked == load.requests_at_most || Clock::now() >= end) return;
    send(askers[i], load.request(static_cast<int>(i), asked++));
  };
  for (std::uint32_t i = 0; i < askers.size(); ++i) ask(i);
  while (result.answers < asked) {
    std::array<epoll_event, 64> ready;
    const int count = ::epoll_wait(events.get(), ready.data(), ready.size(), 20'000);
    if (count <= 0) throw std::runtime_error("the server does not answer");
    for (int k = 0; k < count; ++k) {
      const auto i = ready[static_cast<std::size_t>(k)].data.u32;
      if (!receive(askers[i])) continue;
      ++result.answers;
      ask(i);
    }
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace muster
