#include "server/install_links.h"

#include "server/access_tokens.h"
#include "server/clock.h"
#include "server/devices.h"
#include "server/format.h"
#include "server/key_changes.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::int64_t kTenYears = 10LL * 365 * 24 * 3600;

Result<void> check_life(std::int64_t expires_in) {
  if (expires_in < 1 || expires_in > kTenYears)
    return Refusal::invalid(
        "expires_in is from 1 second to ten years: an install link always ends");
  return {};
}

Result<void> check_recipient(std::string_view recipient) {
  if (trim(recipient).empty()) return Refusal::invalid("recipient shouldn't be empty");
  return check_text("recipient", recipient, kNameLength);
}

Result<void> check_texts(std::string_view recipient, std::string_view note,
                         std::string_view message) {
  if (auto checked = check_recipient(recipient); !checked) return checked.refusal();
  if (auto checked = check_text("the note", note, kNoteLength, true); !checked)
    return checked.refusal();
  return check_text("the message", message, kNoteLength, true);
}

Refusal link_not_found(LinkId id) {
  return Refusal::not_found(formatted("install link: {} not found", id.value));
}

Refusal has_newer(const InstallLink& link) {
  return Refusal::conflict(formatted("the link for {} was replaced by a newer one: link {}",
                                     link.recipient, to_text(*link.replaced_by_id)));
}

// Why nothing more can be done with a link that is used, withdrawn or replaced.
Refusal ended(const InstallLink& link) {
  if (link.state == LinkState::used && link.device)
    return Refusal::conflict(formatted("the link for {} was used by {} on {}", link.recipient,
                                       link.device->name, readable_time(link.device->enrolled_at)));
  if (link.state == LinkState::used)
    return Refusal::conflict(formatted("the link for {} has been used", link.recipient));
  if (link.replaced_by_id) return has_newer(link);
  return Refusal::conflict(
      formatted("the link for {} was withdrawn: make a new one", link.recipient));
}

void audit(Transaction& tx, const By& by, std::string_view code, const InstallLink& link,
           std::vector<std::pair<std::string, std::string>> details = {}) {
  details.insert(details.begin(), {"recipient", link.recipient});
  append_audit(tx, by, {.code = code, .target = subject_of(link), .details = std::move(details)});
}

NewLink same_as(const InstallLink& link, std::int64_t expires_in) {
  NewLink wanted{.recipient = link.recipient,
                 .note = link.note,
                 .message = link.message,
                 .expires_in = expires_in,
                 .device_name = link.device_name,
                 .requires_approval = link.requires_approval};
  for (const GroupId id : link.auto_groups) wanted.auto_groups.push_back(to_text(id));
  for (const NetworkId id : link.networks) wanted.networks.push_back(to_text(id));
  return wanted;
}

// A key that is revoked already, or deleted, stays as it is.
Result<void> end_key(Transaction& tx, const By& by, KeyId id) {
  const auto key = find_key(tx, id);
  if (!key || key->revoked_at) return {};
  if (auto done = revoke_key(tx, by, id); !done) return done.refusal();
  return {};
}

// A new link like `old`, which ends.
Result<CreatedLink> supersede(Transaction& tx, const By& by, const InstallLink& old,
                              std::int64_t expires_in, std::string_view code) {
  auto created = create_link(tx, by, same_as(old, expires_in));
  if (!created) return created.refusal();
  const LinkId id = created->link.id;
  tx.run(
      "UPDATE install_links SET replaced_by_id = ?2, withdrawn_at ="
      " (SELECT revoked_at FROM setup_keys WHERE id = setup_key_id) WHERE id = ?1",
      {old.id, id});
  if (auto done = end_key(tx, by, old.setup_key_id); !done) return done.refusal();
  audit(tx, by, code, old, {{"replaced_by_id", to_text(id)}});
  return created;
}

}  // namespace

Subject subject_of(const InstallLink& link) {
  return {"install_link", to_text(link.id), link.recipient};
}

