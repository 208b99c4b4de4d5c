#include "server/keys.h"

#include <algorithm>

#include "server/clock.h"
#include "server/key_changes.h"
#include "web/api/device_list.h"
#include "web/api/handlers.h"
#include "web/api/key_list.h"
#include "web/api/shapes.h"
#include "web/exports.h"

namespace muster::api {
namespace {

constexpr std::size_t kPage = 500;

KeyNews news(const Call& call) {
  return {call.app.last_seen.online_by_key(), call.app.refusals.unwritten_by_key()};
}

Reply key_reply(const Call& call, const Key& key) {
  return json_reply(masked_key_shape(key, news(call), call.app.clock.now()));
}

// NetBird answers GET and PUT of one key without the charset, and everything else with it.
Reply as_netbird(Reply reply) {
  reply.content_type = "application/json";
  return reply;
}

KeyId key_id(const Call& call) { return KeyId{call.request.id_parameter(0)}; }

Refusal unknown_key(const Call& call) {
  return Refusal::not_found("setup key: " + call.request.path_parameters.at(0) + " not found");
}

// An id that no key has is named as it was sent: it need not be a number.
Refusal named(const Call& call, const Refusal& refusal) {
  return refusal.kind == Kind::not_found ? unknown_key(call) : refusal;
}

// The key of the path, or why not.
Result<Key> read_key(const Call& call) {
  auto key = call.read([&](const Snapshot& snapshot) { return find_key(snapshot, key_id(call)); });
  if (!key) return unknown_key(call);
  return std::move(*key);
}

NewKey read_new_key(const Body& body) {
  const NewKey defaults{.name = "", .type = ""};
  return {
      .name = body.text("name").value_or(""),
      .note = body.text("note").value_or(""),
      .type = body.text("type").value_or(""),
      .usage_limit = body.integer("usage_limit").value_or(0),
      .expires_in = body.integer("expires_in").value_or(0),
      .ephemeral = body.boolean("ephemeral").value_or(false),
      .ephemeral_seconds = body.integer("ephemeral_seconds").value_or(defaults.ephemeral_seconds),
      .allow_extra_dns_labels = body.boolean("allow_extra_dns_labels").value_or(false),
      .allow_group_choice = body.boolean("allow_group_choice").value_or(false),
      .requires_approval = body.boolean("requires_approval").value_or(false),
      .device_name = body.text("device_name").value_or(""),
      .allowed_cidrs = body.texts("allowed_cidrs").value_or(std::vector<std::string>{}),
      .auto_groups = body.texts("auto_groups").value_or(std::vector<std::string>{}),
      .networks = body.texts("networks").value_or(std::vector<std::string>{}),
      .tags = body.texts("tags").value_or(std::vector<std::string>{}),
      .gateway_mode =
          body.text("gateway_mode").value_or(body.text("gateway_device_id") ? "fixed" : "auto"),
      .gateway_device_id = body.text("gateway_device_id").value_or("")};
}

// A moment as it is written in answers; the zero time means never.
Result<std::optional<std::int64_t>> read_moment(const Body& body, std::string_view name) {
  const auto text = body.text(name);
  if (!text) return std::optional<std::int64_t>{};
  const auto moment = parse_rfc3339(*text);
  if (!moment)
    return Refusal::invalid(std::string{name} + " is a time such as 2026-11-21T08:15:00Z");
  return moment;
}

KeyChange read_change(const Body& body) {
  return {.name = body.text("name"),
          .note = body.text("note"),
          .type = body.text("type"),
          .usage_limit = body.integer("usage_limit"),
          .expires_in = body.integer("expires_in"),
          .ephemeral = body.boolean("ephemeral"),
          .ephemeral_seconds = body.integer("ephemeral_seconds"),
          .allow_extra_dns_labels = body.boolean("allow_extra_dns_labels"),
          .allow_group_choice = body.boolean("allow_group_choice"),
          .requires_approval = body.boolean("requires_approval"),
          .device_name = body.text("device_name"),
          .allowed_cidrs = body.texts("allowed_cidrs"),
          .auto_groups = body.texts("auto_groups"),
          .networks = body.texts("networks"),
          .tags = body.texts("tags"),
          .gateway_mode = body.text("gateway_mode"),
          .gateway_device_id = body.text("gateway_device_id"),
          .paused = body.boolean("paused"),
          .revoked = body.boolean("revoked")};
}

// The answer that shows a secret, the one time.
Reply created_reply(const Call& call, const CreatedKey& created) {
  return json_reply(
      key_shape(created.key, created.secret.reveal(), news(call), call.app.clock.now()));
}

// A change of the path's key without a body to read.
Result<Reply> turn_key(const Call& call, const Allowed<Right::keys_write>& who,
                       Result<Key> (*turn)(Transaction&, const By&, KeyId)) {
  const auto key =
      call.write(who, [&](Transaction& tx, const By& by) { return turn(tx, by, key_id(call)); });
  if (!key) return named(call, key.refusal());
  return key_reply(call, *key);
}

}  // namespace

Result<Reply> list_keys(const Call& call, const Allowed<Right::keys_read>&) {
  const auto wanted = read_key_query(call.request);
  if (!wanted) return wanted.refusal();
  const auto is_csv = wants_csv(call.request);
  if (!is_csv) return is_csv.refusal();
  if (*is_csv) return keys_csv(call, wanted->filter, wanted->order);
  const auto now = call.app.clock.now();
  auto ids = call.read([&](const Snapshot& snapshot) {
    return list_key_ids(snapshot, wanted->filter, wanted->order, now);
  });
  const auto begin = std::min(wanted->offset, ids.size());
  const auto end = begin + std::min(wanted->limit, ids.size() - begin);
  return stream_array(
      [&app = call.app, known = news(call), now, ids = std::move(ids), at = begin, end]() mutable {
        // A page whose keys are all gone meanwhile is not the end.
        std::vector<JsonObject> page;
        while (page.empty() && at < end) {
          const auto count = std::min(kPage, end - at);
          const auto keys = app.database.read([&](const Snapshot& snapshot) {
            return find_keys(snapshot, std::span{ids}.subspan(at, count));
          });
          at += count;
          for (const Key& key : keys) page.push_back(masked_key_shape(key, known, now));
        }
        return page;
      });
}

Result<Reply> create_key(const Call& call, const Allowed<Right::keys_write>& who) {
  const Body body{call.request.body};
  NewKey wanted = read_new_key(body);
  const auto expires_at = read_moment(body, "expires_at");
  if (auto wrong = body.refusal()) return *wrong;
  if (!expires_at) return expires_at.refusal();
  wanted.expires_at = *expires_at;
  const auto created = call.write(
      who, [&](Transaction& tx, const By& by) { return muster::create_key(tx, by, wanted); });
  if (!created) return created.refusal();
  return created_reply(call, *created);
}

Result<Reply> get_key(const Call& call, const Allowed<Right::keys_read>&) {
  const auto key = read_key(call);
  if (!key) return key.refusal();
  return as_netbird(key_reply(call, *key));
}

// NetBird's PUT: the groups and the revocation. Groups that a request leaves out stay; `revoked`
// left out means false, which on a revoked key is refused.
Result<Reply> put_key(const Call& call, const Allowed<Right::keys_write>& who) {
  const Body body{call.request.body};
  const KeyChange change{.auto_groups = body.texts("auto_groups"),
                         .revoked = body.boolean("revoked").value_or(false)};
  if (auto wrong = body.refusal()) return *wrong;
  if (body.is_null("auto_groups")) return Refusal::invalid("setup key autogroups field is invalid");
  const auto key = call.write(
      who, [&](Transaction& tx, const By& by) { return update_key(tx, by, key_id(call), change); });
  if (!key) return named(call, key.refusal());
  return as_netbird(key_reply(call, *key));
}

Result<Reply> patch_key(const Call& call, const Allowed<Right::keys_write>& who) {
  const Body body{call.request.body};
  KeyChange change = read_change(body);
  const auto expires_at = read_moment(body, "expires_at");
  if (auto wrong = body.refusal()) return *wrong;
  if (!expires_at) return expires_at.refusal();
  change.expires_at = *expires_at;
  const auto key = call.write(
      who, [&](Transaction& tx, const By& by) { return update_key(tx, by, key_id(call), change); });
  if (!key) return named(call, key.refusal());
  return key_reply(call, *key);
}

Result<Reply> pause_key(const Call& call, const Allowed<Right::keys_write>& who) {
  return turn_key(call, who, &muster::pause_key);
}

Result<Reply> resume_key(const Call& call, const Allowed<Right::keys_write>& who) {
  return turn_key(call, who, &muster::resume_key);
}

Result<Reply> rotate_key(const Call& call, const Allowed<Right::keys_write>& who) {
  const auto rotated = call.write(
      who, [&](Transaction& tx, const By& by) { return muster::rotate_key(tx, by, key_id(call)); });
  if (!rotated) return named(call, rotated.refusal());
  return created_reply(call, *rotated);
}

// `name` and `expires_in` may be left out, and the body with them.
Result<Reply> clone_key(const Call& call, const Allowed<Right::keys_write>& who) {
  const Body body{call.request.body.empty() ? "{}" : call.request.body};
  const Clone wanted{.name = body.text("name"), .expires_in = body.integer("expires_in")};
  if (auto wrong = body.refusal()) return *wrong;
  const auto created = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::clone_key(tx, by, key_id(call), wanted);
  });
  if (!created) return named(call, created.refusal());
  return created_reply(call, *created);
}

