#include "web/pages/device_words.h"

#include <algorithm>

#include "server/groups.h"
#include "web/words.h"

namespace muster::pages {
namespace {

std::vector<View> words_of(const std::vector<std::string>& words) {
  std::vector<View> views;
  for (const std::string& word : words) views.push_back(View{}.set("word", word));
  return views;
}

}  // namespace

std::optional<std::int64_t> last_seen_at(const LastSeen& last_seen, DeviceId device,
                                         std::optional<std::int64_t> stored) {
  return std::max(stored, last_seen.last_call(device));
}

void set_device_state(View& view, const Device& device, const LastSeen& last_seen) {
  const auto say = [&](std::string_view word, std::string_view tone) {
    view.set("state", word).set("tone", tone);
  };
  if (device.status() == DeviceStatus::removed) return say("Removed", "bad hollow");
  if (device.status() == DeviceStatus::waiting) return say("Waiting", "warn");
  if (last_seen.is_online(device.id)) return say("Online", "good");
  say("Offline", "hollow");
}

View device_row(const Device& device, const LastSeen& last_seen, std::int64_t now) {
  std::vector<View> groups;
  for (const DeviceGroup& group : device.groups)
    if (group.id != kAllGroup)
      groups.push_back(View{}.set("group_id", to_text(group.id)).set("group", group.name));
  std::vector<std::string> addresses;
  for (const DeviceAddress& address : device.addresses) addresses.push_back(address.address);
  View view;
  set_device_state(view, device, last_seen);
  view.set("id", to_text(device.id))
      .set("name", device.name)
      .set("is_waiting", device.status() == DeviceStatus::waiting)
      .set("system", system_words(device.os, device.os_version, device.arch))
      .set("addresses", words_of(addresses))
      .set("groups", std::move(groups))
      .set("tags", words_of(device.tags))
      .set("key_id", to_text(device.setup_key_id))
      .set("key_name", device.setup_key_name)
      .set("seen", time_view(last_seen_at(last_seen, device.id, device.stored_last_seen_at), now));
  return view;
}

}  // namespace muster::pages
