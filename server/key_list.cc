#include "server/key_list.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "server/format.h"
#include "server/key_rows.h"
#include "server/networks.h"
#include "server/text.h"

namespace muster {
namespace {

// state_of(), as SQL; ?1 is now. A test holds the two against each other.
constexpr std::string_view kState =
    "CASE WHEN k.expires_at <> 0 AND k.expires_at <= ?1 THEN 0"
    " WHEN k.revoked_at IS NOT NULL THEN 1 WHEN k.paused_at IS NOT NULL THEN 2"
    " WHEN k.usage_limit > 0 AND k.used_times >= k.usage_limit THEN 3 ELSE 4 END";

struct SortWord {
  KeySort sort;
  std::string_view word;
  std::string_view sql;  // {} is where the direction stands
};
constexpr std::array kSorts{
    SortWord{KeySort::id, "id", "k.id {0}"},
    SortWord{KeySort::name, "name", "k.name COLLATE NOCASE {0}, k.id {0}"},
    SortWord{KeySort::created_at, "created_at", "k.created_at {0}, k.id {0}"},
    SortWord{KeySort::last_used_at, "last_used_at", "k.last_used_at {0}, k.id {0}"},
    SortWord{KeySort::expires_at, "expires_at", "k.expires_at = 0 {0}, k.expires_at {0}, k.id {0}"},
    SortWord{KeySort::used_times, "used_times", "k.used_times {0}, k.id {0}"},
    SortWord{KeySort::devices_count, "devices_count", "k.devices_count {0}, k.id {0}"},
};

// The first term of each is what its index is sorted by; the index holds no others, so their terms
// are repeated here word for word.
constexpr std::string_view kWorks =
    " AND k.revoked_at IS NULL AND k.paused_at IS NULL AND (k.expires_at = 0 OR k.expires_at > ?1)"
    " AND (k.usage_limit = 0 OR k.used_times < k.usage_limit)"
    " AND k.network_default_of IS NULL AND k.group_default_of IS NULL";

std::string sql_of(KeyConcern concern) {
  switch (concern) {
    case KeyConcern::ending:
      return formatted(
          "k.expires_at > ?1 AND k.expires_at <= ?1 + {} AND k.expires_at > 0{} AND NOT EXISTS"
          " (SELECT 1 FROM install_links WHERE setup_key_id = k.id)",
          kEndingSeconds, kWorks);
    case KeyConcern::endless:
      return formatted("k.expires_at = 0 AND k.usage_limit = 0{}", kWorks);
    case KeyConcern::idle:
      return formatted("coalesce(k.last_used_at, k.created_at) <= ?1 - {} AND k.usage_limit <> 1{}",
                       kIdleSeconds, kWorks);
  }
  throw std::logic_error("an unknown concern");
}

// In the order of its index.
std::string_view order_of(KeyConcern concern) {
  if (concern == KeyConcern::ending) return "k.expires_at, k.id";
  return concern == KeyConcern::idle ? "coalesce(k.last_used_at, k.created_at), k.id" : "k.id DESC";
}

// FROM and WHERE of a list, and what is bound there. Texts live here: bound ones are not copied.
class Conditions {
 public:
  Conditions(const Snapshot& snapshot, const KeyFilter& filter, std::int64_t now)
      : pattern_(like_pattern(without_mask(filter.search))), values_{now} {
    // ?1 stands first even where no state is asked for: the others count on from it.
    sql_ += formatted(" WHERE ?1 IS NOT NULL AND k.deleted_at IS {}",
                      filter.is_deleted ? "NOT NULL" : "NULL");
    if (filter.group_id)
      also("k.id IN (SELECT setup_key_id FROM setup_key_groups WHERE group_id = ?)",
           {*filter.group_id});
    if (filter.network_id) add_network(snapshot, *filter.network_id);
    if (filter.concern) also(sql_of(*filter.concern), {});
    if (filter.created_by_id) also("k.created_by_id = ?", {*filter.created_by_id});
    if (!filter.search.empty())
      also(
          "(k.name LIKE ? ESCAPE '\\' OR k.hint LIKE ? ESCAPE '\\' OR u.email LIKE ? ESCAPE '\\'"
          " OR u.name LIKE ? ESCAPE '\\')",
          {pattern_, pattern_, pattern_, pattern_});
  }
  Conditions(const Conditions&) = delete;
  Conditions& operator=(const Conditions&) = delete;

  void add_state(const KeyFilter& filter) {
    if (filter.state) also(formatted("({}) = ?", kState), {static_cast<int>(*filter.state)});
    if (filter.is_dead) also(formatted("(({}) IN (0, 1, 3)) = ?", kState), {*filter.is_dead});
  }

  std::string_view sql() const { return sql_; }
  std::span<const Bind> values() const { return values_; }

 private:
  // `mkey_7f3qa****`, as it is shown, stands for the hint.
  static std::string_view without_mask(std::string_view search) {
    while (search.ends_with('*')) search.remove_suffix(1);
    return search;
  }

