#include "web/pasted_line.h"

#include <algorithm>
#include <cctype>

#include "server/format.h"
#include "web/app.h"

namespace muster {
namespace {

// A URL as one word of a shell. The brackets of an IPv6 address are a pattern to zsh, which then
// refuses the whole line.
std::string shell_word(const std::string& url) {
  const bool is_plain = std::ranges::all_of(url, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view{":/.-_%,+="}.find(c) != std::string_view::npos;
  });
  return is_plain ? url : "'" + url + "'";
}

std::string line_for_sh(const std::string& url, const std::string& pin, std::string_view key) {
  const std::string script = shell_word(url + "/install.sh");
  const std::string control = shell_word(url);
  if (pin.empty())
    return formatted("curl -fsSL {} | sh -s -- --control {} --key {}", script, control, key);
  return formatted(
      "curl -fsSLk --pinnedpubkey '{0}' {1} | sh -s -- --control {2} --pin '{0}' "
      "--key {3}",
      pin, script, control, key);
}

}  // namespace

PastedLines pasted_lines(const App& app, std::string_view key) {
  const std::string pin = app.pins.empty() ? "" : app.pins.front();
  const std::string line = line_for_sh(app.public_address.url(), pin, key);
  return {.linux = line, .macos = line};
}

}  // namespace muster
