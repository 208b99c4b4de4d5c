#include "server/keys.h"

#include <algorithm>

#include "web/api/device_list.h"
#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

constexpr int kPage = 500;

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
      .tags = body.texts("tags").value_or(std::vector<std::string>{})};
}

}  // namespace

Result<Reply> list_keys(const Call& call, const Allowed<Right::keys_read>&) {
  const auto limit = read_limit(call.request, INT32_MAX, INT32_MAX);
  if (!limit) return limit.refusal();
  struct Position {
    KeyId after{};
    int left;
  };
  return stream_array([&app = call.app, known = news(call), now = call.app.clock.now(),
                       at = Position{KeyId{}, *limit}]() mutable {
    const auto keys = app.database.read([&](const Snapshot& snapshot) {
      return muster::list_keys(snapshot, at.after, std::min(kPage, at.left));
    });
    std::vector<JsonObject> page;
    for (const Key& key : keys) {
      page.push_back(masked_key_shape(key, known, now));
      at.after = key.id;
      --at.left;
    }
    return page;
  });
}

Result<Reply> create_key(const Call& call, const Allowed<Right::keys_write>& who) {
  const Body body{call.request.body};
  const NewKey wanted = read_new_key(body);
  if (auto wrong = body.refusal()) return *wrong;
  const auto created = call.write(
      who, [&](Transaction& tx, const By& by) { return muster::create_key(tx, by, wanted); });
  if (!created) return created.refusal();
  return json_reply(
      key_shape(created->key, created->secret.reveal(), KeyNews{}, call.app.clock.now()));
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
