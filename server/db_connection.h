#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/db.h"

namespace SQLite {
class Database;
}

namespace muster {

// A SQLite connection that keeps its prepared statements. Used by one thread at a time. Its faults
// are Unavailable when they may pass, else std::runtime_error.
class Connection {
 public:
  enum class Mode { read, write, create };

  // `pragmas` run first, as one script.
  Connection(const std::string& path, Mode mode, const char* pragmas = "");
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void execute(const std::string& script);
  bool in_transaction();
  std::int64_t last_id();

  // Points `sql` at the text that the connection keeps. A statement that is in use is not in the
  // store, so the same text may run inside itself.
  std::unique_ptr<SQLite::Statement> take(std::string_view& sql, std::span<const Bind> values);
  void give_back(std::string_view sql, std::unique_ptr<SQLite::Statement> statement);

 private:
  static void bind(SQLite::Statement& statement, std::span<const Bind> values);

  std::unique_ptr<SQLite::Database> database_;
  // Found by a view of the text, without a copy of it.
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>, TextHash, std::equal_to<>>
      statements_;
};

}  // namespace muster
