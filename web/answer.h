#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "web/json.h"
#include "web/reply.h"
#include "web/request.h"

namespace muster {

// Whether an agent asked for `name=value` lines: on /api/enroll and /api/agent/ with
// `Accept: text/plain`.
bool wants_lines(const Request& request);

// The object as JSON, or as lines for whom wants_lines() is true.
Reply answer_with(const Request& request, const JsonObject& object);

inline Reply json_reply(const JsonObject& object) {
  Reply reply;
  reply.body = object.text();
  return reply;
}

inline Reply json_reply(const JsonArray& array) {
  Reply reply;
  reply.body = array.text();
  return reply;
}

// A JSON array that is written page by page: `next_page` gives the items that follow, and none at
// the end. Each page is read in a snapshot of its own, so a slow client holds no connection.
Reply stream_array(std::function<std::vector<JsonObject>()> next_page);

// `limit` of a list: absent `fallback`; else 1 to `most`, or a refusal.
Result<int> read_limit(const Request& request, int fallback, int most);

// A query parameter that is a number from `smallest` on, such as an id. Absent: 0; else nothing
// when it is none.
std::optional<std::int64_t> read_id(const Request& request, std::string_view name,
                                    std::int64_t smallest = 1);

}  // namespace muster
