#include "web/page.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "server/log.h"
#include "server/people.h"
#include "web/assets.h"
#include "web/cookies.h"
#include "web/many_notice.h"
#include "web/refusals.h"
#include "web/render.h"

namespace muster {
namespace {

struct NavigationItem {
  std::string_view path;
  std::string_view label;
  Right right;
};
constexpr std::array kNavigation{
    NavigationItem{"/overview", "Overview", Right::keys_read},
    NavigationItem{"/keys", "Keys", Right::keys_read},
    NavigationItem{"/links", "Install links", Right::links_read},
    NavigationItem{"/devices", "Devices", Right::devices_read},
    NavigationItem{"/groups", "Groups", Right::groups_read},
    NavigationItem{"/networks", "Networks", Right::networks_read},
    NavigationItem{"/people", "People", Right::people_read},
    NavigationItem{"/audit", "Audit log", Right::audit_read},
    NavigationItem{"/settings", "Settings", Right::settings_read},
};

// What a form did, said on the page that the browser is sent to: `?notice=key-revoked`.
struct Notice {
  std::string_view word;
  std::string_view sentence;
};
constexpr std::array kNotices{
    Notice{"password-changed", "Your password is changed. Other browsers are signed out."},
    Notice{"session-ended", "That browser is signed out."},
    Notice{"sessions-ended", "All other browsers are signed out."},
    Notice{"second-factor-off", "Your second factor is off. The password alone signs you in."},
    Notice{"token-ended", "The access token has ended."},
    Notice{"service-user-made", "The service user is made. Give it an access token to act with."},
    Notice{"role-changed", "The role is changed."},
    Notice{"person-blocked", "Blocked: signed out everywhere, and access tokens are refused."},
    Notice{"person-unblocked", "No longer blocked."},
    Notice{"keys-paused", "The keys are paused. They let nobody in until they are resumed."},
    Notice{"invite-withdrawn", "The invite is withdrawn. Its link does not work any more."},
    Notice{"key-revoked", "The key is revoked. It lets nobody in any more."},
    Notice{"key-deleted", "The key is deleted. Its devices stay."},
    Notice{"key-saved", "The key is saved."},
    Notice{"key-paused", "The key is paused. It lets nobody in until it is resumed."},
    Notice{"key-resumed", "The key works again."},
    Notice{"handed-over", "The keys, links and devices are handed over. They stay now."},
    Notice{"group-made", "The group is made."},
    Notice{"group-saved", "The group is saved."},
    Notice{"group-deleted", "The group is deleted."},
    Notice{"group-protected", "The group is protected. It admits one-time keys only."},
    Notice{"group-unprotected", "The group is no longer protected."},
    Notice{"network-saved", "The network is saved."},
    Notice{"network-deleted", "The network is deleted."},
    Notice{"addresses-saved",
           "The addresses are saved. Connected devices learn them within a minute."},
    Notice{"purge-days-saved", "The purge time is saved."},
    Notice{"device-approved", "The device is approved. It is in from its next call on."},
    Notice{"device-saved", "The device is saved."},
    Notice{"device-removed",
           "The device is removed. Its next call is told so, and its tunnel ends."},
    Notice{"link-sent", "The link is marked as sent."},
    Notice{"link-withdrawn", "The link is withdrawn. It lets nobody in any more."},
    Notice{"link-extended", "The link works longer now, under the same address."},
};

// Paths that programs read: refusals there are JSON.
constexpr std::array<std::string_view, 5> kForPrograms{"/healthz", "/readyz", "/metrics",
                                                       "/install.sh", "/muster-agent"};

std::string notice_of(const Request& request) {
  if (std::string sentence = many_notice(request); !sentence.empty()) return sentence;
  const auto found = std::ranges::find(kNotices, request.query_value("notice"), &Notice::word);
  return found == kNotices.end() ? std::string{} : std::string{found->sentence};
}

std::string_view theme_of(const Request& request) {
  const auto theme = find_cookie(request, "theme");
  return theme == "light" || theme == "dark" ? theme : std::string_view{};
}

std::vector<View> navigation_for(const SignedIn& who, std::string_view section) {
  std::vector<View> items;
  for (const NavigationItem& item : kNavigation)
    if (who.may(item.right))
      items.push_back(View{}
                          .set("path", item.path)
                          .set("label", item.label)
                          .set("current", item.path == section));
  return items;
}

std::string new_form_number() {
  std::array<std::uint8_t, 16> bytes{};
  fill_random(bytes);
  return hex_of(bytes);
}

Reply html(std::string body, int status) {
  Reply reply{
      .status = status, .content_type = "text/html; charset=UTF-8", .body = std::move(body)};
  // Nothing but our own files runs or is loaded, no form of ours goes elsewhere, and no other page
  // shows ours in a frame. `no-referrer` would make browsers send `Origin: null` with our forms.
  reply.with_header("Content-Security-Policy",
                    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
                    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
                    "frame-ancestors 'none'");
  reply.with_header("Referrer-Policy", "same-origin");
  reply.with_header("Cross-Origin-Opener-Policy", "same-origin");
  return reply;
}

View frame_of(const Call& call, const Page& page, std::string content) {
  const bool from_disk = call.app.config.dev;
  View view;
  view.set("title", page.title)
      .set("content", std::move(content))
      .set("theme", theme_of(call.request))
      .set("style_url", static_url("app.css", from_disk))
      .set("script_url", static_url("app.js", from_disk))
      .set("icon_url", static_url("icon.svg", from_disk));
  return view;
}

// A browser that follows a link from another site leaves our strict cookie behind. The page that
// asks for itself once more is ours, so then the cookie comes.
bool may_have_left_cookie_behind(const Request& request) {
  return request.method == "GET" && request.header("Sec-Fetch-Site") == "cross-site" &&
         request.header("Sec-Fetch-Mode") == "navigate";
}

std::string path_with_query(const Request& request) {
  std::string path = request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    path += formatted("{}{}={}", separator, encode_query(name), encode_query(value));
    separator = '&';
  }
  return path;
}

Reply ask_to_sign_in(const Call& call) {
  if (may_have_left_cookie_behind(call.request))
    return html(render("reload", View{}, call.app.config.dev), 200);
  return redirect("/sign-in?next=" + encode_query(path_with_query(call.request)));
}

}  // namespace

