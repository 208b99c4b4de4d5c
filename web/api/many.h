#pragma once

#include <string_view>

#include "web/many.h"

namespace muster::api {

// What every act over many answers.
JsonObject report_shape(std::string_view action, bool only_looks, const ManyReport& report);

}  // namespace muster::api
