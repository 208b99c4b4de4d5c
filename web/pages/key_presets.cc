#include "web/pages/key_presets.h"

#include <algorithm>
#include <array>

namespace muster::pages {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

constexpr std::array kCommon{
    Preset{"one", "One device now", "One-time key, works for 1 day.", "one-off", 1, kDay},
    Preset{"several", "Several devices", "Any number of machines, for 30 days.", "reusable", 0,
           30 * kDay},
    Preset{"temporary", "Temporary", "For 7 days; each device goes when it falls silent.",
           "reusable", 0, 7 * kDay, true}};

constexpr std::array kPatterns{
    Preset{"ci", "CI runners", "100 machines, for 7 days; each goes when it falls silent.",
           "reusable", 100, 7 * kDay, true, "ci-runners"},
    Preset{"iot", "IoT sensors", "Any number of machines, for 365 days.", "reusable", 0, 365 * kDay,
           false, "iot-devices"},
    Preset{"contractor", "Contractor", "One-time key, works for 30 days.", "one-off", 1, 30 * kDay,
           false, "contractors"}};

}  // namespace

std::span<const Preset> common_presets() { return kCommon; }
std::span<const Preset> patterns() { return kPatterns; }

const Preset& find_preset(std::string_view word) {
  for (const auto presets : {common_presets(), patterns()})
    for (const Preset& preset : presets)
      if (preset.word == word) return preset;
  return kCommon.front();
}

}  // namespace muster::pages
