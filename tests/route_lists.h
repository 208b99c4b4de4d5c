#pragma once

#include <vector>

#include "web/page.h"
#include "web/routes.h"

namespace muster {

// The routes of people's pages, and all others: programs read those.
inline std::vector<Route> routes_that(bool are_pages) {
  std::vector<Route> found;
  for (const Route& route : all_routes())
    if (is_page_path(route.pattern) == are_pages && !route.pattern.starts_with("/static/"))
      found.push_back(route);
  return found;
}
inline std::vector<Route> page_routes() { return routes_that(true); }
inline std::vector<Route> api_routes() { return routes_that(false); }

}  // namespace muster
