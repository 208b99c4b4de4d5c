#pragma once

// How pages speak of a setup key.

#include <cstdint>
#include <string>
#include <string_view>

#include "server/keys.h"
#include "web/view.h"

namespace muster::pages {

// `state`, `tone` (classes of the pill) and `blocked_by`: "customers is protected", else empty.
void set_state(View& view, const Key& key, std::int64_t now);
// What that state means for machines that come, and for those that are in.
std::string state_sentence(const Key& key, std::int64_t now);
// `use`: "3 of 10", "One-time, unused", "14, no limit"; and `bar` where there is a share to show.
void set_use(View& view, const Key& key);
// `expires`: its time, with `is_soon` for a working key's last two days; nothing: never.
void set_expiry(View& view, const Key& key, std::int64_t now);
// "ana@example.com", "network default", "command line"
std::string maker_words(const Key& key);
// "Works for 10 machines until 17 December 2026, 14:03 UTC."
std::string promise_words(const Key& key);
// Why an attempt was refused, by its stable word.
std::string_view reason_words(std::string_view reason);
// "1 minute", "2 hours", "90 seconds"
std::string duration_words(std::int64_t seconds);

}  // namespace muster::pages
