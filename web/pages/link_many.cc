// Acts over many install links of the list. Withdrawing is asked about first.

#include "server/format.h"
#include "web/pages/handlers.h"
#include "web/pages/link_address.h"
#include "web/pages/links.h"
#include "web/pages/many.h"
#include "web/refusals.h"
#include "web/words.h"

namespace muster::pages {
namespace {

Question question_of(const LinkAddress& address, const ManyReport& report) {
  const auto count = static_cast<std::int64_t>(report.changed.size());
  return {
      .section = "/links",
      .button = "Withdraw",
      .what = counted(count, "link"),
      .sentences = {"A link that is withdrawn lets nobody in any more, and its page says so. It "
                    "does not come back: who still needs one gets a new link.",
                    "Machines that came in through links stay connected."},
      .action_url = address.at("/links/actions"),
      .cancel_url = address.here()};
}

}  // namespace

Result<Reply> act_on_links(const Call& call, const Visitor<Right::links_write>& who) {
  const Form& form = who.form();
  const LinkAddress address{call.request};
  const bool withdraws = form.value("action") == "withdraw";
  if (!withdraws && form.value("action") != "extend")
    return Refusal::bad_request("There is no such act.");
  ChosenLinks chosen{.digest = std::string{form.value("digest")}};
  if (means_all(form))
    chosen.filter = address.filter;
  else
    chosen.ids = chosen_ids<LinkId>(form);
  if (!chosen.filter && chosen.ids.empty())
    return show_link_list(call, who, "Choose links first, or all that match.", 422);
  const auto expires_in = read_number("how long it works", form.value("expires_in"), kLinkLife);
  if (!expires_in) return show_link_list(call, who, expires_in.refusal().message, 422);

  const auto run = [&](Transaction& tx, const By& by) {
    return withdraws ? withdraw_links(tx, by, chosen) : extend_links(tx, by, chosen, *expires_in);
  };
  const auto say = [&](const Refusal& refusal) {
    return show_link_list(call, who, refusal.message, status_of(refusal.kind));
  };
  if (withdraws && !is_confirmed(form)) {
    const auto report = run_many(call, who, true, run);
    if (!report) return say(report.refusal());
    if (!report->changed.empty())
      return ask_first(call, who, question_of(address, *report), *report);
  }
  auto done =
      act_once(call, who, address.here(), withdraws ? "links-withdrawn" : "links-extended", run);
  if (!done) return say(done.refusal());
  return done;
}

}  // namespace muster::pages
