#pragma once

// Bars, drawn by the server as SVG in a page: no script, nothing that moves while the page loads.
// Positions along the axis are shares of the width, so bars stretch and letters do not. Colors come
// from the style sheet alone. Whoever cannot see it has its sentence, and everybody the same
// numbers as a table.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "web/view.h"

namespace muster {

struct ChartBar {
  std::string label;  // in the table: "21 November 2026"
  std::string tick;   // under the axis, where there is room: "21 Nov"
  std::int64_t value = 0;
};

struct Chart {
  std::string title;        // "Devices that came in, per day"
  std::string_view noun;    // what is counted, one of them: "device"
  std::string_view period;  // what a bar stands for: "day"
  std::vector<ChartBar> bars;
};

// For `partials/chart`.
View chart_view(const Chart& chart);

// The end of the axis: a round number that can be halved, at least `most`.
std::int64_t round_top(std::int64_t most);
// "999", "12k", "3.4M": as much as stands above a narrow bar.
std::string short_number(std::int64_t value);

}  // namespace muster
