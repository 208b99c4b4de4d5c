// Turning one's second factor on and off. A new seed is shown until its first code; the recovery
// codes are shown once.

#include "server/second_factor.h"

#include "server/format.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/once.h"
#include "web/pages/sessions.h"
#include "web/qr.h"
#include "web/refusals.h"
#include "web/totp.h"
#include "web/words.h"

namespace muster::pages {
namespace {

using Codes = std::vector<Secret>;

constexpr std::string_view kWrongCode = "This code is not the right one, or was used before.";
constexpr std::string_view kPath = "/account/second-factor";

// Four characters at a time, for who types it.
std::string grouped(std::string_view seed) {
  std::string text;
  for (std::size_t i = 0; i < seed.size(); ++i) {
    if (i > 0 && i % 4 == 0) text += ' ';
    text += seed[i];
  }
  return text;
}

Reply show(const Call& call, const SignedIn& who, std::string_view message, int status) {
  const auto factor = call.read(
      [&](const Snapshot& snapshot) { return find_second_factor(snapshot, who.person().id); });
  const bool is_on = factor && factor->is_on;
  const bool is_begun = factor && !factor->is_on;
  View view = is_begun ? qr_view(otpauth_url(factor->seed, who.person().email)) : View{};
  if (!is_begun) view.set("qr_size", 0).set("qr_path", "");
  view.set("is_on", is_on)
      .set("is_begun", is_begun)
      .set("is_off", !factor)
      .set("seed", is_begun ? grouped(factor->seed.reveal()) : std::string{})
      .set("codes_left", is_on ? counted(factor->recovery_codes_left, "recovery code") : "")
      .set("email", who.person().email)
      .set("message", message);
  return page(call, who,
              {"account/second_factor", "Second factor", std::move(view), "/account", status});
}

Reply too_many(const Call& call, const SignedIn& who) {
  return show(call, who, "Too many tries. Wait a minute and try again.", 429);
}

Reply show_codes(const Call& call, const SignedIn& who, const Codes& codes) {
  std::vector<View> rows;
  std::string text;
  for (const Secret& code : codes) {
    rows.push_back(View{}.set("code", code.reveal()));
    text += code.reveal() + "\n";
  }
  View view;
  view.set("codes", std::move(rows)).set("text", text);
  return page(call, who, {"account/recovery_codes", "Recovery codes", std::move(view), "/account"});
}

Reply show_codes_before(const Call& call, const SignedIn& who) {
  return page(call, who,
              {"account/codes_before", "Shown before", View{}.set("path", kPath), "/account"});
}

// The password is asked for again: a browser left open is not enough.
std::optional<Reply> refuse_password(const Call& call, const SignedIn& who) {
  const std::string& from = call.request.client_address;
  if (call.app.sign_ins.claim_try(who.person().email, from) > 0) return too_many(call, who);
  if (!is_own_password(call, who, who.form().value("password")))
    return show(call, who, "This is not your password. Nothing was changed.", 422);
  call.app.sign_ins.forget(who.person().email, from);
  return std::nullopt;
}

Reply not_done(const Call& call, const SignedIn& who, const Refusal& refusal) {
  return show(call, who, refusal.message, status_of(refusal.kind));
}

std::optional<SecondFactor> find_own(const Call& call, const SignedIn& who) {
  return call.read(
      [&](const Snapshot& snapshot) { return find_second_factor(snapshot, who.person().id); });
}

// Runs `act(tx, by)` with the code of the form, which is spent in the same act.
template <class Act>
Result<Reply> with_code(const Call& call, const SignedIn& who, Act&& act) {
  if (claim_code_try(call, who.person()) > 0) return too_many(call, who);
  const auto factor = find_own(call, who);
  if (!factor || !factor->is_on) return redirect(std::string{kPath});
  const Proof proof = read_proof(factor->seed, who.form().value("code"), call.app.clock.now());
  auto reply = act([&](Transaction& tx, const By& by) -> Result<void> {
    if (!claim_proof(tx, by, who.person(), factor->seed, proof))
      return Refusal::invalid(std::string{kWrongCode});
    return {};
  });
  if (!reply) return not_done(call, who, reply.refusal());
  forget_code_tries(call, who.person());
  return reply;
}

}  // namespace

Result<Reply> show_second_factor(const Call& call, const SignedIn& who) {
  return show(call, who, "", 200);
}

Result<Reply> begin_second_factor(const Call& call, const SignedIn& who) {
  if (auto refused = refuse_password(call, who)) return std::move(*refused);
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::begin_second_factor(tx, by, who.person());
  });
  if (!done) return not_done(call, who, done.refusal());
  return redirect(std::string{kPath});
}

Result<Reply> confirm_second_factor(const Call& call, const SignedIn& who) {
  if (claim_code_try(call, who.person()) > 0) return too_many(call, who);
  const auto factor = find_own(call, who);
  if (!factor) return redirect(std::string{kPath});
  if (factor->is_on) return show_codes_before(call, who);
  const Proof proof = read_proof(factor->seed, who.form().value("code"), call.app.clock.now());
  if (!proof.step)
    return show(call, who, "This is not the code of this moment. Is your phone's clock right?",
                422);
  const auto codes = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::confirm_second_factor(tx, by, who.person(), factor->seed, *proof.step);
  });
  if (!codes) return not_done(call, who, codes.refusal());
  forget_code_tries(call, who.person());
  return show_codes(call, who, *codes);
}

Result<Reply> renew_recovery_codes(const Call& call, const SignedIn& who) {
  return with_code(call, who, [&](auto&& claim) -> Result<Reply> {
    const auto codes = once<Codes>(
        call, who,
        [&](Transaction& tx, const By& by) -> Result<Codes> {
          if (auto claimed = claim(tx, by); !claimed) return claimed.refusal();
          return muster::renew_recovery_codes(tx, by, who.person());
        },
        [](const Codes&) { return std::string{kPath}; });
    if (!codes) return codes.refusal();
    return *codes ? show_codes(call, who, **codes) : show_codes_before(call, who);
  });
}

Result<Reply> end_second_factor(const Call& call, const SignedIn& who) {
  if (auto refused = refuse_password(call, who)) return std::move(*refused);
  return with_code(call, who, [&](auto&& claim) -> Result<Reply> {
    const auto done = call.write(who, [&](Transaction& tx, const By& by) -> Result<void> {
      if (auto claimed = claim(tx, by); !claimed) return claimed.refusal();
      remove_second_factor(tx, by, who.person());
      return {};
    });
    if (!done) return done.refusal();
    return redirect("/account?notice=second-factor-off");
  });
}

}  // namespace muster::pages
