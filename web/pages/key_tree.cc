#include "web/pages/key_tree.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/key_origin.h"
#include "server/overview.h"
#include "web/chart.h"
#include "web/periods.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr std::int64_t kLeastDays = 14;  // a chart of one day tells nothing

constexpr std::array<std::string_view, 4> kPeriodWords{"day", "week", "month", "year"};

View place(std::string_view before, std::string_view name, std::string_view path,
           std::string_view behind = "") {
  return View{}
      .set("before", before)
      .set("place_name", name)
      .set("place_path", path)
      .set("behind", behind);
}

View made_by(const SignedIn& who, const KeyOrigin& origin) {
  if (!origin.maker) return place("Made at the command line", "", "");
  const KeyMaker& maker = *origin.maker;
  const bool has_page = who.may(Right::people_read) && !maker.is_removed;
  return place(maker.is_service_user ? "Made by the service user" : "Made by", maker.label,
               has_page ? formatted("/people/{}", maker.id.value) : "",
               maker.is_removed ? "who is removed" : "");
}

View devices_of(const Key& key) {
  const std::int64_t count = key.devices_count;
  const std::int64_t gone = std::max<std::int64_t>(0, key.used_times - count);
  if (count + gone == 0) return place("No device came in through it yet", "", "");
  if (count == 0) return place("No device is left that came in through it", "", "");
  std::string behind = "came in through it";
  if (gone > 0) behind += formatted(", and {} more that left", gone);
  return place("", counted(count, "device"), formatted("/devices?key={}", key.id.value), behind);
}

}  // namespace

void set_tree(View& view, const Call& call, const SignedIn& who, const Key& key) {
  const auto origin = call.read([&](const Snapshot& snapshot) {
    return find_key_origin(snapshot, key.id, call.app.clock.now());
  });
  std::vector<View> places;
  if (key.network_default_of)
    places.push_back(place("Made with the network", key.name, ""));
  else if (key.group_default_of)
    places.push_back(place("Made with the group", key.name,
                           formatted("/groups/{}", key.group_default_of->value)));
  else
    places.push_back(made_by(who, origin));
  if (origin.token)
    places.push_back(place("with the access token", origin.token->name, "",
                           formatted("{}…{}", origin.token->hint,
                                     origin.token->has_ended ? ", which has ended" : "")));
  if (key.install_link_id)
    places.push_back(place("for the install link of", key.recipient.value_or(""),
                           formatted("/links/{}", key.install_link_id->value)));
  places.push_back(place("This key,", key.name, "", key.is_default() ? "its default key" : ""));
  places.push_back(devices_of(key));
  view.set("places", std::move(places));
}

void set_uses(View& view, const Call& call, const Key& key) {
  const auto days = call.read(
      [&](const Snapshot& snapshot) { return count_enrollments_through(snapshot, key.id); });
  std::optional<View> chart;
  std::int64_t told = 0;
  if (!days.empty()) {
    for (const DayCount& day : days) told += day.count;
    // A wall clock that was set may have left days outside of the key's own time.
    const auto last = std::max(day_of(call.app.clock.now()), days.back().day);
    const auto first = std::min({day_of(key.created_at), days.front().day, last - kLeastDays + 1});
    const Period period = fitting_period(first, last);
    const std::string_view word = kPeriodWords.at(static_cast<std::size_t>(period));
    chart = chart_view({.title = formatted("Devices that came in through this key, per {}", word),
                        .noun = "device",
                        .period = word,
                        .bars = bars_of(days, first, last, period)});
  }
  const std::int64_t forgotten = key.used_times - told;
  view.set("chart", std::move(chart))
      .set("forgotten", forgotten > 0 ? counted(forgotten, "use") : "");
}

}  // namespace muster::pages
