#include "server/receipts.h"

#include "server/secret.h"

namespace muster {
namespace {

std::vector<AuditRow> list_rows(const Snapshot& snapshot, std::string_view cascade_id,
                                std::string_view code, int limit) {
  std::vector<AuditRow> rows;
  auto query = snapshot.query(
      "SELECT id, at, actor, target, \"from\", details FROM audit_log"
      " WHERE cascade_id = ? AND cascade_id <> '' AND code = ? ORDER BY id LIMIT ?",
      {cascade_id, code, limit});
  while (query.step()) {
    AuditRow& row = rows.emplace_back();
    row.id = query.integer();
    row.at = query.integer();
    row.code = code;
    row.actor = Subject::parse(query.text());
    row.target = Subject::parse(query.text());
    row.from = query.text();
    row.cascade_id = cascade_id;
    row.details = query.text();
  }
  return rows;
}

// Its last row, and what that row says of the whole.
bool read_end(const Snapshot& snapshot, Receipt& receipt) {
  auto query = snapshot.query(
      "SELECT id, at, actor, \"from\", coalesce(details ->> '$.cascade_of', target), hash"
      " FROM audit_log WHERE cascade_id = ? AND cascade_id <> '' ORDER BY id DESC LIMIT 1",
      {receipt.cascade_id});
  if (!query.step()) return false;
  receipt.head.id = query.integer();
  receipt.at = query.integer();
  receipt.actor = Subject::parse(query.text());
  receipt.from = query.text();
  receipt.root = Subject::parse(query.text());
  receipt.head.hash = hex_of(query.hash());
  return true;
}

}  // namespace

std::optional<Receipt> find_receipt(const Snapshot& snapshot, std::string_view cascade_id,
                                    int rows) {
  Receipt receipt;
  receipt.cascade_id = cascade_id;
  if (!read_end(snapshot, receipt)) return std::nullopt;
  auto query = snapshot.query(
      "SELECT code, count(*) FROM audit_log WHERE cascade_id = ? AND cascade_id <> ''"
      " GROUP BY code ORDER BY min(id)",
      {receipt.cascade_id});
  while (query.step()) {
    ReceiptPart part;
    part.code = query.text();
    part.count = query.integer();
    part.rows = list_rows(snapshot, cascade_id, part.code, rows);
    receipt.count += part.count;
    receipt.parts.push_back(std::move(part));
  }
  return receipt;
}

}  // namespace muster
