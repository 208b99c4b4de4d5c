#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/result.h"

namespace muster {

// The fields of a posted form (application/x-www-form-urlencoded). Line breaks arrive as \r\n and
// are read as \n.
class Form {
 public:
  // Refuses what is not UTF-8, and NUL.
  static Result<Form> parse(std::string_view body);

  // Empty when absent; the first of several.
  std::string_view value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;
  bool has(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// `a b&c` as it stands in a query: `a%20b%26c`.
std::string encode_query(std::string_view text);

// A number of a form: digits alone. Empty is `fallback`; `what` begins the sentence of a refusal.
Result<std::int64_t> read_number(std::string_view what, std::string_view text,
                                 std::int64_t fallback);

}  // namespace muster
