#include "server/key_origin.h"

namespace muster {

KeyOrigin find_key_origin(const Snapshot& snapshot, KeyId key, std::int64_t now) {
  KeyOrigin origin;
  auto row = snapshot.query(
      "SELECT u.id, iif(u.email = '', u.name, u.email), u.is_service_user,"
      " u.removed_at IS NOT NULL, t.id, t.name, t.hint,"
      " t.revoked_at IS NOT NULL OR t.expires_at <= ?2"
      " FROM setup_keys k LEFT JOIN users u ON u.id = k.created_by_id"
      " LEFT JOIN access_tokens t ON t.id = k.created_with_id WHERE k.id = ?1",
      {key, now});
  if (!row.step()) return origin;
  const auto maker = row.find_id<UserId>();
  const auto label = row.find_text();
  const bool is_service_user = row.find_integer().value_or(0) != 0;
  const bool is_removed = row.boolean();
  if (maker) origin.maker = KeyMaker{*maker, label.value_or(""), is_service_user, is_removed};
  const auto token = row.find_id<TokenId>();
  const auto name = row.find_text();
  const auto hint = row.find_text();
  const bool has_ended = row.find_integer().value_or(0) != 0;
  if (token) origin.token = KeyToken{*token, name.value_or(""), hint.value_or(""), has_ended};
  return origin;
}

}  // namespace muster
