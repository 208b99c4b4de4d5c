// What goes with something that ends, and handing over so that it stays.

#include "server/revocation.h"

#include <charconv>

#include "server/clock.h"
#include "server/hand_over.h"
#include "web/api/handlers.h"

namespace muster::api {
namespace {

struct Wanted {
  Target target{};
  RevocationChoices choices;
  std::string digest;
  bool is_dry_run = false;
};

// 0, which is nobody's id, for what is no number.
std::int64_t id_of(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size() ? id : 0;
}

Result<RevocationChoices> read_choices(const Body& body) {
  RevocationChoices choices;
  if (const auto devices = body.text("devices")) {
    if (*devices != "keep" && *devices != "remove")
      return Refusal::invalid("devices is keep or remove");
    choices.removes_devices = *devices == "remove";
  }
  if (const auto since = body.text("since")) {
    choices.since = parse_rfc3339(*since);
    if (!choices.since) return Refusal::invalid("since is a time such as 2026-11-21T08:15:00Z");
  }
  return choices;
}

Result<Wanted> read_wanted(const Body& body) {
  Wanted wanted;
  const Body target{body.object("target").value_or("{}")};
  const auto kind = target.text("kind");
  const auto id = target.text("id");
  wanted.digest = body.text("digest").value_or("");
  wanted.is_dry_run = body.boolean("dry_run").value_or(false);
  auto choices = read_choices(body);
  if (auto wrong = body.refusal()) return *wrong;
  if (auto wrong = target.refusal()) return *wrong;
  const auto known = parse_target_kind(kind.value_or(""));
  if (!known || !id)
    return Refusal::invalid(
        "target is {kind, id}, its kind setup_key, access_token, user, group, network or device");
  if (!choices) return choices.refusal();
  if (wanted.digest.empty() && !wanted.is_dry_run)
    return Refusal::invalid("digest is missing: ask with dry_run first, and look at the plan");
  wanted.target = {*known, id_of(*id)};
  wanted.choices = *choices;
  return wanted;
}

Result<void> check_rights(const LiveToken& live, TargetKind kind) {
  for (const Right right : rights_for(kind))
    if (!role_allows(live.person.role, right) || !scopes_allow(live.token.scopes, right))
      return Refusal::forbidden("permission denied");
  return {};
}

JsonArray items_shape(const RevocationPlan& plan) {
  JsonArray items;
  for (const RevocationItem& item : plan.items) {
    JsonObject shape;
    shape.set("kind", item.kind)
        .set("id", std::string_view{std::to_string(item.id)})
        .set("name", std::string_view{item.name})
        .set("effect", text_of(item.effect));
    if (item.because_of) {
      const RevocationItem& above = plan.items.at(*item.because_of);
      shape.set("because_of", JsonObject{}
                                  .set("kind", above.kind)
                                  .set("id", std::string_view{std::to_string(above.id)}));
    } else {
      shape.set("because_of", nullptr);
    }
    items.add(shape);
  }
  return items;
}

JsonArray counts_shape(const RevocationPlan& plan) {
  JsonArray counts;
  for (const EffectCount& count : count_effects(plan.items))
    counts.add(JsonObject{}
                   .set("kind", count.kind)
                   .set("effect", text_of(count.effect))
                   .set("count", count.count));
  return counts;
}

JsonObject plan_shape(const RevocationPlan& plan) {
  return JsonObject{}
      .set("digest", std::string_view{plan.digest})
      .set("items", items_shape(plan))
      .set("counts", counts_shape(plan));
}

JsonObject receipt_shape(const Revoked& done) {
  return JsonObject{}
      .set("cascade_id", std::string_view{done.cascade_id})
      .set("items", items_shape(done.plan))
      .set("counts", counts_shape(done.plan))
      .set("head_id", std::string_view{std::to_string(done.head_id)})
      .set("head", std::string_view{done.head});
}

Result<RevocationPlan> read_plan(const Call& call, const Known& who, const Wanted& wanted) {
  const By by = who.caller().by(call.app.clock.now(), call.request);
  return call.read([&](const Snapshot& snapshot) {
    return plan_revocation(snapshot, by, wanted.target, wanted.choices);
  });
}

// The refusal as ever, with the plan as it is by now.
Result<Reply> plan_changed(const Call& call, const Known& who, const Wanted& wanted,
                           const Refusal& refusal) {
  const auto plan = read_plan(call, who, wanted);
  if (!plan) return plan.refusal();
  Reply reply = json_reply(JsonObject{}
                               .set("message", std::string_view{refusal.message})
                               .set("code", 409)
                               .set("reason", text_of(refusal.reason))
                               .set("plan", plan_shape(*plan)));
  reply.status = 409;
  return reply;
}

}  // namespace

Result<Reply> revoke(const Call& call, const Known& who) {
  const Body body{call.request.body};
  const auto wanted = read_wanted(body);
  if (!wanted) return wanted.refusal();
  if (wanted->is_dry_run) {
    if (auto checked = check_rights(who.caller().live, wanted->target.kind); !checked)
      return checked.refusal();
    const auto plan = read_plan(call, who, *wanted);
    if (!plan) return plan.refusal();
    return json_reply(plan_shape(*plan));
  }
  const auto done =
      call.write(who, [&](Transaction& tx, const By& by, const LiveToken& live) -> Result<Revoked> {
        if (auto checked = check_rights(live, wanted->target.kind); !checked)
          return checked.refusal();
        return apply_revocation(tx, by, wanted->target, wanted->choices, wanted->digest);
      });
  if (!done && done.refusal().reason == Reason::plan_changed)
    return plan_changed(call, who, *wanted, done.refusal());
  if (!done) return done.refusal();
  for (const DeviceId device : done->removed_devices) call.app.last_seen.forget(device);
  return json_reply(receipt_shape(*done));
}

Result<Reply> hand_over(const Call& call, const Allowed<Right::people_write>& who) {
  const Body body{call.request.body};
  const auto to = body.text("to_id");
  if (auto wrong = body.refusal()) return *wrong;
  if (!to) return Refusal::invalid("to_id is missing: the person who takes over");
  const auto done = call.write(who, [&](Transaction& tx, const By& by) -> Result<HandedOver> {
    if (auto checked = check_still_allowed(tx, who.caller(), Right::keys_write, by.at); !checked)
      return checked.refusal();
    return muster::hand_over(tx, by, UserId{call.request.id_parameter(0)}, UserId{id_of(*to)});
  });
  if (!done && done.refusal().kind == Kind::not_found)
    return Refusal::not_found("user: " + call.request.path_parameters.at(0) + " not found");
  if (!done) return done.refusal();
  return json_reply(JsonObject{}
                        .set("from_id", done->from.id)
                        .set("to_id", done->to.id)
                        .set("keys", done->keys)
                        .set("links", done->links)
                        .set("devices", done->devices));
}

}  // namespace muster::api
