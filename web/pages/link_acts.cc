// What can be done with an install link.

#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/links.h"
#include "web/refusals.h"

namespace muster::pages {
namespace {

using Writer = Visitor<Right::links_write>;

LinkId link_id(const Call& call) { return LinkId{call.request.id_parameter(0)}; }

std::string link_path(LinkId id) { return "/links/" + to_text(id); }

Result<std::int64_t> life_of(const Form& form) {
  return read_number("how long it works", form.value("expires_in"), kLinkLife);
}

// The link's page, saying why nothing was done.
Result<Reply> not_done(const Call& call, const Writer& who, const Refusal& refusal) {
  const auto seen = find_link_of_path(call);
  if (!seen) return seen.refusal();
  return show_facts(call, who, *seen, refusal.message, status_of(refusal.kind));
}

// Runs `act(tx, by, id)`, and sends the browser to the link's page.
template <class Act>
Result<Reply> change(const Call& call, const Writer& who, std::string_view notice, Act act) {
  const auto link =
      call.write(who, [&](Transaction& tx, const By& by) { return act(tx, by, link_id(call)); });
  if (!link) return not_done(call, who, link.refusal());
  return redirect(link_path(link->id) + "?notice=" + std::string{notice});
}

// The page that says what will happen, where it can.
Result<Reply> ask_first(const Call& call, const Writer& who, std::string_view name,
                        std::string title, bool is_for_used) {
  const auto seen = find_link_of_path(call);
  if (!seen) return seen.refusal();
  const InstallLink& link = seen->link;
  if (link.replaced_by_id || (link.state == LinkState::used) != is_for_used)
    return redirect(link_path(link.id));
  View view;
  set_arrival(view, call, *seen);
  view.set("id", to_text(link.id)).set("lives", life_choices(kLinkLife));
  return page(call, who, {name, std::move(title), std::move(view), "/links"});
}

// Answers with the new link of `make(tx, by, id, expires_in)`.
template <class Make>
Result<Reply> make_newer(const Call& call, const Writer& who, Make make) {
  const auto expires_in = life_of(who.form());
  if (!expires_in) return not_done(call, who, expires_in.refusal());
  const auto number = who.form().value("form_number");
  using Made = std::optional<CreatedLink>;
  const auto made = call.write(who, [&](Transaction& tx, const By& by) -> Result<Made> {
    if (!claim_form(tx, who.session().id, number)) return Made{};
    auto created = make(tx, by, link_id(call), *expires_in);
    if (!created) return created.refusal();
    note_form_result(tx, who.session().id, number, link_path(created->link.id));
    if (created->removed_device)
      tx.after_commit(
          [&app = call.app, id = *created->removed_device] { app.last_seen.forget(id); });
    return Made{std::move(*created)};
  });
  if (!made) return not_done(call, who, made.refusal());
  return *made ? show_created(call, who, **made) : show_already_created(call, who);
}

}  // namespace

Result<Reply> mark_link_sent(const Call& call, const Writer& who) {
  return change(call, who, "link-sent", [&](Transaction& tx, const By& by, LinkId id) {
    return mark_sent(tx, by, id, who.form().value("sent_via"));
  });
}

Result<Reply> extend_link(const Call& call, const Writer& who) {
  const auto expires_in = life_of(who.form());
  if (!expires_in) return not_done(call, who, expires_in.refusal());
  return change(call, who, "link-extended", [&](Transaction& tx, const By& by, LinkId id) {
    return muster::extend_link(tx, by, id, *expires_in);
  });
}

Result<Reply> withdraw_link(const Call& call, const Writer& who) {
  return change(call, who, "link-withdrawn", muster::withdraw_link);
}

Result<Reply> show_resend_link(const Call& call, const Writer& who) {
  return ask_first(call, who, "links/resend", "Send again", false);
}

Result<Reply> resend_link(const Call& call, const Writer& who) {
  return make_newer(call, who, muster::resend_link);
}

Result<Reply> show_replace_link(const Call& call, const Writer& who) {
  return ask_first(call, who, "links/replace", "Wrong computer", true);
}

Result<Reply> replace_link(const Call& call, const Writer& who) {
  return make_newer(call, who, muster::replace_link);
}

}  // namespace muster::pages