Reply page(const Call& call, const SignedIn& who, Page page) {
  const bool from_disk = call.app.config.dev;
  page.view.set("csrf_token", who.csrf_token()).set("form_number", new_form_number());
  View view = frame_of(call, page, render(page.name, page.view, from_disk));
  view.set("csrf_token", who.csrf_token())
      .set("navigation", navigation_for(who, page.section))
      .set("on_account", page.section == "/account")
      .set("person", who.person().label())
      .set("notice", notice_of(call.request))
      .set("here", path_with_query(call.request))
      .set("is_light", theme_of(call.request) == "light")
      .set("is_dark", theme_of(call.request) == "dark")
      .set("is_auto", theme_of(call.request).empty());
  return html(render("layout", view, from_disk), page.status);
}

Reply plain_page(const Call& call, const Page& page) {
  const bool from_disk = call.app.config.dev;
  const std::string content = render(page.name, page.view, from_disk);
  return html(render("plain", frame_of(call, page, content), from_disk), page.status);
}

Reply fragment(const Call& call, std::string_view name, const View& view) {
  return html(render(name, view, call.app.config.dev), 200);
}

Reply error_page(const Call& call, const Refusal& refusal) {
  const int status = status_of(refusal.kind);
  const bool is_get = call.request.method == "GET" || call.request.method == "HEAD";
  const bool is_live = call.request.find_header("X-Live").has_value();
  try {
    if (refusal.kind == Kind::unauthorized && is_get && !is_live) return ask_to_sign_in(call);
    View view;
    view.set("message", refusal.message)
        .set("status", status)
        .set("is_unknown", refusal.kind == Kind::not_found)
        .set("is_ours", status >= 500)
        .set("offers_sign_in", refusal.kind == Kind::unauthorized)
        .set("request_id", call.request.id);
    const std::string title = refusal.kind == Kind::not_found ? "Not found" : "That did not work";
    Reply reply = plain_page(call, {"error", title, std::move(view), {}, status});
    if (refusal.retry_after_seconds > 0)
      reply.with_header("Retry-After", std::to_string(refusal.retry_after_seconds));
    return reply;
  } catch (const std::exception& fault) {
    log_line(formatted("request {}: error page: {}", call.request.id, fault.what()));
    return Reply{.status = 500,
                 .content_type = "text/plain; charset=UTF-8",
                 .body = formatted("Muster could not answer. The log names this as request {}.\n",
                                   call.request.id)};
  }
}

Reply redirect(std::string path) {
  Reply reply{.status = 303, .content_type = "text/plain; charset=UTF-8"};
  reply.with_header("Location", std::move(path));
  return reply;
}

std::string own_path(std::string_view path, std::string_view fallback) {
  const bool is_own =
      path.starts_with('/') && !path.starts_with("//") && path.find('\\') == std::string_view::npos;
  return std::string{is_own ? path : fallback};
}

bool is_page_path(std::string_view path) {
  return !path.starts_with("/api/") && path != "/api" && !path.starts_with("/static/") &&
         std::ranges::find(kForPrograms, path) == kForPrograms.end();
}

std::string static_url(std::string_view file, bool from_disk) {
  const auto content = find_asset(formatted("static/{}", file), from_disk);
  if (!content) throw std::logic_error(formatted("there is no file static/{}", file));
  const auto dot = file.rfind('.');
  return formatted("/static/{}-{}{}", file.substr(0, dot), hex_of(hash_of(*content)).substr(0, 8),
                   file.substr(dot));
}

}  // namespace muster
