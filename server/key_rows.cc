#include "server/key_rows.h"

#include "server/text.h"

namespace muster {
namespace {

template <class IdType>
std::vector<IdType> split_ids(std::string_view text) {
  std::vector<IdType> ids;
  for (const std::string& part : split(text, ' ')) ids.push_back(IdType{std::stoll(part)});
  return ids;
}

}  // namespace

const std::string_view kKeySelect =
    "SELECT k.id, k.name, k.note, k.type, k.hint, k.usage_limit, k.used_times, k.refused_times,"
    " k.last_used_at, k.expires_at, k.ephemeral, k.ephemeral_seconds, k.allow_extra_dns_labels,"
    " k.allow_group_choice, k.requires_approval, k.device_name, k.allowed_cidrs, k.gateway_mode,"
    " k.gateway_device_id, k.created_by_id, u.email, u.name, k.network_default_of,"
    " k.group_default_of, k.created_at, k.updated_at, k.paused_at, k.revoked_at, k.deleted_at,"
    " (SELECT group_concat(group_id, ' ') FROM setup_key_groups WHERE setup_key_id = k.id),"
    " (SELECT group_concat(network_id, ' ') FROM setup_key_networks WHERE setup_key_id = k.id),"
    " (SELECT group_concat(tag, char(31)) FROM setup_key_tags WHERE setup_key_id = k.id),"
    " CASE WHEN k.usage_limit = 1 THEN NULL ELSE"
    "  (SELECT group_concat(name, char(31)) FROM groups WHERE is_protected = 1"
    "   AND deleted_at IS NULL AND (id = 1 OR id IN"
    "    (SELECT group_id FROM setup_key_groups WHERE setup_key_id = k.id))) END,"
    " l.id, l.recipient, k.devices_count";

const std::string_view kKeyFrom =
    " FROM setup_keys k LEFT JOIN users u ON u.id = k.created_by_id"
    " LEFT JOIN install_links l ON l.setup_key_id = k.id";

Key read_key(Query& row) {
  Key key;
  key.id = row.id<KeyId>();
  key.name = row.text();
  key.note = row.text();
  key.type = row.text();
  key.hint = row.text();
  key.usage_limit = row.integer();
  key.used_times = row.integer();
  key.refused_times = row.integer();
  key.last_used_at = row.find_integer();
  key.expires_at = row.integer();
  key.ephemeral = row.boolean();
  key.ephemeral_seconds = row.integer();
  key.allow_extra_dns_labels = row.boolean();
  key.allow_group_choice = row.boolean();
  key.requires_approval = row.boolean();
  key.device_name = row.text();
  key.allowed_cidrs = row.text();
  key.gateway_mode = row.text();
  key.gateway_device_id = row.find_id<DeviceId>();
  key.created_by_id = row.find_id<UserId>();
  key.created_by = row.find_text().value_or("");
  key.created_by_name = row.find_text().value_or("");
  if (key.created_by.empty()) key.created_by = key.created_by_name;
  key.network_default_of = row.find_id<NetworkId>();
  key.group_default_of = row.find_id<GroupId>();
  key.created_at = row.integer();
  key.updated_at = row.integer();
  key.paused_at = row.find_integer();
  key.revoked_at = row.find_integer();
  key.deleted_at = row.find_integer();
  key.auto_groups = split_ids<GroupId>(row.find_text().value_or(""));
  key.networks = split_ids<NetworkId>(row.find_text().value_or(""));
  key.tags = split(row.find_text().value_or(""), '\x1f');
  key.blocked_by = split(row.find_text().value_or(""), '\x1f');
  key.install_link_id = row.find_id<LinkId>();
  key.recipient = row.find_text();
  key.devices_count = row.integer();
  return key;
}

void write_groups(Transaction& tx, KeyId id, const std::vector<Group>& groups) {
  tx.run("DELETE FROM setup_key_groups WHERE setup_key_id = ?", {id});
  int position = 0;
  for (const Group& group : groups)
    tx.run("INSERT INTO setup_key_groups (setup_key_id, position, group_id) VALUES (?, ?, ?)",
           {id, position++, group.id});
}

void write_networks(Transaction& tx, KeyId id, const std::vector<NetworkId>& networks) {
  tx.run("DELETE FROM setup_key_networks WHERE setup_key_id = ?", {id});
  int position = 0;
  for (const NetworkId network : networks)
    tx.run("INSERT INTO setup_key_networks (setup_key_id, position, network_id) VALUES (?, ?, ?)",
           {id, position++, network});
}

void write_tags(Transaction& tx, KeyId id, const std::vector<std::string>& tags) {
  tx.run("DELETE FROM setup_key_tags WHERE setup_key_id = ?", {id});
  int position = 0;
  for (const std::string& tag : tags)
    tx.run("INSERT INTO setup_key_tags (setup_key_id, position, tag) VALUES (?, ?, ?)",
           {id, position++, trim(tag)});
}

}  // namespace muster
