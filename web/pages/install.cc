// `/i/SECRET`: the page that a stranger opens. Mail scanners and chat previews open links too, so
// looking (GET, HEAD) changes nothing, is not counted, and shows neither secret nor command; these
// come with the button, which counts as opened and may be pressed again while the link lives.

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/install_links.h"
#include "server/text.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/links.h"
#include "web/pasted_line.h"
#include "web/qr.h"
#include "web/refusals.h"
#include "web/words.h"

namespace muster::pages {
namespace {

struct Guest {
  Secret secret;
  SeenLink seen;
  std::string sender;  // their name
};

std::string sender_of(const Snapshot& snapshot, const InstallLink& link) {
  const auto person =
      link.created_by_id ? find_person(snapshot, *link.created_by_id) : std::nullopt;
  if (person && !person->name.empty()) return person->name;
  return link.created_by;
}

std::optional<Guest> find_guest(const Call& call) {
  auto secret = parse_secret(SecretKind::setup_key, call.request.path_parameters.at(0));
  if (!secret) return std::nullopt;
  return call.read([&](const Snapshot& snapshot) -> std::optional<Guest> {
    auto link = find_link_by_secret_hash(snapshot, hash_of(*secret), call.app.clock.now());
    if (!link) return std::nullopt;
    std::string sender = sender_of(snapshot, *link);
    return Guest{std::move(*secret), see(snapshot, std::move(*link)), std::move(sender)};
  });
}

// Programs that keep or list what they find leave these pages out.
Reply unlisted(Reply reply) {
  reply.with_header("X-Robots-Tag", "noindex, nofollow");
  return reply;
}

// Alike for a mistyped secret, one of another server, and a key that is no link's.
Result<Reply> unknown(const Call& call) {
  if (const int seconds = call.app.guesses.count(call.request.client_address); seconds > 0)
    return Refusal{Kind::too_many_requests, Reason::too_many_requests,
                   "Too many unknown links were opened from here. Wait a minute and try again.",
                   seconds};
  return unlisted(plain_page(call, {"install/unknown", "Unknown link", View{}, {}, 404}));
}

void set_sender(View& view, const Guest& guest) {
  const InstallLink& link = guest.seen.link;
  const std::string fallback = "whoever sent you the link";
  view.set("sender", guest.sender)
      .set("has_sender", !guest.sender.empty())
      .set("recipient", link.recipient)
      .set("for_what", link.message)
      .set("contact", link.created_by.empty() ? fallback : link.created_by)
      .set("contact_email", check_email(link.created_by) ? link.created_by : "")
      .set("expires_at", readable_time(link.expires_at));
}

View view_of(const Call& call, const Guest& guest) {
  View view;
  set_sender(view, guest);
  set_arrival(view, call, guest.seen);
  return view;
}

Reply ended(const Call& call, const Guest& guest) {
  const LinkState state = guest.seen.link.state;
  View view = view_of(call, guest);
  view.set("is_used", state == LinkState::used)
      .set("is_withdrawn", state == LinkState::withdrawn)
      .set("is_replaced", state == LinkState::replaced)
      .set("is_expired", state == LinkState::expired);
  return unlisted(
      plain_page(call, {"install/ended", "This link has ended", std::move(view), {}, 410}));
}

// What became of it, for the page that waits: in parts for its script, else whole in a new tab.
Reply show_arrival(const Call& call, const Guest& guest) {
  View view = view_of(call, guest);
  if (call.request.find_header("X-Live")) return unlisted(fragment(call, "install/arrival", view));
  return unlisted(plain_page(call, {"install/look", "Is it connected?", std::move(view)}));
}

// By what a browser's User-Agent says; a phone is none of them.
struct System {
  std::string_view id;
  std::string_view name;
  std::string_view sign;
};
constexpr std::array kSystems{System{"linux", "Linux", "Linux"},
                              System{"macos", "macOS", "Macintosh"},
                              System{"windows", "Windows", "Windows"}};
constexpr std::array<std::string_view, 5> kPhoneSigns{"Android", "iPhone", "iPad", "iPod",
                                                      "Mobile"};

bool is_phone(std::string_view agent) {
  return std::ranges::any_of(kPhoneSigns, [&](std::string_view sign) {
    return agent.find(sign) != std::string_view::npos;
  });
}

// The one that the browser runs on comes first.
std::array<System, kSystems.size()> systems_for(std::string_view agent) {
  auto systems = kSystems;
  std::stable_partition(systems.begin(), systems.end(), [&](const System& system) {
    return !is_phone(agent) && agent.find(system.sign) != std::string_view::npos;
  });
  return systems;
}

std::string line_for(const System& system, const PastedLines& lines) {
  if (system.id == "windows") return lines.windows.value_or("");
  return system.id == "macos" ? lines.macos : lines.linux;
}

std::vector<View> panels_of(const Call& call, const Secret& secret) {
  const PastedLines lines = pasted_lines(call.app, secret.reveal());
  std::vector<View> panels;
  for (const System& system : systems_for(call.request.header("User-Agent")))
    panels.push_back(View{}
                         .set("system", system.id)
                         .set("system_name", system.name)
                         .set("is_first", panels.empty())
                         .set("is_linux", system.id == "linux")
                         .set("is_macos", system.id == "macos")
                         .set("is_windows", system.id == "windows")
                         .set("line", line_for(system, lines)));
  return panels;
}

Reply show_lines(const Call& call, const Guest& guest) {
  const std::string url = call.app.public_address.url() + "/i/" + guest.secret.reveal();
  View view = qr_view(url);
  set_sender(view, guest);
  set_arrival(view, call, guest.seen);
  view.set("url", url)
      .set("systems", panels_of(call, guest.secret))
      .set("is_phone", is_phone(call.request.header("User-Agent")));
  return unlisted(plain_page(call, {"install/lines", "Connect your computer", std::move(view)}));
}

}  // namespace

Result<Reply> show_install(const Call& call) {
  const auto guest = find_guest(call);
  if (!guest) return unknown(call);
  if (call.request.find_query("live")) return show_arrival(call, *guest);
  if (!guest->seen.link.is_live()) return ended(call, *guest);
  View view = view_of(call, *guest);
  return unlisted(plain_page(call, {"install/welcome", "Connect your computer", std::move(view)}));
}

Result<Reply> install(const Call& call) {
  const auto guest = find_guest(call);
  if (!guest) return unknown(call);
  if (!guest->seen.link.is_live()) return ended(call, *guest);
  const bool is_counted = call.app.database.write(
      [&](Transaction& tx) { return note_opened(tx, guest->seen.link.id, call.app.clock.now()); });
  if (is_counted) return show_lines(call, *guest);
  const auto now_dead = find_guest(call);  // it ended a moment ago
  return now_dead ? ended(call, *now_dead) : unknown(call);
}

}  // namespace muster::pages
