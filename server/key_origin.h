#pragma once

// Where a key stands in the tree of credentials: who made it, and with what.

#include <optional>
#include <string>

#include "server/db.h"

namespace muster {

struct KeyMaker {
  UserId id;
  std::string label;  // e-mail, or a service user's name
  bool is_service_user = false;
  bool is_removed = false;
};

struct KeyToken {
  TokenId id;
  std::string name;
  std::string hint;
  bool has_ended = false;  // revoked or expired
};

struct KeyOrigin {
  std::optional<KeyMaker> maker;  // none: the command line, or a default key
  std::optional<KeyToken> token;  // none: in the pages, or at the command line
};

KeyOrigin find_key_origin(const Snapshot& snapshot, KeyId key, std::int64_t now);

}  // namespace muster