  void add_network(const Snapshot& snapshot, NetworkId id) {
    const auto standard = find_default_network(snapshot);
    also(standard && standard->id == id
             ? "(k.id IN (SELECT setup_key_id FROM setup_key_networks WHERE network_id = ?)"
               " OR NOT EXISTS (SELECT 1 FROM setup_key_networks WHERE setup_key_id = k.id))"
             : "k.id IN (SELECT setup_key_id FROM setup_key_networks WHERE network_id = ?)",
         {id});
  }

  void also(std::string_view condition, std::initializer_list<Bind> bound) {
    sql_ += formatted(" AND {}", condition);
    values_.insert(values_.end(), bound);
  }

  std::string pattern_;
  std::string sql_ = " FROM setup_keys k LEFT JOIN users u ON u.id = k.created_by_id";
  std::vector<Bind> values_;
};

}  // namespace

std::optional<KeyOrder> parse_key_order(std::string_view text) {
  KeyOrder order;
  order.is_descending = text.starts_with('-');
  if (order.is_descending) text.remove_prefix(1);
  const auto* const found = std::ranges::find(kSorts, text, &SortWord::word);
  if (found == kSorts.end()) return std::nullopt;
  order.by = found->sort;
  return order;
}

std::vector<KeyId> list_key_ids(const Snapshot& snapshot, const KeyFilter& filter,
                                const KeyOrder& order, std::int64_t now) {
  Conditions conditions{snapshot, filter, now};
  conditions.add_state(filter);
  const auto* const sort = std::ranges::find(kSorts, order.by, &SortWord::sort);
  const std::string_view direction = order.is_descending ? "DESC" : "ASC";
  const std::string by = format_values(sort->sql, fmt::make_format_args(direction));
  const std::string sql = formatted("SELECT k.id{} ORDER BY {}", conditions.sql(), by);
  std::vector<KeyId> ids;
  auto query = snapshot.query(sql, conditions.values());
  while (query.step()) ids.push_back(query.id<KeyId>());
  return ids;
}

std::vector<Key> find_keys(const Snapshot& snapshot, std::span<const KeyId> ids) {
  const std::string list = json_ids(ids);
  const std::string sql = formatted(
      "{} FROM json_each(?) wanted CROSS JOIN setup_keys k ON k.id = wanted.value"
      " LEFT JOIN users u ON u.id = k.created_by_id"
      " LEFT JOIN install_links l ON l.setup_key_id = k.id ORDER BY wanted.key",
      kKeySelect);
  std::vector<Key> keys;
  keys.reserve(ids.size());
  auto query = snapshot.query(sql, {list});
  while (query.step()) keys.push_back(read_key(query));
  return keys;
}

std::int64_t KeyCounts::dead() const { return all() - of(KeyState::valid) - of(KeyState::paused); }

std::int64_t KeyCounts::all() const {
  return std::accumulate(by_state.begin(), by_state.end(), std::int64_t{0});
}

KeyCounts count_keys(const Snapshot& snapshot, const KeyFilter& filter, std::int64_t now) {
  const Conditions conditions{snapshot, filter, now};
  const std::string sql = formatted("SELECT {}, count(*){} GROUP BY 1", kState, conditions.sql());
  KeyCounts counts;
  auto query = snapshot.query(sql, conditions.values());
  while (query.step()) {
    const auto state = static_cast<std::size_t>(query.integer());
    counts.by_state.at(state) = query.integer();
  }
  return counts;
}

std::int64_t count_keys_of(const Snapshot& snapshot, KeyConcern concern, std::int64_t now) {
  const std::string sql = formatted(
      "SELECT count(*) FROM setup_keys k WHERE k.deleted_at IS NULL AND {}", sql_of(concern));
  auto query = snapshot.query(sql, {now});
  return query.step() ? query.integer() : 0;
}

std::vector<Key> list_pressing_keys(const Snapshot& snapshot, KeyConcern concern, std::size_t limit,
                                    std::int64_t now) {
  const std::string sql = formatted(
      "SELECT k.id FROM setup_keys k WHERE k.deleted_at IS NULL AND {} ORDER BY {} LIMIT ?2",
      sql_of(concern), order_of(concern));
  std::vector<KeyId> ids;
  auto query = snapshot.query(sql, {now, limit});
  while (query.step()) ids.push_back(query.id<KeyId>());
  return find_keys(snapshot, ids);
}

KeyPage list_keys(const Snapshot& snapshot, const KeyFilter& filter, const KeyOrder& order,
                  std::size_t offset, std::size_t limit, std::int64_t now) {
  const auto ids = list_key_ids(snapshot, filter, order, now);
  const auto begin = std::min(offset, ids.size());
  const auto count = std::min(limit, ids.size() - begin);
  return {find_keys(snapshot, std::span{ids}.subspan(begin, count)),
          static_cast<std::int64_t>(ids.size())};
}

}  // namespace muster
