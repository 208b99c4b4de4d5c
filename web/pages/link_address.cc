#include "web/pages/link_address.h"

#include <algorithm>

#include "server/format.h"
#include "server/text.h"
#include "web/form.h"

namespace muster::pages {
namespace {

std::string query_of(const LinkAddress& address, std::string_view state, std::string_view behind) {
  std::string query;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty())
      query += formatted("{}{}={}", query.empty() ? "?" : "&", name, encode_query(value));
  };
  add("state", state);
  add("search", address.filter.search);
  if (address.sort != kLinkSorts.front().text) add("sort", address.sort);
  add("after", behind);
  return query;
}

}  // namespace

LinkAddress::LinkAddress(const Request& request) {
  filter.order = kLinkSorts.front().order;
  filter.state = parse_link_state(request.query_value("state"));
  filter.search = trim(request.query_value("search"));
  const auto* word = std::ranges::find(kLinkSorts, request.query_value("sort"), &LinkSort::text);
  if (word != kLinkSorts.end()) {
    sort = word->text;
    filter.order = word->order;
  }
  const auto behind = read_number("after", request.query_value("after"), 0);
  if (behind && *behind > 0) after = LinkId{*behind};
}

std::string LinkAddress::path(std::string_view state, std::string_view behind) const {
  return "/links" + query_of(*this, state, behind);
}

std::string LinkAddress::at(std::string_view path) const {
  return std::string{path} +
         query_of(*this, filter.state ? text_of(*filter.state) : "", after ? to_text(*after) : "");
}

}  // namespace muster::pages
