#include "web/csv.h"

#include "server/clock.h"
#include "server/format.h"

namespace muster {

CsvRow& CsvRow::add(std::string_view text) {
  if (!is_first_) text_ += ',';
  is_first_ = false;
  std::string cell;
  if (!text.empty() && std::string_view{"=+-@\t\r"}.find(text.front()) != std::string_view::npos)
    cell = "'";
  cell += text;
  if (cell.find_first_of(",\"\r\n") == std::string::npos) {
    text_ += cell;
    return *this;
  }
  text_ += '"';
  for (const char c : cell) text_ += c == '"' ? std::string{"\"\""} : std::string{c};
  text_ += '"';
  return *this;
}

CsvRow& CsvRow::add(std::int64_t number) {
  if (!is_first_) text_ += ',';
  is_first_ = false;
  text_ += std::to_string(number);
  return *this;
}

Reply csv_reply(std::string_view noun, std::int64_t now, std::span<const std::string_view> members,
                std::function<bool(std::string& out)> append_page) {
  CsvRow head;
  for (const std::string_view member : members) head.add(member);
  Reply reply{.content_type = "text/csv; charset=UTF-8"};
  reply.with_header("Content-Disposition", formatted("attachment; filename=\"muster-{}-{}.csv\"",
                                                     noun, rfc3339(now).substr(0, 10)));
  reply.stream = [first = head.text(), append_page = std::move(append_page)](const Write& write) {
    write(first);
    std::string rows;
    while (append_page(rows)) {
      write(rows);
      rows.clear();
    }
  };
  return reply;
}

}  // namespace muster
