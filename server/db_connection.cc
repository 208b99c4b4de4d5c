#include "server/db_connection.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>

#include "server/format.h"

namespace muster {
namespace {

constexpr int kBusyMilliseconds = 30'000;  // a command beside a running server waits this long

// Faults after which the same act may work later.
bool is_passing(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
      return true;
    default:
      return false;
  }
}

[[noreturn]] void raise(const SQLite::Exception& fault) {
  if (is_passing(fault.getErrorCode())) throw Unavailable(fault.what());
  throw std::runtime_error(formatted("database: {}", fault.what()));
}

template <class Call>
auto guarded(Call&& call) {
  try {
    return call();
  } catch (const SQLite::Exception& fault) {
    raise(fault);
  }
}

}  // namespace

Connection::Connection(const std::string& path, Mode mode, const char* pragmas) {
  // One thread at a time uses it, which is guarded outside: SQLite's own locks would be idle work.
  const int flags = SQLite::OPEN_NOMUTEX |
                    (mode == Mode::read ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE) |
                    (mode == Mode::create ? SQLite::OPEN_CREATE : 0);
  guarded([&] { database_ = std::make_unique<SQLite::Database>(path, flags, kBusyMilliseconds); });
  execute(pragmas);
}

Connection::~Connection() = default;

void Connection::execute(const std::string& script) {
  guarded([&] { database_->exec(script); });
}

bool Connection::in_transaction() { return sqlite3_get_autocommit(database_->getHandle()) == 0; }

std::int64_t Connection::last_id() { return database_->getLastInsertRowid(); }

std::unique_ptr<SQLite::Statement> Connection::take(std::string_view& sql,
                                                    std::span<const Bind> values) {
  return guarded([&] {
    auto kept = statements_.find(sql);
    if (kept == statements_.end()) kept = statements_.emplace(sql, nullptr).first;
    sql = kept->first;
    auto statement = kept->second ? std::move(kept->second)
                                  : std::make_unique<SQLite::Statement>(*database_, kept->first);
    bind(*statement, values);
    return statement;
  });
}

void Connection::give_back(std::string_view sql, std::unique_ptr<SQLite::Statement> statement) {
  statement->tryReset();
  statements_.find(sql)->second = std::move(statement);
}

void Connection::bind(SQLite::Statement& statement, std::span<const Bind> values) {
  int index = 0;
  for (const Bind& value : values) {
    ++index;
    switch (value.kind_) {
      case Bind::Kind::null:
        statement.bind(index);
        break;
      case Bind::Kind::integer:
        statement.bind(index, value.integer_);
        break;
      case Bind::Kind::text:
        statement.bind(index, std::string{value.bytes_});
        break;
      case Bind::Kind::blob:
        statement.bindNoCopy(index, static_cast<const void*>(value.bytes_.data()),
                             static_cast<int>(value.bytes_.size()));
        break;
    }
  }
}

Query::Query(Connection& connection, std::string_view sql, std::span<const Bind> values)
    : connection_(connection), sql_(sql), statement_(connection.take(sql_, values)) {}

Query::~Query() {
  if (statement_) connection_.give_back(sql_, std::move(statement_));
}

bool Query::step() {
  column_ = 0;
  return guarded([&] { return statement_->executeStep(); });
}

std::int64_t Query::integer() {
  return guarded([&] { return statement_->getColumn(column_++).getInt64(); });
}

std::string Query::text() {
  return guarded([&] { return statement_->getColumn(column_++).getString(); });
}

Hash Query::hash() {
  return guarded([&] {
    const auto column = statement_->getColumn(column_++);
    Hash hash{};
    if (column.getBytes() != static_cast<int>(hash.size()))
      throw std::runtime_error("database: a hash has the wrong length");
    const auto* bytes = static_cast<const std::uint8_t*>(column.getBlob());
    std::copy_n(bytes, hash.size(), hash.begin());
    return hash;
  });
}

std::optional<std::int64_t> Query::find_integer() {
  if (guarded([&] { return statement_->getColumn(column_).isNull(); })) {
    ++column_;
    return std::nullopt;
  }
  return integer();
}

std::optional<std::string> Query::find_text() {
  if (guarded([&] { return statement_->getColumn(column_).isNull(); })) {
    ++column_;
    return std::nullopt;
  }
  return text();
}

Query Snapshot::query(std::string_view sql, std::initializer_list<Bind> values) const {
  return Query{connection_, sql, std::span{values.begin(), values.size()}};
}

Query Snapshot::query(std::string_view sql, std::span<const Bind> values) const {
  return Query{connection_, sql, values};
}

int Transaction::run(std::string_view sql, std::initializer_list<Bind> values) {
  return guarded([&] {
    auto statement = connection_.take(sql, std::span{values.begin(), values.size()});
    const int changes = statement->exec();
    connection_.give_back(sql, std::move(statement));
    return changes;
  });
}

std::int64_t Transaction::insert(std::string_view sql, std::initializer_list<Bind> values) {
  run(sql, values);
  return connection_.last_id();
}

void Transaction::after_commit(std::function<void()> effect) {
  effects_.push_back(std::move(effect));
}

}  // namespace muster
