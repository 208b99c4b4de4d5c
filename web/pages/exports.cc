// The lists as CSV files, with the filters that they show.

#include "web/exports.h"

#include "web/audit_query.h"
#include "web/pages/device_list.h"
#include "web/pages/handlers.h"
#include "web/pages/key_list.h"
#include "web/pages/link_address.h"

namespace muster::pages {

Result<Reply> export_keys(const Call& call, const Visitor<Right::keys_read>&) {
  const ListAddress address = key_list_address(call.request);
  return keys_csv(call, filter_of(address), *parse_key_order(order_of(address)));
}

Result<Reply> export_links(const Call& call, const Visitor<Right::links_read>&) {
  return links_csv(call, LinkAddress{call.request}.filter);
}

Result<Reply> export_devices(const Call& call, const Visitor<Right::devices_read>&) {
  const ListAddress address = device_list_address(call.request);
  DeviceFilter filter = device_filter(address);
  auto also = device_state_filter(call, address, filter);
  return devices_csv(call, filter, std::move(also));
}

Result<Reply> export_audit_log(const Call& call, const Visitor<Right::audit_read>&) {
  const auto filter = read_audit_filter(call.request);
  if (!filter) return filter.refusal();
  return audit_csv(call, *filter);
}

}  // namespace muster::pages
