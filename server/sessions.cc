#include "server/sessions.h"

#include <algorithm>

#include "server/clock.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::size_t kBrowserLength = 200;

// 256 random bits. It has no prefix and no checksum: people never see it.
Secret make_session_secret() {
  std::array<std::uint8_t, 32> bytes{};
  fill_random(bytes);
  return Secret{hex_of(bytes)};
}

// Ended ones too, as long as they are stored.
std::vector<ShownSession> read_sessions(const Snapshot& snapshot, UserId person) {
  std::vector<ShownSession> all;
  auto query = snapshot.query(
      "SELECT id, user_id, created_at, last_used_at, \"from\", browser FROM sessions"
      " WHERE user_id = ? ORDER BY id",
      {person});
  while (query.step()) {
    ShownSession& shown = all.emplace_back();
    shown.session.id = query.id<SessionId>();
    shown.session.user_id = query.id<UserId>();
    shown.session.created_at = query.integer();
    shown.session.last_used_at = query.integer();
    shown.from = query.text();
    shown.browser = query.text();
  }
  return all;
}

void end_with_audit(Transaction& tx, const By& by, const Person& person,
                    const ShownSession& shown) {
  end_session(tx, shown.session.id);
  append_audit(tx, by,
               {.code = "user.session.end",
                .target = subject_of(person),
                .details = {{"session_id", to_text(shown.session.id)},
                            {"created_at", rfc3339(shown.session.created_at)},
                            {"session_from", shown.from},
                            {"browser", shown.browser}}});
}

}  // namespace

void SessionUses::note(SessionId session, std::int64_t at) {
  const std::lock_guard lock{mutex_};
  uses_[session] = at;
}

std::int64_t SessionUses::latest(SessionId session, std::int64_t stored) const {
  const std::lock_guard lock{mutex_};
  const auto found = uses_.find(session);
  return found == uses_.end() ? stored : std::max(stored, found->second);
}

void SessionUses::flush(Database& database) {
  std::unordered_map<SessionId, std::int64_t> writing;
  {
    const std::lock_guard lock{mutex_};
    writing = uses_;
  }
  if (writing.empty()) return;
  database.write([&](Transaction& tx) {
    for (const auto& [session, at] : writing)
      tx.run("UPDATE sessions SET last_used_at = ? WHERE id = ?", {at, session});
  });
  const std::lock_guard lock{mutex_};
  std::erase_if(uses_, [&](const auto& use) {
    const auto written = writing.find(use.first);
    return written != writing.end() && written->second == use.second;
  });
}

Secret create_session(Transaction& tx, const By& by, UserId person, std::string_view browser) {
  Secret secret = make_session_secret();
  const bool is_fit = printable_length(browser).value_or(kBrowserLength + 1) <= kBrowserLength;
  tx.insert(
      "INSERT INTO sessions (user_id, secret_hash, created_at, last_used_at, \"from\", browser)"
      " VALUES (?, ?, ?, ?, ?, ?)",
      {person, hash_of(secret), by.at, by.at, by.from, is_fit ? browser : std::string_view{}});
  tx.run("UPDATE users SET last_login_at = ? WHERE id = ?", {by.at, person});
  return secret;
}

std::optional<LiveSession> find_live_session(const Snapshot& snapshot, const Hash& secret_hash,
                                             const SessionUses& uses, std::int64_t now) {
  auto query = snapshot.query(
      "SELECT id, user_id, created_at, last_used_at FROM sessions"
      " WHERE secret_hash = ? AND created_at > ?",
      {secret_hash, now - kSessionMost});
  if (!query.step()) return std::nullopt;
  Session session;
  session.id = query.id<SessionId>();
  session.user_id = query.id<UserId>();
  session.created_at = query.integer();
  session.last_used_at = uses.latest(session.id, query.integer());
  if (now - session.last_used_at > kSessionIdle) return std::nullopt;
  auto person = find_person(snapshot, session.user_id);
  if (!person || person->status != "active") return std::nullopt;
  return LiveSession{session, std::move(*person)};
}

void end_session(Transaction& tx, SessionId id) {
  tx.run("DELETE FROM used_forms WHERE session_id = ?", {id});
  tx.run("DELETE FROM sessions WHERE id = ?", {id});
}

void end_other_sessions(Transaction& tx, UserId person, SessionId except) {
  tx.run(
      "DELETE FROM used_forms WHERE session_id IN"
      " (SELECT id FROM sessions WHERE user_id = ? AND id <> ?)",
      {person, except});
  tx.run("DELETE FROM sessions WHERE user_id = ? AND id <> ?", {person, except});
}

void end_sessions(Transaction& tx, const By& by, const Person& person) {
  for (const ShownSession& shown : read_sessions(tx, person.id))
    end_with_audit(tx, by, person, shown);
}

Result<void> end_session_of(Transaction& tx, const By& by, const Person& person, SessionId id) {
  for (const ShownSession& shown : read_sessions(tx, person.id)) {
    if (shown.session.id != id) continue;
    end_with_audit(tx, by, person, shown);
    return {};
  }
  return Refusal::not_found("That session has ended already.");
}

std::vector<ShownSession> list_sessions(const Snapshot& snapshot, UserId person,
                                        const SessionUses& uses, std::int64_t now) {
  auto all = read_sessions(snapshot, person);
  for (ShownSession& shown : all)
    shown.session.last_used_at = uses.latest(shown.session.id, shown.session.last_used_at);
  std::erase_if(all, [&](const ShownSession& shown) {
    return shown.session.created_at <= now - kSessionMost ||
           now - shown.session.last_used_at > kSessionIdle;
  });
  std::ranges::sort(all, std::ranges::greater{},
                    [](const ShownSession& shown) { return shown.session.last_used_at; });
  return all;
}

void delete_ended_sessions(Transaction& tx, const SessionUses& uses, std::int64_t now) {
  std::vector<SessionId> ended;
  {
    auto query = tx.query("SELECT id, created_at, last_used_at FROM sessions");
    while (query.step()) {
      const auto id = query.id<SessionId>();
      const bool is_old = query.integer() <= now - kSessionMost;
      if (is_old || now - uses.latest(id, query.integer()) > kSessionIdle) ended.push_back(id);
    }
  }
  for (const SessionId id : ended) end_session(tx, id);
}

bool claim_form(Transaction& tx, SessionId session, std::string_view number) {
  return tx.run("INSERT INTO used_forms (session_id, number) VALUES (?, ?) ON CONFLICT DO NOTHING",
                {session, number}) == 1;
}

void note_form_result(Transaction& tx, SessionId session, std::string_view number,
                      std::string_view path) {
  tx.run("UPDATE used_forms SET path = ? WHERE session_id = ? AND number = ?",
         {path, session, number});
}

std::string find_form_result(const Snapshot& snapshot, SessionId session, std::string_view number) {
  auto query = snapshot.query("SELECT path FROM used_forms WHERE session_id = ? AND number = ?",
                              {session, number});
  return query.step() ? query.text() : std::string{};
}

}  // namespace muster
