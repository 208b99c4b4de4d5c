#pragma once

// Who is signed in. A browser holds the session's secret in a cookie; we hold its hash.

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

constexpr std::int64_t kSessionIdle = 12 * 3600;       // seconds without a request
constexpr std::int64_t kSessionMost = 30 * 24 * 3600;  // seconds, however busy

struct Session {
  SessionId id;
  UserId user_id;
  std::int64_t created_at = 0;
  std::int64_t last_used_at = 0;
};

// A session that may be used now, with its person.
struct LiveSession {
  Session session;
  Person person;
};

// When sessions were used last. Looking at a page must not write, so this waits in memory for the
// next flush; a crash makes a session look idle a minute earlier.
class SessionUses {
 public:
  void note(SessionId session, std::int64_t at);
  // The later of what is stored and what memory knows.
  std::int64_t latest(SessionId session, std::int64_t stored) const;
  void flush(Database& database);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<SessionId, std::int64_t> uses_;
};

// `from`, `browser`: what the list of sessions shows of where it began.
Secret create_session(Transaction& tx, const By& by, UserId person, std::string_view browser);
// Nothing for unknown, idle and old ones, and those of blocked or removed people.
std::optional<LiveSession> find_live_session(const Snapshot& snapshot, const Hash& secret_hash,
                                             const SessionUses& uses, std::int64_t now);
// What its owner recognizes it by.
struct ShownSession {
  Session session;
  std::string from;  // where it began
  std::string browser;
};
// Those of a person that still work, the one used last first.
std::vector<ShownSession> list_sessions(const Snapshot& snapshot, UserId person,
                                        const SessionUses& uses, std::int64_t now);

void end_session(Transaction& tx, SessionId id);
// One of a person's own, from the list.
Result<void> end_session_of(Transaction& tx, const By& by, const Person& person, SessionId id);
// All of a person's but one: a new password ends what the old one opened.
void end_other_sessions(Transaction& tx, UserId person, SessionId except);
// All of a person who is removed or blocked, each with its row in the audit log.
void end_sessions(Transaction& tx, const By& by, const Person& person);
// Sessions that ran out, with their form numbers. For upkeep.
void delete_ended_sessions(Transaction& tx, const SessionUses& uses, std::int64_t now);

// A form that makes a secret carries a number that works once: a page that is reloaded sends its
// form again, and must not make a second key. False: the number was used before in this session.
bool claim_form(Transaction& tx, SessionId session, std::string_view number);
// What the form made, so that the reload can lead there: a path.
void note_form_result(Transaction& tx, SessionId session, std::string_view number,
                      std::string_view path);
// Empty for a form that was never used.
std::string find_form_result(const Snapshot& snapshot, SessionId session, std::string_view number);

}  // namespace muster
