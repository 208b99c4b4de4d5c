// Style, script and icon, under names that change with their content.

#include <array>

#include "server/format.h"
#include "web/assets.h"
#include "web/page.h"
#include "web/pages/handlers.h"

namespace muster::pages {
namespace {

struct StaticFile {
  std::string_view name;
  std::string_view type;
};
constexpr std::array kFiles{StaticFile{"app.css", "text/css; charset=UTF-8"},
                            StaticFile{"app.js", "text/javascript; charset=UTF-8"},
                            StaticFile{"icon.svg", "image/svg+xml"}};

}  // namespace

Result<Reply> static_file(const Call& call) {
  const bool from_disk = call.app.config.dev;
  for (const StaticFile& file : kFiles) {
    if (call.request.path != static_url(file.name, from_disk)) continue;
    Reply reply{.content_type = std::string{file.type},
                .body = find_asset(formatted("static/{}", file.name), from_disk).value_or("")};
    return reply.with_header("Cache-Control",
                             from_disk ? "no-cache" : "public, max-age=31536000, immutable");
  }
  return Refusal::not_found("This file is of another version. Load the page again.");
}

}  // namespace muster::pages
