#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster {

struct App;

// What a stranger pastes, for one key. With a self-made certificate the line carries its pin and
// fails closed against any other. A line is absent until it works.
struct PastedLines {
  std::string linux;
  std::string macos;
  std::optional<std::string> windows{};
  std::optional<std::string> docker{};
  std::optional<std::string> kubernetes{};
};

PastedLines pasted_lines(const App& app, std::string_view key);

}  // namespace muster
