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
#include "server/sessions.h"
#include "web/certificate_facts.h"
#include "web/guess_limit.h"
#include "web/half_sign_ins.h"
#include "web/public_address.h"
#include "web/sign_in_limit.h"

namespace muster {

// Everything a handler may need, put together once at the start.
struct App {
  Database& database;
  const Clock& clock;
  LastSeen& last_seen;
  RefusalLog& refusals;
  TokenUses& token_uses;
  SessionUses& session_uses;
  const ServeConfig& config;
  GuessLimit guesses{clock};
  PublicAddress public_address{config};
  SignInLimit sign_ins{clock};
  HalfSignIns half_sign_ins{clock};
  ServedCertificate certificate{};
  // Opens the first-run page while nobody owns the server. Another one at each start.
  std::string setup_secret = make_password(26).reveal();
  std::vector<std::string> pins = {};  // of the self-made certificate; empty with a given one
};

}  // namespace muster
