// Bringing a key's devices to what the key gives by now.

#include "server/key_apply.h"

#include "web/api/handlers.h"
#include "web/api/many.h"

namespace muster::api {
namespace {

KeyId key_id(const Call& call) { return KeyId{call.request.id_parameter(0)}; }

// An id that no key has is named as it was sent: it need not be a number.
Refusal named(const Call& call, const Refusal& refusal) {
  if (refusal.kind != Kind::not_found) return refusal;
  return Refusal::not_found("setup key: " + call.request.path_parameters.at(0) + " not found");
}

}  // namespace

Result<Reply> apply_key(const Call& call, const Allowed<Right::devices_write>& who) {
  const Body body{call.request.body};
  const ApplyWhat what{.groups = body.boolean("groups").value_or(false),
                       .tags = body.boolean("tags").value_or(false),
                       .networks = body.boolean("networks").value_or(false)};
  const bool only_looks = body.boolean("dry_run").value_or(false);
  if (auto wrong = body.refusal()) return *wrong;
  std::vector<Difference> differences;
  const auto report = run_many(call, who, only_looks, [&](Transaction& tx, const By& by) {
    if (const auto key = find_key(tx, key_id(call)))
      differences = plan_apply(tx, *key, what).differences;
    return muster::apply_key(tx, by, key_id(call), what, "");
  });
  if (!report) return named(call, report.refusal());
  JsonArray array;
  for (const Difference& difference : differences)
    array.add(JsonObject{}
                  .set("kind", std::string_view{difference.kind})
                  .set("name", std::string_view{difference.name})
                  .set("gained", difference.gained)
                  .set("lost", difference.lost));
  return json_reply(report_shape("apply", only_looks, *report).set("differences", array));
}

}  // namespace muster::api
