#include "server/purge.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "server/settings.h"

namespace muster {
namespace {

constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kJump = 3600;

template <class IdType>
std::vector<IdType> list_ids(const Snapshot& snapshot, std::string_view sql, std::int64_t before) {
  std::vector<IdType> ids;
  auto query = snapshot.query(sql, {before, kPurgedAtOnce});
  while (query.step()) ids.push_back(query.id<IdType>());
  return ids;
}

std::int64_t purge_devices(Transaction& tx, std::int64_t before) {
  const auto devices =
      list_ids<DeviceId>(tx,
                         "SELECT id FROM devices d WHERE ephemeral = 1 AND removed_at <= ?"
                         " AND NOT EXISTS (SELECT 1 FROM devices WHERE gateway_device_id = d.id)"
                         " AND NOT EXISTS (SELECT 1 FROM setup_keys WHERE gateway_device_id = d.id)"
                         " ORDER BY removed_at LIMIT ?",
                         before);
  for (const DeviceId id : devices) {
    tx.run("DELETE FROM device_tags WHERE device_id = ?", {id});
    tx.run("DELETE FROM device_dns_labels WHERE device_id = ?", {id});
    tx.run("DELETE FROM last_seen WHERE device_id = ?", {id});
    tx.run("DELETE FROM devices WHERE id = ?", {id});
  }
  return static_cast<std::int64_t>(devices.size());
}

std::int64_t purge_keys(Transaction& tx, std::int64_t before) {
  const auto keys = list_ids<KeyId>(
      tx,
      "SELECT k.id FROM setup_keys k WHERE k.used_times = 0"
      " AND (k.revoked_at <= ?1 OR k.deleted_at <= ?1"
      "   OR (k.expires_at <> 0 AND k.expires_at <= ?1))"
      " AND NOT EXISTS (SELECT 1 FROM devices WHERE setup_key_id = k.id)"
      " AND NOT EXISTS (SELECT 1 FROM install_links WHERE setup_key_id = k.id) LIMIT ?2",
      before);
  for (const KeyId id : keys) {
    tx.run("DELETE FROM refusals WHERE setup_key_id = ?", {id});
    tx.run("DELETE FROM setup_key_groups WHERE setup_key_id = ?", {id});
    tx.run("DELETE FROM setup_key_networks WHERE setup_key_id = ?", {id});
    tx.run("DELETE FROM setup_key_tags WHERE setup_key_id = ?", {id});
    tx.run("DELETE FROM setup_keys WHERE id = ?", {id});
  }
  return static_cast<std::int64_t>(keys.size());
}

}  // namespace

PurgeGuard::PurgeGuard(const Clock& clock)
    : clock_(clock), offset_(clock.now() - clock.monotonic()), since_(clock.monotonic()) {}

bool PurgeGuard::is_open() {
  const auto offset = clock_.now() - clock_.monotonic();
  if (std::abs(offset - offset_) > kJump) {
    offset_ = offset;
    since_ = clock_.monotonic();
  }
  return clock_.monotonic() - since_ >= kDay;
}

bool is_clock_behind(const Snapshot& snapshot, std::int64_t now) {
  auto newest = snapshot.query("SELECT at FROM audit_log ORDER BY id DESC LIMIT 1");
  return newest.step() && now < newest.integer();
}

Purged purge(Transaction& tx, std::int64_t now) {
  const auto days = find_purge_days(tx);
  if (days == 0 || is_clock_behind(tx, now)) return {};
  const auto before = now - days * kDay;
  Purged purged;
  purged.devices = purge_devices(tx, before);
  purged.keys = purge_keys(tx, before);
  purged.refusals = tx.run(
      "DELETE FROM refusals WHERE id IN (SELECT id FROM refusals WHERE at <= ? ORDER BY at"
      " LIMIT ?)",
      {before, kPurgedAtOnce});
  if (purged.keys + purged.devices > 0) {
    const Subject server{"server", "", ""};
    append_audit(tx, {.actor = server, .from = "", .at = now},
                 {.code = "server.purge",
                  .target = server,
                  .details = {{"keys", std::to_string(purged.keys)},
                              {"devices", std::to_string(purged.devices)}}});
  }
  return purged;
}

}  // namespace muster
