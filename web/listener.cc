#include "web/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace muster {
namespace {

// Either family, without the casts that the socket calls want.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;

  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  sockaddr_in& v4() { return reinterpret_cast<sockaddr_in&>(storage); }
  sockaddr_in6& v6() { return reinterpret_cast<sockaddr_in6&>(storage); }
  bool is_v6() const { return storage.ss_family == AF_INET6; }
};

Address parse(const std::string& host, std::uint16_t port) {
  Address address;
  if (::inet_pton(AF_INET, host.c_str(), &address.v4().sin_addr) == 1) {
    address.v4().sin_family = AF_INET;
    address.v4().sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
  } else if (::inet_pton(AF_INET6, host.c_str(), &address.v6().sin6_addr) == 1) {
    address.v6().sin6_family = AF_INET6;
    address.v6().sin6_port = htons(port);
    address.size = sizeof(sockaddr_in6);
  } else {
    throw std::runtime_error("Cannot listen on " + host +
                             ": this is not a numeric IPv4 or IPv6 address.");
  }
  return address;
}

std::string text_of(Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = &address.v4().sin_addr;
  int family = AF_INET;
  if (address.is_v6()) {
    const in6_addr& v6 = address.v6().sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      bytes = &v6.s6_addr[12];
    } else {
      bytes = &v6;
      family = AF_INET6;
    }
  }
  if (!::inet_ntop(family, bytes, text.data(), text.size())) return {};
  return text.data();
}

std::string why(int error) {
  switch (error) {
    case EADDRINUSE:
      return "another program already listens there.";
    case EACCES:
    case EPERM:
      return "this user may not (ports below 1024 need root or CAP_NET_BIND_SERVICE).";
    case EADDRNOTAVAIL:
      return "this machine does not have that address.";
    case EAFNOSUPPORT:
      return "this machine has that kind of address switched off.";
    default:
      return std::string{std::strerror(error)} + ".";
  }
}

bool set_option(int socket, int level, int name, int value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

}  // namespace

Listener::Listener(const std::string& host, std::uint16_t port) {
  Address address = parse(host, port);
  const auto check = [&](bool done) {
    if (done) return;
    const int error = errno;
    const std::string shown = address.is_v6() ? "[" + host + "]" : host;
    throw std::runtime_error("Cannot listen on " + shown + ":" + std::to_string(port) + ": " +
                             why(error));
  };
  socket_ = Descriptor{
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP)};
  check(static_cast<bool>(socket_));
  // A restart must not wait for the connections of the last run to be forgotten.
  check(set_option(socket_.get(), SOL_SOCKET, SO_REUSEADDR, 1));
  if (address.is_v6()) check(set_option(socket_.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0));
  check(::bind(socket_.get(), address.raw(), address.size) == 0);
  check(::listen(socket_.get(), SOMAXCONN) == 0);
}

std::uint16_t Listener::port() const {
  Address address;
  if (::getsockname(socket_.get(), address.raw(), &address.size) != 0)
    throw std::runtime_error("The port is unknown: " + why(errno));
  return ntohs(address.is_v6() ? address.v6().sin6_port : address.v4().sin_port);
}

std::optional<Listener::Accepted> Listener::accept(const Descriptor& stop) const {
  for (;;) {
    std::array<pollfd, 2> watched{{{stop.get(), POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), -1);
    if (watched[0].revents != 0) return std::nullopt;
    Address peer;
    Descriptor socket{
        ::accept4(socket_.get(), peer.raw(), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (socket) {
      set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
      return Accepted{std::move(socket), text_of(peer)};
    }
    // Short of descriptors or memory: the connection stays in the queue, and asking again at once
    // would only burn the processor. Anything else concerns that one connection.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pollfd pause{stop.get(), POLLIN, 0};
      ::poll(&pause, 1, 100);
    }
  }
}

}  // namespace muster
