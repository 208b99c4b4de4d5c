#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

// Hands a piece of a large answer to the client; throws when the client is gone. Small pieces are
// collected before they are sent.
using Write = std::function<void(std::string_view)>;

struct Reply {
  int status = 200;
  std::string content_type = "application/json; charset=UTF-8";
  std::string body{};
  // Set instead of `body` for answers that are written row by row. Runs once, after the head is
  // sent, so it cannot change the status any more. Should it throw, the connection is cut, so that
  // the client cannot take a part for the whole.
  std::function<void(const Write&)> stream{};
  std::vector<std::pair<std::string, std::string>> headers{};

  Reply& with_header(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

}  // namespace muster
