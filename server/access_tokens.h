#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/audit.h"
#include "server/db.h"
#include "server/people.h"
#include "server/secret.h"

namespace muster {

// What a request may do. A token carries some of them, its person's role allows some, and only
// what both allow is allowed.
enum class Right {
  keys_read,
  keys_write,
  links_read,
  links_write,
  devices_read,
  devices_write,
  groups_read,
  groups_write,
  networks_read,
  networks_write,
  people_read,
  people_write,
  audit_read,
  settings_read,  // at a browser alone: no scope names these two
  settings_write,
};

// The scope's word: `keys:read`, …
std::string_view text_of(Right right);

bool role_allows(Role role, Right right);
// `scopes`: words with single blanks between; `all` stands for every right.
bool scopes_allow(std::string_view scopes, Right right);

struct AccessToken {
  TokenId id;
  UserId user_id;
  std::string name;
  std::string scopes;
  std::vector<GroupId> group_ids;  // confines keys:write to keys naming only these; empty: no
  std::string hint;
  std::optional<UserId> created_by_id;  // none: the command line
  std::int64_t created_at = 0;
  std::int64_t expires_at = 0;
  std::optional<std::int64_t> last_used_at;
};

struct NewToken {
  std::string name;
  std::int64_t days = 90;                // 1 to 365: a token cannot be eternal
  std::vector<std::string> scopes = {};  // none: all
  std::vector<std::string> groups = {};  // ids or exact names; none: not confined
};

struct CreatedToken {
  AccessToken token;
  Secret secret;
};

Result<CreatedToken> create_token(Transaction& tx, const By& by, const Person& person,
                                  const NewToken& wanted);

// Those that are not revoked, expired ones too, by id.
std::vector<AccessToken> list_tokens(const Snapshot& snapshot, UserId user);
std::optional<AccessToken> find_token(const Snapshot& snapshot, UserId user, TokenId id);
// Ends this one token. The keys made with it stay.
Result<void> revoke_token(Transaction& tx, const By& by, const Person& person, TokenId id);
// All of a person's. The keys made with them stay.
void revoke_tokens(Transaction& tx, const By& by, const Person& person);

// A token confined to groups manages keys that name one or more of them, nothing else, and let
// nobody choose further ones.
Result<void> check_confined(const By& by, const std::vector<GroupId>& groups,
                            bool allow_group_choice);

// A token that may be used now, with its living person. Nothing for unknown, expired and revoked
// ones, and those of removed people.
struct LiveToken {
  AccessToken token;
  Person person;
};
std::optional<LiveToken> find_live_token(const Snapshot& snapshot, const Hash& secret_hash,
                                         std::int64_t now);

// Whose tokens somebody wants to handle: their own, or a service user's with the right role. Only
// a token with every scope and no confinement makes others, which could do more than itself.
Result<Person> find_token_owner(const Snapshot& snapshot, const LiveToken& who, UserId owner,
                                Right right);
Result<void> check_makes_tokens(const LiveToken& who);

// When tokens were used last. A read must not write, so this waits in memory for the next flush.
class TokenUses {
 public:
  void note(TokenId token, std::int64_t at);
  // The last use, if it is not written yet.
  std::optional<std::int64_t> find_unwritten(TokenId token) const;
  void flush(Database& database);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<TokenId, std::int64_t> unwritten_;
};

}  // namespace muster
