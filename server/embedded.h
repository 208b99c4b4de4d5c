#pragma once

#include <span>
#include <string_view>

namespace muster {

// A file of the source tree that is part of the program (cmake/embed.cmake).
struct EmbeddedFile {
  std::string_view name;  // its path below server/, or below the tree for the web side
  std::string_view content;
};

std::span<const EmbeddedFile> core_files();  // schema.sql and migrations/
std::span<const EmbeddedFile> web_files();   // agent/, templates/, static/

}  // namespace muster
