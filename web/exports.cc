#include "web/exports.h"

#include <algorithm>
#include <array>
#include <map>

#include "server/audit.h"
#include "server/clock.h"
#include "server/networks.h"
#include "server/text.h"
#include "web/csv.h"

namespace muster {
namespace {

constexpr std::size_t kPage = 500;  // rows in memory

using Names = std::map<std::int64_t, std::string>;

std::string time_text(std::optional<std::int64_t> at) { return at ? rfc3339(*at) : ""; }

template <class IdType>
std::string id_text(std::optional<IdType> id) {
  return id ? to_text(*id) : "";
}

template <class Rows>
Names names_of(const Rows& rows) {
  Names names;
  for (const auto& row : rows) names.emplace(row.id.value, row.name);
  return names;
}

template <class Ids>
std::string named(const Ids& ids, const Names& names) {
  std::vector<std::string> found;
  for (const auto id : ids)
    if (const auto name = names.find(id.value); name != names.end()) found.push_back(name->second);
  return join(found, ", ");
}

// --- keys ---------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 20> kKeyMembers{
    "id",          "name",       "hint",          "state",          "type",
    "usage_limit", "used_times", "devices_count", "devices_online", "auto_groups",
    "networks",    "tags",       "ephemeral",     "expires_at",     "last_used_at",
    "created_at",  "created_by", "note",          "revoked_at",     "recipient"};

struct Around {
  Names groups;
  Names networks;
  std::unordered_map<KeyId, std::int64_t> online;
  std::int64_t now;
};

std::string key_row(const Key& key, const Around& around) {
  const auto online = around.online.find(key.id);
  CsvRow row;
  row.add(to_text(key.id))
      .add(key.name)
      .add(key.hint)
      .add(text_of(state_of(key, around.now)))
      .add(key.type)
      .add(key.usage_limit)
      .add(key.used_times)
      .add(key.devices_count)
      .add(online == around.online.end() ? std::int64_t{0} : online->second)
      .add(named(key.auto_groups, around.groups))
      .add(named(key.networks, around.networks))
      .add(join(key.tags, ", "))
      .add(key.ephemeral)
      .add(key.expires_at == 0 ? "" : rfc3339(key.expires_at))
      .add(time_text(key.last_used_at))
      .add(rfc3339(key.created_at))
      .add(key.created_by)
      .add(key.note)
      .add(time_text(key.revoked_at))
      .add(key.recipient.value_or(""));
  return row.text();
}

// --- links --------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 16> kLinkMembers{
    "id",         "recipient",    "state",          "note",          "expires_at", "sent_at",
    "sent_via",   "opened_times", "last_opened_at", "device_id",     "used_by",    "used_at",
    "created_at", "created_by",   "setup_key_id",   "replaced_by_id"};

std::string link_row(const InstallLink& link) {
  const auto& device = link.device;
  CsvRow row;
  row.add(to_text(link.id))
      .add(link.recipient)
      .add(text_of(link.state))
      .add(link.note)
      .add(link.expires_at == 0 ? "" : rfc3339(link.expires_at))
      .add(time_text(link.sent_at))
      .add(link.sent_via.value_or(""))
      .add(link.opened_times)
      .add(time_text(link.last_opened_at))
      .add(device ? to_text(device->id) : "")
      .add(device ? device->name : "")
      .add(device ? rfc3339(device->enrolled_at) : "")
      .add(rfc3339(link.created_at))
      .add(link.created_by)
      .add(to_text(link.setup_key_id))
      .add(id_text(link.replaced_by_id));
  return row.text();
}

// --- devices ------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 20> kDeviceMembers{
    "id",           "name",           "hostname",        "os",
    "os_version",   "arch",           "online",          "last_seen_at",
    "status",       "addresses",      "groups",          "tags",
    "setup_key_id", "setup_key_name", "install_link_id", "recipient",
    "enrolled_at",  "enrolled_from",  "ephemeral",       "is_gateway"};

