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
  std::string hint;
  std::int64_t created_at = 0;
  std::int64_t expires_at = 0;
  std::optional<std::int64_t> revoked_at;
};

struct NewToken {
  std::string name;
  std::int64_t days = 90;                // 1 to 365: a token cannot be eternal
  std::vector<std::string> scopes = {};  // none: all
};

struct CreatedToken {
  AccessToken token;
  Secret secret;
};

Result<CreatedToken> create_token(Transaction& tx, const By& by, const Person& person,
                                  const NewToken& wanted);

// A token that may be used now, with its living person. Nothing for unknown, expired and revoked
// ones, and those of removed people.
struct LiveToken {
  AccessToken token;
  Person person;
};
std::optional<LiveToken> find_live_token(const Snapshot& snapshot, const Hash& secret_hash,
                                         std::int64_t now);

// When tokens were used last. A read must not write, so this waits in memory for the next flush.
class TokenUses {
 public:
  void note(TokenId token, std::int64_t at);
  void flush(Database& database);

 private:
  std::mutex mutex_;
  std::unordered_map<TokenId, std::int64_t> unwritten_;
};

}  // namespace muster
