#pragma once

#include <string_view>

namespace muster {

// One line on standard error, written whole. Control characters become spaces, so that nobody
// outside can forge a line. Callers never pass secrets: paths that hold one are masked first.
void log_line(std::string_view text);

}  // namespace muster
