#include "web/api/paging.h"

#include <cctype>
#include <charconv>

namespace muster::api {
namespace {

std::string query_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4];
      encoded += digits[byte & 15];
    }
  }
  return encoded;
}

}  // namespace

std::int64_t id_query(const Request& request, std::string_view name, std::int64_t smallest) {
  const auto text = request.find_query(name);
  if (!text) return 0;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
  return error == std::errc{} && end == text->data() + text->size() && id >= smallest ? id : -1;
}

std::string next_page(const Request& request, std::string_view last_id) {
  std::string link = "<" + request.path + "?";
  for (const auto& [name, value] : request.query)
    if (name != "after") link += query_encoded(name) + "=" + query_encoded(value) + "&";
  return link.append("after=").append(last_id) + ">; rel=\"next\"";
}

}  // namespace muster::api
