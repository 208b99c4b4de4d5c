#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

// The only caller of the system's clocks. Tests put their own in its place.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, unix seconds. May jump: a Raspberry Pi has no battery behind it.
  virtual std::int64_t now() const;
  // Seconds since some moment before the program's start; never jumps. Measures silence.
  virtual std::int64_t monotonic() const;
};

// RFC 3339 UTC with seconds: 2026-11-21T08:15:00Z.
std::string rfc3339(std::int64_t unix_seconds);
// The same back, with any offset and fractions of a second (dropped). The zero time of year 1,
// which stands for "never", is 0. Nothing for what is no time.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace muster
