#include "server/migrations.h"

#include <algorithm>
#include <stdexcept>

#include "server/db.h"
#include "server/embedded.h"
#include "server/format.h"

namespace muster {

int schema_version() {
  static const auto count = std::ranges::count_if(
      core_files(), [](const EmbeddedFile& file) { return file.name.starts_with("migrations/"); });
  return static_cast<int>(count);
}

std::string_view migration(int number) {
  const auto prefix = formatted("migrations/{:04}_", number);
  for (const EmbeddedFile& file : core_files())
    if (file.name.starts_with(prefix)) return file.content;
  throw std::logic_error(formatted("no migration {}", number));
}

std::string_view schema_text() {
  for (const EmbeddedFile& file : core_files())
    if (file.name == "schema.sql") return file.content;
  throw std::logic_error("no schema.sql");
}

}  // namespace muster
