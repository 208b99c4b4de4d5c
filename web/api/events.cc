// The audit log as NetBird's clients read it, with our own members beside.

#include <algorithm>
#include <array>

#include "server/audit_list.h"
#include "server/clock.h"
#include "web/api/handlers.h"
#include "web/audit_query.h"
#include "web/exports.h"

namespace muster::api {
namespace {

constexpr int kPage = 500;
constexpr int kEventsAtMost = 10'000;

struct Activity {
  std::string_view code;
  std::string_view text;
};
constexpr std::array kActivities{
    Activity{"setupkey.add", "Setup key created"},
    Activity{"setupkey.update", "Setup key updated"},
    Activity{"setupkey.revoke", "Setup key revoked"},
    Activity{"setupkey.delete", "Setup key deleted"},
    Activity{"setupkey.pause", "Setup key paused"},
    Activity{"setupkey.resume", "Setup key resumed"},
    Activity{"setupkey.rotate", "Setup key rotated"},
    Activity{"setupkey.group.add", "Group added to setup key"},
    Activity{"setupkey.group.delete", "Group removed from user setup key"},
    Activity{"peer.setupkey.add", "Peer added"},
    Activity{"user.peer.delete", "Peer deleted"},
    Activity{"peer.rename", "Peer renamed"},
    Activity{"peer.group.add", "Group added to peer"},
    Activity{"peer.group.delete", "Group removed from peer"},
    Activity{"peer.network.add", "Network added to peer"},
    Activity{"peer.network.delete", "Network removed from peer"},
    Activity{"peer.tags.update", "Peer tags updated"},
    Activity{"peer.approve", "Peer approved"},
    Activity{"peer.approval.revoke", "Peer approval revoked"},
    Activity{"peer.ip.update", "Peer IP updated"},
    Activity{"peer.ssh.enable", "Peer SSH server enabled"},
    Activity{"peer.ssh.disable", "Peer SSH server disabled"},
    Activity{"group.add", "Group created"},
    Activity{"group.update", "Group updated"},
    Activity{"group.delete", "Group deleted"},
    Activity{"group.protect", "Group protected"},
    Activity{"group.unprotect", "Group no longer protected"},
    Activity{"group.approval", "Group approval updated"},
    Activity{"network.add", "Network created"},
    Activity{"network.update", "Network updated"},
    Activity{"network.delete", "Network deleted"},
    Activity{"server.purge", "Dead keys and devices purged"},
    Activity{"settings.purge_days.update", "Purge time updated"},
    Activity{"settings.public_url.update", "Public address updated"},
    Activity{"settings.second_url.update", "Second address updated"},
    Activity{"user.create", "User created"},
    Activity{"user.delete", "User deleted"},
    Activity{"user.session.end", "User session ended"},
    Activity{"user.invite", "User invited"},
    Activity{"user.invite.withdraw", "User invite deleted"},
    Activity{"user.join", "User joined"},
    Activity{"user.role.update", "User role updated"},
    Activity{"user.block", "User blocked"},
    Activity{"user.unblock", "User unblocked"},
    Activity{"user.password.change", "User password changed"},
    Activity{"user.second_factor.add", "User second factor added"},
    Activity{"user.second_factor.remove", "User second factor removed"},
    Activity{"user.recovery_code.use", "User recovery code used"},
    Activity{"user.recovery_codes.renew", "User recovery codes renewed"},
    Activity{"user.handover", "User's setup keys handed over"},
    Activity{"setupkey.handover", "Setup key handed over"},
    Activity{"setupkey.network.delete", "Network removed from setup key"},
    Activity{"peer.network.delete", "Network removed from peer"},
    Activity{"personal.access.token.create", "Personal access token created"},
    Activity{"personal.access.token.delete", "Personal access token deleted"},
};

// A code without a row speaks for itself.
std::string_view activity_of(std::string_view code) {
  const auto row = std::ranges::find(kActivities, code, &Activity::code);
  return row == kActivities.end() ? code : row->text;
}

JsonObject event_shape(const AuditRow& row) {
  const bool is_system = row.actor.id.empty();  // the server, the command line
  const bool is_email = row.actor.kind == "user" && row.actor.name.find('@') != std::string::npos;
  JsonObject shape;
  shape.set("id", std::string_view{std::to_string(row.id)})
      .set("timestamp", std::string_view{rfc3339(row.at)})
      .set("activity", activity_of(row.code))
      .set("activity_code", std::string_view{row.code})
      .set("initiator_id", is_system ? std::string_view{"sys"} : std::string_view{row.actor.id})
      .set("initiator_name",
           is_system ? std::string_view{row.actor.kind} : std::string_view{row.actor.name})
      .set("initiator_email", is_email ? std::string_view{row.actor.name} : std::string_view{})
      .set("target_id", std::string_view{row.target.id})
      .set_raw("meta", row.details);
  shape.set("initiator_kind", std::string_view{row.actor.kind})
      .set("target_kind", std::string_view{row.target.kind})
      .set("target_name", std::string_view{row.target.name})
      .set("from", std::string_view{row.from})
      .set("cascade_id", std::string_view{row.cascade_id});
  return shape;
}

}  // namespace

// Newest first, 10,000 at the most; `before` (an event's id) leads to older ones.
Result<Reply> list_events(const Call& call, const Allowed<Right::audit_read>&) {
  const auto limit = read_limit(call.request, kEventsAtMost, kEventsAtMost);
  if (!limit) return limit.refusal();
  const auto before = read_audit_cursor(call.request);
  if (!before) return before.refusal();
  const auto filter = read_audit_filter(call.request);
  if (!filter) return filter.refusal();
  const auto is_csv = wants_csv(call.request);
  if (!is_csv) return is_csv.refusal();
  if (*is_csv) return audit_csv(call, *filter);
  struct Position {
    std::int64_t before;
    int left;
  };
  return stream_array(
      [&app = call.app, filter = *filter, at = Position{*before, *limit}]() mutable {
        std::vector<JsonObject> page;
        if (at.before == 1 || at.left == 0) return page;
        const auto rows = app.database.read([&](const Snapshot& snapshot) {
          return list_audit(snapshot, filter, at.before, std::min(kPage, at.left));
        });
        for (const AuditRow& row : rows) page.push_back(event_shape(row));
        at.left -= static_cast<int>(rows.size());
        if (!rows.empty()) at.before = rows.back().id;
        return page;
      });
}

// Walks the whole log: a row that was changed by hand, or before which one is missing, is named.
Result<Reply> get_chain(const Call& call, const Allowed<Right::audit_read>&) {
  const ChainState state =
      call.read([](const Snapshot& snapshot) { return check_chain(snapshot); });
  return json_reply(
      JsonObject{}
          .set("rows", state.rows)
          .set("head_id", std::string_view{std::to_string(state.head_id)})
          .set("head", std::string_view{state.head})
          .set("is_whole", !state.first_broken_id)
          .set("first_broken_id", state.first_broken_id
                                      ? std::optional{std::to_string(*state.first_broken_id)}
                                      : std::nullopt));
}

}  // namespace muster::api
