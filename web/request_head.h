#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

// The head of a request, split. This is not left to the HTTP library, because it acts on what it
// reads: by its version it percent-decodes values, hands out headers of one name in reverse order,
// refuses odd Accept and Range headers, answers ranges, unpacks forms and upgrades connections. It
// gets to see the request line alone.
struct RequestHead {
  std::string method;   // any token
  std::string target;   // origin form or `*`; still percent-encoded
  std::string version;  // HTTP/1.1 or HTTP/1.0
  std::vector<std::pair<std::string, std::string>> headers{};  // as they came, blanks trimmed

  std::uint64_t content_length = 0;
  bool has_transfer_encoding = false;
  bool is_compressed = false;
  bool keeps_connection = true;
  bool expects_continue = false;
};

// `lines` as ClientConnection::read_head gives them. Nothing for a head that is not HTTP/1.x, or
// that two programs could read differently: that is how requests are smuggled past a proxy.
std::optional<RequestHead> parse_request_head(std::string_view lines);

}  // namespace muster