Result<Reply> delete_key(const Call& call, const Allowed<Right::keys_write>& who) {
  const auto done = call.write(
      who, [&](Transaction& tx, const By& by) { return muster::delete_key(tx, by, key_id(call)); });
  if (!done) return named(call, done.refusal());
  return json_reply(JsonObject{});
}

Result<Reply> list_key_devices(const Call& call, const Allowed<Right::keys_read>&) {
  const auto key = read_key(call);
  if (!key) return key.refusal();
  auto wanted = read_device_query(call.request);
  if (!wanted) return wanted.refusal();
  wanted->filter.setup_key_id = key->id;
  return reply_with_devices(call, *wanted);
}

Result<Reply> list_key_refusals(const Call& call, const Allowed<Right::keys_read>&) {
  const auto key = read_key(call);
  if (!key) return key.refusal();
  const auto refusals = call.read(
      [&](const Snapshot& snapshot) { return call.app.refusals.list(snapshot, key->id); });
  JsonArray array;
  for (const KeyRefusal& refusal : refusals)
    array.add(JsonObject{}
                  .set("at", std::string_view{rfc3339(refusal.at)})
                  .set("reason", std::string_view{refusal.reason})
                  .set("from", std::string_view{refusal.from})
                  .set("hostname", std::string_view{refusal.hostname}));
  return json_reply(array);
}

}  // namespace muster::api
