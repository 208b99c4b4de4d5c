#pragma once

// What a new key is for: the choice at the top of the form, which decides what fields left empty
// mean.

#include <cstdint>
#include <span>
#include <string_view>

namespace muster::pages {

struct Preset {
  std::string_view word;
  std::string_view label;
  std::string_view help;
  std::string_view type;
  std::int64_t uses;
  std::int64_t expires_in;  // seconds
  bool ephemeral = false;
  std::string_view group = {};  // of its devices, unless another one is chosen; made when missing
};

// Three for anybody, and three patterns for what is set up again and again.
std::span<const Preset> common_presets();
std::span<const Preset> patterns();

// The first one for a word that is none.
const Preset& find_preset(std::string_view word);

}  // namespace muster::pages
