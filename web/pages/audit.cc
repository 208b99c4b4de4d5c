// The audit log as people read it: a sentence for each row.

#include "server/audit_list.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "server/devices.h"
#include "server/groups.h"
#include "server/install_links.h"
#include "server/keys.h"
#include "server/networks.h"
#include "server/people.h"
#include "web/audit_query.h"
#include "web/json.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/list_address.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr int kRows = 50;

// "put the device" till-1 "into the group" shops: what was done, to what, and, where `detail` names
// a member of the row's details that is not empty, `joiner` and that.
struct Sentence {
  std::string_view code;
  std::string_view before;
  std::string_view joiner = {};
  std::string_view detail = {};
};
constexpr std::array kSentences{
    Sentence{"setupkey.add", "made the key"},
    Sentence{"setupkey.update", "changed the key"},
    Sentence{"setupkey.revoke", "revoked the key"},
    Sentence{"setupkey.delete", "deleted the key"},
    Sentence{"setupkey.pause", "paused the key"},
    Sentence{"setupkey.resume", "resumed the key"},
    Sentence{"setupkey.rotate", "gave a new secret to the key"},
    Sentence{"setupkey.group.add", "gave the key", "the group", "group"},
    Sentence{"setupkey.group.delete", "took from the key", "the group", "group"},
    Sentence{"installlink.add", "made the install link for"},
    Sentence{"installlink.update", "changed the install link for"},
    Sentence{"installlink.extend", "gave more time to the install link for"},
    Sentence{"installlink.resend", "made a newer install link for"},
    Sentence{"installlink.replace", "replaced, as used by a wrong computer, the install link for"},
    Sentence{"installlink.sent", "marked as sent the install link for"},
    Sentence{"installlink.withdraw", "withdrew the install link for"},
    Sentence{"peer.setupkey.add", "let in the device"},
    Sentence{"user.peer.delete", "removed the device"},
    Sentence{"peer.rename", "renamed a device to", "from", "old_name"},
    Sentence{"peer.group.add", "put the device", "into the group", "group"},
    Sentence{"peer.group.delete", "took the device", "out of the group", "group"},
    Sentence{"peer.network.add", "put the device", "into the network", "network"},
    Sentence{"peer.network.delete", "took the device", "out of the network", "network"},
    Sentence{"peer.tags.update", "changed the tags of the device", "to", "tags"},
    Sentence{"peer.approve", "approved the device"},
    Sentence{"peer.approval.revoke", "took back the approval of the device"},
    Sentence{"peer.ip.update", "moved the device", "to", "ip"},
    Sentence{"peer.ssh.enable", "switched SSH on for the device"},
    Sentence{"peer.ssh.disable", "switched SSH off for the device"},
    Sentence{"group.add", "made the group"},
    Sentence{"group.update", "renamed a group to", "from", "old_name"},
    Sentence{"group.delete", "deleted the group"},
    Sentence{"group.protect", "protected the group"},
    Sentence{"group.unprotect", "ended the protection of the group"},
    Sentence{"group.approval", "changed whether devices wait for approval in the group"},
    Sentence{"network.add", "made the network", "with the range", "cidr"},
    Sentence{"network.update", "changed the network"},
    Sentence{"network.delete", "deleted the network"},
    Sentence{"user.create", "added the person", "as", "role"},
    Sentence{"user.delete", "removed the person"},
    Sentence{"user.session.end", "signed out", "from", "session_from"},
    Sentence{"user.invite", "made an invite for", "as", "role"},
    Sentence{"user.invite.withdraw", "withdrew the invite of"},
    Sentence{"user.join", "accepted the invite of"},
    Sentence{"user.role.update", "changed the role of", "to", "role"},
    Sentence{"user.block", "blocked"},
    Sentence{"user.unblock", "unblocked"},
    Sentence{"user.handover", "handed over what was made by", "to", "to"},
    Sentence{"setupkey.handover", "handed over the key", "to", "new_created_by"},
    Sentence{"setupkey.network.delete", "took from the key", "the network", "network"},
    Sentence{"peer.network.delete", "took the device", "out of the network", "network"},
    Sentence{"user.password.change", "changed the password of"},
    Sentence{"user.second_factor.add", "turned on the second factor of"},
    Sentence{"user.second_factor.remove", "turned off the second factor of"},
    Sentence{"user.recovery_code.use", "used a recovery code of"},
    Sentence{"user.recovery_codes.renew", "made new recovery codes for"},
    Sentence{"personal.access.token.create", "made for", "the access token", "name"},
    Sentence{"personal.access.token.delete", "revoked of", "the access token", "name"},
    Sentence{"settings.public_url.update", "set the address that machines use", "to", "public_url"},
    Sentence{"settings.second_url.update", "set the second address that machines use", "to",
             "second_url"},
    Sentence{"settings.purge_days.update", "set the days until what is dead is forgotten", "to",
             "purge_days"},
    Sentence{"server.purge", "forgot what was long dead", "keys:", "keys"},
};

