// The first page: who is there, what came in, and what wants attention.

#include "server/overview.h"

#include "server/device_pages.h"
#include "server/format.h"
#include "server/key_list.h"
#include "server/reminders.h"
#include "web/chart.h"
#include "web/page.h"
#include "web/pages/device_words.h"
#include "web/pages/handlers.h"
#include "web/pages/key_words.h"
#include "web/pages/reminders.h"
#include "web/periods.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr std::int64_t kDays = 30;
constexpr int kLatest = 6;
constexpr std::size_t kNamed = 3;

struct RefusalOfKey {
  KeyRefusal refusal;
  std::string key_name;
};

// Everything that stands on the page, of one moment.
struct Overview {
  bool is_in_use = false;
  DeviceCounts devices = {};
  std::int64_t working_keys = 0;
  std::vector<DayCount> days = {};
  std::vector<Device> latest = {};
  std::vector<RefusalOfKey> refusals = {};
  Reminders reminders = {};
};

Overview look(const Call& call, const Snapshot& snapshot) {
  const std::int64_t now = call.app.clock.now();
  Overview overview{.is_in_use = is_in_use(snapshot)};
  if (!overview.is_in_use) return overview;
  DevicePageQuery nobody;
  nobody.limit = 0;
  overview.devices =
      find_device_page(snapshot, call.app.last_seen, nobody).counts.value_or(DeviceCounts{});
  overview.working_keys = count_keys(snapshot, {}, now).of(KeyState::valid);
  overview.days = count_enrollments(snapshot, day_of(now) - kDays + 1, day_of(now));
  overview.latest = list_newest_devices(snapshot, kLatest);
  for (KeyRefusal& refusal : call.app.refusals.list_newest(snapshot, kLatest)) {
    const auto key = find_key_even_deleted(snapshot, refusal.setup_key_id);
    if (key) overview.refusals.push_back({std::move(refusal), key->name});
  }
  overview.reminders = find_reminders(snapshot, call.app.refusals, now, kNamed);
  return overview;
}

View tile(std::int64_t count, std::string_view label, std::string_view tone,
          std::string_view path) {
  return View{}.set("count", count).set("label", label).set("tone", tone).set("path", path);
}

void set_tiles(View& view, const Overview& overview) {
  const DeviceCounts& devices = overview.devices;
  const auto ending = overview.reminders.ending.total;
  const auto idle = overview.reminders.idle.total;
  view.set("device_tiles",
           std::vector{tile(devices.online, "Online", "good", "/devices?state=online"),
                       tile(devices.offline, "Offline", "hollow", "/devices?state=offline"),
                       tile(devices.waiting, "Waiting", devices.waiting > 0 ? "warn" : "hollow",
                            "/devices?state=waiting")})
      .set("key_tiles",
           std::vector{tile(overview.working_keys, "Working", "good", "/keys?state=valid"),
                       tile(ending, "Ending", ending > 0 ? "warn" : "hollow",
                            "/keys?state=ending&sort=expires_at"),
                       tile(idle, "Idle", "hollow", "/keys?state=idle&sort=last_used_at")});
}

void set_chart(View& view, const Overview& overview, std::int64_t now) {
  const std::int64_t today = day_of(now);
  std::optional<View> chart;
  if (!overview.days.empty())
    chart = chart_view({.title = "Devices that came in, per day",
                        .noun = "device",
                        .period = "day",
                        .bars = bars_of(overview.days, today - kDays + 1, today, Period::day)});
  view.set("chart", std::move(chart));
}

void set_latest(View& view, const Call& call, const Overview& overview) {
  const std::int64_t now = call.app.clock.now();
  std::vector<View> devices;
  for (const Device& device : overview.latest) {
    View row;
    set_device_state(row, device, call.app.last_seen);
    row.set("device_id", to_text(device.id))
        .set("name", device.name)
        .set("through", device.recipient.value_or(device.setup_key_name))
        .set("kind", device.install_link_id ? "link for" : "key")
        .set("through_path", device.install_link_id
                                 ? formatted("/links/{}", device.install_link_id->value)
                                 : formatted("/keys/{}", device.setup_key_id.value))
        .set("at", time_view(device.enrolled_at, now));
    devices.push_back(std::move(row));
  }
  std::vector<View> refusals;
  for (const auto& [refusal, key_name] : overview.refusals)
    refusals.push_back(View{}
                           .set("key_id", to_text(refusal.setup_key_id))
                           .set("name", key_name)
                           .set("reason", reason_words(refusal.reason))
                           .set("from", refusal.from)
                           .set("hostname", refusal.hostname)
                           .set("at", time_view(refusal.at, now)));
  view.set("has_devices", !devices.empty()).set("has_refusals", !refusals.empty());
  view.set("devices", std::move(devices)).set("refusals", std::move(refusals));
}

}  // namespace

Result<Reply> overview(const Call& call, const SignedIn& who) {
  if (!who.may(Right::keys_read)) return redirect("/account");
  const auto overview = call.read([&](const Snapshot& snapshot) { return look(call, snapshot); });
  const std::int64_t now = call.app.clock.now();
  auto reminders = reminder_views(overview.reminders, who, now);
  View view;
  view.set("is_in_use", overview.is_in_use)
      .set("may_link", overview.is_in_use && who.may(Right::links_write))
      .set("has_reminders", !reminders.empty());
  view.set("reminders", std::move(reminders));
  set_tiles(view, overview);
  set_chart(view, overview, now);
  set_latest(view, call, overview);
  return page(call, who, {"overview", "Overview", std::move(view), "/overview"});
}

}  // namespace muster::pages
