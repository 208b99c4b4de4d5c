#include "web/assets.h"

#include <fstream>
#include <sstream>

#include "server/embedded.h"

namespace muster {

std::optional<std::string> find_asset(std::string_view name, bool from_disk) {
  for (const EmbeddedFile& file : web_files()) {
    if (file.name != name) continue;
    if (!from_disk) return std::string{file.content};
    std::ifstream stream{std::string{MUSTER_SOURCE_DIR} + "/" + std::string{name},
                         std::ios::binary};
    std::stringstream content;
    content << stream.rdbuf();
    return std::move(content).str();
  }
  return std::nullopt;
}

}  // namespace muster