// A code without a row speaks for itself.
Sentence sentence_of(std::string_view code) {
  const auto row = std::ranges::find(kSentences, code, &Sentence::code);
  return row == kSentences.end() ? Sentence{code, code} : *row;
}

// Where a subject is shown now; empty once it is gone, or when it has no page.
std::string find_page(const Snapshot& snapshot, const Subject& subject, std::int64_t now) {
  const std::int64_t id = std::atoll(subject.id.c_str());
  if (subject.kind == "install_link" && find_link(snapshot, LinkId{id}, now))
    return "/links/" + subject.id;
  if (subject.kind == "setup_key" && find_key(snapshot, KeyId{id})) return "/keys/" + subject.id;
  if (subject.kind == "device" && find_device(snapshot, DeviceId{id}))
    return "/devices/" + subject.id;
  if (subject.kind == "group" && find_group(snapshot, GroupId{id})) return "/groups/" + subject.id;
  if (subject.kind == "network" && find_network(snapshot, NetworkId{id}))
    return "/networks/" + subject.id;
  if (subject.kind == "user" && find_person(snapshot, UserId{id})) return "/people/" + subject.id;
  return {};
}

// Who acted, where the name alone does not say it.
struct ActorWord {
  std::string_view kind;
  std::string_view before;  // the name
  std::string_view alone;   // instead of a name
};
constexpr std::array kActorWords{
    ActorWord{"setup_key", "Key", ""}, ActorWord{"device", "Device", ""},
    ActorWord{"command_line", "", "Command line"}, ActorWord{"server", "", "Muster itself"}};

void set_actor(View& view, const Subject& actor) {
  const auto word = std::ranges::find(kActorWords, actor.kind, &ActorWord::kind);
  const bool is_known = word != kActorWords.end();
  view.set("actor_before", is_known ? word->before : "")
      .set("actor", is_known && !word->alone.empty() ? word->alone : actor.name);
}

// One snapshot's rows; each subject is looked up once.
class Rows {
 public:
  Rows(const Snapshot& snapshot, std::int64_t now) : snapshot_(snapshot), now_(now) {}

  View view(const AuditRow& row) {
    const Sentence sentence = sentence_of(row.code);
    const Body details{row.details};
    const std::string detail =
        sentence.detail.empty() ? "" : details.text(sentence.detail).value_or("");
    View view;
    set_actor(view, row.actor);
    view.set("actor_path", page_of(row.actor))
        .set("at", time_view(row.at, now_))
        .set("before", sentence.before)
        .set("target", row.target.name)
        .set("target_path", page_of(row.target))
        .set("joiner", sentence.joiner)
        .set("detail", detail)
        .set("from", row.from)
        .set("cascade_id", row.cascade_id)
        .set("more", "");
    return view;
  }

  // What went together: what it began with, and how much more there is.
  View view(const AuditFold& fold) {
    View all = view(fold.first);
    if (fold.rows > 1) all.set("more", std::to_string(fold.rows - 1));
    return all;
  }

 private:
  const std::string& page_of(const Subject& subject) {
    const auto [known, is_new] = pages_.try_emplace(subject.kind + subject.id);
    if (is_new) known->second = find_page(snapshot_, subject, now_);
    return known->second;
  }

  const Snapshot& snapshot_;
  std::int64_t now_;
  std::map<std::string, std::string> pages_;
};

constexpr std::array<std::string_view, 7> kChoices{"actor", "target", "code",  "cascade_id",
                                                   "since", "until",  "before"};

