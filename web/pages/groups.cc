// Groups: the list, a new one, and one with what is in it and what names it.

#include "server/groups.h"

#include <algorithm>
#include <array>
#include <span>

#include "server/device_list.h"
#include "server/format.h"
#include "server/keys.h"
#include "server/text.h"
#include "web/page.h"
#include "web/pages/device_words.h"
#include "web/pages/handlers.h"
#include "web/pages/list_address.h"
#include "web/pasted_line.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr int kRows = 50;
constexpr std::array<std::string_view, 2> kChoices{"search", "page"};

GroupId group_id(const Call& call) { return GroupId{call.request.id_parameter(0)}; }
std::string path_of(GroupId id) { return "/groups/" + to_text(id); }
Refusal unknown_group() { return Refusal::not_found("There is no such group."); }

template <class Map>
std::int64_t count_of(const Map& counts, GroupId id) {
  const auto found = counts.find(id);
  return found == counts.end() ? 0 : found->second;
}

std::vector<View> group_rows(const Snapshot& snapshot, std::span<const Group> groups,
                             std::int64_t now) {
  const auto devices = count_members(snapshot);
  const auto keys = count_keys_naming(snapshot, now);
  std::vector<View> rows;
  for (const Group& group : groups)
    rows.push_back(View{}
                       .set("id", to_text(group.id))
                       .set("name", group.name)
                       .set("is_all", group.id == kAllGroup)
                       .set("is_protected", group.is_protected)
                       .set("requires_approval", group.requires_approval)
                       .set("devices", count_of(devices, group.id))
                       .set("keys", count_of(keys, group.id)));
  return rows;
}

// `All` first, then by name.
std::vector<Group> find_groups(const Snapshot& snapshot, std::string_view search) {
  auto groups = muster::list_groups(snapshot);
  const std::string part = lower_ascii(search);
  std::erase_if(groups, [&](const Group& group) {
    return lower_ascii(group.name).find(part) == std::string::npos;
  });
  std::ranges::sort(groups, {}, [](const Group& group) {
    return std::pair{group.id != kAllGroup, lower_ascii(group.name)};
  });
  return groups;
}

Reply show_new(const Call& call, const SignedIn& who, const NewGroup& entered,
               bool with_default_key, std::string_view message) {
  View view;
  view.set("name", entered.name)
      .set("is_protected", entered.is_protected)
      .set("requires_approval", entered.requires_approval)
      .set("with_default_key", with_default_key)
      .set("message", message);
  return page(call, who,
              {"groups/new", "New group", std::move(view), "/groups", message.empty() ? 200 : 422});
}

struct Made {
  Group group;
  std::optional<CreatedKey> default_key;
};

// Nothing: this form made its group already.
Result<std::optional<Made>> make_once(const Call& call, const SignedIn& who, const NewGroup& wanted,
                                      bool with_default_key) {
  const auto number = who.form().value("form_number");
  return call.write(who, [&](Transaction& tx, const By& by) -> Result<std::optional<Made>> {
    if (!claim_form(tx, who.session().id, number)) return std::optional<Made>{};
    auto group = create_group(tx, by, wanted);
    if (!group) return group.refusal();
    note_form_result(tx, who.session().id, number, path_of(group->id));
    Made made{std::move(*group), std::nullopt};
    if (with_default_key)
      made.default_key =
          create_default_key(tx, by, {.network = {}, .group = made.group.id}, made.group.name);
    return std::optional{std::move(made)};
  });
}

Reply show_created(const Call& call, const SignedIn& who, const Made& made) {
  const std::string& secret = made.default_key->secret.reveal();
  View view;
  view.set("id", to_text(made.group.id))
      .set("name", made.group.name)
      .set("is_protected", made.group.is_protected)
      .set("key_id", to_text(made.default_key->key.id))
      .set("secret", secret)
      .set("line", pasted_lines(call.app, secret).linux);
  return page(call, who, {"groups/created", "Group made", std::move(view), "/groups"});
}

Reply show_already_made(const Call& call, const SignedIn& who) {
  View view;
  view.set("path", call.read([&](const Snapshot& snapshot) {
    return find_form_result(snapshot, who.session().id, who.form().value("form_number"));
  }));
  return page(call, who, {"groups/already", "Already created", std::move(view), "/groups"});
}

