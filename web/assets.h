#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster {

// A file of the source tree that the program carries: `agent/install.sh`. With --dev it is read
// from disk, so that an edit shows at once.
std::optional<std::string> find_asset(std::string_view name, bool from_disk);

}  // namespace muster
