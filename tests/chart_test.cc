#include "web/chart.h"

#include <chrono>

#include "tests/catch.h"
#include "web/periods.h"
#include "web/render.h"

// Charts: what is drawn, what is written under it, and that the table says the same.

namespace muster {
namespace {

std::string drawn(const std::vector<ChartBar>& bars) {
  return render(
      "partials/chart",
      chart_view({.title = "Devices, per day", .noun = "device", .period = "day", .bars = bars}),
      false);
}

bool shows(const std::string& html, const std::string& text) {
  return html.find(text) != std::string::npos;
}

std::size_t count_of(const std::string& html, const std::string& text) {
  std::size_t count = 0;
  for (auto at = html.find(text); at != std::string::npos; at = html.find(text, at + 1)) ++count;
  return count;
}

std::int64_t day(int year, unsigned month, unsigned number) {
  using namespace std::chrono;
  return sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{number}}
      .time_since_epoch()
      .count();
}

std::vector<ChartBar> some_bars(std::size_t count) {
  std::vector<ChartBar> bars;
  for (std::size_t i = 0; i < count; ++i)
    bars.push_back({.label = "Day " + std::to_string(i + 1),
                    .tick = "T" + std::to_string(i + 1),
                    .value = static_cast<std::int64_t>(i)});
  return bars;
}

TEST_CASE("a chart without bars, or with empty ones alone, says that there is nothing") {
  for (const auto& bars : {std::vector<ChartBar>{}, std::vector<ChartBar>(30)}) {
    const std::string html = drawn(bars);
    CHECK(shows(html, "No device yet."));
    CHECK(!shows(html, "class=\"bar\""));
    CHECK(shows(html, "<th scope=\"row\">In all</th><td>0</td>"));
  }
}

TEST_CASE("a chart of one bar draws it to the top of the axis") {
  const std::string html = drawn({{"21 November 2026", "21 Nov", 1}});
  CHECK(shows(html, "1 device in all, the most in one day: 1 (21 November 2026)."));
  CHECK(shows(html, "y=\"24\" width=\"72.00%\" height=\"140\""));
  CHECK(shows(html, ">21 Nov</text>"));
}

TEST_CASE("heights are in proportion, and the least of something shows") {
  const std::string html = drawn({{"a", "a", 100}, {"b", "b", 50}, {"c", "c", 0}, {"d", "d", 1}});
  CHECK(shows(html, "height=\"140\""));
  CHECK(shows(html, "height=\"70\""));
  CHECK(shows(html, "height=\"2\""));
  CHECK(count_of(html, "class=\"bar\"") == 3);
}

TEST_CASE("huge values stay inside and are told short") {
  const std::string html = drawn({{"a", "a", 3'400'000'000}, {"b", "b", 12'345}});
  CHECK(shows(html, ">3.4G</text>"));
  CHECK(shows(html, ">12k</text>"));
  CHECK(shows(html, ">4G</text>"));
  CHECK(shows(html, "<td>3400000000</td>"));
  CHECK(!shows(html, "y=\"-"));
}

TEST_CASE("an axis ends at a round number that can be halved") {
  CHECK(round_top(0) == 1);
  CHECK(round_top(1) == 1);
  CHECK(round_top(3) == 4);
  CHECK(round_top(5) == 6);
  CHECK(round_top(11) == 20);
  CHECK(round_top(61) == 100);
  CHECK(round_top(1'000'001) == 2'000'000);
}

TEST_CASE("numbers are shortened, never rounded up") {
  CHECK(short_number(0) == "0");
  CHECK(short_number(999) == "999");
  CHECK(short_number(1'000) == "1k");
  CHECK(short_number(1'999) == "1.9k");
  CHECK(short_number(999'999) == "999k");
  CHECK(short_number(2'500'000) == "2.5M");
}

TEST_CASE("at most four names stand under a chart, the newest always") {
  const auto count = GENERATE(as<std::size_t>{}, 1, 2, 5, 6, 14, 30, 53);
  const std::string html = drawn(some_bars(count));
  INFO(count);
  CHECK(count_of(html, "y=\"184\"") <= 4);
  CHECK(shows(html, ">T" + std::to_string(count) + "</text>"));
}

TEST_CASE("the table has every bar, and its sum is that of the data") {
  const std::string html = drawn(some_bars(30));
  CHECK(count_of(html, "<tr><td>Day ") == 30);
  CHECK(shows(html, "<th scope=\"row\">In all</th><td>435</td>"));
}

TEST_CASE("names in a chart are text, not markup") {
  const std::string html = drawn({{"<b>x</b>", "\"><i>", 1}});
  CHECK(!shows(html, "<b>x"));
  CHECK(!shows(html, "<i>"));
}

TEST_CASE("a day of a chart is a day in UTC, with those that have nothing") {
  CHECK(day_of(0) == 0);
  CHECK(day_of(86'399) == 0);
  CHECK(day_of(86'400) == 1);
  const std::vector<DayCount> counts{{day(2026, 11, 20), 2}, {day(2026, 11, 22), 5}};
  const auto bars = bars_of(counts, day(2026, 11, 19), day(2026, 11, 22), Period::day);
  REQUIRE(bars.size() == 4);
  CHECK(bars[0].value + bars[2].value == 0);
  CHECK(bars[1].value == 2);
  CHECK(bars[3].value == 5);
  CHECK(bars[3].label == "22 November 2026");
  CHECK(bars[3].tick == "22 Nov");
}

TEST_CASE("weeks begin on Monday, months and years on their first day, and nothing is lost") {
  // A Sunday, the Monday after it, and days over the end of a year.
  const std::vector<DayCount> counts{
      {day(2026, 11, 22), 1}, {day(2026, 11, 23), 2}, {day(2026, 12, 31), 4}, {day(2027, 1, 1), 8}};
  const auto of = [&](Period period) {
    return bars_of(counts, day(2026, 11, 22), day(2027, 1, 1), period);
  };
  const auto weeks = of(Period::week);
  CHECK(weeks.front().label == "Week of 16 November 2026");
  CHECK(weeks.front().value == 1);
  CHECK(weeks[1].value == 2);
  CHECK(weeks.back().value == 12);
  const auto months = of(Period::month);
  REQUIRE(months.size() == 3);
  CHECK(months[0].label == "November 2026");
  CHECK(months[0].tick == "Nov 2026");
  CHECK(months[0].value == 3);
  CHECK(months[2].value == 8);
  const auto years = of(Period::year);
  REQUIRE(years.size() == 2);
  CHECK(years[0].value == 7);
  CHECK(years[1].label == "2027");
}

TEST_CASE("the older what is shown, the longer a bar's time") {
  CHECK(fitting_period(100, 100) == Period::day);
  CHECK(fitting_period(100, 130) == Period::day);
  CHECK(fitting_period(100, 131) == Period::week);
  CHECK(fitting_period(100, 100 + 365) == Period::week);
  CHECK(fitting_period(100, 100 + 400) == Period::month);
  CHECK(fitting_period(100, 100 + 3650) == Period::year);
}

}  // namespace
}  // namespace muster
