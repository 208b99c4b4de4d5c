#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

// ASCII letters only: names of headers and the words in them.
bool equals_ignoring_case(std::string_view a, std::string_view b);

// One HTTP request as the handlers see it. Values come from outside: path and query are
// percent-decoded but otherwise untouched; header values are as they came, blanks at the ends
// trimmed, and hold no control characters, because such requests are refused before a handler runs.
struct Request {
  std::string id;      // sent back as X-Request-Id and written beside faults in the log
  std::string method;  // any token, not only those that HTTP knows
  std::string path;    // begins with / except in `OPTIONS *` and nonsense; may hold any byte
  std::vector<std::pair<std::string, std::string>> query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string peer_address;                  // the other end of the socket, numeric
  std::string client_address;                // the peer, or whom a trusted proxy names; numeric
  bool is_secure = false;                    // TLS here or at the trusted proxy
  std::vector<std::string> path_parameters;  // the {…} of the route, in order

  // Names compare case-insensitively; with several of one name the first counts.
  std::optional<std::string_view> find_header(std::string_view name) const;
  // Empty when absent.
  std::string_view header(std::string_view name) const { return find_header(name).value_or(""); }
  std::optional<std::string_view> find_query(std::string_view name) const;
  std::string_view query_value(std::string_view name) const {
    return find_query(name).value_or("");
  }
  // A path parameter that ids are made of: a positive decimal number, else 0, which no row has.
  long long id_parameter(std::size_t index) const;
};

}  // namespace muster
