#include "web/access.h"

#include <algorithm>

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

// The word behind `Token` or `Bearer`, empty when there is not exactly one; none for any other
// header.
std::optional<std::string_view> credential_of(std::string_view header) {
  const auto blank = std::min(header.find(' '), header.size());
  const std::string scheme = lower_ascii(header.substr(0, blank));
  if (scheme != "token" && scheme != "bearer") return std::nullopt;
  const auto word = header.substr(std::min(blank + 1, header.size()));
  return word.find(' ') == std::string_view::npos ? word : std::string_view{};
}

Result<void> check_not_blocked(const LiveToken& live) {
  if (live.person.status == "blocked")
    return Refusal::forbidden("failed to validate user permissions: user is blocked");
  return {};
}

Result<void> check_rights(const LiveToken& live, Right right) {
  if (!role_allows(live.person.role, right) || !scopes_allow(live.token.scopes, right))
    return Refusal::forbidden("permission denied");
  return {};
}

}  // namespace

By Caller::by(std::int64_t now, const Request& request) const {
  return {subject_of(live.person), request.client_address, now,
          live.person.id,          live.token.id,          live.token.group_ids};
}

By DeviceCaller::by(std::int64_t now, const Request& request) const {
  return {subject_of(device_), request.client_address, now};
}

Result<Caller> authenticate(App& app, const Request& request) {
  const auto credential = credential_of(request.header("Authorization"));
  if (!credential) return Refusal::unauthorized("no valid authentication provided");
  const auto secret = parse_secret(SecretKind::access_token, *credential);
  if (!secret) return Refusal::unauthorized("token invalid");
  const Hash hash = hash_of(*secret);
  const std::int64_t now = app.clock.now();
  auto live = app.database.read(
      [&](const Snapshot& snapshot) { return find_live_token(snapshot, hash, now); });
  if (!live) return Refusal::unauthorized("token invalid");
  if (auto checked = check_not_blocked(*live); !checked) return checked.refusal();
  app.token_uses.note(live->token.id, now);
  return Caller{std::move(*live), hash};
}

Result<Caller> authenticate(App& app, const Request& request, Right right) {
  auto caller = authenticate(app, request);
  if (!caller) return caller.refusal();
  if (auto checked = check_rights(caller->live, right); !checked) return checked.refusal();
  return caller;
}

Result<LiveToken> find_still_live(const Snapshot& snapshot, const Caller& caller,
                                  std::int64_t now) {
  auto live = find_live_token(snapshot, caller.token_hash, now);
  if (!live) return Refusal::unauthorized("token invalid");
  if (auto checked = check_not_blocked(*live); !checked) return checked.refusal();
  return std::move(*live);
}

Result<void> check_still_allowed(const Snapshot& snapshot, const Caller& caller, Right right,
                                 std::int64_t now) {
  const auto live = find_still_live(snapshot, caller, now);
  if (!live) return live.refusal();
  return check_rights(*live, right);
}

Result<Known> allow_known(App& app, const Request& request) {
  auto caller = authenticate(app, request);
  if (!caller) return caller.refusal();
  return Known{std::move(*caller)};
}

Result<DeviceCaller> allow_device(App& app, const Request& request) {
  const auto credential = credential_of(request.header("Authorization"));
  if (!credential) return Refusal::unauthorized("no valid authentication provided");
  std::optional<Device> device;
  if (is_device_secret(*credential)) {
    const Hash hash = hash_of(*credential);
    device = app.database.read(
        [&](const Snapshot& snapshot) { return find_device_by_secret(snapshot, hash); });
  }
  if (!device)
    return Refusal::unauthorized("This device is not known here.", Reason::device_unknown);
  if (device->removed_at)
    return Refusal{Kind::gone, Reason::device_removed,
                   formatted("This device was removed on {}.", readable_time(*device->removed_at))};
  return DeviceCaller{std::move(*device)};
}

}  // namespace muster
