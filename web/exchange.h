#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/result.h"
#include "web/client_connection.h"
#include "web/http_server.h"
#include "web/reply.h"
#include "web/request.h"
#include "web/request_head.h"

namespace muster {

// The JSON that all errors answered outside the handlers have.
Reply error_reply(int status, Reason reason, std::string_view message);

// One request and its answer, without what the HTTP library does for them.
class Exchange {
 public:
  Exchange(ClientConnection& connection, RequestHandler& handler, const std::string& peer,
           bool is_secure);

  // Waits for the head of the next request. False: none came.
  bool await_head();
  // The request line as the library may see it; a made-up one where what came cannot be read.
  std::string request_line() const;
  // What to send, after before_body was asked and the body was read. `path` and `query` are what
  // the library makes of the request line.
  Reply answer(std::string path, std::vector<std::pair<std::string, std::string>> query);
  // Runs Reply::stream, collecting what it writes. False: it threw, or `write` returned false.
  bool write_stream(const std::function<void(const Write&)>& stream,
                    const std::function<bool(std::string_view)>& write) const;

  const std::string& id() const { return request_.id; }
  bool is_http_1_0() const { return head_.version == "HTTP/1.0"; }
  bool is_answered() const { return is_answered_; }
  // Whether the connection ends with this answer.
  bool is_last() const { return is_last_; }
  void make_last() { is_last_ = true; }

 private:
  std::optional<Reply> read_body();

  ClientConnection& connection_;
  RequestHandler& handler_;
  Request request_;
  RequestHead head_;
  std::optional<Reply> refusal_;  // of what cannot be read as a request
  bool is_answered_ = false;
  bool is_last_ = false;
};

}  // namespace muster
