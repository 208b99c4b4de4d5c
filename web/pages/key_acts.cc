// What is done to a setup key from its page. A refusal is said there; nothing was done then.

#include "server/devices.h"
#include "server/format.h"
#include "server/key_changes.h"
#include "server/text.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/key.h"
#include "web/pages/key_created.h"
#include "web/pages/key_form.h"
#include "web/pages/key_reading.h"

namespace muster::pages {
namespace {

using Writer = Visitor<Right::keys_write>;

KeyId key_id(const Call& call) { return KeyId{call.request.id_parameter(0)}; }

// A key that is gone has no page to say it on.
Result<Reply> say(const Call& call, const SignedIn& who, const Refusal& refusal) {
  const auto key = read_key(call);
  const bool is_for_page = refusal.kind == Kind::invalid || refusal.kind == Kind::conflict;
  if (!is_for_page || !key || key->deleted_at) return refusal;
  return show_key(call, who, *key, refusal.message);
}

// Does it, then shows the key with that notice.
template <class Act>
Result<Reply> act_on_key(const Call& call, const Writer& who, std::string_view notice, Act&& act) {
  const auto done =
      call.write(who, [&](Transaction& tx, const By& by) { return act(tx, by, key_id(call)); });
  if (!done) return say(call, who, done.refusal());
  return redirect(formatted("/keys/{}?notice={}", key_id(call).value, notice));
}

Reply show_edit(const Call& call, const SignedIn& who, const KeyForm& typed, const Key& key,
                const FieldErrors& errors = {}, std::string_view message = {}) {
  View view = form_view(call, typed, &key, errors, message);
  view.set("id", to_text(key.id)).set("key_name", key.name);
  const bool is_refused = !errors.is_empty() || !message.empty();
  return page(call, who,
              {"keys/edit", formatted("Edit {}", key.name), std::move(view), "/keys",
               is_refused ? 422 : 200});
}

Result<Key> read_living_key(const Call& call) {
  auto key = read_key(call);
  if (key && key->deleted_at) return Refusal::not_found("This key is deleted.");
  return key;
}

// What of a change the key's devices could follow: the page offers it.
std::string offer_of(const Key& before, const Key& after) {
  std::vector<std::string> changed;
  if (before.auto_groups != after.auto_groups) changed.emplace_back("groups");
  if (before.tags != after.tags) changed.emplace_back("tags");
  if (before.networks != after.networks) changed.emplace_back("networks");
  if (after.devices_count == 0 || changed.empty()) return "";
  return "&apply=" + join(changed, ".");
}

}  // namespace

Result<Reply> pause_key(const Call& call, const Writer& who) {
  return act_on_key(call, who, "key-paused", &muster::pause_key);
}

Result<Reply> resume_key(const Call& call, const Writer& who) {
  return act_on_key(call, who, "key-resumed", &muster::resume_key);
}

Result<Reply> delete_key(const Call& call, const Writer& who) {
  return act_on_key(call, who, "key-deleted", &muster::delete_key);
}

Result<Reply> revoke_key(const Call& call, const Writer& who) {
  return act_on_key(call, who, "key-revoked", &muster::revoke_key);
}

Result<Reply> rotate_key(const Call& call, const Writer& who) {
  DeviceId last;
  const auto rotated = make_once(call, who, [&](Transaction& tx, const By& by) {
    if (const auto device = find_last_enrolled(tx, key_id(call))) last = device->id;
    return muster::rotate_key(tx, by, key_id(call));
  });
  if (!rotated) return say(call, who, rotated.refusal());
  if (!*rotated) return show_key_already_made(call, who);
  return show_created(call, who, **rotated,
                      {formatted("A new secret for {}", (*rotated)->key.name), last});
}

Result<Reply> clone_key(const Call& call, const Writer& who) {
  const auto clone = make_once(call, who, [&](Transaction& tx, const By& by) {
    return muster::clone_key(tx, by, key_id(call), {});
  });
  if (!clone) return say(call, who, clone.refusal());
  if (!*clone) return show_key_already_made(call, who);
  return show_created(call, who, **clone, {formatted("{} is ready", (*clone)->key.name)});
}

Result<Reply> show_edit_key(const Call& call, const Writer& who) {
  const auto key = read_living_key(call);
  if (!key) return key.refusal();
  return show_edit(call, who, settings_of(*key), *key);
}

Result<Reply> edit_key(const Call& call, const Writer& who) {
  const auto key = read_living_key(call);
  if (!key) return key.refusal();
  const KeyForm typed = typed_in(who.form());
  FieldErrors errors;
  const KeyChange change = read_key_change(call, typed, *key, errors);
  if (!errors.is_empty()) return show_edit(call, who, typed, *key, errors);
  const auto done = call.write(
      who, [&](Transaction& tx, const By& by) { return update_key(tx, by, key->id, change); });
  if (!done && done.refusal().kind == Kind::invalid)
    return show_edit(call, who, typed, *key, {}, as_sentence(done.refusal().message));
  if (!done) return done.refusal();
  return redirect(formatted("/keys/{}?notice=key-saved{}", key->id.value, offer_of(*key, *done)));
}

Result<Reply> check_key_edit(const Call& call, const Writer& who) {
  const auto key = read_living_key(call);
  if (!key) return key.refusal();
  FieldErrors errors;
  read_key_change(call, typed_in(who.form()), *key, errors);
  return show_errors(call, errors);
}

}  // namespace muster::pages
