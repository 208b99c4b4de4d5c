#include "web/form.h"

#include <algorithm>
#include <charconv>

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A % that no two digits follow means itself, as browsers read it.
std::string decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 &&
                           digit_of(text[i + 2]) >= 0;
    if (is_escape) {
      decoded += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

// Browsers end lines with \r\n.
std::string with_plain_line_breaks(std::string text) {
  std::erase(text, '\r');
  return text;
}

}  // namespace

Result<Form> Form::parse(std::string_view body) {
  Form form;
  for (const std::string& pair : split(body, '&')) {
    const auto equals = pair.find('=');
    std::string name = decode(pair.substr(0, equals));
    std::string value = with_plain_line_breaks(
        equals == std::string::npos ? "" : decode(std::string_view{pair}.substr(equals + 1)));
    // Which control characters a field may hold is its own rule; line breaks are the widest one.
    if (!check_text("a field", name, 200) || !check_text("a field", value, body.size(), true))
      return Refusal::bad_request("the form holds control characters, or is not UTF-8");
    form.fields_.emplace_back(std::move(name), std::move(value));
  }
  return form;
}

std::string_view Form::value(std::string_view name) const {
  for (const auto& [field, value] : fields_)
    if (field == name) return value;
  return {};
}

std::vector<std::string> Form::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [field, value] : fields_)
    if (field == name) found.push_back(value);
  return found;
}

bool Form::has(std::string_view name) const {
  return std::ranges::any_of(fields_, [&](const auto& field) { return field.first == name; });
}

std::string encode_query(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~' ||
                          c == '/';
    encoded += is_plain ? std::string{c} : formatted("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

Result<std::int64_t> read_number(std::string_view what, std::string_view typed,
                                 std::int64_t fallback) {
  const std::string text = trim(typed);
  if (text.empty()) return fallback;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0)
    return Refusal::invalid(formatted("{} is a number: {} is none", what, text));
  return number;
}

}  // namespace muster
