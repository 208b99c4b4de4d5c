// Acts over many keys, links and devices.

#include "web/api/many.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>

#include "web/api/device_list.h"
#include "web/api/handlers.h"
#include "web/api/key_list.h"
#include "web/api/link_list.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

using Names = std::span<const std::string_view>;

// What a list's query may say that chooses, not sorts or pages.
constexpr std::array<std::string_view, 7> kKeyFilter{"state",   "dead",          "deleted", "group",
                                                     "network", "created_by_id", "search"};
constexpr std::array<std::string_view, 2> kLinkFilter{"state", "search"};
constexpr std::array<std::string_view, 6> kDeviceFilter{"status",       "online", "group",
                                                        "setup_key_id", "os",     "search"};

// What every such request says.
struct Wanted {
  std::string action;
  std::optional<std::vector<std::string>> ids;
  std::optional<Request> filter;  // as if the list were asked for
  bool only_looks = false;
};

Result<Wanted> read_wanted(const Body& body, Names filter_names) {
  Wanted wanted{.action = body.text("action").value_or(""),
                .ids = body.texts("ids"),
                .filter = std::nullopt,
                .only_looks = body.boolean("dry_run").value_or(false)};
  auto filter = body.fields("filter");
  if (auto wrong = body.refusal()) return *wrong;
  if (wanted.ids.has_value() == filter.has_value())
    return Refusal::invalid("say which ones: by ids, or by filter");
  if (wanted.ids && wanted.ids->empty()) return Refusal::invalid("ids shouldn't be empty");
  if (!filter) return wanted;
  for (const auto& [name, value] : *filter)
    if (std::ranges::find(filter_names, name) == filter_names.end())
      return Refusal::invalid("the filter knows no " + name.substr(0, 40));
  wanted.filter = Request{};
  wanted.filter->query = std::move(*filter);
  return wanted;
}

template <class IdType>
Result<std::vector<IdType>> read_ids(const std::vector<std::string>& texts) {
  std::vector<IdType> ids;
  std::set<IdType> known;
  for (const std::string& text : texts) {
    IdType id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (error != std::errc{} || end != text.data() + text.size() || id.value < 1)
      return Refusal::invalid("ids are decimal numbers");
    if (known.insert(id).second) ids.push_back(id);
  }
  return ids;
}

Result<Reply> answer(const Wanted& wanted, const Result<ManyReport>& report) {
  if (!report) return report.refusal();
  return json_reply(report_shape(wanted.action, wanted.only_looks, *report));
}

// Ids or the filter that `read(request)` makes of it.
template <class Choice, class IdType, class Read>
Result<Choice> read_choice(const Wanted& wanted, Read read) {
  Choice chosen;
  if (wanted.ids) {
    auto ids = read_ids<IdType>(*wanted.ids);
    if (!ids) return ids.refusal();
    chosen.ids = std::move(*ids);
    return chosen;
  }
  auto query = read(wanted.filter.value_or(Request{}));
  if (!query) return query.refusal();
  chosen.filter = std::move(*query);
  return chosen;
}

Result<KeyAct> read_key_act(std::string_view action) {
  struct Word {
    std::string_view word;
    KeyAct act;
  };
  for (const auto& [word, act] : {Word{"pause", KeyAct::pause}, Word{"resume", KeyAct::resume},
                                  Word{"revoke", KeyAct::revoke}, Word{"delete", KeyAct::remove}})
    if (word == action) return act;
  return Refusal::invalid("action is pause, resume, revoke or delete");
}

// What `tag` and `group` add and take away; `approve` and `remove` say it all.
Result<DeviceAct> read_device_act(const Body& body, std::string_view action) {
  DeviceAct act{.approve = action == "approve", .remove = action == "remove"};
  const auto add = body.texts("add").value_or(std::vector<std::string>{});
  const auto remove = body.texts("remove").value_or(std::vector<std::string>{});
  if (auto wrong = body.refusal()) return *wrong;
  const bool has_lists = action == "tag" || action == "group";
  if (!has_lists && !act.approve && !act.remove)
    return Refusal::invalid("action is tag, group, approve or remove");
  if (has_lists == (add.empty() && remove.empty()))
    return Refusal::invalid(has_lists ? "say what to add, or what to remove"
                                      : "add and remove go with tag and group");
  (action == "tag" ? act.add_tags : act.add_groups) = add;
  (action == "tag" ? act.remove_tags : act.remove_groups) = remove;
  return act;
}

