#pragma once

#include "server/install_links.h"
#include "web/request.h"

namespace muster::api {

constexpr int kLinksAtMost = 1000;  // a page; `Link: …; rel="next"` leads on

// What a list of links was asked for: `state`, `search`, `sort`, `limit`, `after` (the cursor).
struct LinkQuery {
  LinkFilter filter;
  std::optional<LinkId> after;
  int limit = kLinksAtMost;
};

Result<LinkQuery> read_link_query(const Request& request);

}  // namespace muster::api
