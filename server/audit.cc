#include "server/audit.h"

#include <array>

#include "server/format.h"
#include "server/json_writer.h"
#include "server/secret.h"

namespace muster {
namespace {

struct StoredRow {
  std::int64_t id;
  std::int64_t at;
  std::string_view code;
  std::string_view actor;
  std::string_view target;
  std::string_view from;
  std::string_view cascade_id;
  std::string_view details;
};

Hash chain_hash(const Hash& previous, const StoredRow& row) {
  return FieldHasher{}
      .add(previous)
      .add(std::to_string(row.id))
      .add(std::to_string(row.at))
      .add(row.code)
      .add(row.actor)
      .add(row.target)
      .add(row.from)
      .add(row.cascade_id)
      .add(row.details)
      .finish();
}

struct Head {
  std::int64_t id = 0;
  Hash hash{};  // zeros before the first row
};

Head find_head(const Snapshot& snapshot) {
  auto query = snapshot.query("SELECT id, hash FROM audit_log ORDER BY id DESC LIMIT 1");
  if (!query.step()) return {};
  Head head;
  head.id = query.integer();
  head.hash = query.hash();
  return head;
}

}  // namespace

std::string Subject::text() const {
  if (id.empty()) return name.empty() ? kind : formatted("{} {}", kind, name);
  return formatted("{}:{} {}", kind, id, name);
}

Subject Subject::parse(std::string_view text) {
  Subject subject;
  const auto blank = text.find(' ');
  const auto head = text.substr(0, blank);
  if (blank != std::string_view::npos) subject.name = text.substr(blank + 1);
  const auto colon = head.find(':');
  subject.kind = head.substr(0, colon);
  if (colon != std::string_view::npos) subject.id = head.substr(colon + 1);
  return subject;
}

std::string new_cascade_id() {
  std::array<std::uint8_t, 8> bytes{};
  fill_random(bytes);
  return hex_of(bytes);
}

void append_audit(Transaction& tx, const By& by, const AuditEntry& entry) {
  JsonObject details;
  for (const auto& [name, value] : entry.details) details.set(name, std::string_view{value});
  if (!by.because_of.empty()) details.set("because_of", std::string_view{by.because_of});
  if (!by.cascade_of.empty()) details.set("cascade_of", std::string_view{by.cascade_of});
  const std::string details_text = details.text();
  const std::string actor = by.actor.text();
  const std::string target = entry.target.text();

  const Head head = find_head(tx);  // inside the act: nothing can come between
  const StoredRow row{.id = head.id + 1,
                      .at = by.at,
                      .code = entry.code,
                      .actor = actor,
                      .target = target,
                      .from = by.from,
                      .cascade_id = by.cascade_id,
                      .details = details_text};
  tx.run(
      "INSERT INTO audit_log (id, at, code, actor, target, \"from\", cascade_id, details, hash)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {row.id, row.at, row.code, row.actor, row.target, row.from, row.cascade_id, row.details,
       chain_hash(head.hash, row)});
}

ChainHead find_chain_head(const Snapshot& snapshot) {
  const Head head = find_head(snapshot);
  return {head.id, head.id == 0 ? std::string{} : hex_of(head.hash)};
}

ChainState check_chain(const Snapshot& snapshot) {
  ChainState state;
  Hash previous{};
  auto query = snapshot.query(
      "SELECT id, at, code, actor, target, \"from\", cascade_id, details, hash FROM audit_log"
      " ORDER BY id");
  while (query.step()) {
    const auto id = query.integer();
    const auto at = query.integer();
    const auto code = query.text();
    const auto actor = query.text();
    const auto target = query.text();
    const auto from = query.text();
    const auto cascade_id = query.text();
    const auto details = query.text();
    const Hash stored = query.hash();
    const StoredRow row{id, at, code, actor, target, from, cascade_id, details};
    if (!state.first_broken_id && (id != state.head_id + 1 || chain_hash(previous, row) != stored))
      state.first_broken_id = id;
    previous = stored;
    ++state.rows;
    state.head_id = id;
  }
  if (state.rows > 0) state.head = hex_of(previous);
  return state;
}

}  // namespace muster
