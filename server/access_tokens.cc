#include "server/access_tokens.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

struct RightWord {
  Right right;
  std::string_view text;
};
constexpr std::array kRights{
    RightWord{Right::keys_read, "keys:read"},
    RightWord{Right::keys_write, "keys:write"},
    RightWord{Right::links_read, "links:read"},
    RightWord{Right::links_write, "links:write"},
    RightWord{Right::devices_read, "devices:read"},
    RightWord{Right::devices_write, "devices:write"},
    RightWord{Right::groups_read, "groups:read"},
    RightWord{Right::groups_write, "groups:write"},
    RightWord{Right::networks_read, "networks:read"},
    RightWord{Right::networks_write, "networks:write"},
    RightWord{Right::people_read, "people:read"},
    RightWord{Right::people_write, "people:write"},
    RightWord{Right::audit_read, "audit:read"},
};

bool is_read(Right right) { return text_of(right).ends_with(":read"); }

Result<std::string> check_scopes(const std::vector<std::string>& scopes) {
  if (scopes.empty()) return std::string{"all"};
  for (const std::string& scope : scopes) {
    const bool known =
        scope == "all" || std::ranges::find(kRights, scope, &RightWord::text) != kRights.end();
    if (!known)
      return Refusal::invalid(
          formatted("unknown scope {}: all, audit:read, or one of keys, links, devices, groups, "
                    "networks, people with :read or :write",
                    scope));
  }
  return join(scopes, " ");
}

}  // namespace

std::string_view text_of(Right right) {
  return std::ranges::find(kRights, right, &RightWord::right)->text;
}

bool role_allows(Role role, Right right) {
  switch (role) {
    case Role::owner:
    case Role::admin:
      return true;
    case Role::auditor:
      return is_read(right);
    case Role::member:
      return false;
  }
  return false;
}

bool scopes_allow(std::string_view scopes, Right right) {
  return std::ranges::any_of(split(scopes, ' '), [&](const std::string& scope) {
    return scope == "all" || scope == text_of(right);
  });
}

Result<CreatedToken> create_token(Transaction& tx, const By& by, const Person& person,
                                  const NewToken& wanted) {
  const std::string name = trim(wanted.name);
  if (name.empty()) return Refusal::invalid("token name can't be empty");
  if (auto checked = check_text("the token's name", name, kNameLength); !checked)
    return checked.refusal();
  if (wanted.days < 1 || wanted.days > 365)
    return Refusal::invalid("expiration has to be between 1 and 365");
  const auto scopes = check_scopes(wanted.scopes);
  if (!scopes) return scopes.refusal();

  Secret secret = make_secret(SecretKind::access_token);
  const std::int64_t expires_at = by.at + wanted.days * 24 * 3600;
  const TokenId id{tx.insert(
      "INSERT INTO access_tokens (user_id, name, scopes, secret_hash, hint, created_by_id,"
      " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {person.id, name, *scopes, hash_of(secret), hint_of(secret),
       by.user_id ? std::optional{by.user_id} : std::nullopt, by.at, expires_at})};
  append_audit(tx, by,
               {.code = "personal.access.token.create",
                .target = subject_of(person),
                .details = {{"name", name},
                            {"is_service_user", person.is_service_user ? "true" : "false"},
                            {"user_name", person.name},
                            {"scopes", *scopes},
                            {"token", hint_of(secret)}}});
  AccessToken token{.id = id,
                    .user_id = person.id,
                    .name = name,
                    .scopes = *scopes,
                    .hint = hint_of(secret),
                    .created_at = by.at,
                    .expires_at = expires_at,
                    .revoked_at = std::nullopt};
  return CreatedToken{std::move(token), std::move(secret)};
}

std::optional<LiveToken> find_live_token(const Snapshot& snapshot, const Hash& secret_hash,
                                         std::int64_t now) {
  auto query = snapshot.query(
      "SELECT id, user_id, name, scopes, hint, created_at, expires_at FROM access_tokens"
      " WHERE secret_hash = ? AND expires_at > ? AND revoked_at IS NULL",
      {secret_hash, now});
  if (!query.step()) return std::nullopt;
  AccessToken token;
  token.id = query.id<TokenId>();
  token.user_id = query.id<UserId>();
  token.name = query.text();
  token.scopes = query.text();
  token.hint = query.text();
  token.created_at = query.integer();
  token.expires_at = query.integer();
  auto person = find_person(snapshot, token.user_id);
  if (!person) return std::nullopt;
  return LiveToken{std::move(token), std::move(*person)};
}

void TokenUses::note(TokenId token, std::int64_t at) {
  const std::lock_guard lock{mutex_};
  unwritten_[token] = at;
}

void TokenUses::flush(Database& database) {
  std::unordered_map<TokenId, std::int64_t> writing;
  {
    const std::lock_guard lock{mutex_};
    writing.swap(unwritten_);
  }
  if (writing.empty()) return;
  database.write([&](Transaction& tx) {
    for (const auto& [token, at] : writing)
      tx.run("UPDATE access_tokens SET last_used_at = ? WHERE id = ?", {at, token});
  });
}

}  // namespace muster
