#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/access_tokens.h"
#include "server/clock.h"
#include "server/config.h"
#include "server/db.h"
#include "server/last_seen.h"
#include "server/refusals.h"
#include "web/guess_limit.h"

namespace muster {

// Everything a handler may need, put together once at the start.
struct App {
  Database& database;
  const Clock& clock;
  LastSeen& last_seen;
  RefusalLog& refusals;
  TokenUses& token_uses;
  const ServeConfig& config;
  GuessLimit guesses{clock};
  std::vector<std::string> pins = {};  // of the self-made certificate; empty with a given one

  // The addresses that machines may use, told to them with each heartbeat. Empty while none is
  // set: then they keep what they have.
  std::vector<std::string> control_urls() const {
    if (config.public_url.empty()) return {};
    return {config.public_url};
  }
};

}  // namespace muster
