#include "web/pages/list_address.h"

#include <charconv>

#include "server/format.h"
#include "web/form.h"

namespace muster::pages {

ListAddress::ListAddress(std::string_view path, const Request& request,
                         std::span<const std::string_view> names)
    : path_(path) {
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
  return path_ + query(name, value);
}

std::string ListAddress::at(std::string_view path) const {
  return std::string{path} + query("page", value("page"));
}

std::string ListAddress::query(std::string_view name, std::string_view value) const {
  const bool keeps_page = name == "page" || name == "open";
  std::string query;
  for (const auto& [choice, present] : choices_) {
    const std::string_view chosen = choice == name ? value : present;
    if (chosen.empty() || (choice == "page" && !keeps_page)) continue;
    query += formatted("{}{}={}", query.empty() ? "?" : "&", choice, encode_query(chosen));
  }
  return query;
}

}  // namespace muster::pages
