#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/audit.h"
#include "server/db.h"

namespace muster {

std::optional<std::string> find_setting(const Snapshot& snapshot, std::string_view name);
void set_setting(Transaction& tx, std::string_view name, std::string_view value);

// The address at which machines and people reach this server; empty while nobody has set one.
std::string find_public_url(const Snapshot& snapshot);
// Returns it as it was stored, without a trailing slash. An empty text unsets it.
Result<std::string> set_public_url(Transaction& tx, const By& by, std::string_view typed);

// A second address of the same server, where machines inside and outside a building need different
// ones; empty: none.
std::string find_second_url(const Snapshot& snapshot);

// Where the server is reached, as somebody types it. The first is kept while `public_url` is
// absent: the command line has said it.
struct TypedAddresses {
  std::optional<std::string> public_url = std::nullopt;
  std::string second_url = {};
};
struct Addresses {
  std::string public_url;
  std::string second_url;
};
// Both or none. Refuses what set_public_url would, a second address that is the first one, and a
// second one without a first. `fixed`: the first one, where the command line has said it.
Result<Addresses> set_addresses(Transaction& tx, const By& by, const TypedAddresses& typed,
                                std::string_view fixed);
// A text without a blank around it and without a trailing slash; empty stays empty.
Result<std::string> check_url(std::string_view typed);

// After how many days what is dead may be forgotten (purge.h); 0 is never.
constexpr std::int64_t kPurgeDays = 90;
std::int64_t find_purge_days(const Snapshot& snapshot);
Result<void> set_purge_days(Transaction& tx, const By& by, std::int64_t days);

// A secret that the server must be able to read back. The first caller makes it; all get the same.
std::string keep_server_secret(Database& database, std::string_view name,
                               const std::function<std::string()>& make);

}  // namespace muster
