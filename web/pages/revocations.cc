// What goes with something that ends: shown as a tree, then done as it was shown.

#include "server/revocation.h"

#include <array>

#include "server/clock.h"
#include "server/format.h"
#include "server/hand_over.h"
#include "server/text.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/plan_view.h"
#include "web/words.h"

namespace muster::pages {
namespace {

struct KindWords {
  TargetKind kind;
  std::string_view section;  // of the navigation
  std::string_view lead;
  std::string_view stays;
};
constexpr std::array kKindWords{
    KindWords{TargetKind::setup_key, "/keys", "Revoking a key stops new devices, for good.",
              "Devices of other keys stay, also those in the same groups."},
    KindWords{TargetKind::access_token, "",
              "Whoever has this access token can do nothing any more.",
              "Keys that the same person made otherwise stay, with their devices."},
    KindWords{TargetKind::user, "/people",
              "Keys made by somebody go with them, and so do the devices that came in through "
              "these keys.",
              "What others made stays, with its devices, also those in the same groups. Default "
              "keys belong to nobody and stay."},
    KindWords{TargetKind::group, "/groups", "Keys that name this group alone end with it.",
              "Devices stay connected: a group sorts, it does not decide who reaches whom."},
    KindWords{TargetKind::network, "/networks",
              "Devices that have no other address go with their network.",
              "Other networks stay as they are."},
    KindWords{TargetKind::device, "/devices",
              "Its next call is told that it is removed, and its tunnel ends.",
              "The key that it came in through stays as it is."},
};
const KindWords& words_of(TargetKind kind) { return kKindWords.at(static_cast<std::size_t>(kind)); }

// What was chosen, as the page sends it and shows it again.
struct Chosen {
  Target target{};
  RevocationChoices choices;
  std::string date;
  std::string time;
};

template <class Read>
Result<Chosen> read_chosen(const Call& call, Read&& value) {
  const auto kind = parse_target_kind(call.request.path_parameters.at(0));
  if (!kind) return Refusal::not_found("There is no such page.");
  Chosen chosen{{*kind, call.request.id_parameter(1)}, {}, {}, {}};
  const bool has_choices = *kind == TargetKind::setup_key || *kind == TargetKind::access_token;
  if (has_choices) chosen.choices.removes_devices = value("devices") == "remove";
  if (*kind != TargetKind::access_token) return chosen;
  chosen.date = trim(value("date"));
  chosen.time = trim(value("time")).substr(0, 5);
  if (chosen.date.empty()) return chosen;
  chosen.choices.since = parse_rfc3339(
      formatted("{}T{}:00Z", chosen.date, chosen.time.empty() ? "00:00" : chosen.time));
  if (!chosen.choices.since) return Refusal::invalid("The date is no date.");
  return chosen;
}

Result<void> check_rights(const SignedIn& who, TargetKind kind) {
  for (const Right right : rights_for(kind))
    if (!who.may(right)) return Refusal::forbidden("Your role does not allow this.");
  return {};
}

// The person's own page is told by kind, since not every kind of target has one.
std::string back_path(const Target& target) {
  if (target.kind == TargetKind::user) return formatted("/people/{}", target.id);
  if (target.kind == TargetKind::network) return formatted("/networks/{}", target.id);
  return page_of(text_of(target.kind), target.id);
}

std::int64_t count_removed(const RevocationPlan& plan) {
  std::int64_t count = 0;
  for (const RevocationItem& item : plan.items)
    if (item.kind == "device" && item.effect == Effect::removed) ++count;
  return count;
}

// The act of the button, with what it costs.
std::string act_words(const RevocationPlan& plan) {
  const RevocationItem& root = plan.items.front();
  const std::int64_t devices = count_removed(plan);
  const std::string with = devices == 0 ? ""
                                        : formatted(" and remove {} {}", readable_number(devices),
                                                    devices == 1 ? "device" : "devices");
  if (root.kind == "device") return "Remove device";
  if (root.effect == Effect::already_ended)
    return devices == 0 ? "Revoke the keys"
                        : formatted("Remove {} {}", readable_number(devices),
                                    devices == 1 ? "device" : "devices");
  if (root.kind == "setup_key") return "Revoke key" + with;
  if (root.kind == "access_token") return "Revoke access token" + with;
  if (root.kind == "user") return formatted("Remove {}{}", root.name, with);
  if (root.kind == "group") return "Delete group" + with;
  return "Delete network" + with;
}

std::string itself_words(const RevocationPlan& plan) {
  const RevocationItem& root = plan.items.front();
  if (root.effect == Effect::already_ended) return formatted("{} ended before.", root.name);
  return formatted("{} is {}, for good.", root.name, text_of(root.effect));
}

void set_successors(View& view, const Call& call, const SignedIn& who, const Target& target) {
  std::vector<View> rows;
  if (target.kind == TargetKind::user && who.may(Right::people_write))
    call.read([&](const Snapshot& snapshot) {
      for (const Person& person : list_successors(snapshot, UserId{target.id}))
        rows.push_back(View{}.set("person_id", to_text(person.id)).set("label", person.label()));
    });
  view.set("has_successors", !rows.empty());
  view.set("successors", std::move(rows));
}

Result<Reply> show(const Call& call, const SignedIn& who, const Chosen& chosen,
                   std::string_view message, int status) {
  const By by = who.by(call.app.clock.now(), call.request);
  const auto plan = call.read([&](const Snapshot& snapshot) {
    return plan_revocation(snapshot, by, chosen.target, chosen.choices);
  });
  if (!plan) return plan.refusal();
  const KindWords& words = words_of(chosen.target.kind);
  const RevocationItem& root = plan->items.front();
  auto branches = branches_of(*plan);
  View view;
  view.set("target", root.name)
      .set("id", std::to_string(root.id))
      .set("path", formatted("/revocations/{}/{}", text_of(chosen.target.kind), root.id))
      .set("back_path", back_path(chosen.target))
      .set("lead", words.lead)
      .set("stays", words.stays)
      .set("itself", itself_words(*plan))
      .set("has_choices", chosen.choices.removes_devices.has_value())
      .set("removes", chosen.choices.removes_devices.value_or(false))
      .set("has_since", chosen.target.kind == TargetKind::access_token)
      .set("date", chosen.date)
      .set("time", chosen.time)
      .set("is_person", chosen.target.kind == TargetKind::user)
      .set("has_branches", !branches.empty())
      .set("may_apply", !count_effects(plan->items).empty())
      .set("act", act_words(*plan))
      .set("digest", plan->digest)
      .set("message", message);
  view.set("branches", std::move(branches));
  set_successors(view, call, who, chosen.target);
  return page(
      call, who,
      {"revocations/show", "What goes with " + root.name, std::move(view), words.section, status});
}

}  // namespace

Result<Reply> show_plan(const Call& call, const SignedIn& who) {
  const auto chosen =
      read_chosen(call, [&](std::string_view name) { return call.request.query_value(name); });
  if (!chosen) return chosen.refusal();
  if (auto checked = check_rights(who, chosen->target.kind); !checked) return checked.refusal();
  return show(call, who, *chosen, "", 200);
}

Result<Reply> apply_plan(const Call& call, const SignedIn& who) {
  const auto chosen =
      read_chosen(call, [&](std::string_view name) { return who.form().value(name); });
  if (!chosen) return chosen.refusal();
  if (auto checked = check_rights(who, chosen->target.kind); !checked) return checked.refusal();
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return apply_revocation(tx, by, chosen->target, chosen->choices, who.form().value("digest"));
  });
  if (!done && done.refusal().reason == Reason::plan_changed)
    return show(call, who, *chosen,
                "Meanwhile something came or went, so nothing was done. This is what would go now.",
                409);
  if (!done) return done.refusal();
  for (const DeviceId device : done->removed_devices) call.app.last_seen.forget(device);
  return redirect("/receipts/" + done->cascade_id);
}

Result<Reply> hand_over(const Call& call, const Visitor<Right::people_write>& who) {
  const auto to = read_number("the person", who.form().value("to_id"), 0);
  if (!to) return to.refusal();
  const UserId from{call.request.id_parameter(0)};
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::hand_over(tx, by, from, UserId{*to});
  });
  if (!done) return done.refusal();
  return redirect(formatted("/revocations/user/{}?notice=handed-over", from.value));
}

}  // namespace muster::pages
