#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "web/descriptor.h"

namespace muster {

// What a client saw of one answer.
struct RawAnswer {
  int status = 0;
  std::string head;  // lines with CR LF
  std::string body;  // chunks put together
  bool is_whole = false;

  std::string header(std::string_view name) const;  // empty when absent
  bool has_header(std::string_view name) const;
};

// A client that sends exactly the bytes it is told to. Whatever takes longer than 20 seconds
// throws.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const std::string& host = "127.0.0.1");

  void send(std::string_view bytes);
  // As much as the server takes before it ends the connection.
  std::size_t send_while_open(std::string_view bytes);
  void send_nothing_more();

  // One answer, `to_head` for one to HEAD. Leaves what comes after it.
  RawAnswer receive(bool to_head = false);
  // All that comes until the end of the connection.
  std::string receive_all();
  // Waits for the end of the connection; anything else that comes throws.
  void expect_end();
  bool was_reset() const { return was_reset_; }

  // An answer to one request.
  RawAnswer ask(std::string_view request) {
    send(request);
    return receive();
  }

 private:
  bool receive_some();  // false at the end
  bool await(std::string_view mark, std::size_t& at);
  void receive_chunks(RawAnswer& answer);

  Descriptor socket_;
  std::string input_;
  bool was_reset_ = false;
};

}  // namespace muster
