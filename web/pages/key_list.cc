// The list of setup keys, and whose a secret is that was found somewhere.

#include "web/pages/key_list.h"

#include <algorithm>
#include <array>
#include <limits>

#include "server/format.h"
#include "server/networks.h"
#include "server/people.h"
#include "server/text.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/key.h"
#include "web/pages/key_words.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr std::size_t kPerPage = 30;

constexpr std::array<std::string_view, 8> kChoices{"state",  "group", "network", "by",
                                                   "search", "sort",  "page",    "open"};

struct StateChip {
  std::string_view word;  // in the address
  std::string_view label;
  std::optional<KeyState> state = {};
  std::optional<KeyConcern> concern = {};
  bool is_shown = true;  // the others only while they are chosen: the overview leads to them
};
// The first is the list as it opens: keys that are not dead.
constexpr std::array kStateChips{
    StateChip{"", "In use", {}},
    StateChip{"paused", "Paused", KeyState::paused},
    StateChip{"overused", "Used up", KeyState::overused},
    StateChip{"expired", "Expired", KeyState::expired},
    StateChip{"revoked", "Revoked", KeyState::revoked},
    StateChip{"all", "All", {}},
    StateChip{"deleted", "Deleted", {}},
    StateChip{"valid", "Working", KeyState::valid, {}, false},
    StateChip{"ending", "Ending within 7 days", {}, KeyConcern::ending, false},
    StateChip{"endless", "No limit and no end", {}, KeyConcern::endless, false},
    StateChip{"idle", "Idle for 90 days", {}, KeyConcern::idle, false}};

struct Order {
  std::string_view word;
  std::string_view label;
};
constexpr std::array kOrders{Order{"-created_at", "Newest first"},
                             Order{"created_at", "Oldest first"},
                             Order{"name", "Name"},
                             Order{"-used_times", "Most used first"},
                             Order{"used_times", "Least used first"},
                             Order{"-last_used_at", "Last used first"},
                             Order{"last_used_at", "Longest unused first"},
                             Order{"expires_at", "Ending first"},
                             Order{"-expires_at", "Ending last"},
                             Order{"-name", "Name, from Z"}};

struct Column {
  std::string_view sort;
  std::string_view label;
  std::string_view first;  // the order that a first click gives; empty: not sorted by
};
constexpr std::array kColumns{Column{"name", "Name", "name"},
                              Column{"", "State", ""},
                              Column{"used_times", "Use", "-used_times"},
                              Column{"", "Devices", ""},
                              Column{"", "Groups", ""},
                              Column{"last_used_at", "Last used", "-last_used_at"},
                              Column{"expires_at", "Expires", "expires_at"},
                              Column{"created_at", "Created", "-created_at"}};

// What the list needs beside the keys.
struct Around {
  std::vector<Group> groups;
  std::vector<Network> networks;
  std::vector<Person> people;
  KeyCounts counts;
  std::int64_t deleted = 0;
  bool has_any = false;
  KeyPage page = {};
  std::size_t number = 1;  // of the page
};

Around look(const Snapshot& snapshot, const ListAddress& address, std::int64_t now) {
  const KeyFilter filter = filter_of(address);
  KeyFilter deleted = filter;
  deleted.is_deleted = true;
  KeyFilter present = filter;
  present.is_deleted = false;
  present.concern = deleted.concern = std::nullopt;
  Around around{.groups = list_groups(snapshot),
                .networks = list_networks(snapshot),
                .people = list_people(snapshot, std::nullopt),
                .counts = count_keys(snapshot, present, now),
                .deleted = count_keys(snapshot, deleted, now).all()};
  const KeyOrder order = *parse_key_order(order_of(address));
  const auto show = [&](std::size_t number) {
    around.number = number;
    around.page = list_keys(snapshot, filter, order, (number - 1) * kPerPage, kPerPage, now);
  };
  const auto last_page = std::numeric_limits<std::int32_t>::max();
  show(static_cast<std::size_t>(std::clamp<std::int64_t>(address.number("page"), 1, last_page)));
  // A page behind the end: the list became shorter meanwhile.
  const auto total = static_cast<std::size_t>(around.page.total);
  if (around.page.keys.empty() && total > 0) show((total + kPerPage - 1) / kPerPage);
  around.has_any = around.counts.all() + around.deleted > 0 ||
                   count_keys(snapshot, {}, now).all() > 0 ||
                   count_keys(snapshot, {.is_deleted = true}, now).all() > 0;
  return around;
}

