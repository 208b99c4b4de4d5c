#include "server/log.h"

#include <unistd.h>

#include <string>

namespace muster {

void log_line(std::string_view text) {
  std::string line{text};
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  line += '\n';
  // Nobody is left to tell when standard error is closed.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace muster
