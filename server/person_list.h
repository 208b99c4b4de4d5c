#pragma once

// What a list of people shows beside their rows: when each was last here, and what came in through
// what they made.

#include <unordered_map>

#include "server/people.h"

namespace muster {

struct PersonNews {
  std::optional<std::int64_t> last_seen_at;  // at a page, or with a token; as far as it is written
  std::int64_t keys = 0;                     // that they made and nobody deleted
  std::int64_t devices = 0;                  // living ones that came in through any of their keys
  std::int64_t sessions = 0;
  std::int64_t tokens = 0;  // not revoked
  bool has_second_factor = false;
};

// Of everybody of whom there is any news.
std::unordered_map<UserId, PersonNews> list_person_news(const Snapshot& snapshot);

}  // namespace muster
