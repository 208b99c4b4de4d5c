#pragma once

// What wants attention, as the overview says it.

#include <vector>

#include "server/reminders.h"
#include "web/view.h"
#include "web/visitor.h"

namespace muster::pages {

// One view for each kind that there is, the pressing ones first: `tone`, `title`, `note`, `items`
// and `more` with `more_path`. What this visitor may not do is not offered.
std::vector<View> reminder_views(const Reminders& reminders, const SignedIn& who, std::int64_t now);

}  // namespace muster::pages
