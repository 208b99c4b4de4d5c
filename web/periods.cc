#include "web/periods.h"

#include <chrono>

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kDaySeconds = 24 * 3600;
constexpr std::int64_t kDaysShown = 31;
constexpr std::int64_t kWeeksShown = 53;
constexpr std::int64_t kMonthsShown = 36;

std::int64_t number_of(sys_days day) { return day.time_since_epoch().count(); }

sys_days date_of(std::int64_t day) { return sys_days{days{day}}; }

std::int64_t begin_of(std::int64_t day, Period period) {
  const sys_days date = date_of(day);
  const year_month_day parts{date};
  switch (period) {
    case Period::day:
      return day;
    case Period::week:
      return day - (std::chrono::weekday{date}.iso_encoding() - 1);
    case Period::month:
      return number_of(parts.year() / parts.month() / 1);
    case Period::year:
      return number_of(parts.year() / 1 / 1);
  }
  return day;
}

// Of the period that begins on that day, the first day behind it.
std::int64_t end_of(std::int64_t begin, Period period) {
  const year_month_day parts{date_of(begin)};
  switch (period) {
    case Period::day:
      return begin + 1;
    case Period::week:
      return begin + 7;
    case Period::month:
      return number_of((parts + std::chrono::months{1}).year() /
                       (parts + std::chrono::months{1}).month() / 1);
    case Period::year:
      return number_of((parts.year() + std::chrono::years{1}) / 1 / 1);
  }
  return begin + 1;
}

// What it is called in the table, and under the axis.
ChartBar empty_bar(std::int64_t begin, Period period) {
  const std::string time = readable_time(begin * kDaySeconds);
  const auto words = split(time.substr(0, time.find(',')), ' ');  // 21 November 2026
  const std::string& month = words.at(1);
  const std::string short_date = formatted("{} {}", words.at(0), month.substr(0, 3));
  const std::string date = formatted("{} {} {}", words.at(0), month, words.at(2));
  switch (period) {
    case Period::day:
      return {.label = date, .tick = short_date};
    case Period::week:
      return {.label = formatted("Week of {}", date), .tick = short_date};
    case Period::month:
      return {.label = formatted("{} {}", month, words.at(2)),
              .tick = formatted("{} {}", month.substr(0, 3), words.at(2))};
    case Period::year:
      return {.label = words.at(2), .tick = words.at(2)};
  }
  return {};
}

}  // namespace

std::int64_t day_of(std::int64_t at) {
  using namespace std::chrono;
  return number_of(floor<days>(sys_seconds{seconds{at}}));
}

Period fitting_period(std::int64_t first_day, std::int64_t last_day) {
  const std::int64_t count = last_day - first_day + 1;
  if (count <= kDaysShown) return Period::day;
  if (count <= 7 * kWeeksShown) return Period::week;
  return count <= 30 * kMonthsShown ? Period::month : Period::year;
}

std::vector<ChartBar> bars_of(std::span<const DayCount> counts, std::int64_t first_day,
                              std::int64_t last_day, Period period) {
  std::vector<ChartBar> bars;
  auto next = counts.begin();
  for (std::int64_t begin = begin_of(first_day, period); begin <= last_day;) {
    const std::int64_t end = end_of(begin, period);
    ChartBar bar = empty_bar(begin, period);
    for (; next != counts.end() && next->day < end; ++next) bar.value += next->count;
    bars.push_back(std::move(bar));
    begin = end;
  }
  return bars;
}

}  // namespace muster
