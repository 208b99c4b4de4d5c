// Acts over many devices of the list. Removing is asked about first.

#include "server/format.h"
#include "server/text.h"
#include "web/pages/device_list.h"
#include "web/pages/handlers.h"
#include "web/pages/many.h"
#include "web/refusals.h"
#include "web/words.h"

namespace muster::pages {
namespace {

using Writer = Visitor<Right::devices_write>;

std::vector<std::string> tags_of(std::string_view text) {
  std::vector<std::string> tags;
  for (const std::string& part : split(text, ','))
    if (std::string tag = trim(part); !tag.empty()) tags.push_back(std::move(tag));
  return tags;
}

struct Wanted {
  DeviceAct act;
  std::string_view notice;
};

Result<Wanted> read_act(const Form& form) {
  const auto action = form.value("action");
  const auto tags = tags_of(form.value("tags"));
  std::vector<std::string> groups;
  if (!form.value("group").empty()) groups.emplace_back(form.value("group"));
  if (action == "approve") return Wanted{{.approve = true}, "devices-approved"};
  if (action == "remove") return Wanted{{.remove = true}, "devices-removed"};
  const bool is_about_tags = action == "add-tags" || action == "remove-tags";
  const bool is_about_groups = action == "add-group" || action == "remove-group";
  if (!is_about_tags && !is_about_groups) return Refusal::bad_request("There is no such act.");
  if (is_about_tags && tags.empty()) return Refusal::invalid("Type a tag first.");
  if (is_about_groups && groups.empty()) return Refusal::invalid("Choose a group first.");
  if (action == "add-tags") return Wanted{{.add_tags = tags}, "devices-tagged"};
  if (action == "remove-tags") return Wanted{{.remove_tags = tags}, "devices-tagged"};
  if (action == "add-group") return Wanted{{.add_groups = groups}, "devices-grouped"};
  return Wanted{{.remove_groups = groups}, "devices-grouped"};
}

ChosenDevices read_chosen(const Call& call, const Form& form, const ListAddress& address) {
  ChosenDevices chosen;
  chosen.digest = form.value("digest");
  if (!means_all(form)) {
    chosen.ids = chosen_ids<DeviceId>(form);
    return chosen;
  }
  chosen.filter = device_filter(address);
  chosen.also = device_state_filter(call, address, *chosen.filter);
  return chosen;
}

Question question_of(const ListAddress& address, const ManyReport& report) {
  const auto count = static_cast<std::int64_t>(report.changed.size());
  return {
      .section = "/devices",
      .button = "Remove",
      .what = counted(count, "device"),
      .sentences = {"Their next call is told that they are removed, and their tunnels end. Their "
                    "addresses rest, and go to other devices later.",
                    "The keys they came in through stay as they are, and no use is given back. A "
                    "removed device comes in again only with a key or link that works."},
      .action_url = address.at("/devices/actions"),
      .cancel_url = address.here()};
}

}  // namespace

std::function<bool(const Device&)> device_state_filter(const Call& call, const ListAddress& address,
                                                       DeviceFilter& filter) {
  const auto state = address.value("state");
  if (state == "waiting") filter.status = DeviceStatus::waiting;
  if (state != "online" && state != "offline") return {};
  filter.status = DeviceStatus::connected;
  return [&app = call.app, is_online = state == "online"](const Device& device) {
    return app.last_seen.is_online(device.id) == is_online;
  };
}

Result<Reply> act_on_devices(const Call& call, const Writer& who) {
  const Form& form = who.form();
  const ListAddress address = device_list_address(call.request);
  const auto say = [&](const Refusal& refusal) {
    return show_device_list(call, who, refusal.message, status_of(refusal.kind));
  };
  const auto wanted = read_act(form);
  if (!wanted && wanted.refusal().kind == Kind::bad_request) return wanted.refusal();
  if (!wanted) return say(wanted.refusal());
  const ChosenDevices chosen = read_chosen(call, form, address);
  if (!chosen.filter && chosen.ids.empty())
    return say(Refusal::invalid("Choose devices first, or all that match."));

  if (wanted->act.remove && !is_confirmed(form)) {
    const auto report = run_on_devices(call, who, true, chosen, wanted->act);
    if (!report) return say(report.refusal());
    if (!report->changed.empty())
      return ask_first(call, who, question_of(address, *report), *report);
  }
  auto done =
      act_once(call, who, address.here(), wanted->notice, [&](Transaction& tx, const By& by) {
        return act_on_devices_and_forget(call, tx, by, chosen, wanted->act);
      });
  if (!done) return say(done.refusal());
  return done;
}

}  // namespace muster::pages
