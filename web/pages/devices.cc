// The list of devices: who is there, who waits, sorted and filtered by its address.

#include "server/devices.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

#include "server/device_list.h"
#include "server/format.h"
#include "server/keys.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/device_list.h"
#include "web/pages/device_words.h"
#include "web/pages/handlers.h"
#include "web/words.h"

namespace muster::pages {
namespace {

// Few enough that a page stays small on the wire, with the selects above it.
constexpr std::int64_t kRows = 30;
constexpr int kOptions = 40;
constexpr std::array<std::string_view, 7> kChoices{"state",  "os",   "group", "key",
                                                   "search", "sort", "page"};

struct Choice {
  std::string_view value;
  std::string_view label;
};
constexpr std::array kSystems{Choice{"linux", "Linux"}, Choice{"macos", "macOS"},
                              Choice{"windows", "Windows"}, Choice{"freebsd", "FreeBSD"},
                              Choice{"other", "Other"}};
constexpr std::array kOrders{Choice{"", "By name"},
                             Choice{"-name", "By name, backward"},
                             Choice{"-enrolled_at", "Newest first"},
                             Choice{"enrolled_at", "Oldest first"},
                             Choice{"-last_seen_at", "Seen last"},
                             Choice{"last_seen_at", "Silent longest"}};

// A head with what memory knows of it.
struct Found {
  DeviceHead head;
  bool is_online = false;
  std::int64_t last_seen_at = 0;  // 0: never
};

std::string_view state_of(const Found& found) {
  if (found.head.is_waiting) return "waiting";
  return found.is_online ? "online" : "offline";
}

std::vector<Found> find_devices(const Call& call, const Snapshot& snapshot,
                                const DeviceFilter& filter) {
  const LastSeen& last_seen = call.app.last_seen;
  std::vector<Found> all;
  for (DeviceHead& head : list_device_heads(snapshot, filter)) {
    const bool is_online = last_seen.is_online(head.id);
    const auto seen = last_seen_at(last_seen, head.id, head.stored_last_seen_at);
    all.push_back({std::move(head), is_online, seen.value_or(0)});
  }
  return all;
}

// Those that wait come first, whatever the order.
void sort_devices(std::vector<Found>& all, std::string_view sort) {
  const bool is_backward = sort.starts_with('-');
  if (is_backward) sort.remove_prefix(1);
  const auto by = [&](auto value) {
    std::ranges::sort(all, [&](const Found& a, const Found& b) {
      if (a.head.is_waiting != b.head.is_waiting) return a.head.is_waiting;
      const auto of_a = std::pair{value(a), a.head.id};
      const auto of_b = std::pair{value(b), b.head.id};
      return is_backward ? of_b < of_a : of_a < of_b;
    });
  };
  if (sort == "enrolled_at")
    by([](const Found& found) { return found.head.enrolled_at; });
  else if (sort == "last_seen_at")
    by([](const Found& found) { return found.last_seen_at; });
  else
    by([](const Found& found) { return std::string_view{found.head.name}; });
}

View chip(const ListAddress& address, std::string_view state, std::string_view label,
          std::int64_t count) {
  return View{}
      .set("url", address.with("state", state))
      .set("label", label)
      .set("count", count)
      .set("current", address.value("state") == state);
}

std::vector<View> state_chips(const ListAddress& address, const Snapshot& snapshot,
                              DeviceFilter filter, const std::vector<Found>& living) {
  const auto count = [&](std::string_view state) {
    return std::ranges::count(living, state, state_of);
  };
  filter.status = DeviceStatus::removed;
  const std::int64_t removed = count_devices(snapshot, filter);
  std::vector<View> chips{chip(address, "", "All", static_cast<std::int64_t>(living.size())),
                          chip(address, "online", "Online", count("online")),
                          chip(address, "offline", "Offline", count("offline")),
                          chip(address, "waiting", "Waiting", count("waiting"))};
  if (removed > 0 || address.value("state") == "removed")
    chips.push_back(chip(address, "removed", "Removed", removed));
  return chips;
}

View option(std::string_view value, std::string_view label, std::string_view chosen) {
  return View{}.set("value", value).set("label", label).set("chosen", value == chosen);
}

std::vector<View> options(std::span<const Choice> choices, std::string_view chosen) {
  std::vector<View> views;
  for (const Choice& choice : choices) views.push_back(option(choice.value, choice.label, chosen));
  return views;
}

// The rows of a long list that a select has place for, and the chosen one anyhow.
template <class Row>
std::vector<View> options_of(const std::vector<Row>& rows, std::string_view chosen) {
  std::vector<View> views;
  for (const Row& row : rows)
    if (views.size() < kOptions || to_text(row.id) == chosen)
      views.push_back(option(to_text(row.id), row.name, chosen));
  return views;
}

std::vector<View> key_options(const Snapshot& snapshot, const DeviceFilter& filter,
                              std::string_view chosen) {
  auto keys = list_keys_with_devices(snapshot, kOptions);
  const KeyId id = filter.setup_key_id.value_or(KeyId{});
  if (id && std::ranges::find(keys, id, &NamedKey::id) == keys.end())
    if (const auto key = find_key_even_deleted(snapshot, id)) keys.push_back({id, key->name});
  return options_of(keys, chosen);
}

void set_filters(View& view, const Snapshot& snapshot, const ListAddress& address,
                 const DeviceFilter& filter) {
  auto groups = muster::list_groups(snapshot);
  std::erase_if(groups, [](const Group& group) { return group.id == kAllGroup; });
  std::ranges::sort(groups, {}, &Group::name);
  view.set("chosen_state", address.value("state"))
      .set("search", address.value("search"))
      .set("os_options", options(kSystems, address.value("os")))
      .set("group_options", options_of(groups, address.value("group")))
      .set("key_options", key_options(snapshot, filter, address.value("key")))
      .set("orders", options(kOrders, address.value("sort")));
}

// A column's head; a second press sorts the other way round.
struct Column {
  std::string_view label;
  std::string_view sort;   // empty: not sorted by it
  std::string_view first;  // what the first press asks for
};
constexpr std::array kColumns{Column{"Name", "name", "name"},
                              Column{"State", "", ""},
                              Column{"System", "", ""},
                              Column{"Groups", "", ""},
                              Column{"Key", "", ""},
                              Column{"Enrolled", "enrolled_at", "-enrolled_at"},
                              Column{"Last seen", "last_seen_at", "-last_seen_at"}};

std::vector<View> columns(const ListAddress& address) {
  const auto chosen = address.value("sort").empty() ? "name" : address.value("sort");
  std::vector<View> views;
  for (const Column& column : kColumns) {
    const bool is_up = !column.sort.empty() && chosen == column.sort;
    const bool is_down =
        !column.sort.empty() && chosen.starts_with('-') && chosen.substr(1) == column.sort;
    std::string next{column.first};
    if (is_up) next = "-" + std::string{column.sort};
    if (is_down) next = column.sort;
    views.push_back(View{}
                        .set("label", column.label)
                        .set("is_first", views.empty())
                        .set("direction", is_up     ? "ascending"
                                          : is_down ? "descending"
                                                    : "")
                        .set("url", column.sort.empty() ? "" : address.with("sort", next)));
  }
  return views;
}

// The rows of one page, and the way to the others.
void set_rows(View& view, const Call& call, const Snapshot& snapshot, const ListAddress& address,
              const std::vector<Found>& found) {
  const auto total = static_cast<std::int64_t>(found.size());
  const std::int64_t last = std::max<std::int64_t>(1, (total + kRows - 1) / kRows);
  const std::int64_t number = std::clamp<std::int64_t>(address.number("page"), 1, last);
  const std::int64_t from = (number - 1) * kRows;
  const std::int64_t until = std::min(total, from + kRows);
  std::vector<View> rows;
  for (std::int64_t at = from; at < until; ++at)
    if (const auto device = find_device(snapshot, found[static_cast<std::size_t>(at)].head.id))
      rows.push_back(device_row(*device, call.app.last_seen, call.app.clock.now())
                         .set("is_chosen", false)
                         .set("enrolled", time_view(device->enrolled_at, call.app.clock.now())));
  const auto other_page = [&](std::int64_t page) {
    return page < 1 || page > last ? "" : address.with("page", std::to_string(page));
  };
  view.set("rows", std::move(rows))
      .set("total", std::to_string(total))
      .set("has_rows", total > 0)
      .set("columns", columns(address))
      .set("here", address.with("page", number == 1 ? "" : std::to_string(number)))
      .set("range", last == 1 ? "" : formatted("{} to {} of {}", from + 1, until, total))
      .set("previous", other_page(number - 1))
      .set("next", other_page(number + 1));
}

View list_view(const Call& call, const SignedIn& who, std::string_view message) {
  const ListAddress address = device_list_address(call.request);
  const DeviceFilter filter = device_filter(address);
  const std::string_view state = address.value("state");
  View view;
  call.read([&](const Snapshot& snapshot) {
    DeviceFilter living_filter = filter;
    living_filter.status = {};
    auto found = find_devices(call, snapshot, living_filter);
    view.set("chips", state_chips(address, snapshot, filter, found))
        .set("has_any", !found.empty() || count_devices(snapshot, {}) > 0 ||
                            filter.status == DeviceStatus::removed);
    set_filters(view, snapshot, address, filter);
    if (state == "removed")
      found = find_devices(call, snapshot, filter);
    else if (!state.empty())
      std::erase_if(found, [&](const Found& one) { return state_of(one) != state; });
    sort_devices(found, address.value("sort"));
    set_rows(view, call, snapshot, address, found);
  });
  view.set("may_write", who.may(Right::devices_write))
      .set("message", message)
      .set("may_choose", who.may(Right::devices_write) && state != "removed")
      .set("many_url", address.at("/devices/actions"))
      .set("csv_url", address.at("/devices.csv"))
      .set("may_link", who.may(Right::links_write))
      .set("csrf_token", who.csrf_token());
  return view;
}

}  // namespace

ListAddress device_list_address(const Request& request) { return {"/devices", request, kChoices}; }

DeviceFilter device_filter(const ListAddress& address) {
  DeviceFilter filter{.status = {},
                      .setup_key_id = {},
                      .group_id = {},
                      .os = {},
                      .search = std::string{address.value("search")}};
  if (address.value("state") == "removed") filter.status = DeviceStatus::removed;
  if (!address.value("key").empty()) filter.setup_key_id = KeyId{address.number("key")};
  if (!address.value("group").empty()) filter.group_id = GroupId{address.number("group")};
  if (!address.value("os").empty()) filter.os = std::string{address.value("os")};
  return filter;
}

Reply show_device_list(const Call& call, const SignedIn& who, std::string_view message,
                       int status) {
  View view = list_view(call, who, message);
  return page(call, who, {"devices/list", "Devices", std::move(view), "/devices", status});
}

Result<Reply> list_devices(const Call& call, const Visitor<Right::devices_read>& who) {
  if (call.request.find_header("X-Live"))
    return fragment(call, "devices/rows", list_view(call, who, ""));
  return show_device_list(call, who, "", 200);
}

}  // namespace muster::pages