std::vector<View> key_rows(const std::vector<NamingKey>& keys) {
  std::vector<View> rows;
  for (const NamingKey& key : keys)
    rows.push_back(View{}
                       .set("key_id", to_text(key.id))
                       .set("key_name", key.name)
                       .set("is_one_time", key.is_one_time));
  return rows;
}

// What stands in the group and names it; the first of each.
void set_contents(View& view, const Call& call, const Snapshot& snapshot, const Group& group) {
  const std::int64_t now = call.app.clock.now();
  const DeviceFilter filter{.group_id = group.id};
  std::vector<View> rows;
  for (const Device& device : muster::list_devices(snapshot, filter, DeviceId{}, kRows))
    rows.push_back(device_row(device, call.app.last_seen, now));
  const std::int64_t devices = count_devices(snapshot, filter);
  const std::int64_t keys = count_of(count_keys_naming(snapshot, now), group.id);
  view.set("rows", std::move(rows))
      .set("has_rows", devices > 0)
      .set("devices_count", devices)
      .set("devices_words", counted(devices, "device"))
      .set("has_more_devices", devices > kRows)
      .set("keys", key_rows(list_keys_naming(snapshot, group.id, now, kRows)))
      .set("has_keys", keys > 0)
      .set("keys_count", keys)
      .set("has_more_keys", keys > kRows);
}

struct Entered {
  std::string name;
  bool requires_approval = false;
};

Result<Reply> show_one(const Call& call, const SignedIn& who, const std::optional<Entered>& entered,
                       std::string_view message) {
  View view;
  std::string title;
  const bool is_found = call.read([&](const Snapshot& snapshot) {
    const auto group = find_group(snapshot, group_id(call));
    if (!group) return false;
    title = group->name;
    view.set("id", to_text(group->id))
        .set("name", group->name)
        .set("entered_name", entered ? entered->name : group->name)
        .set("entered_approval", entered ? entered->requires_approval : group->requires_approval)
        .set("is_all", group->id == kAllGroup)
        .set("is_protected", group->is_protected)
        .set("requires_approval", group->requires_approval)
        .set("created", time_view(group->created_at, call.app.clock.now()));
    set_contents(view, call, snapshot, *group);
    return true;
  });
  if (!is_found) return unknown_group();
  view.set("may_write", who.may(Right::groups_write)).set("message", message);
  return page(call, who,
              {"groups/show", title, std::move(view), "/groups", message.empty() ? 200 : 422});
}

// The programs' words for what stands in the way, for people.
std::string deletion_words(const Call& call, const Refusal& refusal) {
  const auto keys = call.read([&](const Snapshot& snapshot) {
    return list_keys_naming(snapshot, group_id(call), call.app.clock.now(), 1);
  });
  if (keys.empty()) return refusal.message;
  return formatted(
      "The group stays: the key {} works and names it. Revoke that key or take the group out of it "
      "first.",
      keys.front().name);
}

}  // namespace

Result<Reply> list_groups(const Call& call, const Visitor<Right::groups_read>& who) {
  const ListAddress address{call.request, kChoices};
  const std::string_view search = address.value("search");
  View view;
  call.read([&](const Snapshot& snapshot) {
    const auto groups = find_groups(snapshot, search);
    const auto total = static_cast<std::int64_t>(groups.size());
    const std::int64_t last = std::max<std::int64_t>(1, (total + kRows - 1) / kRows);
    const std::int64_t number = std::clamp<std::int64_t>(address.number("page"), 1, last);
    const auto from = static_cast<std::size_t>((number - 1) * kRows);
    const auto shown =
        std::span{groups}.subspan(from).first(std::min<std::size_t>(kRows, groups.size() - from));
    const auto other_page = [&](std::int64_t page) {
      return page < 1 || page > last ? "" : address.with("page", std::to_string(page));
    };
    view.set("rows", group_rows(snapshot, shown, call.app.clock.now()))
        .set("has_rows", total > 0)
        .set("is_only_all", total == 1 && search.empty())
        .set("range",
             last == 1 ? "" : formatted("{} to {} of {}", from + 1, from + shown.size(), total))
        .set("previous", other_page(number - 1))
        .set("next", other_page(number + 1));
  });
  view.set("search", search).set("may_write", who.may(Right::groups_write));
  return page(call, who, {"groups/list", "Groups", std::move(view), "/groups"});
}