struct About {
  std::string_view code;
  std::string_view label;
};
constexpr std::array kAbout{
    About{"setupkey.", "Keys"},     About{"installlink.", "Install links"},
    About{"peer.", "Devices"},      About{"user.peer.", "Devices removed"},
    About{"group.", "Groups"},      About{"network.", "Networks"},
    About{"user.", "People"},       About{"personal.access.token.", "Access tokens"},
    About{"settings.", "Settings"}, About{"server.", "What Muster did itself"}};

View option(std::string_view value, std::string_view label, std::string_view chosen) {
  return View{}.set("value", value).set("label", label).set("chosen", value == chosen);
}

void set_filters(View& view, const Snapshot& snapshot, const ListAddress& address) {
  std::vector<View> about;
  const std::string_view code = address.value("code");
  for (const About& one : kAbout) about.push_back(option(one.code, one.label, code));
  const bool is_listed = std::ranges::find(kAbout, code, &About::code) != kAbout.end();
  if (!code.empty() && !is_listed) about.push_back(option(code, code, code));
  std::vector<View> actors;
  const std::string_view actor = address.value("actor");
  bool has_actor = actor.empty();
  const auto offer = [&](const std::string& value, std::string_view label) {
    actors.push_back(option(value, label, actor));
    has_actor = has_actor || value == actor;
  };
  for (const Person& person : list_people(snapshot, std::nullopt))
    offer("user:" + to_text(person.id), person.label());
  offer("command_line", "Command line");
  offer("server", "Muster itself");
  // One who is gone, or a key: whoever a link to this page named.
  if (!has_actor) offer(std::string{actor}, actor);
  view.set("about", std::move(about))
      .set("actors", std::move(actors))
      .set("target", address.value("target"))
      .set("since", address.value("since"))
      .set("until", address.value("until"));
}

// A long log takes a while to walk through, so it is done when asked for.
constexpr std::int64_t kCheckedAtOnce = 10'000;

void set_chain(View& view, const Snapshot& snapshot, const Request& request) {
  const ChainHead head = find_chain_head(snapshot);
  const bool is_checked = head.id <= kCheckedAtOnce || request.query_value("check") == "1";
  ChainState state;
  if (is_checked) state = check_chain(snapshot);
  view.set("head_id", std::to_string(head.id))
      .set("head", head.hash)
      .set("is_checked", is_checked)
      .set("chain_rows", std::to_string(state.rows))
      .set("broken_id", state.first_broken_id ? std::to_string(*state.first_broken_id) : "");
}

}  // namespace

Result<Reply> audit_log(const Call& call, const Visitor<Right::audit_read>& who) {
  const auto filter = read_audit_filter(call.request);
  if (!filter) return filter.refusal();
  // A cursor that is none begins at the newest: it comes from our own links alone.
  const auto cursor = read_audit_cursor(call.request);
  const std::int64_t before = cursor ? *cursor : 0;
  const ListAddress address{call.request, kChoices};
  std::vector<View> rows;
  View view;
  call.read([&](const Snapshot& snapshot) {
    Rows views{snapshot, call.app.clock.now()};
    std::int64_t last = 0;
    const auto take = [&](const auto& found, auto id_of) {
      for (const auto& one : found) {
        if (rows.size() == kRows) return true;
        rows.push_back(views.view(one));
        last = id_of(one);
      }
      return false;
    };
    const bool has_more = filter->splits_cascades()
                              ? take(list_audit(snapshot, *filter, before, kRows + 1),
                                     [](const AuditRow& row) { return row.id; })
                              : take(list_folded_audit(snapshot, *filter, before, kRows + 1),
                                     [](const AuditFold& fold) { return fold.first.id; });
    view.set("older_path", has_more ? address.with("before", std::to_string(last)) : "");
    set_filters(view, snapshot, address);
    set_chain(view, snapshot, call.request);
  });
  view.set("has_rows", !rows.empty())
      .set("is_folded", !filter->splits_cascades())
      .set("newest_path", before > 0 ? address.with("before", "") : "")
      .set("csv_url", address.at("/audit.csv"));
  view.set("rows", std::move(rows));
  return page(call, who, {"audit/list", "Audit log", std::move(view), "/audit"});
}

}  // namespace muster::pages
