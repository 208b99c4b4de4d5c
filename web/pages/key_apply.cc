// Bringing a key's devices to what the key gives by now: first what would change, then doing it.

#include "server/key_apply.h"

#include "server/format.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/key.h"
#include "web/pages/many.h"
#include "web/refusals.h"
#include "web/words.h"

namespace muster::pages {
namespace {

// "14 devices get it, 2 devices lose it"
std::string words_of(const Difference& difference) {
  const auto said = [](std::int64_t count, std::string_view one, std::string_view more) {
    return formatted("{} {}", counted(count, "device"), count == 1 ? one : more);
  };
  std::string words;
  if (difference.gained > 0) words = said(difference.gained, "gets it", "get it");
  if (difference.lost > 0)
    words += (words.empty() ? "" : ", ") + said(difference.lost, "loses it", "lose it");
  return words;
}

Result<Reply> show_plan(const Call& call, const SignedIn& who, const ApplyWhat& what,
                        std::string_view message, int status) {
  const auto key = read_key(call);
  if (!key) return key.refusal();
  if (key->deleted_at) return Refusal::not_found("This key is deleted.");
  const auto plan =
      call.read([&](const Snapshot& snapshot) { return plan_apply(snapshot, *key, what); });
  std::vector<View> differences;
  for (const Difference& difference : plan.differences)
    differences.push_back(View{}
                              .set("kind", difference.kind)
                              .set("label", difference.name)
                              .set("words", words_of(difference)));
  const auto count = static_cast<std::int64_t>(plan.steps.size());
  View view;
  view.set("id", to_text(key->id))
      .set("name", key->name)
      .set("message", message)
      .set("groups", what.groups)
      .set("tags", what.tags)
      .set("networks", what.networks)
      .set("is_nothing", what.is_nothing())
      .set("has_changes", count > 0)
      .set("devices", counted(count, "device"))
      .set("unchanged", plan.unchanged > 0 ? counted(plan.unchanged, "device") : "")
      .set("digest", plan.digest);
  view.set("differences", std::move(differences));
  return page(call, who,
              {"keys/apply", formatted("Apply {}", key->name), std::move(view), "/keys", status});
}

}  // namespace

Result<Reply> show_apply_key(const Call& call, const Visitor<Right::devices_write>& who) {
  const auto says = [&](std::string_view name) { return !call.request.query_value(name).empty(); };
  return show_plan(call, who,
                   {.groups = says("groups"), .tags = says("tags"), .networks = says("networks")},
                   "", 200);
}

Result<Reply> apply_key(const Call& call, const Visitor<Right::devices_write>& who) {
  const Form& form = who.form();
  const KeyId id{call.request.id_parameter(0)};
  const ApplyWhat what{
      .groups = form.has("groups"), .tags = form.has("tags"), .networks = form.has("networks")};
  auto done = act_once(call, who, formatted("/keys/{}", id.value), "devices-applied",
                       [&](Transaction& tx, const By& by) {
                         return muster::apply_key(tx, by, id, what, form.value("digest"));
                       });
  if (!done && done.refusal().kind != Kind::not_found)
    return show_plan(call, who, what, done.refusal().message, status_of(done.refusal().kind));
  return done;
}

}  // namespace muster::pages