Result<CreatedLink> create_link(Transaction& tx, const By& by, const NewLink& wanted) {
  const std::string recipient = trim(wanted.recipient);
  if (auto checked = check_texts(recipient, wanted.note, wanted.message); !checked)
    return checked.refusal();
  if (auto checked = check_life(wanted.expires_in); !checked) return checked.refusal();
  auto made = create_key(tx, by,
                         {.name = recipient,
                          .type = "one-off",
                          .usage_limit = 1,
                          .expires_in = wanted.expires_in,
                          .requires_approval = wanted.requires_approval,
                          .device_name = wanted.device_name,
                          .auto_groups = wanted.auto_groups,
                          .networks = wanted.networks});
  if (!made) return made.refusal();
  const LinkId id{
      tx.insert("INSERT INTO install_links (setup_key_id, recipient, note, message, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                {made->key.id, recipient, wanted.note, wanted.message, by.at})};
  InstallLink link = *find_link(tx, id, by.at);
  audit(tx, by, "installlink.add", link,
        {{"setup_key_id", to_text(link.setup_key_id)}, {"expires_at", rfc3339(link.expires_at)}});
  return CreatedLink{std::move(link), std::move(made->secret)};
}

namespace {

// What a link says of the machine to come stands on its key.
Result<void> change_key(Transaction& tx, const By& by, const InstallLink& link,
                        const LinkChange& change) {
  if (!change.auto_groups && !change.networks && !change.device_name && !change.requires_approval)
    return {};
  const auto changed = update_key(tx, by, link.setup_key_id,
                                  {.requires_approval = change.requires_approval,
                                   .device_name = change.device_name,
                                   .auto_groups = change.auto_groups,
                                   .networks = change.networks});
  if (!changed) return changed.refusal();
  return {};
}

}  // namespace

Result<InstallLink> update_link(Transaction& tx, const By& by, LinkId id,
                                const LinkChange& change) {
  const auto before = find_link(tx, id, by.at);
  if (!before) return link_not_found(id);
  if (auto checked = check_confined(by, before->auto_groups, false); !checked)
    return checked.refusal();
  const std::string recipient = trim(change.recipient.value_or(before->recipient));
  const std::string& note = change.note ? *change.note : before->note;
  const std::string& message = change.message ? *change.message : before->message;
  if (auto checked = check_texts(recipient, note, message); !checked) return checked.refusal();
  if (auto changed = change_key(tx, by, *before, change); !changed) return changed.refusal();
  std::vector<std::pair<std::string, std::string>> details;
  const auto compare = [&](const std::string& name, const std::string& old,
                           const std::string& now) {
    if (old != now) details.insert(details.end(), {{"old_" + name, old}, {"new_" + name, now}});
  };
  compare("recipient", before->recipient, recipient);
  compare("note", before->note, note);
  compare("message", before->message, message);
  if (details.empty()) return *find_link(tx, id, by.at);
  tx.run("UPDATE install_links SET recipient = ?2, note = ?3, message = ?4 WHERE id = ?1",
         {id, recipient, note, message});
  tx.run("UPDATE setup_keys SET name = ?2, updated_at = ?3 WHERE id = ?1 AND name <> ?2",
         {before->setup_key_id, recipient, by.at});
  InstallLink link = *find_link(tx, id, by.at);
  audit(tx, by, "installlink.update", link, std::move(details));
  return link;
}

Result<InstallLink> withdraw_link(Transaction& tx, const By& by, LinkId id) {
  const auto link = find_link(tx, id, by.at);
  if (!link) return link_not_found(id);
  if (link->state == LinkState::withdrawn) return *link;
  if (link->state == LinkState::used || link->state == LinkState::replaced) return ended(*link);
  if (auto done = end_key(tx, by, link->setup_key_id); !done) return done.refusal();
  audit(tx, by, "installlink.withdraw", *link);
  return *find_link(tx, id, by.at);
}

Result<InstallLink> extend_link(Transaction& tx, const By& by, LinkId id, std::int64_t expires_in) {
  if (auto checked = check_life(expires_in); !checked) return checked.refusal();
  const auto before = find_link(tx, id, by.at);
  if (!before) return link_not_found(id);
  if (auto checked = check_confined(by, before->auto_groups, false); !checked)
    return checked.refusal();
  if (!before->is_live() && before->state != LinkState::expired) return ended(*before);
  tx.run("UPDATE setup_keys SET expires_at = ?2, updated_at = ?3 WHERE id = ?1",
         {before->setup_key_id, by.at + expires_in, by.at});
  InstallLink link = *find_link(tx, id, by.at);
  audit(
      tx, by, "installlink.extend", link,
      {{"old_expires_at", rfc3339(before->expires_at)}, {"expires_at", rfc3339(link.expires_at)}});
  return link;
}

Result<CreatedLink> resend_link(Transaction& tx, const By& by, LinkId id, std::int64_t expires_in) {
  const auto old = find_link(tx, id, by.at);
  if (!old) return link_not_found(id);
  if (old->state == LinkState::used || old->replaced_by_id) return ended(*old);
  return supersede(tx, by, *old, expires_in, "installlink.resend");
}

Result<CreatedLink> replace_link(Transaction& tx, const By& by, LinkId id,
                                 std::int64_t expires_in) {
  const auto old = find_link(tx, id, by.at);
  if (!old) return link_not_found(id);
  if (old->replaced_by_id) return has_newer(*old);
  auto created = supersede(tx, by, *old, expires_in, "installlink.replace");
  if (!created || !old->device || old->device->removed_at) return created;
  if (auto removed = remove_device(tx, by, old->device->id, "removed"); !removed)
    return removed.refusal();
  created->removed_device = old->device->id;
  return created;
}

bool note_opened(Transaction& tx, LinkId id, std::int64_t now) {
  return tx.run(
             "UPDATE install_links SET opened_times = opened_times + 1, last_opened_at = ?2,"
             " first_opened_at = coalesce(first_opened_at, ?2)"
             " WHERE id = ?1 AND replaced_by_id IS NULL AND EXISTS ("
             "  SELECT 1 FROM setup_keys WHERE id = setup_key_id AND used_times = 0"
             "  AND revoked_at IS NULL AND (expires_at = 0 OR expires_at > ?2))",
             {id, now}) == 1;
}

Result<InstallLink> mark_sent(Transaction& tx, const By& by, LinkId id, std::string_view via) {
  const std::string how = trim(via);
  if (how.empty()) return Refusal::invalid("sent_via shouldn't be empty");
  if (auto checked = check_text("sent_via", how, kNameLength); !checked) return checked.refusal();
  const bool known =
      tx.run(
          "UPDATE install_links SET sent_at = ?2, sent_by_id = ?3, sent_via = ?4"
          " WHERE id = ?1",
          {id, by.at, by.user_id ? std::optional{by.user_id} : std::nullopt, how}) == 1;
  if (!known) return link_not_found(id);
  InstallLink link = *find_link(tx, id, by.at);
  audit(tx, by, "installlink.sent", link, {{"sent_via", how}});
  return link;
}

}  // namespace muster
