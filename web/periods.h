#pragma once

// Days, weeks, months or years as the bars of a chart. All in UTC: the server does not know the
// zone of who looks, and a day must be the same one for everybody.

#include <cstdint>
#include <span>
#include <vector>

#include "server/overview.h"
#include "web/chart.h"

namespace muster {

enum class Period { day, week, month, year };  // a week begins on Monday

std::int64_t day_of(std::int64_t at);  // since 1970-01-01

// The finest one that leaves a chart readable: days for a month, weeks for a year, and so on.
Period fitting_period(std::int64_t first_day, std::int64_t last_day);

// One bar for each period from the first day's to the last day's, those without anything too.
// Counts outside of these days must not be among them.
std::vector<ChartBar> bars_of(std::span<const DayCount> counts, std::int64_t first_day,
                              std::int64_t last_day, Period period);

}  // namespace muster
