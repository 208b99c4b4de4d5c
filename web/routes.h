#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "web/call.h"

namespace muster {

constexpr std::size_t kBodyLimit = 16 * 1024;

// A row of the table in routes.cc. `access` says who may pass, and is taken from the handler's own
// parameters, so the two cannot disagree.
struct Route {
  std::string_view method;
  std::string_view pattern;  // `/api/groups/{id}`
  std::string_view access;   // `anyone`, `token`, `device`, or the right: `keys:write`
  std::size_t body_limit;
  Result<Reply> (*handle)(const Call& call);
};

std::span<const Route> all_routes();

struct Match {
  const Route* route = nullptr;              // null: no such path, or not with this method
  std::vector<std::string> path_parameters;  // the {…}, in order
  std::string allowed_methods;               // for a known path: `GET, PUT, DELETE`
};

// HEAD finds what GET would.
Match find_route(std::string_view method, std::string_view path);

}  // namespace muster
