// One's own account: password, where one is signed in, access tokens, and one's devices.

#include <array>

#include "server/device_list.h"
#include "server/format.h"
#include "server/key_list.h"
#include "server/second_factor.h"
#include "server/sessions.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/people.h"
#include "web/pages/sessions.h"
#include "web/words.h"

namespace muster::pages {
namespace {

struct Word {
  std::string_view sign;
  std::string_view word;
};
// By what browsers say of themselves; the first that is found names it.
constexpr std::array kBrowsers{Word{"Firefox/", "Firefox"}, Word{"Edg/", "Edge"},
                               Word{"OPR/", "Opera"},       Word{"Chrome/", "Chrome"},
                               Word{"Safari/", "Safari"},   Word{"curl/", "curl"}};
constexpr std::array kSystems{Word{"Android", "Android"}, Word{"iPhone", "iPhone"},
                              Word{"iPad", "iPad"},       Word{"Windows", "Windows"},
                              Word{"Macintosh", "macOS"}, Word{"Linux", "Linux"}};

template <std::size_t size>
std::string_view find_word(const std::array<Word, size>& words, std::string_view agent) {
  for (const Word& word : words)
    if (agent.find(word.sign) != std::string_view::npos) return word.word;
  return {};
}

std::string browser_words(std::string_view agent) {
  const auto browser = find_word(kBrowsers, agent);
  const auto system = find_word(kSystems, agent);
  if (browser.empty()) return system.empty() ? "A browser" : formatted("A browser on {}", system);
  return system.empty() ? std::string{browser} : formatted("{} on {}", browser, system);
}

std::vector<View> session_rows(const Call& call, const SignedIn& who, const Snapshot& snapshot) {
  const std::int64_t now = call.app.clock.now();
  std::vector<View> rows;
  for (const ShownSession& shown :
       list_sessions(snapshot, who.person().id, call.app.session_uses, now))
    rows.push_back(View{}
                       .set("session_id", to_text(shown.session.id))
                       .set("browser", browser_words(shown.browser))
                       .set("from", shown.from)
                       .set("is_this", shown.session.id == who.session().id)
                       .set("last_used", time_view(shown.session.last_used_at, now))
                       .set("began", time_view(shown.session.created_at, now)));
  return rows;
}

// Living devices that came in through keys of this person's.
void set_devices(View& view, const SignedIn& who, const Snapshot& snapshot, std::int64_t now) {
  constexpr std::size_t kShown = 200;
  const auto keys =
      list_keys(snapshot, {.created_by_id = who.person().id},
                {.by = KeySort::devices_count, .is_descending = true}, 0, kShown, now);
  std::vector<View> devices;
  for (const Key& key : keys.keys) {
    if (key.devices_count == 0 || devices.size() >= kShown) break;
    DeviceFilter filter;
    filter.setup_key_id = key.id;
    for (const Device& device : list_devices(snapshot, filter, DeviceId{}, kShown))
      devices.push_back(View{}
                            .set("device_name", device.name)
                            .set("address", device.address())
                            .set("system", system_words(device.os, device.os_version, device.arch))
                            .set("since", time_view(device.enrolled_at, now)));
  }
  view.set("has_devices", !devices.empty());
  view.set("devices", std::move(devices));
}

Reply show(const Call& call, const SignedIn& who, std::string_view message, int status) {
  const std::int64_t now = call.app.clock.now();
  const Person& person = who.person();
  View view;
  const bool is_member = !who.may(Right::devices_read);
  call.read([&](const Snapshot& snapshot) {
    const auto factor = find_second_factor(snapshot, person.id);
    const bool is_on = factor && factor->is_on;
    auto sessions = session_rows(call, who, snapshot);
    auto tokens = token_rows(call, muster::list_tokens(snapshot, person.id));
    view.set("has_second_factor", is_on)
        .set("codes_left", is_on ? counted(factor->recovery_codes_left, "recovery code") : "")
        .set("has_other_sessions", sessions.size() > 1)
        .set("has_tokens", !tokens.empty());
    view.set("sessions", std::move(sessions)).set("tokens", std::move(tokens));
    if (is_member) set_devices(view, who, snapshot, now);
  });
  if (!is_member) view.set("has_devices", false).set("devices", std::vector<View>{});
  view.set("email", person.email)
      .set("name", person.name == person.email ? std::string{} : person.name)
      .set("role", role_word(person.role))
      .set("is_member", is_member)
      .set("tokens_path", "/account/tokens")
      .set("may_change", true)
      .set("has_plan", who.may(Right::people_write))
      .set("message", message);
  return page(call, who, {"account", "Your account", std::move(view), "/account", status});
}

}  // namespace

bool is_own_password(const Call& call, const SignedIn& who, std::string_view typed) {
  const auto known = call.app.database.read(
      [&](const Snapshot& snapshot) { return find_sign_in(snapshot, who.person().email); });
  return known && known->person.id == who.person().id &&
         verify_password(known->password_hash, Secret{std::string{typed}});
}

Result<Reply> account(const Call& call, const SignedIn& who) { return show(call, who, "", 200); }

Result<Reply> change_password(const Call& call, const SignedIn& who) {
  const Secret password{std::string{who.form().value("password")}};
  const std::string& from = call.request.client_address;
  if (call.app.sign_ins.claim_try(who.person().email, from) > 0)
    return show(call, who, "Too many tries. Wait a minute and try again.", 429);
  if (!is_own_password(call, who, who.form().value("old_password")))
    return show(call, who, "The present password is another one. Nothing was changed.", 422);
  call.app.sign_ins.forget(who.person().email, from);
  if (auto fit = check_password(password.reveal()); !fit)
    return show(call, who, fit.refusal().message, 422);
  const std::string hash = hash_password(password);
  auto done = call.write(who, [&](Transaction& tx, const By& by) -> Result<void> {
    set_password(tx, by, who.person(), hash);
    end_other_sessions(tx, who.person().id, who.session().id);
    return {};
  });
  if (!done) return done.refusal();
  return redirect("/account?notice=password-changed");
}

Result<Reply> end_one_session(const Call& call, const SignedIn& who) {
  const SessionId id{call.request.id_parameter(0)};
  const auto done = call.write(
      who, [&](Transaction& tx, const By& by) { return end_session_of(tx, by, who.person(), id); });
  if (!done && done.refusal().kind != Kind::not_found) return done.refusal();
  return redirect("/account?notice=session-ended");
}

Result<Reply> end_all_other_sessions(const Call& call, const SignedIn& who) {
  const auto done = call.write(who, [&](Transaction& tx, const By&) -> Result<void> {
    end_other_sessions(tx, who.person().id, who.session().id);
    return {};
  });
  if (!done) return done.refusal();
  return redirect("/account?notice=sessions-ended");
}

}  // namespace muster::pages
