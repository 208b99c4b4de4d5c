#pragma once

#include "server/key_list.h"
#include "web/request.h"

namespace muster::api {

// What a list of keys was asked for, by the API and the pages: `sort` (a member, or -member),
// `state`, `dead`, `deleted` (true, false), `group`, `network`, `created_by_id` (ids), `search`,
// `limit`, `offset`.
struct KeyQuery {
  KeyFilter filter;
  KeyOrder order;
  std::size_t offset = 0;
  std::size_t limit = 0;
};

// What of it chooses keys: all but `sort`, `limit` and `offset`.
Result<KeyFilter> read_key_filter(const Request& request);
// `limit`: how many when the request does not say.
Result<KeyQuery> read_key_query(const Request& request, int limit = INT32_MAX);

}  // namespace muster::api
