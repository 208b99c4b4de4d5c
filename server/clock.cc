#include "server/clock.h"

#include <charconv>
#include <chrono>

#include "server/format.h"

namespace muster {

std::int64_t Clock::now() const {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t Clock::monotonic() const {
  using namespace std::chrono;
  return duration_cast<seconds>(steady_clock::now().time_since_epoch()).count();
}

std::string rfc3339(std::int64_t unix_seconds) {
  using namespace std::chrono;
  const sys_seconds time{seconds{unix_seconds}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return formatted("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                   clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = -1;
    if (at + digits > text.size()) return value;
    const auto part = text.substr(at, digits);
    const auto [end, error] = std::from_chars(part.data(), part.data() + digits, value);
    return error == std::errc{} && end == part.data() + digits && value >= 0 ? value : -1;
  };
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() <= shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return std::nullopt;
  const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                            day{static_cast<unsigned>(number(8, 2))}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59)
    return std::nullopt;
  std::size_t at = shape.size();
  if (text[at] == '.')
    while (++at < text.size() && text[at] >= '0' && text[at] <= '9') {
    }
  std::int64_t offset = 0;
  const bool is_utc = text.substr(at) == "Z";
  if (!is_utc) {
    const auto zone = text.substr(at);
    const int hour = number(at + 1, 2);
    const int minute = number(at + 4, 2);
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || hour < 0 ||
        hour > 23 || minute < 0 || minute > 59)
      return std::nullopt;
    offset = (zone[0] == '-' ? -1 : 1) * (hour * 3600 + minute * 60);
  }
  if (date.year() == year{1}) return 0;
  return sys_seconds{sys_days{date}}.time_since_epoch().count() + number(11, 2) * 3600 +
         number(14, 2) * 60 + number(17, 2) - offset;
}

}  // namespace muster
