#include "server/groups.h"

#include <charconv>

#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

GroupId group_id(const Call& call) { return GroupId{call.request.id_parameter(0)}; }

std::string not_found_sentence(const Call& call) {
  return "group: " + call.request.path_parameters.at(0) + " not found";
}

// An id that no group has is named as it was sent: it need not be a number.
Refusal named(const Call& call, const Refusal& refusal) {
  return refusal.kind == Kind::not_found ? Refusal::not_found(not_found_sentence(call)) : refusal;
}

Reply group_reply(const Call& call, const Group& group) {
  return call.read([&](const Snapshot& snapshot) {
    return json_reply(group_shape(group, list_members(snapshot, group.id)));
  });
}

constexpr int kPage = 1000;

// Member by member: `All` holds every device there is. What is counted is what was written.
void write_group(App& app, const Group& group, const Write& write) {
  std::size_t count = 0;
  std::string text = R"({"peers":[)";
  std::int64_t after = 0;
  while (true) {
    const auto members = app.database.read(
        [&](const Snapshot& snapshot) { return list_members(snapshot, group.id, after, kPage); });
    for (const GroupMember& member : members) {
      if (count++ > 0) text += ',';
      text += member_shape(member).text();
    }
    write(text);
    text.clear();
    if (members.size() < static_cast<std::size_t>(kPage)) break;
    after = members.back().position;
  }
  write("]," + group_shape(group, count).text().substr(1));
}

Reply stream_group(const Call& call, const Group& group) {
  Reply reply;
  reply.stream = [&app = call.app, group](const Write& write) { write_group(app, group, write); };
  return reply;
}

Reply stream_groups(const Call& call, std::vector<Group> groups) {
  Reply reply;
  reply.stream = [&app = call.app, groups = std::move(groups)](const Write& write) {
    write("[");
    bool is_first = true;
    for (const Group& group : groups) {
      if (!is_first) write(",");
      is_first = false;
      write_group(app, group, write);
    }
    write("]");
  };
  return reply;
}

// `peers` as NetBird's clients send it: the ids of devices. What is no number names no device.
Result<std::vector<DeviceId>> read_devices(const std::vector<std::string>& texts) {
  std::vector<DeviceId> devices;
  for (const std::string& text : texts) {
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size())
      return Refusal::invalid("peer not found: " + text);
    devices.push_back(DeviceId{id});
  }
  return devices;
}

Result<GroupChange> read_change(const Body& body) {
  GroupChange change{.name = body.text("name"),
                     .is_protected = body.boolean("is_protected"),
                     .requires_approval = body.boolean("requires_approval"),
                     .devices = std::nullopt};
  const auto peers = body.texts("peers");
  if (auto wrong = body.refusal()) return *wrong;
  if (peers) {
    auto devices = read_devices(*peers);
    if (!devices) return devices.refusal();
    change.devices = std::move(*devices);
  }
  return change;
}

struct Changed {
  Group group;
  std::vector<NamedKey> stopped;
};

// Protection takes effect at once; the answer lists the reusable keys that it stopped.
Result<Reply> change_group(const Call& call, const Allowed<Right::groups_write>& who,
                           const GroupChange& change) {
  const auto changed = call.write(who, [&](Transaction& tx, const By& by) -> Result<Changed> {
    const auto before = find_group(tx, group_id(call));
    auto group = update_group(tx, by, group_id(call), change);
    if (!group) return group.refusal();
    const bool is_new = group->is_protected && before && !before->is_protected;
    auto stopped =
        is_new ? list_keys_stopped_by_protection(tx, group->id, by.at) : std::vector<NamedKey>{};
    return Changed{std::move(*group), std::move(stopped)};
  });
  if (!changed) return named(call, changed.refusal());
  const auto members = call.read(
      [&](const Snapshot& snapshot) { return list_members(snapshot, changed->group.id); });
  JsonArray stopped;
  for (const NamedKey& key : changed->stopped)
    stopped.add(JsonObject{}.set("id", key.id).set("name", std::string_view{key.name}));
  return json_reply(group_shape(changed->group, members).set("stopped_keys", stopped));
}

}  // namespace

Result<Reply> list_groups(const Call& call, const Allowed<Right::groups_read>&) {
  const auto name = call.request.find_query("name");
  return call.read([&](const Snapshot& snapshot) -> Result<Reply> {
    if (!name) return stream_groups(call, muster::list_groups(snapshot));
    const auto group = find_group_by_name(snapshot, *name);
    if (!group) return Refusal::not_found("group: " + std::string{*name} + " not found");
    return stream_groups(call, {*group});
  });
}

Result<Reply> create_group(const Call& call, const Allowed<Right::groups_write>& who) {
  const Body body{call.request.body};
  const auto wanted = read_change(body);
  if (!wanted) return wanted.refusal();
  const auto group = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::create_group(tx, by,
                                {.name = wanted->name.value_or(""),
                                 .is_protected = wanted->is_protected.value_or(false),
                                 .requires_approval = wanted->requires_approval.value_or(false),
                                 .devices = wanted->devices.value_or(std::vector<DeviceId>{})});
  });
  if (!group) return group.refusal();
  return group_reply(call, *group);
}

Result<Reply> get_group(const Call& call, const Allowed<Right::groups_read>&) {
  return call.read([&](const Snapshot& snapshot) -> Result<Reply> {
    const auto group = find_group(snapshot, group_id(call));
    if (!group) return Refusal::not_found(not_found_sentence(call));
    return stream_group(call, *group);
  });
}

// NetBird's PUT replaces the whole group: without `peers` it empties it. What NetBird does not
// know (protection, approval) stays when it is left out.
Result<Reply> put_group(const Call& call, const Allowed<Right::groups_write>& who) {
  const auto known =
      call.read([&](const Snapshot& snapshot) { return find_group(snapshot, group_id(call)); });
  if (!known) return Refusal::not_found(not_found_sentence(call));
  const Body body{call.request.body};
  auto change = read_change(body);
  if (!change) return change.refusal();
  if (known->id != kAllGroup || change->name || change->devices) {
    if (!change->name) change->name = "";
    if (!change->devices) change->devices.emplace();
  }
  return change_group(call, who, *change);
}

Result<Reply> patch_group(const Call& call, const Allowed<Right::groups_write>& who) {
  const Body body{call.request.body};
  const auto change = read_change(body);
  if (!change) return change.refusal();
  return change_group(call, who, *change);
}

Result<Reply> delete_group(const Call& call, const Allowed<Right::groups_write>& who) {
  if (!group_id(call)) return Refusal::bad_request(not_found_sentence(call));
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::delete_group(tx, by, group_id(call));
  });
  if (!done) return done.refusal();
  return json_reply(JsonObject{});
}

}  // namespace muster::api
