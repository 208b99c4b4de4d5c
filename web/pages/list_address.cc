#include "web/pages/list_address.h"

#include <charconv>

#include "server/format.h"
#include "web/form.h"

namespace muster::pages {

ListAddress::ListAddress(const Request& request, std::span<const std::string_view> names)
    : path_(request.path) {
  for (const std::string_view name : names) choices_.emplace_back(name, request.query_value(name));
}

std::string_view ListAddress::value(std::string_view name) const {
  for (const auto& [choice, value] : choices_)
    if (choice == name) return value;
  return {};
}

std::int64_t ListAddress::number(std::string_view name) const {
  const auto text = value(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number > 0 ? number : 0;
}

std::string ListAddress::with(std::string_view name, std::string_view value) const {
  std::string address = path_;
  char separator = '?';
  for (const auto& [choice, present] : choices_) {
    std::string_view chosen = choice == name ? value : present;
    if (choice == "page" && name != "page") chosen = {};
    if (chosen.empty()) continue;
    address += formatted("{}{}={}", separator, choice, encode_query(chosen));
    separator = '&';
  }
  return address;
}

}  // namespace muster::pages