Result<ChosenDevices> read_devices(const Call& call, const Wanted& wanted) {
  ChosenDevices chosen;
  if (wanted.ids) {
    auto ids = read_ids<DeviceId>(*wanted.ids);
    if (!ids) return ids.refusal();
    chosen.ids = std::move(*ids);
    return chosen;
  }
  auto query = read_device_query(wanted.filter.value_or(Request{}));
  if (!query) return query.refusal();
  chosen.filter = std::move(query->filter);
  if (const auto online = query->online)
    chosen.also = [&app = call.app, online = *online](const Device& device) {
      return app.last_seen.is_online(device.id) == online;
    };
  return chosen;
}

}  // namespace

JsonObject report_shape(std::string_view action, bool only_looks, const ManyReport& report) {
  JsonArray skipped;
  for (const LeftOut& one : report.left_out)
    skipped.add(JsonObject{}
                    .set("id", std::string_view{one.id})
                    .set("name", std::string_view{one.name})
                    .set("reason", text_of(one.why.reason))
                    .set("message", std::string_view{one.why.message}));
  JsonObject shape;
  shape.set("action", action)
      .set("dry_run", only_looks)
      .set("count", report.count())
      .set("changed", report.changed.size())
      .set("unchanged", report.unchanged)
      .set("skipped", skipped)
      .set("cascade_id", report.changed.empty() ? "" : std::string_view{report.cascade_id});
  return shape;
}

Result<Reply> act_on_keys(const Call& call, const Allowed<Right::keys_write>& who) {
  const Body body{call.request.body};
  const auto wanted = read_wanted(body, kKeyFilter);
  if (!wanted) return wanted.refusal();
  const auto act = read_key_act(wanted->action);
  if (!act) return act.refusal();
  const auto chosen = read_choice<ChosenKeys, KeyId>(*wanted, read_key_filter);
  if (!chosen) return chosen.refusal();
  return answer(*wanted,
                run_many(call, who, wanted->only_looks, [&](Transaction& tx, const By& by) {
                  return muster::act_on_keys(tx, by, *chosen, *act);
                }));
}

Result<Reply> act_on_links(const Call& call, const Allowed<Right::links_write>& who) {
  const Body body{call.request.body};
  const auto wanted = read_wanted(body, kLinkFilter);
  if (!wanted) return wanted.refusal();
  const auto expires_in = body.integer("expires_in");
  if (auto wrong = body.refusal()) return *wrong;
  if (wanted->action != "withdraw" && wanted->action != "extend")
    return Refusal::invalid("action is withdraw or extend");
  if (wanted->action == "withdraw" && expires_in)
    return Refusal::invalid("expires_in goes with extend");
  const auto chosen =
      read_choice<ChosenLinks, LinkId>(*wanted, [](const Request& request) -> Result<LinkFilter> {
        auto query = read_link_query(request);
        if (!query) return query.refusal();
        return std::move(query->filter);
      });
  if (!chosen) return chosen.refusal();
  return answer(*wanted,
                run_many(call, who, wanted->only_looks, [&](Transaction& tx, const By& by) {
                  if (wanted->action == "withdraw") return withdraw_links(tx, by, *chosen);
                  return extend_links(tx, by, *chosen, expires_in.value_or(kLinkLife));
                }));
}

Result<Reply> act_on_devices(const Call& call, const Allowed<Right::devices_write>& who) {
  const Body body{call.request.body};
  const auto wanted = read_wanted(body, kDeviceFilter);
  if (!wanted) return wanted.refusal();
  const auto act = read_device_act(body, wanted->action);
  if (!act) return act.refusal();
  const auto chosen = read_devices(call, *wanted);
  if (!chosen) return chosen.refusal();
  return answer(*wanted, run_on_devices(call, who, wanted->only_looks, *chosen, *act));
}

}  // namespace muster::api
