#include "server/access_tokens.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/groups.h"
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
    RightWord{Right::settings_read, "settings:read"},
    RightWord{Right::settings_write, "settings:write"},
};

bool is_read(Right right) { return text_of(right).ends_with(":read"); }

Result<std::string> check_scopes(const std::vector<std::string>& scopes) {
  if (scopes.empty()) return std::string{"all"};
  for (const std::string& scope : scopes) {
    const bool known =
        scope == "all" || std::ranges::find(kRights, scope, &RightWord::text) != kRights.end();
    if (!known || scope.starts_with("settings:"))
      return Refusal::invalid(
          formatted("unknown scope {}: all, audit:read, or one of keys, links, devices, groups, "
                    "networks, people with :read or :write",
                    scope));
  }
  return join(scopes, " ");
}

Result<std::vector<GroupId>> check_groups(const Snapshot& snapshot,
                                          const std::vector<std::string>& references) {
  std::vector<GroupId> ids;
  for (const std::string& reference : references) {
    const auto group = find_group_named(snapshot, reference);
    if (!group) return Refusal::invalid(formatted("group not found: {}", reference));
    if (std::ranges::find(ids, group->id) == ids.end()) ids.push_back(group->id);
  }
  return ids;
}

std::string join_ids(const std::vector<GroupId>& ids) {
  std::vector<std::string> texts;
  for (const GroupId id : ids) texts.push_back(to_text(id));
  return join(texts, " ");
}

constexpr std::string_view kSelect =
    "SELECT id, user_id, name, scopes, group_ids, hint, created_by_id, created_at, expires_at,"
    " last_used_at FROM access_tokens WHERE revoked_at IS NULL";

AccessToken read_token(Query& query) {
  AccessToken token;
  token.id = query.id<TokenId>();
  token.user_id = query.id<UserId>();
  token.name = query.text();
  token.scopes = query.text();
  for (const std::string& id : split(query.text(), ' '))
    token.group_ids.push_back(GroupId{std::stoll(id)});
  token.hint = query.text();
  token.created_by_id = query.find_id<UserId>();
  token.created_at = query.integer();
  token.expires_at = query.integer();
  token.last_used_at = query.find_integer();
  return token;
}

std::vector<AccessToken> list_where(const Snapshot& snapshot, std::string_view condition,
                                    std::initializer_list<Bind> values) {
  std::vector<AccessToken> tokens;
  const std::string sql = formatted("{} AND {}", kSelect, condition);
  auto query = snapshot.query(sql, values);
  while (query.step()) tokens.push_back(read_token(query));
  return tokens;
}

void audit_token(Transaction& tx, const By& by, const Person& person, const AccessToken& token,
                 std::string_view code) {
  append_audit(tx, by,
               {.code = code,
                .target = subject_of(person),
                .details = {{"name", token.name},
                            {"is_service_user", person.is_service_user ? "true" : "false"},
                            {"user_name", person.name},
                            {"scopes", token.scopes},
                            {"token", token.hint}}});
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
  const auto groups = check_groups(tx, wanted.groups);
  if (!groups) return groups.refusal();

  Secret secret = make_secret(SecretKind::access_token);
  const std::int64_t expires_at = by.at + wanted.days * 24 * 3600;
  const TokenId id{
      tx.insert("INSERT INTO access_tokens (user_id, name, scopes, group_ids, secret_hash, hint,"
                " created_by_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                {person.id, name, *scopes, join_ids(*groups), hash_of(secret), hint_of(secret),
                 by.user_id ? std::optional{by.user_id} : std::nullopt, by.at, expires_at})};
  AccessToken token = *find_token(tx, person.id, id);
  audit_token(tx, by, person, token, "personal.access.token.create");
  return CreatedToken{std::move(token), std::move(secret)};
}

std::vector<AccessToken> list_tokens(const Snapshot& snapshot, UserId user) {
  return list_where(snapshot, "user_id = ? ORDER BY id", {user});
}

std::optional<AccessToken> find_token(const Snapshot& snapshot, UserId user, TokenId id) {
  auto found = list_where(snapshot, "user_id = ? AND id = ?", {user, id});
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<void> revoke_token(Transaction& tx, const By& by, const Person& person, TokenId id) {
  const auto token = find_token(tx, person.id, id);
  if (!token) return Refusal::not_found(formatted("pat: {} not found", id.value));
  tx.run("UPDATE access_tokens SET revoked_at = ? WHERE id = ?", {by.at, id});
  audit_token(tx, by, person, *token, "personal.access.token.delete");
  return {};
}

void revoke_tokens(Transaction& tx, const By& by, const Person& person) {
  for (const AccessToken& token : list_tokens(tx, person.id)) {
    tx.run("UPDATE access_tokens SET revoked_at = ? WHERE id = ?", {by.at, token.id});
    audit_token(tx, by, person, token, "personal.access.token.delete");
  }
}

Result<void> check_confined(const By& by, const std::vector<GroupId>& groups,
                            bool allow_group_choice) {
  const auto is_named = [&](GroupId id) {
    return std::ranges::find(by.only_groups, id) != by.only_groups.end();
  };
  if (by.only_groups.empty() ||
      (!groups.empty() && !allow_group_choice && std::ranges::all_of(groups, is_named)))
    return {};
  return Refusal::forbidden(
      "this access token manages only keys that name its own groups and no others");
}

Result<Person> find_token_owner(const Snapshot& snapshot, const LiveToken& who, UserId owner,
                                Right right) {
  if (!scopes_allow(who.token.scopes, right)) return Refusal::forbidden("permission denied");
  if (owner == who.person.id) return who.person;
  const auto others = Refusal::forbidden("admin role required to perform this action");
  if (!role_allows(who.person.role, right)) return others;
  auto person = find_person(snapshot, owner);
  if (!person) return Refusal::not_found(formatted("user: {} not found", owner.value));
  const bool is_above = person->role == Role::owner && who.person.role != Role::owner;
  if (!person->is_service_user || is_above) return others;
  return std::move(*person);
}

Result<void> check_makes_tokens(const LiveToken& who) {
  const auto scopes = split(who.token.scopes, ' ');
  if (std::ranges::find(scopes, "all") != scopes.end() && who.token.group_ids.empty()) return {};
  return Refusal::forbidden("permission denied");
}

std::optional<LiveToken> find_live_token(const Snapshot& snapshot, const Hash& secret_hash,
                                         std::int64_t now) {
  auto found = list_where(snapshot, "secret_hash = ? AND expires_at > ?", {secret_hash, now});
  if (found.empty()) return std::nullopt;
  auto person = find_person(snapshot, found.front().user_id);
  if (!person) return std::nullopt;
  return LiveToken{std::move(found.front()), std::move(*person)};
}

void TokenUses::note(TokenId token, std::int64_t at) {
  const std::lock_guard lock{mutex_};
  unwritten_[token] = at;
}

std::optional<std::int64_t> TokenUses::find_unwritten(TokenId token) const {
  const std::lock_guard lock{mutex_};
  const auto found = unwritten_.find(token);
  return found == unwritten_.end() ? std::nullopt : std::optional{found->second};
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
