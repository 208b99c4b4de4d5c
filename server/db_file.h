#pragma once

#include "server/db.h"

namespace muster {

// Makes the file, or finds it fit: ours, and of this program's schema, to which it is migrated
// when `options` allow it. Throws UnusableDatabase and leaves any other file as it is.
void prepare_file(const DatabaseOptions& options);

}  // namespace muster
