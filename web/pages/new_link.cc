// Making an install link, and the one answer that shows it.

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/groups.h"
#include "server/networks.h"
#include "server/text.h"
#include "web/form.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/links.h"
#include "web/pasted_line.h"
#include "web/qr.h"
#include "web/words.h"

namespace muster::pages {
namespace {

using Writer = Visitor<Right::links_write>;

constexpr std::int64_t kDay = 24 * 3600;
constexpr std::array<std::int64_t, 4> kLives{kDay, 7 * kDay, 30 * kDay, 90 * kDay};

constexpr std::string_view kSubject = "Connect your computer";

bool holds(const std::vector<std::string>& ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

std::vector<View> group_choices(const Snapshot& snapshot, const NewLink& entered) {
  std::vector<View> choices;
  for (const Group& group : list_groups(snapshot))
    if (group.id != kAllGroup)
      choices.push_back(View{}
                            .set("id", to_text(group.id))
                            .set("name", group.name)
                            .set("is_protected", group.is_protected)
                            .set("is_chosen", holds(entered.auto_groups, to_text(group.id))));
  return choices;
}

// One network is no choice.
std::vector<View> network_choices(const Snapshot& snapshot, const NewLink& entered) {
  const auto networks = list_networks(snapshot);
  std::vector<View> choices;
  for (const Network& network : networks) {
    const bool is_chosen = entered.networks.empty() ? network.is_default
                                                    : holds(entered.networks, to_text(network.id));
    choices.push_back(View{}
                          .set("id", to_text(network.id))
                          .set("name", network.name)
                          .set("cidr", network.cidr)
                          .set("is_chosen", is_chosen));
  }
  if (choices.size() < 2) choices.clear();
  return choices;
}

Reply show_form(const Call& call, const Writer& who, const NewLink& entered,
                std::string_view message, int status) {
  View view;
  call.read([&](const Snapshot& snapshot) {
    auto networks = network_choices(snapshot, entered);
    auto groups = group_choices(snapshot, entered);
    view.set("has_groups", !groups.empty()).set("has_networks", !networks.empty());
    view.set("groups", std::move(groups)).set("networks", std::move(networks));
  });
  view.set("recipient", entered.recipient)
      .set("message_text", entered.message)
      .set("note", entered.note)
      .set("lives", life_choices(entered.expires_in))
      .set("device_name", entered.device_name)
      .set("requires_approval", entered.requires_approval)
      .set("is_open", !entered.device_name.empty() || !entered.auto_groups.empty() ||
                          !entered.networks.empty() || entered.requires_approval)
      .set("message", message);
  return page(call, who, {"links/new", "New install link", std::move(view), "/links", status});
}

Result<NewLink> read_form(const Form& form) {
  NewLink entered{.recipient = std::string{form.value("recipient")},
                  .note = std::string{form.value("note")},
                  .message = std::string{form.value("message")},
                  .auto_groups = form.values("auto_groups"),
                  .networks = form.values("networks"),
                  .device_name = std::string{form.value("device_name")},
                  .requires_approval = form.has("requires_approval")};
  const auto expires_in = read_number("how long it works", form.value("expires_in"), kLinkLife);
  if (!expires_in) return expires_in.refusal();
  entered.expires_in = *expires_in;
  return entered;
}

// What goes to the recipient, by whatever way.
std::string message_text(const InstallLink& link, const std::string& url,
                         const std::string& contact) {
  return formatted(
      "Hello,\n\nplease connect your computer to our private network.\n{}{}{}\n"
      "Open this link on that computer. It shows one line to copy, and where to paste it:\n{}\n\n"
      "It takes about a minute. The link works once, for one computer, until {}.\n\n"
      "Questions? {}\n",
      link.message.empty() ? "" : "What it is for: ", link.message,
      link.message.empty() ? "" : "\n", url, readable_time(link.expires_at), contact);
}

// Opens the person's own mail program. A recipient that is an address is filled in.
std::string mail_to(const InstallLink& link, std::string_view text) {
  std::string address;
  if (const auto email = check_email(link.recipient)) {
    const auto at = email->find('@');
    address = encode_query(email->substr(0, at)) + "@" + encode_query(email->substr(at + 1));
  }
  std::string body;
  for (const char c : text) body += c == '\n' ? std::string{"\r\n"} : std::string{c};
  return formatted("mailto:{}?subject={}&body={}", address, encode_query(kSubject),
                   encode_query(body));
}

}  // namespace

std::vector<View> life_choices(std::int64_t chosen) {
  std::vector<View> choices;
  for (const std::int64_t life : kLives)
    choices.push_back(View{}
                          .set("seconds", life)
                          .set("words", counted(life / kDay, "day"))
                          .set("is_chosen", life == chosen));
  return choices;
}

Result<Reply> show_new_link(const Call& call, const Writer& who) {
  return show_form(call, who, {.recipient = ""}, "", 200);
}

Result<Reply> create_link(const Call& call, const Writer& who) {
  const auto entered = read_form(who.form());
  if (!entered) return entered.refusal();
  const auto number = who.form().value("form_number");
  using Made = std::optional<CreatedLink>;
  const auto made = call.write(who, [&](Transaction& tx, const By& by) -> Result<Made> {
    if (!claim_form(tx, who.session().id, number)) return Made{};
    auto created = muster::create_link(tx, by, *entered);
    if (!created) return created.refusal();
    note_form_result(tx, who.session().id, number, "/links/" + to_text(created->link.id));
    return Made{std::move(*created)};
  });
  if (!made) return show_form(call, who, *entered, made.refusal().message, 422);
  return *made ? show_created(call, who, **made) : show_already_created(call, who);
}

Reply show_created(const Call& call, const SignedIn& who, const CreatedLink& created) {
  const InstallLink& link = created.link;
  const std::string& key = created.secret.reveal();
  const std::string url = call.app.public_address.url() + "/i/" + key;
  const std::string text = message_text(link, url, who.person().label());
  std::string removed;
  if (created.removed_device)
    removed = call.read([&](const Snapshot& snapshot) {
      return find_device(snapshot, *created.removed_device)->name;
    });
  View view = qr_view(url);
  view.set("id", to_text(link.id))
      .set("url", url)
      .set("text", text)
      .set("mailto", mail_to(link, text))
      .set("line", pasted_lines(call.app, key).linux)
      .set("expires_at", time_view(link.expires_at, call.app.clock.now()))
      .set("removed", removed);
  set_arrival(view, call, {link, std::nullopt});
  return page(call, who,
              {"links/created", "Link for " + link.recipient, std::move(view), "/links"});
}

Reply show_already_created(const Call& call, const SignedIn& who) {
  const std::string path = call.read([&](const Snapshot& snapshot) {
    return find_form_result(snapshot, who.session().id, who.form().value("form_number"));
  });
  View view;
  view.set("path", own_path(path, "/links"));
  return page(call, who, {"links/already", "Already created", std::move(view), "/links"});
}

}  // namespace muster::pages
