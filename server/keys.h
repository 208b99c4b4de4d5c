#pragma once

// Setup keys: the credentials that admit devices.
//
// A key's state is derived, never stored: a limit, an expiry, a pause and a revocation are
// independent facts, so a clock that was wrong for an hour damages nothing. Every rule about
// "one-time" looks at `usage_limit` alone; `type` is kept as it was sent.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/audit.h"
#include "server/db.h"
#include "server/groups.h"
#include "server/secret.h"

namespace muster {

enum class KeyState { expired, revoked, paused, overused, valid };
std::string_view text_of(KeyState state);

struct Key {
  KeyId id;
  std::string name;
  std::string note;
  std::string type;  // reusable | one-off
  std::string hint;
  std::int64_t usage_limit = 0;  // 0: unlimited
  std::int64_t used_times = 0;
  std::int64_t refused_times = 0;
  std::optional<std::int64_t> last_used_at;
  std::int64_t expires_at = 0;  // 0: never
  bool ephemeral = false;
  std::int64_t ephemeral_seconds = 600;
  bool allow_extra_dns_labels = false;
  bool allow_group_choice = false;
  bool requires_approval = false;
  std::string device_name;
  std::string allowed_cidrs;  // words with single blanks between; empty: from anywhere
  std::string gateway_mode;   // none | auto | fixed
  std::optional<DeviceId> gateway_device_id;
  std::optional<UserId> created_by_id;
  std::string created_by;       // e-mail or service user's name; empty when nobody's
  std::string created_by_name;  // how the person is called
  std::optional<NetworkId> network_default_of;
  std::optional<GroupId> group_default_of;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  std::optional<std::int64_t> paused_at;
  std::optional<std::int64_t> revoked_at;
  std::optional<std::int64_t> deleted_at;
  std::vector<GroupId> auto_groups;  // in the submitted order
  std::vector<NetworkId> networks;   // empty: the default network
  std::vector<std::string> tags;
  std::vector<std::string> blocked_by;    // protected groups that keep it from enrolling
  std::optional<LinkId> install_link_id;  // the link that was made around it
  std::optional<std::string> recipient;   // of that link
  std::int64_t devices_count = 0;         // living ones

  bool is_one_time() const { return usage_limit == 1; }
  bool is_default() const { return network_default_of || group_default_of; }
};

// First match wins, in the order of the enum.
KeyState state_of(const Key& key, std::int64_t now);

// What a stranger at the other end of a key may be told to ask.
std::string whom_to_ask(const Key& key);

struct NewKey {
  std::string name;
  std::string note = {};
  std::string type;
  std::int64_t usage_limit = 0;
  std::int64_t expires_in = 0;                            // seconds; 0: never
  std::optional<std::int64_t> expires_at = std::nullopt;  // instead of `expires_in`; 0: never
  bool ephemeral = false;
  std::int64_t ephemeral_seconds = 600;
  bool allow_extra_dns_labels = false;
  bool allow_group_choice = false;
  bool requires_approval = false;
  std::string device_name = {};
  std::vector<std::string> allowed_cidrs = {};
  std::vector<std::string> auto_groups = {};  // ids or exact names
  std::vector<std::string> networks = {};     // ids or exact names; empty: the default network
  std::vector<std::string> tags = {};
  std::string gateway_mode = "auto";
  std::string gateway_device_id = {};  // with `fixed`
};

// The only time the secret exists outside the holder's hands.
struct CreatedKey {
  Key key;
  Secret secret;
};

Result<CreatedKey> create_key(Transaction& tx, const By& by, const NewKey& wanted);

// The standing key of a network or a group: nobody's, reusable, without limit and expiry. Its
// secret may be dropped: the first rotation shows one.
struct DefaultOf {
  std::optional<NetworkId> network = std::nullopt;
  std::optional<GroupId> group = std::nullopt;
};
CreatedKey create_default_key(Transaction& tx, const By& by, const DefaultOf& of,
                              std::string_view name);

// Keys that are not deleted.
std::optional<Key> find_key(const Snapshot& snapshot, KeyId id);
// Deleted ones too, for those who look back.
std::optional<Key> find_key_even_deleted(const Snapshot& snapshot, KeyId id);
// Of any key, also a deleted one: who holds its secret is told that it was revoked.
std::optional<Key> find_key_by_hash(const Snapshot& snapshot, const Hash& secret_hash);

// Spends one use of the key, if and only if everything that makes it valid holds at this moment.
// All conditions stand in one statement, so that of two racing machines one finds it spent.
// False: it was not valid; the key itself says why.
bool claim_use(Transaction& tx, KeyId id, const Hash& secret_hash, std::int64_t now);

Subject subject_of(const Key& key);
// What each row of the audit log about a key says of it.
std::vector<std::pair<std::string, std::string>> audit_details(const Key& key);

Refusal key_not_found(KeyId id);
// A default key goes only with its network or group.
Result<void> refuse_default(const Key& key);

}  // namespace muster
