#pragma once

#include <fmt/core.h>

#include <string>

namespace muster {

// fmt's formatting, compiled once: its code is in format.cc, so that each file that formats a
// sentence takes the compiler one second, not six.
std::string format_values(fmt::string_view pattern, fmt::format_args values);

template <class... Values>
std::string formatted(fmt::format_string<Values...> pattern, Values&&... values) {
  return format_values(pattern, fmt::make_format_args(values...));
}

}  // namespace muster
