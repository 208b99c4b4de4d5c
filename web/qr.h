#pragma once

#include <string_view>

#include "web/view.h"

namespace muster {

// A text as a QR code, as `partials/qr` draws it: `qr_size`, the number of modules along an edge
// with the quiet zone, and `qr_path`, the dark ones. Throws for a text of more than 2 KB.
View qr_view(std::string_view text);

}  // namespace muster
