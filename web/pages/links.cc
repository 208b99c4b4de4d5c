// The list of install links, and what is known of one.

#include "web/pages/links.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/groups.h"
#include "server/networks.h"
#include "server/text.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/link_address.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr int kLinksAtMost = 50;  // a page

// In the order of a link's life, which is that of the chips.
struct StateWords {
  LinkState state;
  std::string_view word;
  std::string_view pill;
};
constexpr std::array kStateWords{
    StateWords{LinkState::not_opened, "Not opened", "hollow"},
    StateWords{LinkState::opened, "Opened", "warn"},
    StateWords{LinkState::used, "Used", "good"},
    StateWords{LinkState::expired, "Expired", "bad"},
    StateWords{LinkState::withdrawn, "Withdrawn", "bad"},
    StateWords{LinkState::replaced, "Replaced", "hollow"},
};

const StateWords& words_of(LinkState state) {
  return *std::ranges::find(kStateWords, state, &StateWords::state);
}

using Counts = std::array<std::int64_t, kLinkStates.size()>;

View chip(std::string_view word, std::string path, std::int64_t count, bool is_current) {
  View view;
  view.set("word", word)
      .set("path", std::move(path))
      .set("count", count)
      .set("is_current", is_current);
  return view;
}

std::vector<View> chips_of(const LinkAddress& wanted, const Counts& counts, std::int64_t all) {
  std::vector<View> chips{chip("All", wanted.path(""), all, !wanted.filter.state)};
  for (const StateWords& words : kStateWords) {
    const auto count = counts.at(static_cast<std::size_t>(words.state));
    const bool is_current = wanted.filter.state == words.state;
    if (count > 0 || is_current)
      chips.push_back(chip(words.word, wanted.path(text_of(words.state)), count, is_current));
  }
  return chips;
}

// `ids`: of those that were chosen in a form that comes back.
View row_of(const InstallLink& link, const std::vector<std::string>& ids, std::int64_t now) {
  const bool is_timed = link.is_live() || link.state == LinkState::expired;
  View view;
  view.set("id", to_text(link.id))
      .set("is_chosen", std::ranges::find(ids, to_text(link.id)) != ids.end())
      .set("recipient", link.recipient)
      .set("note", link.note.substr(0, link.note.find('\n')))
      .set("device", link.device ? link.device->name : "")
      .set("device_id", link.device ? to_text(link.device->id) : "")
      .set("used_at",
           link.device ? std::optional{time_view(link.device->enrolled_at, now)} : std::nullopt)
      .set("sent_at", time_view(link.sent_at, now))
      .set("is_sent", link.sent_at.has_value())
      .set("expires_at", is_timed ? std::optional{time_view(link.expires_at, now)} : std::nullopt)
      .set("created_by", link.created_by);
  set_state(view, link.state);
  return view;
}

std::vector<View> sorts_of(const LinkAddress& wanted) {
  std::vector<View> sorts;
  for (const LinkSort& word : kLinkSorts)
    sorts.push_back(View{}
                        .set("value", word.text)
                        .set("label", word.label)
                        .set("is_chosen", word.text == wanted.sort));
  return sorts;
}

template <class Ids, class Find>
std::string names_of(const Ids& ids, Find find) {
  std::vector<std::string> names;
  for (const auto id : ids)
    if (const auto found = find(id)) names.push_back(found->name);
  return join(names, ", ");
}

void set_facts(View& view, const InstallLink& link, std::int64_t now) {
  view.set("id", to_text(link.id))
      .set("recipient", link.recipient)
      .set("message_text", link.message)
      .set("note", link.note)
      .set("device_name", link.device_name)
      .set("requires_approval", link.requires_approval)
      .set("setup_key_id", to_text(link.setup_key_id))
      .set("created_by", link.created_by)
      .set("created_at", time_view(link.created_at, now))
      .set("expires_at", time_view(link.expires_at, now))
      .set("is_past", !link.is_live())
      .set("sent_at", time_view(link.sent_at, now))
      .set("sent_via", link.sent_via.value_or(""))
      .set("opened", link.opened_times > 0 ? counted(link.opened_times, "time") : "")
      .set("last_opened_at", time_view(link.last_opened_at, now))
      .set("replaced_by_id", link.replaced_by_id ? to_text(*link.replaced_by_id) : "");
  set_state(view, link.state);
}

}  // namespace

SeenLink see(const Snapshot& snapshot, InstallLink link) {
  std::optional<Device> device;
  if (link.device) device = find_device(snapshot, link.device->id);
  return {std::move(link), std::move(device)};
}

Result<SeenLink> find_link_of_path(const Call& call) {
  auto seen = call.read([&](const Snapshot& snapshot) -> std::optional<SeenLink> {
    auto link = find_link(snapshot, LinkId{call.request.id_parameter(0)}, call.app.clock.now());
    if (!link) return std::nullopt;
    return see(snapshot, std::move(*link));
  });
  if (!seen) return Refusal::not_found("No install link has this number.");
  return std::move(*seen);
}

