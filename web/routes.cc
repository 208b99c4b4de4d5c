#include "web/routes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "web/api/handlers.h"
#include "web/pages/handlers.h"

namespace muster {
namespace {

// How a handler is called follows from its parameters: with nobody, with a right, with
// any token, with a device.
template <auto handler>
struct Entry;

template <Result<Reply> (*handler)(const Call&)>
struct Entry<handler> {
  static std::string_view access() { return "anyone"; }
  static Result<Reply> handle(const Call& call) { return handler(call); }
};

template <Right right, Result<Reply> (*handler)(const Call&, const Allowed<right>&)>
struct Entry<handler> {
  static std::string_view access() { return text_of(right); }
  static Result<Reply> handle(const Call& call) {
    const auto who = allow<right>(call.app, call.request);
    if (!who) return who.refusal();
    return handler(call, *who);
  }
};

template <Result<Reply> (*handler)(const Call&, const Known&)>
struct Entry<handler> {
  static std::string_view access() { return "token"; }
  static Result<Reply> handle(const Call& call) {
    const auto who = allow_known(call.app, call.request);
    if (!who) return who.refusal();
    return handler(call, *who);
  }
};

template <Result<Reply> (*handler)(const Call&, const DeviceCaller&)>
struct Entry<handler> {
  static std::string_view access() { return "device"; }
  static Result<Reply> handle(const Call& call) {
    const auto who = allow_device(call.app, call.request);
    if (!who) return who.refusal();
    return handler(call, *who);
  }
};

template <Result<Reply> (*handler)(const Call&, const SignedIn&)>
struct Entry<handler> {
  static std::string_view access() { return "session"; }
  static Result<Reply> handle(const Call& call) {
    const auto who = allow_person(call.app, call.request);
    if (!who) return who.refusal();
    return handler(call, *who);
  }
};

template <Right right, Result<Reply> (*handler)(const Call&, const Visitor<right>&)>
struct Entry<handler> {
  static std::string_view access() {
    static const std::string words = "session " + std::string{text_of(right)};
    return words;
  }
  static Result<Reply> handle(const Call& call) {
    const auto who = allow_visitor<right>(call.app, call.request);
    if (!who) return who.refusal();
    return handler(call, *who);
  }
};

template <auto handler>
Route route(std::string_view method, std::string_view pattern,
            std::size_t body_limit = kBodyLimit) {
  return {method, pattern, Entry<handler>::access(), body_limit, &Entry<handler>::handle};
}

// A group's PUT carries all its devices, 24 bytes each at the most.
constexpr std::size_t kMembersLimit = 4 * 1024 * 1024;

// Acts over many name them by id: room for some hundred thousand.
constexpr std::size_t kManyLimit = 4 * 1024 * 1024;

// Of each table the first row that matches is taken: `/keys/new` stands before `/keys/{id}`.
std::vector<Route> routes_of_programs() {
  return {
      route<api::healthz>("GET", "/healthz"),
      route<api::readyz>("GET", "/readyz"),
      route<api::install_sh>("GET", "/install.sh"),
      route<api::muster_agent>("GET", "/muster-agent"),

      route<api::openapi>("GET", "/api/openapi.json"),
      route<api::enroll>("POST", "/api/enroll"),
      route<api::heartbeat>("POST", "/api/agent/heartbeat"),
      route<api::leave>("POST", "/api/agent/leave"),

      route<api::list_keys>("GET", "/api/setup-keys"),
      route<api::create_key>("POST", "/api/setup-keys"),
      route<api::act_on_keys>("POST", "/api/setup-keys/actions", kManyLimit),
      route<api::get_key>("GET", "/api/setup-keys/{id}"),
      route<api::put_key>("PUT", "/api/setup-keys/{id}"),
      route<api::patch_key>("PATCH", "/api/setup-keys/{id}"),
      route<api::delete_key>("DELETE", "/api/setup-keys/{id}"),
      route<api::pause_key>("POST", "/api/setup-keys/{id}/pause"),
      route<api::resume_key>("POST", "/api/setup-keys/{id}/resume"),
      route<api::rotate_key>("POST", "/api/setup-keys/{id}/rotate"),
      route<api::clone_key>("POST", "/api/setup-keys/{id}/clone"),
      route<api::apply_key>("POST", "/api/setup-keys/{id}/apply"),
      route<api::list_key_devices>("GET", "/api/setup-keys/{id}/devices"),
      route<api::list_key_refusals>("GET", "/api/setup-keys/{id}/refusals"),

      route<api::list_groups>("GET", "/api/groups"),
      route<api::create_group>("POST", "/api/groups", kMembersLimit),
      route<api::get_group>("GET", "/api/groups/{id}"),
      route<api::put_group>("PUT", "/api/groups/{id}", kMembersLimit),
      route<api::patch_group>("PATCH", "/api/groups/{id}", kMembersLimit),
      route<api::delete_group>("DELETE", "/api/groups/{id}"),

      route<api::list_devices>("GET", "/api/devices"),
      route<api::act_on_devices>("POST", "/api/devices/actions", kManyLimit),
      route<api::get_device>("GET", "/api/devices/{id}"),
      route<api::patch_device>("PATCH", "/api/devices/{id}"),
      route<api::delete_device>("DELETE", "/api/devices/{id}"),

      route<api::list_links>("GET", "/api/install-links"),
      route<api::create_link>("POST", "/api/install-links"),
      route<api::act_on_links>("POST", "/api/install-links/actions", kManyLimit),
      route<api::get_link>("GET", "/api/install-links/{id}"),
      route<api::patch_link>("PATCH", "/api/install-links/{id}"),
      route<api::withdraw_link>("DELETE", "/api/install-links/{id}"),
      route<api::extend_link>("POST", "/api/install-links/{id}/extend"),
      route<api::resend_link>("POST", "/api/install-links/{id}/resend"),
      route<api::replace_link>("POST", "/api/install-links/{id}/replace"),

      route<api::list_peers>("GET", "/api/peers"),
      route<api::get_peer>("GET", "/api/peers/{id}"),
      route<api::put_peer>("PUT", "/api/peers/{id}"),
      route<api::delete_peer>("DELETE", "/api/peers/{id}"),
      route<api::list_events>("GET", "/api/events"),
      route<api::list_events>("GET", "/api/events/audit"),
      route<api::get_chain>("GET", "/api/events/chain"),

      route<api::list_users>("GET", "/api/users"),
      route<api::create_user>("POST", "/api/users"),
      route<api::get_current_user>("GET", "/api/users/current"),
      route<api::put_user>("PUT", "/api/users/{id}"),
      route<api::delete_user>("DELETE", "/api/users/{id}"),
      route<api::invite_user>("POST", "/api/users/{id}/invite"),
      route<api::list_tokens>("GET", "/api/users/{id}/tokens"),
      route<api::create_token>("POST", "/api/users/{id}/tokens"),
      route<api::get_token>("GET", "/api/users/{id}/tokens/{token_id}"),
      route<api::delete_token>("DELETE", "/api/users/{id}/tokens/{token_id}"),

      route<api::revoke>("POST", "/api/revocations"),
      route<api::hand_over>("POST", "/api/users/{id}/hand-over"),

      route<api::list_networks>("GET", "/api/networks"),
      route<api::create_network>("POST", "/api/networks"),
      route<api::get_network>("GET", "/api/networks/{id}"),
      route<api::patch_network>("PATCH", "/api/networks/{id}"),
      route<api::delete_network>("DELETE", "/api/networks/{id}"),
  };
}

// Pages of what somebody looks after.
std::vector<Route> routes_of_things() {
  return {
      route<pages::list_links>("GET", "/links"),
      route<pages::act_on_links>("POST", "/links/actions", kManyLimit),
      route<pages::show_new_link>("GET", "/links/new"),
      route<pages::create_link>("POST", "/links/new"),
      route<pages::show_link>("GET", "/links/{id}"),
      route<pages::mark_link_sent>("POST", "/links/{id}/sent"),
      route<pages::extend_link>("POST", "/links/{id}/extend"),
      route<pages::withdraw_link>("POST", "/links/{id}/withdraw"),
      route<pages::show_resend_link>("GET", "/links/{id}/resend"),
      route<pages::resend_link>("POST", "/links/{id}/resend"),
      route<pages::show_replace_link>("GET", "/links/{id}/replace"),
      route<pages::replace_link>("POST", "/links/{id}/replace"),
      route<pages::keys>("GET", "/keys"),
      route<pages::find_key_of_secret>("POST", "/keys/whose"),
      route<pages::act_on_keys>("POST", "/keys/actions", kManyLimit),
      route<pages::show_new_key>("GET", "/keys/new"),
      route<pages::create_key>("POST", "/keys/new"),
      route<pages::check_new_key>("POST", "/keys/new/check"),
      route<pages::key>("GET", "/keys/{id}"),
      route<pages::key_devices>("GET", "/keys/{id}/devices"),
      route<pages::key_arrivals>("GET", "/keys/{id}/arrivals"),
      route<pages::show_edit_key>("GET", "/keys/{id}/edit"),
      route<pages::edit_key>("POST", "/keys/{id}/edit"),
      route<pages::check_key_edit>("POST", "/keys/{id}/check"),
      route<pages::show_apply_key>("GET", "/keys/{id}/apply"),
      route<pages::apply_key>("POST", "/keys/{id}/apply"),
      route<pages::pause_key>("POST", "/keys/{id}/pause"),
      route<pages::resume_key>("POST", "/keys/{id}/resume"),
      route<pages::rotate_key>("POST", "/keys/{id}/rotate"),
      route<pages::clone_key>("POST", "/keys/{id}/clone"),
      route<pages::revoke_key>("POST", "/keys/{id}/revoke"),
      route<pages::delete_key>("POST", "/keys/{id}/delete"),
      route<pages::list_devices>("GET", "/devices"),
      route<pages::act_on_devices>("POST", "/devices/actions", kManyLimit),
      route<pages::show_device>("GET", "/devices/{id}"),
      route<pages::save_device>("POST", "/devices/{id}"),
      route<pages::approve_device>("POST", "/devices/{id}/approve"),
      route<pages::show_device_removal>("GET", "/devices/{id}/remove"),
      route<pages::remove_device>("POST", "/devices/{id}/remove"),
      route<pages::list_groups>("GET", "/groups"),
      route<pages::show_new_group>("GET", "/groups/new"),
      route<pages::make_group>("POST", "/groups/new"),
      route<pages::show_group>("GET", "/groups/{id}"),
      route<pages::save_group>("POST", "/groups/{id}"),
      route<pages::show_protection>("GET", "/groups/{id}/protection"),
      route<pages::set_protection>("POST", "/groups/{id}/protection"),
      route<pages::delete_group>("POST", "/groups/{id}/delete"),
      route<pages::list_networks>("GET", "/networks"),
      route<pages::show_new_network>("GET", "/networks/new"),
      route<pages::make_network>("POST", "/networks/new"),
      route<pages::show_network>("GET", "/networks/{id}"),
      route<pages::save_network>("POST", "/networks/{id}"),
      route<pages::delete_network>("POST", "/networks/{id}/delete"),
      route<pages::export_keys>("GET", "/keys.csv"),
      route<pages::export_links>("GET", "/links.csv"),
      route<pages::export_devices>("GET", "/devices.csv"),
  };
}

// Pages of who comes here, what they see first, and what was done.
std::vector<Route> routes_of_people() {
  return {
      route<pages::static_file>("GET", "/static/{file}"),
      route<pages::show_first_run>("GET", "/first-run/{secret}"),
      route<pages::first_run>("POST", "/first-run/{secret}"),
      route<pages::show_sign_in>("GET", "/sign-in"),
      route<pages::sign_in>("POST", "/sign-in"),
      route<pages::sign_in_with_code>("POST", "/sign-in/code"),
      route<pages::sign_out>("POST", "/sign-out"),
      route<pages::set_theme>("POST", "/theme"),
      route<pages::home>("GET", "/"),
      route<pages::overview>("GET", "/overview"),
      route<pages::start>("GET", "/start"),
      route<pages::show_install>("GET", "/i/{secret}"),
      route<pages::install>("POST", "/i/{secret}"),
      route<pages::account>("GET", "/account"),
      route<pages::change_password>("POST", "/account/password"),
      route<pages::end_all_other_sessions>("POST", "/account/sessions/end-others"),
      route<pages::end_one_session>("POST", "/account/sessions/{id}/end"),
      route<pages::show_second_factor>("GET", "/account/second-factor"),
      route<pages::begin_second_factor>("POST", "/account/second-factor"),
      route<pages::confirm_second_factor>("POST", "/account/second-factor/confirm"),
      route<pages::renew_recovery_codes>("POST", "/account/second-factor/codes"),
      route<pages::end_second_factor>("POST", "/account/second-factor/off"),
      route<pages::show_new_own_token>("GET", "/account/tokens/new"),
      route<pages::create_own_token>("POST", "/account/tokens/new"),
      route<pages::end_own_token>("POST", "/account/tokens/{id}/end"),
      route<pages::show_invite>("GET", "/invite/{secret}"),
      route<pages::accept_invite>("POST", "/invite/{secret}"),
      route<pages::list_people>("GET", "/people"),
      route<pages::show_new_person>("GET", "/people/new"),
      route<pages::create_person>("POST", "/people/new"),
      route<pages::show_person>("GET", "/people/{id}"),
      route<pages::save_role>("POST", "/people/{id}/role"),
      route<pages::block_person>("POST", "/people/{id}/block"),
      route<pages::unblock_person>("POST", "/people/{id}/unblock"),
      route<pages::pause_keys_of_person>("POST", "/people/{id}/pause-keys"),
      route<pages::renew_invite>("POST", "/people/{id}/invite"),
      route<pages::withdraw_invite>("POST", "/people/{id}/withdraw"),
      route<pages::show_new_service_token>("GET", "/people/{id}/tokens/new"),
      route<pages::create_service_token>("POST", "/people/{id}/tokens/new"),
      route<pages::end_service_token>("POST", "/people/{id}/tokens/{token_id}/end"),
      route<pages::hand_over>("POST", "/revocations/user/{id}/hand-over"),
      route<pages::show_plan>("GET", "/revocations/{kind}/{id}"),
      route<pages::apply_plan>("POST", "/revocations/{kind}/{id}"),
      route<pages::show_receipt>("GET", "/receipts/{id}"),
      route<pages::settings>("GET", "/settings"),
      route<pages::save_addresses>("POST", "/settings/addresses"),
      route<pages::save_purge_days>("POST", "/settings/purge"),
      route<pages::audit_log>("GET", "/audit"),
      route<pages::export_audit_log>("GET", "/audit.csv"),
  };
}

const std::vector<Route>& table() {
  static const std::vector<Route> routes = [] {
    auto all = routes_of_programs();
    for (const auto& pages : {routes_of_things(), routes_of_people()})
      all.insert(all.end(), pages.begin(), pages.end());
    return all;
  }();
  return routes;
}

std::string_view take_segment(std::string_view& path) {
  const auto slash = path.find('/');
  const auto segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  return segment;
}

// A trailing slash does not match, as in the API this follows.
bool matches(std::string_view pattern, std::string_view path,
             std::vector<std::string>& parameters) {
  parameters.clear();
  if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) return false;
  while (!pattern.empty() || !path.empty()) {
    const auto wanted = take_segment(pattern);
    const auto given = take_segment(path);
    if (wanted.starts_with('{') && !given.empty())
      parameters.emplace_back(given);
    else if (wanted != given)
      return false;
  }
  return true;
}

}  // namespace

std::span<const Route> all_routes() { return table(); }

Match find_route(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  Match match;
  std::vector<std::string> parameters;
  for (const Route& route : table()) {
    if (!matches(route.pattern, path, parameters)) continue;
    const std::string_view answered = route.method == "GET" ? "GET, HEAD" : route.method;
    if (match.allowed_methods.find(answered) == std::string::npos)
      match.allowed_methods += (match.allowed_methods.empty() ? "" : ", ") + std::string{answered};
    if (route.method != method || match.route != nullptr) continue;
    match.route = &route;
    match.path_parameters = parameters;
  }
  return match;
}

}  // namespace muster
