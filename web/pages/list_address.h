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
  ListAddress(const Request& request, std::span<const std::string_view> names)
      : ListAddress(request.path, request, names) {}
  // `path`: of the list, where a form of it is read.
  ListAddress(std::string_view path, const Request& request,
              std::span<const std::string_view> names);

  // Empty when nothing is chosen.
  std::string_view value(std::string_view name) const;
  std::int64_t number(std::string_view name) const;  // 0 when it is none
  // The address with one choice changed. Another choice begins at the first page again, but for
  // `open`, which only unfolds a row.
  std::string with(std::string_view name, std::string_view value) const;
  // The address as it is, and the same choices at another path.
  std::string here() const { return at(path_); }
  std::string at(std::string_view path) const;

 private:
  std::string query(std::string_view name, std::string_view value) const;

  std::string path_;
  std::vector<std::pair<std::string_view, std::string>> choices_;
};

}  // namespace muster::pages
