#include "web/pages/key_created.h"

#include <array>

#include "server/devices.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/key.h"
#include "web/pages/key_form.h"
#include "web/pages/key_reading.h"
#include "web/pages/key_words.h"
#include "web/pages/list_address.h"
#include "web/pasted_line.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr int kArrivalsShown = 5;

std::vector<View> systems(const PastedLines& lines) {
  struct System {
    std::string_view id;
    std::string_view label;
    std::string_view how;
    std::optional<std::string> line;
  };
  const std::string_view terminal =
      "Paste this into a terminal on the machine. It asks for the administrator’s password.";
  std::vector<View> views;
  for (const System& system :
       {System{"linux", "Linux", terminal, lines.linux},
        System{"macos", "macOS", terminal, lines.macos},
        System{"windows", "Windows", "Paste this into PowerShell, opened as administrator.",
               lines.windows},
        System{"docker", "Docker", "Run this where Docker runs.", lines.docker},
        System{"kubernetes", "Kubernetes", "Run this where kubectl reaches the cluster.",
               lines.kubernetes}})
    if (system.line)
      views.push_back(View{}
                          .set("system", system.id)
                          .set("label", system.label)
                          .set("how", system.how)
                          .set("line", *system.line)
                          .set("first", views.empty()));
  return views;
}

// What `keys/arrivals` shows: devices that came in through the key after that one.
View arrivals(const Call& call, KeyId key, DeviceId after) {
  DeviceFilter filter;
  filter.setup_key_id = key;
  const auto devices = call.read([&](const Snapshot& snapshot) {
    return list_devices(snapshot, filter, after, kArrivalsShown + 1);
  });
  std::vector<View> views;
  for (const Device& device : devices) {
    if (views.size() == kArrivalsShown) break;
    views.push_back(View{}
                        .set("id", to_text(device.id))
                        .set("name", device.name)
                        .set("waits", device.status() == DeviceStatus::waiting)
                        .set("system", system_words(device.os, device.os_version, device.arch))
                        .set("address", device.address()));
  }
  return View{}
      .set("arrivals", std::move(views))
      .set("has_arrivals", !devices.empty())
      .set("has_more", devices.size() > kArrivalsShown)
      .set("key_id", to_text(key));
}

Reply show_form(const Call& call, const SignedIn& who, const KeyForm& typed,
                const FieldErrors& errors = {}, std::string_view message = {}) {
  const bool is_refused = !errors.is_empty() || !message.empty();
  View view = form_view(call, typed, nullptr, errors, message);
  view.set("is_open", is_refused);
  return page(call, who, {"keys/new", "New key", std::move(view), "/keys", is_refused ? 422 : 200});
}

}  // namespace

Reply show_created(const Call& call, const SignedIn& who, const CreatedKey& created,
                   const Shown& shown) {
  const Key& key = created.key;
  View view = arrivals(call, key.id, shown.last_device);
  const bool works =
      state_of(key, call.app.clock.now()) == KeyState::valid && key.blocked_by.empty();
  view.set("heading", shown.title)
      .set("new_group", shown.new_group)
      .set("secret", created.secret.reveal())
      .set("systems", systems(pasted_lines(call.app, created.secret.reveal())))
      .set("promise", works ? promise_words(key) : state_sentence(key, call.app.clock.now()))
      .set("is_one_time", key.is_one_time())
      .set("requires_approval", key.requires_approval)
      .set("live_url",
           formatted("/keys/{}/arrivals?after={}", key.id.value, shown.last_device.value));
  return page(call, who, {"keys/created", "Key created", std::move(view), "/keys"});
}

Reply show_key_already_made(const Call& call, const SignedIn& who) {
  View view;
  view.set("path", call.read([&](const Snapshot& snapshot) {
    return find_form_result(snapshot, who.session().id, who.form().value("form_number"));
  }));
  return page(call, who, {"keys/already", "Already created", std::move(view), "/keys"});
}

Result<Reply> show_new_key(const Call& call, const Visitor<Right::keys_write>& who) {
  return show_form(call, who, KeyForm{});
}

Result<Reply> create_key(const Call& call, const Visitor<Right::keys_write>& who) {
  const KeyForm typed = typed_in(who.form());
  FieldErrors errors;
  const NewKey wanted = read_new_key(call, typed, errors);
  if (!errors.is_empty()) return show_form(call, who, typed, errors);
  std::string new_group;
  const auto created =
      make_once(call, who, [&](Transaction& tx, const By& by) -> Result<CreatedKey> {
        auto group = make_missing_group(tx, by, typed);
        if (!group) return group.refusal();
        new_group = std::move(*group);
        return muster::create_key(tx, by, wanted);
      });
  if (!created && created.refusal().kind == Kind::invalid)
    return show_form(call, who, typed, {}, as_sentence(created.refusal().message));
  if (!created) return created.refusal();
  if (!*created) return show_key_already_made(call, who);
  const Shown shown{.title = formatted("{} is ready", (*created)->key.name),
                    .new_group = new_group};
  return show_created(call, who, **created, shown);
}

Result<Reply> check_new_key(const Call& call, const Visitor<Right::keys_write>& who) {
  FieldErrors errors;
  read_new_key(call, typed_in(who.form()), errors);
  return show_errors(call, errors);
}

Result<Reply> key_arrivals(const Call& call, const Visitor<Right::keys_read>&) {
  const auto key = read_key(call);
  if (!key) return key.refusal();
  constexpr std::array<std::string_view, 1> after{"after"};
  const DeviceId last{ListAddress{call.request, after}.number("after")};
  return fragment(call, "keys/arrivals", arrivals(call, key->id, last));
}

}  // namespace muster::pages
