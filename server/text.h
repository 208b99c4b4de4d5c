#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/result.h"

namespace muster {

constexpr std::size_t kNameLength = 200;    // names and recipients, in characters
constexpr std::size_t kNoteLength = 2'000;  // notes and messages

// Characters of valid UTF-8 without control characters, else nothing.
std::optional<std::size_t> printable_length(std::string_view text);

// Refuses a text that is too long, not UTF-8, or holds control characters. `what` begins the
// sentence: "the name", "the note". Line breaks pass only where `is_note`.
Result<void> check_text(std::string_view what, std::string_view text, std::size_t max_length,
                        bool is_note = false);

std::string trim(std::string_view text);
// Empty text has no parts.
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// A DNS label made from any text: lower-case letters, digits and single hyphens, 1 to 63
// characters, `device` when nothing is left.
std::string make_label(std::string_view text);
bool is_label(std::string_view text);

// A search text as a pattern for LIKE with ESCAPE '\': its own wildcards mean themselves.
std::string like_pattern(std::string_view search);

std::string lower_ascii(std::string_view text);

// "14 November 2026, 14:03 UTC": for sentences that people read.
std::string readable_time(std::int64_t unix_seconds);

}  // namespace muster
