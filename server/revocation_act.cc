// Doing what a plan says. Devices fall together at the end, because one by one they would hold up
// everybody else who writes.

#include "server/devices.h"
#include "server/format.h"
#include "server/groups.h"
#include "server/keys.h"
#include "server/networks.h"
#include "server/people.h"
#include "server/revocation.h"

namespace muster {
namespace {

class Cascade {
 public:
  Cascade(Transaction& tx, const By& by, const RevocationPlan& plan)
      : tx_(tx), plan_(plan), by_(by) {
    by_.cascade_id = new_cascade_id();
    by_.cascade_of = subject_of(plan.items.front()).text();
  }

  Result<void> run() {
    for (const RevocationItem& item : plan_.items) {
      by_.because_of =
          item.because_of ? subject_of(plan_.items.at(*item.because_of)).text() : std::string{};
      if (auto done = fell(item); !done) return done.refusal();
    }
    remove_devices(tx_, by_, removed_, "removed");
    take_from_devices(losing_group_, "peer.group.delete", "group");
    take_from_devices(losing_address_, "peer.network.delete", "network");
    by_.because_of.clear();
    return finish();
  }

  const std::string& id() const { return by_.cascade_id; }
  std::vector<DeviceId> removed_devices() const {
    std::vector<DeviceId> ids;
    for (const FallingDevice& device : removed_) ids.push_back(device.id);
    return ids;
  }

 private:
  const RevocationItem& root() const { return plan_.items.front(); }

  Result<void> fell(const RevocationItem& item);
  void fell_key(const RevocationItem& item);
  void fell_device(const RevocationItem& item);
  Result<void> revoke_token(TokenId id);
  void end_key(const RevocationItem& item, std::string_view code, bool is_deleted);
  void take_from_key(const RevocationItem& item, std::string_view table, std::string_view code);
  void take_from_devices(const std::vector<FallingDevice>& devices, std::string_view code,
                         const std::string& what);
  Result<void> finish();

  Transaction& tx_;
  const RevocationPlan& plan_;
  By by_;
  std::vector<FallingDevice> removed_;
  std::vector<FallingDevice> losing_group_;
  std::vector<FallingDevice> losing_address_;
};

// A removed person's sessions and tokens end with remove_person().
Result<void> Cascade::fell(const RevocationItem& item) {
  if (item.effect == Effect::already_ended) return {};
  if (item.kind == "user") {
    if (auto done = remove_person(tx_, by_, UserId{item.id}); !done) return done.refusal();
  } else if (item.kind == "access_token" && !item.because_of) {
    return revoke_token(TokenId{item.id});
  } else if (item.kind == "setup_key") {
    fell_key(item);
  } else if (item.kind == "install_link") {
    append_audit(tx_, by_,
                 {.code = "installlink.withdraw",
                  .target = subject_of(item),
                  .details = {{"recipient", item.name}}});
  } else if (item.kind == "device") {
    fell_device(item);
  }
  return {};
}

void Cascade::fell_key(const RevocationItem& item) {
  if (item.effect == Effect::loses_group)
    return take_from_key(item, "setup_key_groups", "setupkey.group.delete");
  if (item.effect == Effect::loses_network)
    return take_from_key(item, "setup_key_networks", "setupkey.network.delete");
  const bool is_deleted = item.effect == Effect::deleted;
  end_key(item, is_deleted ? "setupkey.delete" : "setupkey.revoke", is_deleted);
}

void Cascade::fell_device(const RevocationItem& item) {
  auto& falling = item.effect == Effect::loses_group     ? losing_group_
                  : item.effect == Effect::loses_address ? losing_address_
                                                         : removed_;
  falling.push_back({DeviceId{item.id}, by_.because_of});
}

Result<void> Cascade::revoke_token(TokenId id) {
  auto query = tx_.query("SELECT user_id FROM access_tokens WHERE id = ?", {id});
  query.step();
  const auto person = find_person(tx_, query.id<UserId>());
  if (!person) return Refusal::not_found(formatted("access token: {} not found", id.value));
  return muster::revoke_token(tx_, by_, *person, id);
}

void Cascade::end_key(const RevocationItem& item, std::string_view code, bool is_deleted) {
  auto ended = tx_.query(
      "UPDATE setup_keys SET revoked_at = coalesce(revoked_at, ?2), updated_at = ?2,"
      " deleted_at = iif(?3, ?2, deleted_at) WHERE id = ?1 RETURNING type, hint",
      {item.id, by_.at, is_deleted});
  if (!ended.step()) return;
  const std::string type = ended.text();
  const std::string hint = ended.text();
  while (ended.step()) {
  }
  append_audit(tx_, by_,
               {.code = code,
                .target = subject_of(item),
                .details = {{"name", item.name}, {"type", type}, {"key", hint + "****"}}});
}

void Cascade::take_from_key(const RevocationItem& item, std::string_view table,
                            std::string_view code) {
  const std::string what{root().kind};
  const std::string sql =
      formatted("DELETE FROM {} WHERE setup_key_id = ? AND {}_id = ?", table, what);
  tx_.run(sql, {item.id, root().id});
  tx_.run("UPDATE setup_keys SET updated_at = ? WHERE id = ?", {by_.at, item.id});
  append_audit(tx_, by_,
               {.code = code,
                .target = subject_of(item),
                .details = {{what, root().name},
                            {what + "_id", std::to_string(root().id)},
                            {"setupkey", item.name}}});
}

// What they lose goes from them in finish(), all at once.
void Cascade::take_from_devices(const std::vector<FallingDevice>& devices, std::string_view code,
                                const std::string& what) {
  by_.because_of = by_.cascade_of;
  for (const Device& device : list_for_audit(tx_, devices))
    append_audit(tx_, by_,
                 {.code = code,
                  .target = muster::subject_of(device),
                  .details = {{what, root().name},
                              {what + "_id", std::to_string(root().id)},
                              {"peer_ip", device.address()},
                              {"peer_fqdn", device.full_name()}}});
}

Result<void> Cascade::finish() {
  if (root().kind == "group") return delete_group(tx_, by_, GroupId{root().id});
  if (root().kind == "network") return delete_network(tx_, by_, NetworkId{root().id});
  return {};
}

}  // namespace

Result<Revoked> apply_revocation(Transaction& tx, const By& by, const Target& target,
                                 const RevocationChoices& choices, std::string_view digest) {
  auto plan = plan_revocation(tx, by, target, choices);
  if (!plan) return plan.refusal();
  if (plan->digest != digest)
    return Refusal::conflict(
        "Meanwhile something came or went: what would go is not what was shown. Nothing was done; "
        "look again.",
        Reason::plan_changed);
  if (count_effects(plan->items).empty())
    return Refusal::conflict("It ended before, and nothing that hangs below it is left.");
  Cascade cascade{tx, by, *plan};
  if (auto done = cascade.run(); !done) return done.refusal();
  const auto head = find_chain_head(tx);
  return Revoked{cascade.id(), std::move(*plan), cascade.removed_devices(), head.id, head.hash};
}

}  // namespace muster