std::int64_t count_of(const StateChip& chip, const Around& around) {
  if (chip.state) return around.counts.of(*chip.state);
  if (chip.concern) return around.page.total;
  if (chip.word == "deleted") return around.deleted;
  return chip.word == "all" ? around.counts.all() : around.counts.all() - around.counts.dead();
}

std::vector<View> chips(const ListAddress& address, const Around& around) {
  std::vector<View> views;
  for (const StateChip& chip : kStateChips) {
    const bool is_current = chip.word == address.value("state");
    if (!chip.is_shown && !is_current) continue;
    views.push_back(View{}
                        .set("url", address.with("state", chip.word))
                        .set("label", chip.label)
                        .set("count", count_of(chip, around))
                        .set("current", is_current));
  }
  return views;
}

View option(std::string_view value, std::string_view label, std::string_view chosen) {
  return View{}.set("value", value).set("label", label).set("chosen", value == chosen);
}

template <class Rows, class Label>
std::vector<View> options(const Rows& rows, std::string_view chosen, Label label) {
  std::vector<View> views;
  for (const auto& row : rows) views.push_back(option(to_text(row.id), label(row), chosen));
  return views;
}

std::vector<View> columns(const ListAddress& address) {
  std::vector<View> views;
  const std::string_view order = order_of(address);
  for (const Column& column : kColumns) {
    View view;
    std::string direction;
    std::string next{column.first};
    if (!column.sort.empty() && (order == column.sort || order.substr(1) == column.sort)) {
      direction = order.starts_with('-') ? "descending" : "ascending";
      next = direction == "descending" ? std::string{column.sort} : formatted("-{}", column.sort);
    }
    view.set("label", column.label)
        .set("is_first", views.empty())
        .set("direction", direction)
        .set("url", next.empty() ? "" : address.with("sort", next));
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<View> group_tags(const Key& key, const std::vector<Group>& groups) {
  std::vector<View> tags;
  for (const GroupId id : key.auto_groups) {
    const auto group = std::ranges::find(groups, id, &Group::id);
    if (group == groups.end()) continue;
    tags.push_back(View{}.set("name", group->name).set("is_protected", group->is_protected));
  }
  return tags;
}

View row(const Key& key, std::int64_t online, const std::vector<Group>& groups, std::int64_t now) {
  View view;
  set_state(view, key, now);
  set_use(view, key);
  set_expiry(view, key, now);
  view.set("id", to_text(key.id))
      .set("name", key.name)
      .set("hint", key.hint)
      .set("online", online)
      .set("devices", key.devices_count > 0 ? std::to_string(key.devices_count) : "")
      .set("groups", group_tags(key, groups))
      .set("last_used", time_view(key.last_used_at, now))
      .set("created", time_view(key.created_at, now))
      .set("maker", maker_words(key));
  return view;
}

// `ids`: of those that were chosen in a form that comes back.
std::vector<View> rows(const Call& call, const Around& around, const ListAddress& address,
                       const std::vector<std::string>& ids) {
  const auto online = call.app.last_seen.online_by_key();
  std::vector<View> views;
  for (const Key& key : around.page.keys) {
    const auto found = online.find(key.id);
    const std::string id = to_text(key.id);
    const bool is_open = address.value("open") == id;
    std::optional<View> inside;
    if (is_open) inside = devices_view(call, key, kDevicesInside);
    View view =
        row(key, found == online.end() ? 0 : found->second, around.groups, call.app.clock.now());
    view.set("is_chosen", std::ranges::find(ids, id) != ids.end())
        .set("is_open", is_open)
        .set("open_url", formatted("{}#key-{}", address.with("open", is_open ? "" : id), id))
        .set("inside", std::move(inside));
    views.push_back(std::move(view));
  }
  return views;
}

void set_pages(View& view, const ListAddress& address, const Around& around) {
  const auto total = static_cast<std::size_t>(around.page.total);
  const std::size_t first = (around.number - 1) * kPerPage + 1;
  const std::size_t last = first + around.page.keys.size() - 1;
  view.set("range", total > kPerPage ? formatted("{}–{} of {}", first, last, total) : "")
      .set("previous",
           around.number > 1 ? address.with("page", std::to_string(around.number - 1)) : "")
      .set("next", last < total ? address.with("page", std::to_string(around.number + 1)) : "");
}

}  // namespace

ListAddress key_list_address(const Request& request) { return {"/keys", request, kChoices}; }

std::string_view order_of(const ListAddress& address) {
  const auto* const found = std::ranges::find(kOrders, address.value("sort"), &Order::word);
  return found == kOrders.end() ? kOrders.front().word : found->word;
}

KeyFilter filter_of(const ListAddress& address) {
  KeyFilter filter;
  const auto state = address.value("state");
  const auto* const chip = std::ranges::find(kStateChips, state, &StateChip::word);
  if (chip != kStateChips.end()) filter.state = chip->state;
  if (chip != kStateChips.end()) filter.concern = chip->concern;
  filter.is_deleted = state == "deleted";
  if (!filter.state && !filter.concern && state != "all" && !filter.is_deleted)
    filter.is_dead = false;
  if (const auto id = address.number("group")) filter.group_id = GroupId{id};
  if (const auto id = address.number("network")) filter.network_id = NetworkId{id};
  if (const auto id = address.number("by")) filter.created_by_id = UserId{id};
  filter.search = trim(address.value("search"));
  return filter;
}

Reply show_key_list(const Call& call, const SignedIn& who, std::string_view message, int status) {
  const ListAddress address = key_list_address(call.request);
  const auto around = call.read(
      [&](const Snapshot& snapshot) { return look(snapshot, address, call.app.clock.now()); });
  View view;
  view.set("may_write", who.may(Right::keys_write))
      .set("message", message)
      .set("has_any", around.has_any)
      .set("chosen_state", address.value("state"))
      .set("search", address.value("search"))
      .set("group_options",
           options(around.groups, address.value("group"),
                   [](const Group& group) -> const std::string& { return group.name; }))
      .set("has_networks", around.networks.size() > 1)
      .set("network_options",
           options(around.networks, address.value("network"),
                   [](const Network& network) -> const std::string& { return network.name; }))
      .set("maker_options",
           options(around.people, address.value("by"),
                   [](const Person& person) -> const std::string& { return person.label(); }));
  std::vector<View> orders;
  for (const Order& order : kOrders)
    orders.push_back(option(order.word, order.label, order_of(address)));
  view.set("orders", std::move(orders))
      .set("chips", chips(address, around))
      .set("columns", columns(address))
      .set("has_keys", !around.page.keys.empty())
      .set("keys", rows(call, around, address, who.form().values("ids")))
      .set("may_choose", who.may(Right::keys_write) && !around.page.keys.empty() &&
                             address.value("state") != "deleted")
      .set("many_url", address.at("/keys/actions"))
      .set("csv_url", address.at("/keys.csv"))
      .set("total", around.page.total);
  set_pages(view, address, around);
  return page(call, who, {"keys/list", "Keys", std::move(view), "/keys", status});
}

Result<Reply> keys(const Call& call, const Visitor<Right::keys_read>& who) {
  // A whole secret does not belong into an address: its hint finds the same key.
  const auto secret = parse_secret(SecretKind::setup_key, call.request.query_value("search"));
  if (secret) return redirect("/keys?state=all&search=" + encode_query(hint_of(*secret)));
  return show_key_list(call, who, "", 200);
}

Result<Reply> find_key_of_secret(const Call& call, const Visitor<Right::keys_read>& who) {
  const auto secret = parse_secret(SecretKind::setup_key, who.form().value("secret"));
  if (!secret)
    return show_key_list(
        call, who,
        "That is no whole setup key: one begins with mkey_ and has 40 characters. Search "
        "for the part that you have.",
        422);
  const auto key = call.read(
      [&](const Snapshot& snapshot) { return find_key_by_hash(snapshot, hash_of(*secret)); });
  if (!key)
    return show_key_list(
        call, who, "No key of this Muster has that secret. It may have been given a new one since.",
        422);
  return redirect(formatted("/keys/{}", key->id.value));
}

}  // namespace muster::pages
