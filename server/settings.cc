#include "server/settings.h"

#include "server/config.h"
#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::string_view kPublicUrl = "public_url";
constexpr std::string_view kSecondUrl = "second_url";
constexpr std::string_view kPurgeDaysName = "purge_days";

std::optional<std::string> find_server_secret(const Snapshot& snapshot, std::string_view name) {
  auto query = snapshot.query("SELECT value FROM server_secrets WHERE name = ?", {name});
  if (!query.step()) return std::nullopt;
  return query.text();
}

void store_url(Transaction& tx, const By& by, std::string_view name, const std::string& url) {
  const std::string before = find_setting(tx, name).value_or("");
  if (url == before) return;
  set_setting(tx, name, url);
  const std::string code = formatted("settings.{}.update", name);
  append_audit(tx, by,
               {.code = code,
                .target = {"server", "", ""},
                .details = {{formatted("old_{}", name), before}, {std::string{name}, url}}});
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

std::string find_second_url(const Snapshot& snapshot) {
  return find_setting(snapshot, kSecondUrl).value_or("");
}

Result<std::string> check_url(std::string_view typed) {
  try {
    return trim(typed).empty() ? std::string{} : parse_public_url(typed);
  } catch (const UsageError& error) {
    return Refusal::invalid(error.what());
  }
}

Result<std::string> set_public_url(Transaction& tx, const By& by, std::string_view typed) {
  auto url = check_url(typed);
  if (url) store_url(tx, by, kPublicUrl, *url);
  return url;
}

Result<Addresses> set_addresses(Transaction& tx, const By& by, const TypedAddresses& typed,
                                std::string_view fixed) {
  const auto first = typed.public_url ? check_url(*typed.public_url) : find_public_url(tx);
  if (!first) return first.refusal();
  const auto second = check_url(typed.second_url);
  if (!second) return second.refusal();
  const std::string_view known = typed.public_url ? std::string_view{*first} : fixed;
  if (!second->empty() && known.empty())
    return Refusal::invalid("a second address needs a first one beside it");
  if (!second->empty() && *second == known)
    return Refusal::invalid("the second address is the first one again");
  store_url(tx, by, kPublicUrl, *first);
  store_url(tx, by, kSecondUrl, *second);
  return Addresses{*first, *second};
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
