#pragma once

#include <string>
#include <string_view>

#include "web/view.h"

namespace muster {

// Fills `templates/NAME.html`. Values are escaped by the engine; `{{> partials/x}}` includes
// `templates/partials/x.html`. Throws std::logic_error for a template that is missing or broken
// and for a name that `view` does not set. `from_disk`: --dev, edits show at once.
std::string render(std::string_view name, const View& view, bool from_disk);

}  // namespace muster
