// The list of devices: who is there, who waits, sorted and filtered by its address.

#include "server/devices.h"

#include <algorithm>
#include <array>
#include <span>

#include "server/device_pages.h"
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

struct StateWord {
  DeviceState state;
  std::string_view word;
  std::string_view label;
};
constexpr std::array kStates{StateWord{DeviceState::online, "online", "Online"},
                             StateWord{DeviceState::offline, "offline", "Offline"},
                             StateWord{DeviceState::waiting, "waiting", "Waiting"},
                             StateWord{DeviceState::removed, "removed", "Removed"}};

std::optional<DeviceState> read_state(const ListAddress& address) {
  const auto* const row = std::ranges::find(kStates, address.value("state"), &StateWord::word);
  return row == kStates.end() ? std::nullopt : std::optional{row->state};
}

DeviceSort read_sort(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text == "enrolled_at") return DeviceSort::enrolled_at;
  return text == "last_seen_at" ? DeviceSort::last_seen_at : DeviceSort::name;
}

View chip(const ListAddress& address, std::string_view state, std::string_view label,
          const std::optional<DeviceCounts>& counts, std::optional<DeviceState> counted) {
  return View{}
      .set("url", address.with("state", state))
      .set("label", label)
      .set("count", counts ? std::to_string(counts->of(counted)) : "")
      .set("current", address.value("state") == state);
}

std::vector<View> state_chips(const ListAddress& address,
                              const std::optional<DeviceCounts>& counts) {
  std::vector<View> chips{chip(address, "", "All", counts, std::nullopt)};
  for (const StateWord& state : kStates) {
    const bool is_shown = state.state != DeviceState::removed || (counts && counts->removed > 0) ||
                          address.value("state") == state.word;
    if (is_shown) chips.push_back(chip(address, state.word, state.label, counts, state.state));
  }
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

// Which page of how many. A list that was not counted says only whether there is more.
struct Place {
  std::int64_t page = 1;
  std::int64_t total = 0;
  bool has_more = false;
};

// The rows of one page, and the way to the others.
void set_rows(View& view, const Call& call, const Snapshot& snapshot, const ListAddress& address,
              const std::vector<DeviceId>& ids, bool is_counted, const Place& place) {
  std::vector<View> rows;
  for (const DeviceId id : ids)
    if (const auto device = find_device(snapshot, id))
      rows.push_back(device_row(*device, call.app.last_seen, call.app.clock.now())
                         .set("is_chosen", false)
                         .set("enrolled", time_view(device->enrolled_at, call.app.clock.now())));
  const auto other_page = [&](std::int64_t page) {
    return address.with("page", page <= 1 ? "" : std::to_string(page));
  };
  const std::int64_t from = (place.page - 1) * kRows;
  const std::string total =
      is_counted ? std::to_string(place.total) : formatted("more than {}", kDevicesCounted);
  const bool is_whole = place.page == 1 && !place.has_more;
  view.set("has_rows", !rows.empty())
      .set("total", is_counted ? total : "")
      .set("columns", columns(address))
      .set("here", other_page(place.page))
      .set("range", is_whole ? ""
                             : formatted("{} to {} of {}", from + 1,
                                         from + static_cast<std::int64_t>(rows.size()), total))
      .set("previous", place.page > 1 ? other_page(place.page - 1) : "")
      .set("next", place.has_more ? other_page(place.page + 1) : "");
  view.set("rows", std::move(rows));
}

View list_view(const Call& call, const SignedIn& who, std::string_view message) {
  const ListAddress address = device_list_address(call.request);
  DevicePageQuery wanted{.filter = device_filter(address),
                         .state = read_state(address),
                         .sort = read_sort(address.value("sort")),
                         .is_descending = address.value("sort").starts_with('-')};
  View view;
  call.read([&](const Snapshot& snapshot) {
    Place place{.page = std::max<std::int64_t>(1, address.number("page"))};
    const auto look = [&] {
      wanted.offset = (place.page - 1) * kRows;
      return find_device_page(snapshot, call.app.last_seen, wanted);
    };
    DevicePage found = look();
    if (found.counts) {
      place.total = found.counts->of(wanted.state);
      const std::int64_t last = std::max<std::int64_t>(1, (place.total + kRows - 1) / kRows);
      if (place.page > last) {
        place.page = last;
        found = look();
      }
      place.has_more = place.page < last;
    } else if (found.ids.size() > static_cast<std::size_t>(kRows)) {
      found.ids.pop_back();
      place.has_more = true;
    }
    view.set("chips", state_chips(address, found.counts))
        .set("has_any",
             !found.ids.empty() || has_devices(snapshot) || wanted.state == DeviceState::removed)
        .set("is_uncounted", !found.counts);
    set_filters(view, snapshot, address, wanted.filter);
    set_rows(view, call, snapshot, address, found.ids, found.counts.has_value(), place);
  });
  view.set("may_write", who.may(Right::devices_write))
      .set("message", message)
      .set("may_choose", who.may(Right::devices_write) && wanted.state != DeviceState::removed)
      .set("many_url", address.at("/devices/actions"))
      .set("csv_url", address.at("/devices.csv"))
      .set("may_link", who.may(Right::links_write))
      .set("csrf_token", who.csrf_token());
  return view;
}

}  // namespace

ListAddress device_list_address(const Request& request) { return {"/devices", request, kChoices}; }

DeviceFilter device_filter(const ListAddress& address) {
  DeviceFilter filter{.search = std::string{address.value("search")}};
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
