#include "web/request.h"

#include <algorithm>
#include <charconv>

namespace muster {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Request::find_header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equals_ignoring_case(key, name)) return value;
  return std::nullopt;
}

std::optional<std::string_view> Request::find_query(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

long long Request::id_parameter(std::size_t index) const {
  if (index >= path_parameters.size()) return 0;
  const std::string& text = path_parameters[index];
  // Only digits: from_chars would take a sign.
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) return 0;
  long long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? number : 0;
}

}  // namespace muster
