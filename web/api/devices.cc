#include <algorithm>
#include <span>

#include "server/device_list.h"

#include "web/api/device_list.h"
#include "web/api/handlers.h"
#include "web/api/paging.h"
#include "web/api/shapes.h"
#include "web/exports.h"

namespace muster::api {
namespace {

Result<std::optional<DeviceStatus>> read_status(std::string_view text) {
  if (text.empty()) return std::optional<DeviceStatus>{};
  for (const auto status : {DeviceStatus::connected, DeviceStatus::waiting, DeviceStatus::removed})
    if (text == text_of(status)) return std::optional{status};
  return Refusal::invalid("status is connected, waiting or removed");
}

DeviceId device_id(const Call& call) { return DeviceId{call.request.id_parameter(0)}; }

Refusal unknown_device(const Call& call) {
  return Refusal::not_found("device: " + call.request.path_parameters.at(0) + " not found");
}

// An id that no device has is named as it was sent: it need not be a number.
Refusal named(const Call& call, const Refusal& refusal) {
  return refusal.kind == Kind::not_found ? unknown_device(call) : refusal;
}

// Who is online stands in memory, so that filter is applied to what the others leave.
std::vector<DeviceId> list_ids(const Snapshot& snapshot, const LastSeen& last_seen,
                               const DeviceQuery& wanted, int limit) {
  if (!wanted.online) return list_device_ids(snapshot, wanted.filter, wanted.after, limit);
  constexpr int kAtOnce = 10'000;
  const auto most = static_cast<std::size_t>(limit);
  std::vector<DeviceId> found;
  DeviceId after = wanted.after;
  while (found.size() < most) {
    const auto ids = list_device_ids(snapshot, wanted.filter, after, kAtOnce);
    const auto known = last_seen.look_up(ids);
    for (std::size_t i = 0; i < ids.size() && found.size() < most; ++i)
      if (known[i].is_online == *wanted.online) found.push_back(ids[i]);
    if (ids.size() < static_cast<std::size_t>(kAtOnce)) break;
    after = ids.back();
  }
  return found;
}

}  // namespace

Result<DeviceQuery> read_device_query(const Request& request) {
  DeviceQuery wanted;
  const auto limit = read_limit(request, kDevicesAtMost, kDevicesAtMost);
  if (!limit) return limit.refusal();
  wanted.limit = *limit;
  const auto status = read_status(request.query_value("status"));
  if (!status) return status.refusal();
  wanted.filter.status = *status;
  const auto online = request.query_value("online");
  if (online == "true" || online == "false")
    wanted.online = online == "true";
  else if (!online.empty())
    return Refusal::invalid("online is true or false");
  const auto group = read_id(request, "group");
  const auto key = read_id(request, "setup_key_id");
  const auto after = read_id(request, "after", 0);
  if (!group || !key || !after) return Refusal::invalid("group, setup_key_id and after are ids");
  if (*group > 0) wanted.filter.group_id = GroupId{*group};
  if (*key > 0) wanted.filter.setup_key_id = KeyId{*key};
  wanted.after = DeviceId{*after};
  if (const auto os = request.find_query("os")) wanted.filter.os = std::string{*os};
  wanted.filter.search = request.query_value("search");
  return wanted;
}

Reply reply_with_devices(const Call& call, const DeviceQuery& wanted) {
  const auto most = static_cast<std::size_t>(wanted.limit);
  JsonArray array;
  std::vector<DeviceId> ids;
  call.read([&](const Snapshot& snapshot) {
    ids = list_ids(snapshot, call.app.last_seen, wanted, wanted.limit + 1);
    for (const Device& device :
         find_devices(snapshot, std::span{ids}.first(std::min(most, ids.size()))))
      array.add(device_shape(device, call.app.last_seen));
  });
  Reply reply = json_reply(array);
  if (ids.size() > most)
    reply.with_header("Link", next_page(call.request, to_text(ids.at(most - 1))));
  return reply;
}

Result<Reply> list_devices(const Call& call, const Allowed<Right::devices_read>&) {
  const auto wanted = read_device_query(call.request);
  if (!wanted) return wanted.refusal();
  const auto is_csv = wants_csv(call.request);
  if (!is_csv) return is_csv.refusal();
  if (!*is_csv) return reply_with_devices(call, *wanted);
  std::function<bool(const Device&)> also;
  if (const auto online = wanted->online)
    also = [&app = call.app, online = *online](const Device& device) {
      return app.last_seen.is_online(device.id) == online;
    };
  return devices_csv(call, wanted->filter, std::move(also));
}

Result<Reply> get_device(const Call& call, const Allowed<Right::devices_read>&) {
  const auto device =
      call.read([&](const Snapshot& snapshot) { return find_device(snapshot, device_id(call)); });
  if (!device) return unknown_device(call);
  return json_reply(device_shape(*device, call.app.last_seen));
}

Result<Reply> patch_device(const Call& call, const Allowed<Right::devices_write>& who) {
  const Body body{call.request.body};
  const DeviceChange change{.name = body.text("name"),
                            .groups = body.texts("groups"),
                            .tags = body.texts("tags"),
                            .approved = body.boolean("approved")};
  if (auto wrong = body.refusal()) return *wrong;
  const auto device = call.write(who, [&](Transaction& tx, const By& by) {
    return update_device(tx, by, device_id(call), change);
  });
  if (!device) return named(call, device.refusal());
  return json_reply(device_shape(*device, call.app.last_seen));
}

Result<Reply> delete_device(const Call& call, const Allowed<Right::devices_write>& who) {
  const auto removed = call.write(who, [&](Transaction& tx, const By& by) {
    tx.after_commit([&] { call.app.last_seen.forget(device_id(call)); });
    return remove_device(tx, by, device_id(call), "removed");
  });
  if (!removed) return named(call, removed.refusal());
  return json_reply(JsonObject{});
}

}  // namespace muster::api
