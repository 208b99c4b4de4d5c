#include "web/request_head.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "web/request.h"

namespace muster {
namespace {

constexpr std::size_t kMostHeaders = 100;
constexpr std::string_view kBlanks = " \t";

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the part before `mark` off `text`, and the mark. Nothing when there is no mark.
std::optional<std::string_view> take(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto part = text.substr(0, at);
  text.remove_prefix(at + mark.size());
  return part;
}

// Clients that take us for a proxy send the whole address.
std::string without_origin(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(std::min(target.find_first_of("/?", scheme.size()), target.size()));
    return (target.starts_with('/') ? "" : "/") + std::string{target};
  }
  return std::string{target};
}

bool parse_request_line(std::string_view line, RequestHead& head) {
  const auto method = take(line, " ");
  const auto target = take(line, " ");
  if (!method || !target || !is_token(*method) || target->empty()) return false;
  if (line != "HTTP/1.1" && line != "HTTP/1.0") return false;
  head.method = *method;
  head.target = without_origin(*target);
  head.version = line;
  return true;
}

bool parse_length(std::string_view text, std::uint64_t& length) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error == std::errc::result_out_of_range) length = UINT64_MAX;  // too large for anything
  return error != std::errc::invalid_argument && end == text.data() + text.size();
}

bool lists(std::string_view value, std::string_view wanted) {
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    if (equals_ignoring_case(trim(value.substr(0, comma)), wanted)) return true;
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return false;
}

// What the headers say about the message itself. False when they leave a doubt where it ends, or
// whom it is meant for.
bool read_framing(RequestHead& head) {
  int lengths = 0;
  int hosts = 0;
  bool says_close = false;
  bool says_keep = false;
  for (const auto& [name, value] : head.headers) {
    if (equals_ignoring_case(name, "Content-Length")) {
      if (++lengths > 1 || !parse_length(value, head.content_length)) return false;
    } else if (equals_ignoring_case(name, "Transfer-Encoding")) {
      head.has_transfer_encoding = true;
    } else if (equals_ignoring_case(name, "Content-Encoding")) {
      head.is_compressed = head.is_compressed || !equals_ignoring_case(value, "identity");
    } else if (equals_ignoring_case(name, "Connection")) {
      says_close = says_close || lists(value, "close");
      says_keep = says_keep || lists(value, "keep-alive");
    } else if (equals_ignoring_case(name, "Expect")) {
      head.expects_continue = equals_ignoring_case(value, "100-continue");
    } else if (equals_ignoring_case(name, "Host")) {
      ++hosts;
    }
  }
  const bool is_old = head.version == "HTTP/1.0";
  head.keeps_connection = !says_close && (!is_old || says_keep);
  head.expects_continue = head.expects_continue && !is_old;
  return !(head.has_transfer_encoding && lengths > 0) && (hosts == 1 || (is_old && hosts == 0));
}

}  // namespace

std::optional<RequestHead> parse_request_head(std::string_view lines) {
  RequestHead head;
  const auto request_line = take(lines, "\r\n");
  if (!request_line || !parse_request_line(*request_line, head)) return std::nullopt;
  while (const auto line = take(lines, "\r\n")) {
    std::string_view value = *line;
    const auto name = take(value, ":");
    // A line that begins with a blank would continue the one before it: not in this century.
    if (!name || !is_token(*name) || head.headers.size() == kMostHeaders) return std::nullopt;
    head.headers.emplace_back(*name, trim(value));
  }
  if (!read_framing(head)) return std::nullopt;
  return head;
}

}  // namespace muster