Result<Reply> show_new_group(const Call& call, const Visitor<Right::groups_write>& who) {
  return show_new(call, who, {.name = ""}, true, "");
}

Result<Reply> make_group(const Call& call, const Visitor<Right::groups_write>& who) {
  const NewGroup wanted{.name = std::string{who.form().value("name")},
                        .is_protected = who.form().has("is_protected"),
                        .requires_approval = who.form().has("requires_approval")};
  const bool with_default_key = who.form().has("default_key");
  const auto made = make_once(call, who, wanted, with_default_key);
  if (!made) return show_new(call, who, wanted, with_default_key, made.refusal().message);
  if (!*made) return show_already_made(call, who);
  if ((*made)->default_key) return show_created(call, who, **made);
  return redirect(path_of((*made)->group.id) + "?notice=group-made");
}

Result<Reply> show_group(const Call& call, const Visitor<Right::groups_read>& who) {
  return show_one(call, who, std::nullopt, "");
}

Result<Reply> save_group(const Call& call, const Visitor<Right::groups_write>& who) {
  const Entered entered{std::string{who.form().value("name")}, who.form().has("requires_approval")};
  GroupChange change{.name = {}, .is_protected = {}, .requires_approval = {}, .devices = {}};
  change.requires_approval = entered.requires_approval;
  if (group_id(call) != kAllGroup) change.name = entered.name;
  const auto group = call.write(who, [&](Transaction& tx, const By& by) {
    return update_group(tx, by, group_id(call), change);
  });
  if (!group && group.refusal().kind == Kind::not_found) return unknown_group();
  if (!group) return show_one(call, who, entered, group.refusal().message);
  return redirect(path_of(group->id) + "?notice=group-saved");
}

Result<Reply> show_protection(const Call& call, const Visitor<Right::groups_write>& who) {
  View view;
  std::vector<View> rows;
  const auto group = call.read([&](const Snapshot& snapshot) {
    auto found = find_group(snapshot, group_id(call));
    if (!found) return found;
    const auto keys = list_keys_stopped_by_protection(snapshot, found->id, call.app.clock.now());
    const auto total = static_cast<std::int64_t>(keys.size());
    for (const NamedKey& key : keys)
      if (rows.size() < kRows)
        rows.push_back(View{}.set("key_id", to_text(key.id)).set("key_name", key.name));
    view.set("has_keys", total > 0)
        .set("keys_words", counted(total, "reusable key"))
        .set("is_one_key", total == 1)
        .set("has_more_keys", total > kRows)
        .set("more_keys", total - kRows);
    return found;
  });
  if (!group) return unknown_group();
  view.set("id", to_text(group->id))
      .set("name", group->name)
      .set("is_all", group->id == kAllGroup)
      .set("is_protected", group->is_protected)
      .set("keys", std::move(rows));
  const std::string_view act = group->is_protected ? "End the protection of " : "Protect ";
  return page(call, who,
              {"groups/protection", std::string{act} + group->name, std::move(view), "/groups"});
}

Result<Reply> set_protection(const Call& call, const Visitor<Right::groups_write>& who) {
  const bool is_protected = who.form().value("is_protected") == "true";
  GroupChange change{.name = {}, .is_protected = {}, .requires_approval = {}, .devices = {}};
  change.is_protected = is_protected;
  const auto group = call.write(who, [&](Transaction& tx, const By& by) {
    return update_group(tx, by, group_id(call), change);
  });
  if (!group && group.refusal().kind == Kind::not_found) return unknown_group();
  if (!group) return group.refusal();
  return redirect(path_of(group->id) +
                  (is_protected ? "?notice=group-protected" : "?notice=group-unprotected"));
}

Result<Reply> delete_group(const Call& call, const Visitor<Right::groups_write>& who) {
  const auto is_known =
      call.read([&](const Snapshot& snapshot) { return find_group(snapshot, group_id(call)); });
  if (!is_known) return unknown_group();
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::delete_group(tx, by, group_id(call));
  });
  if (!done) return show_one(call, who, std::nullopt, deletion_words(call, done.refusal()));
  return redirect("/groups?notice=group-deleted");
}

}  // namespace muster::pages
