#include "server/settings.h"

#include "server/config.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kPublicUrl = "public_url";
constexpr std::string_view kPurgeDaysName = "purge_days";

std::optional<std::string> find_server_secret(const Snapshot& snapshot, std::string_view name) {
  auto query = snapshot.query("SELECT value FROM server_secrets WHERE name = ?", {name});
  if (!query.step()) return std::nullopt;
  return query.text();
}

}  // namespace

std::optional<std::string> find_setting(const Snapshot& snapshot, std::string_view name) {
  auto query = snapshot.query("SELECT value FROM settings WHERE name = ?", {name});
  if (!query.step()) return std::nullopt;
  return query.text();
}

void set_setting(Transaction& tx, std::string_view name, std::string_view value) {
  tx.run(
      "INSERT INTO settings (name, value) VALUES (?, ?)"
      " ON CONFLICT DO UPDATE SET value = excluded.value",
      {name, value});
}

std::string find_public_url(const Snapshot& snapshot) {
  return find_setting(snapshot, kPublicUrl).value_or("");
}

Result<std::string> set_public_url(Transaction& tx, const By& by, std::string_view typed) {
  std::string url;
  try {
    if (!trim(typed).empty()) url = parse_public_url(typed);
  } catch (const UsageError& error) {
    return Refusal::invalid(error.what());
  }
  const std::string before = find_public_url(tx);
  if (url == before) return url;
  set_setting(tx, kPublicUrl, url);
  append_audit(tx, by,
               {.code = "settings.public_url.update",
                .target = {"server", "", ""},
                .details = {{"old_public_url", before}, {"public_url", url}}});
  return url;
}

std::int64_t find_purge_days(const Snapshot& snapshot) {
  const auto days = find_setting(snapshot, kPurgeDaysName);
  return days ? std::stoll(*days) : kPurgeDays;
}

Result<void> set_purge_days(Transaction& tx, const By& by, std::int64_t days) {
  if (days < 0 || days > 3650) return Refusal::invalid("from 1 to 3650 days, or 0 for never");
  const auto before = find_purge_days(tx);
  if (days == before) return {};
  set_setting(tx, kPurgeDaysName, std::to_string(days));
  append_audit(tx, by,
               {.code = "settings.purge_days.update",
                .target = {"server", "", ""},
                .details = {{"old_purge_days", std::to_string(before)},
                            {"purge_days", std::to_string(days)}}});
  return {};
}

std::string keep_server_secret(Database& database, std::string_view name,
                               const std::function<std::string()>& make) {
  const auto find = [&](const Snapshot& snapshot) { return find_server_secret(snapshot, name); };
  if (auto known = database.read(find)) return *known;
  const std::string made = make();
  return database.write([&](Transaction& tx) {
    tx.run("INSERT INTO server_secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
           {name, made});
    return *find_server_secret(tx, name);
  });
}

}  // namespace muster
