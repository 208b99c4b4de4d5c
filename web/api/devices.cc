#include "server/devices.h"

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
  JsonArray array;
  DeviceId last = wanted.after;
  int found = 0;
  bool is_end = false;
  call.read([&](const Snapshot& snapshot) {
    // Who is online stands in memory, so that filter is applied page by page.
    while (found < wanted.limit && !is_end) {
      const auto devices = muster::list_devices(snapshot, wanted.filter, last, kDevicesAtMost);
      is_end = devices.size() < static_cast<std::size_t>(kDevicesAtMost);
      for (const Device& device : devices) {
        if (found == wanted.limit) {
          is_end = false;
          break;
        }
        last = device.id;
        if (wanted.online && *wanted.online != call.app.last_seen.is_online(device.id)) continue;
        array.add(device_shape(device, call.app.last_seen));
        ++found;
      }
    }
  });
  Reply reply = json_reply(array);
  if (!is_end) reply.with_header("Link", next_page(call.request, to_text(last)));
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
