#include "server/person_list.h"

#include <algorithm>

namespace muster {
namespace {

void note_seen(PersonNews& news, std::optional<std::int64_t> at) {
  if (at) news.last_seen_at = std::max(news.last_seen_at.value_or(*at), *at);
}

}  // namespace

std::unordered_map<UserId, PersonNews> list_person_news(const Snapshot& snapshot) {
  std::unordered_map<UserId, PersonNews> all;
  auto keys = snapshot.query(
      "SELECT created_by_id, count(*) FILTER (WHERE deleted_at IS NULL), sum(devices_count)"
      " FROM setup_keys WHERE created_by_id IS NOT NULL GROUP BY created_by_id");
  while (keys.step()) {
    PersonNews& news = all[keys.id<UserId>()];
    news.keys = keys.integer();
    news.devices = keys.integer();
  }
  auto people =
      snapshot.query("SELECT id, last_login_at FROM users WHERE last_login_at IS NOT NULL");
  while (people.step()) {
    PersonNews& news = all[people.id<UserId>()];
    note_seen(news, people.find_integer());
  }
  auto sessions =
      snapshot.query("SELECT user_id, count(*), max(last_used_at) FROM sessions GROUP BY user_id");
  while (sessions.step()) {
    PersonNews& news = all[sessions.id<UserId>()];
    news.sessions = sessions.integer();
    note_seen(news, sessions.find_integer());
  }
  auto tokens = snapshot.query(
      "SELECT user_id, count(*) FILTER (WHERE revoked_at IS NULL), max(last_used_at)"
      " FROM access_tokens GROUP BY user_id");
  while (tokens.step()) {
    PersonNews& news = all[tokens.id<UserId>()];
    news.tokens = tokens.integer();
    note_seen(news, tokens.find_integer());
  }
  auto factors =
      snapshot.query("SELECT user_id FROM second_factors WHERE confirmed_at IS NOT NULL");
  while (factors.step()) all[factors.id<UserId>()].has_second_factor = true;
  return all;
}

}  // namespace muster
