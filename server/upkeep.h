#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/access_tokens.h"
#include "server/clock.h"
#include "server/db.h"
#include "server/last_seen.h"
#include "server/purge.h"
#include "server/refusals.h"
#include "server/sessions.h"

namespace muster {

// What waits in memory to be written.
struct Unwritten {
  LastSeen& last_seen;
  RefusalLog& refusals;
  TokenUses& token_uses;
  SessionUses& session_uses;
};

// The one thread of housekeeping: refusals reach the disk within two seconds and new devices the
// search, last-seen times are written each minute, what is long dead is forgotten by the hour.
// Whatever is left is written when it ends.
class Upkeep {
 public:
  Upkeep(Database& database, const Clock& clock, Unwritten unwritten);
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

 private:
  void work();
  void flush_all();
  void end_old_sessions();
  void index_all_devices();
  bool is_stopping();
  void purge_all();

  Database& database_;
  const Clock& clock_;
  Unwritten unwritten_;
  PurgeGuard purge_guard_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace muster
