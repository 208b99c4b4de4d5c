#pragma once

#include <string>

#include "web/call.h"

namespace muster::pages {

// Begins a session for a person whose password was right a moment ago and sends the browser to
// `path` with its cookie.
Reply begin_session(const Call& call, const Person& person, std::string path);

}  // namespace muster::pages