std::string device_row(const Device& device, const LastSeen& last_seen) {
  std::vector<std::string> addresses;
  for (const DeviceAddress& address : device.addresses) addresses.push_back(address.address);
  std::vector<std::string> groups;
  for (const DeviceGroup& group : device.groups) groups.push_back(group.name);
  CsvRow row;
  row.add(to_text(device.id))
      .add(device.name)
      .add(device.hostname)
      .add(device.os)
      .add(device.os_version)
      .add(device.arch)
      .add(!device.removed_at && last_seen.is_online(device.id))
      .add(time_text(std::max(device.stored_last_seen_at, last_seen.last_call(device.id))))
      .add(text_of(device.status()))
      .add(join(addresses, ", "))
      .add(join(groups, ", "))
      .add(join(device.tags, ", "))
      .add(to_text(device.setup_key_id))
      .add(device.setup_key_name)
      .add(id_text(device.install_link_id))
      .add(device.recipient.value_or(""))
      .add(rfc3339(device.enrolled_at))
      .add(device.enrolled_from)
      .add(device.ephemeral)
      .add(device.is_gateway);
  return row.text();
}

// --- the audit log ------------------------------------------------------------------------------

constexpr std::array<std::string_view, 12> kAuditMembers{
    "id",          "timestamp", "activity_code", "initiator_kind", "initiator_id", "initiator_name",
    "target_kind", "target_id", "target_name",   "from",           "cascade_id",   "meta"};

std::string audit_row(const AuditRow& entry) {
  CsvRow row;
  row.add(entry.id)
      .add(rfc3339(entry.at))
      .add(entry.code)
      .add(entry.actor.kind)
      .add(entry.actor.id)
      .add(entry.actor.name)
      .add(entry.target.kind)
      .add(entry.target.id)
      .add(entry.target.name)
      .add(entry.from)
      .add(entry.cascade_id)
      .add(entry.details);
  return row.text();
}

}  // namespace

Result<bool> wants_csv(const Request& request) {
  const auto format = request.query_value("format");
  if (format == "csv") return true;
  if (format.empty() || format == "json") return false;
  return Refusal::invalid("format is json or csv");
}

Reply keys_csv(const Call& call, const KeyFilter& filter, const KeyOrder& order) {
  const auto now = call.app.clock.now();
  Around around{{}, {}, call.app.last_seen.online_by_key(), now};
  auto ids = call.read([&](const Snapshot& snapshot) {
    around.groups = names_of(list_groups(snapshot));
    around.networks = names_of(list_networks(snapshot));
    return list_key_ids(snapshot, filter, order, now);
  });
  return csv_reply("keys", now, kKeyMembers,
                   [&app = call.app, around = std::move(around), ids = std::move(ids),
                    at = std::size_t{0}](std::string& out) mutable {
                     if (at >= ids.size()) return false;
                     const auto count = std::min(kPage, ids.size() - at);
                     const auto keys = app.database.read([&](const Snapshot& snapshot) {
                       return find_keys(snapshot, std::span{ids}.subspan(at, count));
                     });
                     at += count;
                     for (const Key& key : keys) out += key_row(key, around);
                     return true;
                   });
}

Reply links_csv(const Call& call, const LinkFilter& filter) {
  const auto now = call.app.clock.now();
  return csv_reply(
      "links", now, kLinkMembers,
      [&app = call.app, filter, now, after = std::optional<LinkId>{}](std::string& out) mutable {
        const auto links = app.database.read([&](const Snapshot& snapshot) {
          return list_links(snapshot, filter, after, kPage, now);
        });
        if (links.empty()) return false;
        after = links.back().id;
        for (const InstallLink& link : links) out += link_row(link);
        return true;
      });
}

Reply devices_csv(const Call& call, const DeviceFilter& filter,
                  std::function<bool(const Device&)> also) {
  return csv_reply("devices", call.app.clock.now(), kDeviceMembers,
                   [&app = call.app, filter, also = std::move(also),
                    after = DeviceId{}](std::string& out) mutable {
                     const auto devices = app.database.read([&](const Snapshot& snapshot) {
                       return list_devices(snapshot, filter, after, kPage);
                     });
                     if (devices.empty()) return false;
                     after = devices.back().id;
                     for (const Device& device : devices)
                       if (!also || also(device)) out += device_row(device, app.last_seen);
                     return true;
                   });
}

Reply audit_csv(const Call& call, const AuditFilter& filter) {
  return csv_reply("audit", call.app.clock.now(), kAuditMembers,
                   [&app = call.app, filter, before = std::int64_t{0}](std::string& out) mutable {
                     if (before == 1) return false;
                     const auto rows = app.database.read([&](const Snapshot& snapshot) {
                       return list_audit(snapshot, filter, before, kPage);
                     });
                     if (rows.empty()) return false;
                     before = rows.back().id;
                     for (const AuditRow& row : rows) out += audit_row(row);
                     return true;
                   });
}

}  // namespace muster
