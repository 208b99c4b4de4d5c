#pragma once

// CSV files (RFC 4180, UTF-8), written row by row.
//
// Names come from strangers, too: a host name such as `=cmd()` would be a formula to the program
// that opens the file. Cells that begin like one get an apostrophe before them.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "web/reply.h"

namespace muster {

class CsvRow {
 public:
  CsvRow& add(std::string_view text);
  CsvRow& add(std::int64_t number);
  CsvRow& add(bool value) { return add(std::string_view{value ? "true" : "false"}); }
  CsvRow& add(const char* text) { return add(std::string_view{text}); }
  // With its line end.
  std::string text() const { return text_ + "\r\n"; }

 private:
  std::string text_;
  bool is_first_ = true;
};

// A file `muster-keys-2026-11-21.csv` for `noun` "keys". `append_page(out)` appends the rows that
// follow, and answers false when there are none left. Each page is read in a snapshot of its own,
// so a slow client holds no connection to the database, and memory holds one page.
Reply csv_reply(std::string_view noun, std::int64_t now, std::span<const std::string_view> members,
                std::function<bool(std::string& out)> append_page);

}  // namespace muster
