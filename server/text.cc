#include "server/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "server/format.h"

namespace muster {
namespace {

// The code point at the front of `text`, taken off it; nothing when it is not valid UTF-8.
std::optional<char32_t> take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text.size() < length) return std::nullopt;
  char32_t point = length == 1 ? first : first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    point = (point << 6) | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  if (point < smallest[length] || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff)
    return std::nullopt;
  text.remove_prefix(length);
  return point;
}

// Control characters, and those that are seen only in what they do to their neighbors: with them a
// name can look like another one, or read backwards.
bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x200b ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
         point == 0xfeff;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::optional<std::size_t> printable_length(std::string_view text) {
  std::size_t length = 0;
  while (!text.empty()) {
    const auto point = take_code_point(text);
    if (!point || is_control(*point)) return std::nullopt;
    ++length;
  }
  return length;
}

Result<void> check_text(std::string_view what, std::string_view text, std::size_t max_length,
                        bool is_note) {
  std::string flat{text};
  if (is_note)
    for (char& c : flat)
      if (is_blank(c)) c = ' ';
  const auto length = printable_length(flat);
  if (!length) return Refusal::invalid(formatted("{} holds control characters", what));
  if (*length > max_length)
    return Refusal::invalid(formatted("{} is longer than {} characters", what, max_length));
  return {};
}

std::string trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string{text};
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string make_label(std::string_view text) {
  std::string label;
  for (const char c : lower_ascii(text)) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (fits)
      label += c;
    else if (!label.empty() && label.back() != '-')
      label += '-';
    if (label.size() == 63) break;
  }
  while (!label.empty() && label.back() == '-') label.pop_back();
  return label.empty() ? "device" : label;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::string like_pattern(std::string_view search) {
  std::string pattern = "%";
  for (const char c : search) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

std::string lower_ascii(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string readable_time(std::int64_t unix_seconds) {
  using namespace std::chrono;
  constexpr std::array months{"January",   "February", "March",    "April",
                              "May",       "June",     "July",     "August",
                              "September", "October",  "November", "December"};
  const sys_seconds time{seconds{unix_seconds}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return formatted("{} {} {}, {:02}:{:02} UTC", static_cast<unsigned>(date.day()),
                   months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                   clock.hours().count(), clock.minutes().count());
}

}  // namespace muster