void set_state(View& view, LinkState state) {
  view.set("state_word", words_of(state).word).set("state_class", words_of(state).pill);
}

void set_arrival(View& view, const Call& call, const SeenLink& seen) {
  const auto& [link, device] = seen;
  const bool is_there = device && device->status() != DeviceStatus::removed;
  const bool is_online = is_there && call.app.last_seen.is_online(device->id);
  view.set("arrived", device ? device->name : "")
      .set("arrived_id", device ? to_text(device->id) : "")
      .set("arrived_system",
           device ? system_words(device->os, device->os_version, device->arch) : "")
      .set("arrived_at", device
                             ? std::optional{time_view(device->enrolled_at, call.app.clock.now())}
                             : std::nullopt)
      .set("is_connected", is_there && device->status() == DeviceStatus::connected)
      .set("is_waiting", is_there && device->status() == DeviceStatus::waiting)
      .set("is_removed", device && !is_there)
      .set("is_there", is_there)
      .set("is_online", is_online)
      .set("is_live", link.is_live())
      .set("is_opened", link.state == LinkState::opened)
      .set("opened_at", time_view(link.last_opened_at, call.app.clock.now()))
      .set("has_ended", !link.is_live() && link.state != LinkState::used)
      .set("ended_word", lower_ascii(words_of(link.state).word))
      .set("recipient", link.recipient);
}

Reply show_link_list(const Call& call, const SignedIn& who, std::string_view message, int status) {
  const LinkAddress wanted{call.request};
  const std::int64_t now = call.app.clock.now();
  Counts counts{};
  auto links = call.read([&](const Snapshot& snapshot) {
    counts = count_links(snapshot, wanted.filter, now);
    // One more than the page holds tells whether another page follows.
    return muster::list_links(snapshot, wanted.filter, wanted.after, kLinksAtMost + 1, now);
  });
  const bool is_end = links.size() <= kLinksAtMost;
  if (!is_end) links.pop_back();
  std::int64_t all = 0;
  for (const std::int64_t count : counts) all += count;
  const std::string state{wanted.filter.state ? text_of(*wanted.filter.state) : ""};
  std::vector<View> rows;
  const auto ids = who.form().values("ids");
  for (const InstallLink& link : links) rows.push_back(row_of(link, ids, now));
  View view;
  view.set("has_links", !rows.empty())
      .set("message", message)
      .set("may_choose", who.may(Right::links_write) && !rows.empty())
      .set("many_url", wanted.at("/links/actions"))
      .set("csv_url", wanted.at("/links.csv"))
      .set("lives", life_choices(kLinkLife))
      .set("total",
           wanted.filter.state ? counts.at(static_cast<std::size_t>(*wanted.filter.state)) : all);
  view.set("links", std::move(rows))
      .set("chips", chips_of(wanted, counts, all))
      .set("sorts", sorts_of(wanted))
      .set("state", state)
      .set("search", wanted.filter.search)
      .set("is_empty", all == 0 && wanted.filter.search.empty())
      .set("first_path", wanted.after ? wanted.path(state) : "")
      .set("has_pages", wanted.after || !is_end)
      .set("next_path", is_end ? "" : wanted.path(state, to_text(links.back().id)))
      .set("may_write", who.may(Right::links_write));
  return page(call, who, {"links/list", "Install links", std::move(view), "/links", status});
}

Result<Reply> list_links(const Call& call, const Visitor<Right::links_read>& who) {
  return show_link_list(call, who, "", 200);
}

Result<Reply> show_link(const Call& call, const Visitor<Right::links_read>& who) {
  const auto seen = find_link_of_path(call);
  if (!seen) return seen.refusal();
  if (!call.request.find_header("X-Live")) return show_facts(call, who, *seen, "", 200);
  View view;
  set_arrival(view, call, *seen);
  return fragment(call, "links/arrival", view);
}

Reply show_facts(const Call& call, const SignedIn& who, const SeenLink& seen,
                 std::string_view message, int status) {
  const InstallLink& link = seen.link;
  const bool may_write = who.may(Right::links_write);
  const bool is_used = link.state == LinkState::used;
  View view;
  set_facts(view, link, call.app.clock.now());
  set_arrival(view, call, seen);
  call.read([&](const Snapshot& snapshot) {
    view.set("groups",
             names_of(link.auto_groups, [&](GroupId id) { return find_group(snapshot, id); }));
    view.set("networks",
             names_of(link.networks, [&](NetworkId id) { return find_network(snapshot, id); }));
  });
  view.set("message", message)
      .set("lives", life_choices(kLinkLife))
      .set("may_send", may_write && link.is_live())
      .set("may_extend", may_write && (link.is_live() || link.state == LinkState::expired))
      .set("may_withdraw", may_write && (link.is_live() || link.state == LinkState::expired))
      .set("may_resend", may_write && !is_used && !link.replaced_by_id)
      .set("may_replace", may_write && is_used && !link.replaced_by_id);
  return page(call, who,
              {"links/show", "Link for " + link.recipient, std::move(view), "/links", status});
}

}  // namespace muster::pages
