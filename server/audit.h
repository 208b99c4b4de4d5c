#pragma once

// The append-only record of who did what. Each row's hash is the BLAKE2b-256 of the previous
// row's hash and its own columns as stored, each with its length before it. A change in the
// middle shows by itself; a cut end or a rewrite of everything shows only against a head that was
// noted elsewhere, which is why checks print the head.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/db.h"

namespace muster {

// Who or what a row speaks of, kept as text because the row outlives it.
struct Subject {
  std::string kind;  // user, setup_key, device, group, network, access_token, server, command_line
  std::string id;    // empty for server and command_line
  std::string name;

  // "setup_key:4 Shop tills", as stored.
  std::string text() const;
  static Subject parse(std::string_view text);
};

// Who does something, with what right, and when. Passed into every change.
struct By {
  Subject actor;
  std::string from;  // numeric address of the caller; empty at the command line
  std::int64_t at = 0;
  UserId user_id{};    // none at the command line, for devices and for the server itself
  TokenId token_id{};  // the access token it was done with, if any
  std::vector<GroupId> only_groups = {};  // that token's confinement; empty: none
  // When it is part of something larger: of what, and because of which thing above it. Both are
  // written as the audit log names a subject, into the row's details.
  std::string cascade_id = {};
  std::string cascade_of = {};
  std::string because_of = {};

  static By command_line(std::int64_t now) { return {{"command_line", "", ""}, "", now}; }
};

// Joins the rows of one larger act.
std::string new_cascade_id();

struct AuditEntry {
  std::string_view code;
  Subject target;
  std::vector<std::pair<std::string, std::string>> details = {};  // never a secret
};

void append_audit(Transaction& tx, const By& by, const AuditEntry& entry);

struct AuditRow {
  std::int64_t id;
  std::int64_t at;
  std::string code;
  Subject actor;
  Subject target;
  std::string from;
  std::string cascade_id;
  std::string details;  // JSON object
};

struct ChainState {
  std::int64_t rows = 0;
  std::int64_t head_id = 0;
  std::string head;  // hexadecimal; empty while there is no row
  std::optional<std::int64_t> first_broken_id;
};

// The newest row, against which a cut end shows once it was noted elsewhere.
struct ChainHead {
  std::int64_t id = 0;
  std::string hash;  // hexadecimal; empty while there is no row
};
ChainHead find_chain_head(const Snapshot& snapshot);

// Walks the whole log.
ChainState check_chain(const Snapshot& snapshot);

}  // namespace muster
