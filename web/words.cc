#include "web/words.h"

#include <array>

#include "server/clock.h"
#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

struct Unit {
  std::int64_t seconds;
  std::string_view noun;
  std::int64_t until;  // shorter spans than this are told in this unit
};
constexpr std::int64_t kDay = 24 * 3600;
constexpr std::array kUnits{Unit{1, "second", 60}, Unit{60, "minute", 3600},
                            Unit{3600, "hour", kDay}, Unit{kDay, "day", 60 * kDay}};
constexpr std::int64_t kNow = 10;  // seconds that nobody counts

struct OsName {
  std::string_view os;
  std::string_view name;
};
constexpr std::array kOsNames{OsName{"linux", "Linux"}, OsName{"macos", "macOS"},
                              OsName{"windows", "Windows"}, OsName{"freebsd", "FreeBSD"}};

std::string day_of(std::int64_t at) {
  const std::string text = readable_time(at);
  return text.substr(0, text.find(','));
}

}  // namespace

std::string relative_time(std::int64_t at, std::int64_t now) {
  const bool is_past = at <= now;
  const std::int64_t span = is_past ? now - at : at - now;
  if (span < kNow) return "now";
  for (const Unit& unit : kUnits) {
    if (span >= unit.until) continue;
    const std::string words = counted(span / unit.seconds, unit.noun);
    return is_past ? words + " ago" : "in " + words;
  }
  return is_past ? day_of(at) : "until " + day_of(at);
}

View time_view(std::int64_t at, std::int64_t now) {
  View view;
  view.set("iso", rfc3339(at))
      .set("exact", readable_time(at))
      .set("relative", relative_time(at, now));
  return view;
}

std::optional<View> time_view(const std::optional<std::int64_t>& at, std::int64_t now) {
  return at ? std::optional{time_view(*at, now)} : std::nullopt;
}

std::string counted(std::int64_t count, std::string_view noun) {
  return formatted("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string system_words(std::string_view os, std::string_view os_version, std::string_view arch) {
  std::string words{os_version};
  if (words.empty()) {
    words = "Other";
    for (const OsName& known : kOsNames)
      if (known.os == os) words = known.name;
  }
  if (!arch.empty()) words += formatted(", {}", arch);
  return words;
}

}  // namespace muster
