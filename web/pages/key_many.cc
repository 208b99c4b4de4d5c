// Acts over many keys of the list. What ends keys is asked about first.

#include <algorithm>
#include <array>

#include "server/format.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/key_list.h"
#include "web/pages/many.h"
#include "web/refusals.h"
#include "web/words.h"

namespace muster::pages {
namespace {

struct Act {
  std::string_view word;  // of the button
  KeyAct act;
  std::string_view notice;
  std::string_view button;  // empty: done at once
  std::string_view sentence;
};
constexpr std::array kActs{Act{"pause", KeyAct::pause, "keys-paused", "", ""},
                           Act{"resume", KeyAct::resume, "keys-resumed", "", ""},
                           Act{"revoke", KeyAct::revoke, "keys-revoked", "Revoke",
                               "Revoking stops new devices, for good."},
                           Act{"delete", KeyAct::remove, "keys-deleted", "Delete",
                               "Deleting revokes keys and takes them out of the lists."}};

std::string stays(std::int64_t devices, std::int64_t keys) {
  const std::string_view which = keys == 1 ? "this key" : "these keys";
  if (devices == 0) return formatted("No device came in through {}.", which);
  if (devices == 1) return formatted("The device enrolled with {} stays connected.", which);
  return formatted("The {} devices enrolled with {} stay connected.", devices, which);
}

Question question_of(const ListAddress& address, const Act& act, const ManyReport& report) {
  const auto keys = static_cast<std::int64_t>(report.changed.size());
  return {.section = "/keys",
          .button = act.button,
          .what = counted(keys, "key"),
          .sentences = {std::string{act.sentence}, stays(report.linked_devices, keys)},
          .action_url = address.at("/keys/actions"),
          .cancel_url = address.here()};
}

}  // namespace

Result<Reply> act_on_keys(const Call& call, const Visitor<Right::keys_write>& who) {
  const Form& form = who.form();
  const ListAddress address = key_list_address(call.request);
  const auto* const act = std::ranges::find(kActs, form.value("action"), &Act::word);
  if (act == kActs.end()) return Refusal::bad_request("There is no such act.");
  ChosenKeys chosen{.digest = std::string{form.value("digest")}};
  if (means_all(form))
    chosen.filter = filter_of(address);
  else
    chosen.ids = chosen_ids<KeyId>(form);
  if (!chosen.filter && chosen.ids.empty())
    return show_key_list(call, who, "Choose keys first, or all that match.", 422);

  const auto run = [&](Transaction& tx, const By& by) {
    return muster::act_on_keys(tx, by, chosen, act->act);
  };
  const auto say = [&](const Refusal& refusal) {
    return show_key_list(call, who, refusal.message, status_of(refusal.kind));
  };
  if (!act->button.empty() && !is_confirmed(form)) {
    const auto report = run_many(call, who, true, run);
    if (!report) return say(report.refusal());
    if (!report->changed.empty())
      return ask_first(call, who, question_of(address, *act, *report), *report);
  }
  auto done = act_once(call, who, address.here(), act->notice, run);
  if (!done) return say(done.refusal());
  return done;
}

}  // namespace muster::pages
