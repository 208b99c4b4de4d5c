#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "web/view.h"

namespace muster {

// "now", "2 hours ago", "in 26 days": for times within sight; older ones are dates.
std::string relative_time(std::int64_t at, std::int64_t now);

// What `partials/time` shows: `iso`, `exact`, `relative`.
View time_view(std::int64_t at, std::int64_t now);
std::optional<View> time_view(const std::optional<std::int64_t>& at, std::int64_t now);

// "1 device", "14 devices".
std::string counted(std::int64_t count, std::string_view noun);
// "macOS 14.5, arm64"
std::string system_words(std::string_view os, std::string_view os_version, std::string_view arch);

}  // namespace muster
