#define FMT_HEADER_ONLY  // the one place where fmt's code is compiled
#include "server/format.h"

#include <fmt/format.h>

namespace muster {

std::string format_values(fmt::string_view pattern, fmt::format_args values) {
  return fmt::vformat(pattern, values);
}

}  // namespace muster
