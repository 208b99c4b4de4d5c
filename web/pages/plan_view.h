#pragma once

// How a page says what goes with something: one sentence for each sort, and the tree below it.

#include <string>
#include <string_view>
#include <vector>

#include "server/revocation.h"
#include "web/view.h"

namespace muster::pages {

// "4,970"
std::string readable_number(std::int64_t number);
// "14 devices are removed"
std::string effect_words(std::string_view kind, Effect effect, std::int64_t count);
// The page of a thing; empty when it has none.
std::string page_of(std::string_view kind, std::int64_t id);

// What falls below the target, sort by sort: `words`, `is_open`, `rows`, `more`. A row has `name`,
// `path` and its own `branches`. Long lists are cut, and the whole page has its bound.
std::vector<View> branches_of(const RevocationPlan& plan);

}  // namespace muster::pages
