#include "web/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "server/format.h"
#include "web/words.h"

namespace muster {
namespace {

// From the top of the drawing, in pixels; `templates/partials/chart.html` has its height.
constexpr std::int64_t kTop = 24;
constexpr std::int64_t kBottom = 164;
constexpr std::int64_t kLeastHeight = 2;  // of a bar that is no nothing
constexpr std::size_t kTicks = 4;
constexpr double kBarShare = 0.72;  // of its place

std::string percent(double share) { return formatted("{:.2f}%", 100 * share); }

// Of a plain word in lower case.
std::string capital(std::string_view word) {
  std::string text{word};
  if (!text.empty()) text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

std::int64_t height_of(std::int64_t value, std::int64_t top) {
  if (value <= 0) return 0;
  const double share = static_cast<double>(value) / static_cast<double>(top);
  return std::max(kLeastHeight, std::int64_t{std::lround(share * (kBottom - kTop))});
}

std::vector<View> lines(std::int64_t top) {
  std::vector<View> views;
  std::vector<std::int64_t> values{0, top / 2, top};
  if (top == 1) values = {0, 1};
  for (const std::int64_t value : values) {
    const std::int64_t y = kBottom - (kBottom - kTop) * value / top;
    views.push_back(View{}.set("y", y).set("text_y", y + 4).set("line_label", short_number(value)));
  }
  return views;
}

// Names stand under every so many bars, counted from the newest.
std::vector<View> bars(const Chart& chart, std::int64_t top) {
  std::vector<View> views;
  const std::size_t count = chart.bars.size();
  const std::size_t step = (count + kTicks - 1) / kTicks;
  for (std::size_t i = 0; i < count; ++i) {
    const ChartBar& bar = chart.bars[i];
    const std::int64_t height = height_of(bar.value, top);
    const auto place = 1.0 / static_cast<double>(count);
    const double left = static_cast<double>(i) * place;
    const bool is_last = i + 1 == count;
    const bool has_tick = (count - 1 - i) % step == 0;
    views.push_back(View{}
                        .set("label", bar.label)
                        .set("value", bar.value)
                        .set("tick", has_tick ? bar.tick : "")
                        .set("tick_x", percent(is_last && count > 2 ? 1 : left + place / 2))
                        .set("anchor", is_last && count > 2 ? "end" : "middle")
                        .set("place_x", percent(left))
                        .set("place_width", percent(place))
                        .set("middle_x", percent(left + place / 2))
                        .set("x", percent(left + place * (1 - kBarShare) / 2))
                        .set("width", percent(place * kBarShare))
                        .set("y", kBottom - height)
                        .set("value_y", kBottom - height - 5)
                        .set("height", height > 0 ? std::to_string(height) : "")
                        .set("short_value", bar.value > 0 ? short_number(bar.value) : ""));
  }
  return views;
}

std::string sentence(const Chart& chart, std::int64_t total, const ChartBar* most) {
  if (total == 0 || most == nullptr) return formatted("No {} yet.", chart.noun);
  std::string when = most->label;
  if (when.starts_with("Week")) when.front() = 'w';
  return formatted("{} in all, the most in one {}: {} ({}).", counted(total, chart.noun),
                   chart.period, most->value, when);
}

}  // namespace

std::int64_t round_top(std::int64_t most) {
  constexpr std::array<std::int64_t, 6> steps{1, 2, 4, 6, 10, 20};
  for (std::int64_t scale = 1;; scale *= 10)
    for (const std::int64_t step : steps)
      if (step * scale >= most && (scale == 1 || step > 1)) return step * scale;
}

std::string short_number(std::int64_t value) {
  struct Unit {
    std::int64_t size;
    std::string_view letter;
  };
  constexpr std::array units{Unit{1'000'000'000, "G"}, Unit{1'000'000, "M"}, Unit{1'000, "k"}};
  for (const auto& [size, letter] : units) {
    if (value < size) continue;
    const std::int64_t tenths = value / (size / 10);
    if (tenths >= 100 || tenths % 10 == 0) return formatted("{}{}", tenths / 10, letter);
    return formatted("{}.{}{}", tenths / 10, tenths % 10, letter);
  }
  return std::to_string(value);
}

View chart_view(const Chart& chart) {
  const auto most = std::ranges::max_element(chart.bars, {}, &ChartBar::value);
  const bool is_empty = most == chart.bars.end();
  const std::int64_t total =
      std::accumulate(chart.bars.begin(), chart.bars.end(), std::int64_t{0},
                      [](std::int64_t sum, const ChartBar& bar) { return sum + bar.value; });
  const std::int64_t top = round_top(is_empty ? 1 : std::max<std::int64_t>(1, most->value));
  View view;
  view.set("chart_title", chart.title)
      .set("chart_sentence", sentence(chart, total, is_empty ? nullptr : &*most))
      .set("period", capital(chart.period))
      .set("nouns", capital(chart.noun) + "s")
      .set("chart_total", total)
      .set("lines", lines(top))
      .set("bars", bars(chart, top));
  return view;
}

}  // namespace muster
