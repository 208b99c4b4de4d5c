#pragma once

#include "server/devices.h"
#include "web/call.h"

namespace muster::api {

constexpr int kDevicesAtMost = 1000;  // a page; `Link: …; rel="next"` leads on

// What a list of devices was asked for: `status` (connected, waiting, removed), `online` (true,
// false), `group` (id), `setup_key_id`, `os`, `search`, `limit`, `after` (the cursor).
struct DeviceQuery {
  DeviceFilter filter;
  std::optional<bool> online;
  DeviceId after{};
  int limit = kDevicesAtMost;
};

Result<DeviceQuery> read_device_query(const Request& request);
Reply reply_with_devices(const Call& call, const DeviceQuery& wanted);

}  // namespace muster::api
