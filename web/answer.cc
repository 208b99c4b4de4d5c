#include "web/answer.h"

#include <charconv>

namespace muster {

bool wants_lines(const Request& request) {
  return (request.path == "/api/enroll" || request.path.starts_with("/api/agent/")) &&
         request.header("Accept").starts_with("text/plain");
}

Reply answer_with(const Request& request, const JsonObject& object) {
  Reply reply = json_reply(object);
  if (wants_lines(request)) {
    reply.body = lines_of(reply.body);
    reply.content_type = "text/plain; charset=UTF-8";
  }
  return reply;
}

Reply stream_array(std::function<std::vector<JsonObject>()> next_page) {
  Reply reply;
  reply.stream = [next_page = std::move(next_page)](const Write& write) {
    std::string text = "[";
    bool is_first = true;
    for (auto page = next_page(); !page.empty(); page = next_page()) {
      for (const JsonObject& item : page) {
        if (!is_first) text += ',';
        is_first = false;
        text += item.text();
      }
      write(text);
      text.clear();
    }
    write(text + "]");
  };
  return reply;
}

Result<int> read_limit(const Request& request, int fallback, int most) {
  const auto text = request.find_query("limit");
  if (!text) return fallback;
  int limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc{} || end != text->data() + text->size() || limit < 1 || limit > most)
    return Refusal::invalid("limit is from 1 to " + std::to_string(most));
  return limit;
}

std::optional<std::int64_t> read_id(const Request& request, std::string_view name,
                                    std::int64_t smallest) {
  const auto text = request.find_query(name);
  if (!text) return 0;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
  if (error != std::errc{} || end != text->data() + text->size() || id < smallest)
    return std::nullopt;
  return id;
}

}  // namespace muster
