#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web/request.h"

namespace muster::pages {

// What was chosen in a list, as its address says it: filters, search, order, page.
class ListAddress {
 public:
  // `names`: of the choices, in the order in which they stand in an address. Others are dropped.
  ListAddress(const Request& request, std::span<const std::string_view> names);

  // Empty when nothing is chosen.
  std::string_view value(std::string_view name) const;
  std::int64_t number(std::string_view name) const;  // 0 when it is none
  // The address with one choice changed. Another choice begins at the first page again.
  std::string with(std::string_view name, std::string_view value) const;

 private:
  std::string path_;
  std::vector<std::pair<std::string_view, std::string>> choices_;
};

}  // namespace muster::pages
