#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "web/descriptor.h"

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // and SSL_CTX

namespace muster {

// How long one client may keep a worker waiting. A timeout for each read or write, as the HTTP
// library has them, lets a client that sends one byte now and then stay for ever; so waiting is
// added up, and only progress at a fair pace (1 KiB a second) earns some of it back.
struct Patience {
  std::chrono::milliseconds idle{5'000};     // between two requests
  std::chrono::milliseconds client{10'000};  // for a handshake, a head, a body, an answer: each
  std::chrono::milliseconds leaving{1'000};  // for the client to read the last answer
};

// One connection to a client, plain or TLS, on the worker that serves it.
class ClientConnection {
 public:
  // `tls` null: plain. The socket must not block. `stop` becomes readable when the server stops:
  // whoever has not sent a whole request head by then is not waited for.
  ClientConnection(Descriptor socket, ssl_ctx_st* tls, const Patience& patience,
                   const Descriptor& stop);

  // False: no TLS came about.
  bool shake_hands();

  enum class Arrival { complete, nothing, malformed, too_long, too_slow };
  // Waits for the next request and reads its head: its lines, each with CR LF, without the empty
  // one at the end. Control characters other than tabs are malformed wherever they stand.
  // `nothing`: the client has left, or the time between requests is over.
  Arrival read_head(std::string& head);
  // False: the client left or was too slow.
  bool read_body(std::string& body, std::size_t size);
  // Whether bytes of a body came along with the head.
  bool has_buffered() const { return begin_ < end_; }

  bool write(std::string_view bytes);

  // Ends the connection after the last answer in a way that lets it arrive, even when the client
  // still sends a body that nobody reads.
  void finish();
  // Ends it so that the client can tell that an answer was cut.
  void abort();

 private:
  // One try without waiting: how much it moved, else which poll() event it waits for; neither when
  // the connection is over.
  struct Step {
    std::size_t moved = 0;
    short wait_for = 0;
  };
  Step try_read(char* to, std::size_t size);
  Step try_write(std::string_view bytes);
  Step tls_step(int result);
  template <class Try>
  std::size_t insist(Try attempt, bool until_stop = false);
  bool wait(short event, bool until_stop);
  void earn(std::size_t bytes);
  bool fill_input(bool until_stop);
  bool has_pending() const;

  struct CloseTls {
    void operator()(ssl_st* tls) const;
  };

  Descriptor socket_;
  std::unique_ptr<ssl_st, CloseTls> tls_;
  const Patience patience_;
  const Descriptor& stop_;
  std::chrono::nanoseconds left_{};  // of the patience for what goes on now
  std::array<char, 4096> input_;     // [begin_, end_) has arrived and waits to be taken
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace muster
