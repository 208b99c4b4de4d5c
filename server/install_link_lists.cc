// Looking at install links, and the states they are in.

#include <algorithm>

#include "server/format.h"
#include "server/install_links.h"
#include "server/text.h"

namespace muster {
namespace {

// The place of the state in kLinkStates, at the time ?1.
constexpr std::string_view kState =
    "CASE WHEN k.used_times > 0 THEN 0"
    " WHEN l.withdrawn_at IS NOT NULL OR (k.revoked_at IS NOT NULL AND l.replaced_by_id IS NULL)"
    "  THEN 1"
    " WHEN l.replaced_by_id IS NOT NULL THEN 2"
    " WHEN k.expires_at <> 0 AND k.expires_at <= ?1 THEN 3"
    " WHEN l.opened_times > 0 THEN 4 ELSE 5 END";

constexpr std::string_view kColumns =
    "l.id, l.setup_key_id, l.batch_id, l.recipient, l.note, l.message, l.opened_times,"
    " l.first_opened_at, l.last_opened_at, l.sent_at, l.sent_by_id, l.sent_via, l.replaced_by_id,"
    " l.created_at, k.expires_at, k.device_name, k.requires_approval,"
    " (SELECT group_concat(group_id, ' ') FROM setup_key_groups WHERE setup_key_id = k.id),"
    " (SELECT group_concat(network_id, ' ') FROM setup_key_networks WHERE setup_key_id = k.id),"
    " k.created_by_id, coalesce(nullif(u.email, ''), u.name),"
    " d.id, d.name, d.enrolled_at, d.removed_at";

constexpr std::string_view kFrom =
    " FROM install_links l JOIN setup_keys k ON k.id = l.setup_key_id"
    " LEFT JOIN users u ON u.id = k.created_by_id"
    " LEFT JOIN devices d ON d.id = (SELECT max(id) FROM devices WHERE setup_key_id = k.id)";

// How a list is sorted, and what comes behind the link whose id is bound. The id makes each order
// a total one, so a page neither repeats nor misses a link.
struct OrderSql {
  LinkOrder order;
  std::string_view by;
  std::string_view behind;
};
constexpr std::array kOrders{
    OrderSql{LinkOrder::oldest, "l.id", "l.id > ?"},
    OrderSql{LinkOrder::newest, "l.id DESC", "l.id < ?"},
    OrderSql{LinkOrder::recipient, "l.recipient COLLATE NOCASE, l.id",
             "(l.recipient COLLATE NOCASE, l.id) >"
             " (SELECT recipient, id FROM install_links WHERE id = ?)"},
    OrderSql{LinkOrder::expires_first, "k.expires_at, l.id",
             "(k.expires_at, l.id) > (SELECT k2.expires_at, l2.id FROM install_links l2"
             " JOIN setup_keys k2 ON k2.id = l2.setup_key_id WHERE l2.id = ?)"},
};

std::optional<LinkDevice> read_device(Query& row) {
  const auto id = row.find_id<DeviceId>();
  const auto name = row.find_text();
  const auto enrolled_at = row.find_integer();
  const auto removed_at = row.find_integer();
  if (!id) return std::nullopt;
  return LinkDevice{*id, *name, *enrolled_at, removed_at};
}

InstallLink read_link(Query& row) {
  InstallLink link;
  link.state = kLinkStates.at(static_cast<std::size_t>(row.integer()));
  link.id = row.id<LinkId>();
  link.setup_key_id = row.id<KeyId>();
  link.batch_id = row.find_integer();
  link.recipient = row.text();
  link.note = row.text();
  link.message = row.text();
  link.opened_times = row.integer();
  link.first_opened_at = row.find_integer();
  link.last_opened_at = row.find_integer();
  link.sent_at = row.find_integer();
  link.sent_by_id = row.find_id<UserId>();
  link.sent_via = row.find_text();
  link.replaced_by_id = row.find_id<LinkId>();
  link.created_at = row.integer();
  link.expires_at = row.integer();
  link.device_name = row.text();
  link.requires_approval = row.boolean();
  for (const std::string& id : split(row.find_text().value_or(""), ' '))
    link.auto_groups.push_back(GroupId{std::stoll(id)});
  for (const std::string& id : split(row.find_text().value_or(""), ' '))
    link.networks.push_back(NetworkId{std::stoll(id)});
  link.created_by_id = row.find_id<UserId>();
  link.created_by = row.find_text().value_or("");
  link.device = read_device(row);
  return link;
}

std::optional<InstallLink> find_one(const Snapshot& snapshot, std::string_view condition,
                                    std::initializer_list<Bind> values) {
  const std::string sql = formatted("SELECT {}, {}{} WHERE {}", kState, kColumns, kFrom, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  return read_link(query);
}

// The conditions of a filter, with what they bind. The pattern must outlive the statement.
struct Conditions {
  std::string sql = "true";
  std::vector<Bind> values;

  void also(std::string_view condition, std::initializer_list<Bind> bound) {
    sql += formatted(" AND {}", condition);
    values.insert(values.end(), bound);
  }
};

Conditions conditions_of(const LinkFilter& filter, const std::string& pattern, std::int64_t now) {
  Conditions conditions;
  conditions.values.emplace_back(now);
  if (!filter.search.empty())
    conditions.also(
        "(l.recipient LIKE ? ESCAPE '\\' OR l.note LIKE ? ESCAPE '\\'"
        " OR d.name LIKE ? ESCAPE '\\')",
        {pattern, pattern, pattern});
  return conditions;
}

}  // namespace

std::string_view text_of(LinkState state) {
  constexpr std::array<std::string_view, kLinkStates.size()> words{
      "used", "withdrawn", "replaced", "expired", "opened", "not_opened"};
  return words.at(static_cast<std::size_t>(state));
}

std::optional<LinkState> parse_link_state(std::string_view text) {
  for (const LinkState state : kLinkStates)
    if (text == text_of(state)) return state;
  return std::nullopt;
}

std::optional<InstallLink> find_link(const Snapshot& snapshot, LinkId id, std::int64_t now) {
  return find_one(snapshot, "l.id = ?2", {now, id});
}

std::optional<InstallLink> find_link_by_secret_hash(const Snapshot& snapshot,
                                                    const Hash& secret_hash, std::int64_t now) {
  return find_one(snapshot, "k.secret_hash = ?2", {now, secret_hash});
}

std::vector<InstallLink> list_links(const Snapshot& snapshot, const LinkFilter& filter,
                                    std::optional<LinkId> after, int limit, std::int64_t now) {
  const std::string pattern = like_pattern(filter.search);
  Conditions conditions = conditions_of(filter, pattern, now);
  if (filter.state)
    conditions.also(formatted("{} = ?", kState), {static_cast<std::int64_t>(*filter.state)});
  const OrderSql& order = *std::ranges::find(kOrders, filter.order, &OrderSql::order);
  if (after) conditions.also(order.behind, {*after});
  conditions.values.emplace_back(limit);
  const std::string sql = formatted("SELECT {}, {}{} WHERE {} ORDER BY {} LIMIT ?", kState,
                                    kColumns, kFrom, conditions.sql, order.by);
  std::vector<InstallLink> links;
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  while (query.step()) links.push_back(read_link(query));
  return links;
}

std::array<std::int64_t, kLinkStates.size()> count_links(const Snapshot& snapshot,
                                                         const LinkFilter& filter,
                                                         std::int64_t now) {
  const std::string pattern = like_pattern(filter.search);
  const Conditions conditions = conditions_of(filter, pattern, now);
  const std::string sql =
      formatted("SELECT {}, count(*){} WHERE {} GROUP BY 1", kState, kFrom, conditions.sql);
  std::array<std::int64_t, kLinkStates.size()> counts{};
  auto query = snapshot.query(sql, std::span<const Bind>{conditions.values});
  while (query.step()) {
    const auto state = static_cast<std::size_t>(query.integer());
    counts.at(state) = query.integer();
  }
  return counts;
}

}  // namespace muster
