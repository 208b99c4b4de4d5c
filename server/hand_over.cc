#include "server/hand_over.h"

#include <algorithm>

#include "server/format.h"

namespace muster {
namespace {

bool may_succeed(const Person& person) {
  return (person.role == Role::owner || person.role == Role::admin) && !person.is_service_user &&
         person.status == "active";
}

struct OwnKey {
  KeyId id;
  std::string name;
};
std::vector<OwnKey> list_own_keys(const Snapshot& snapshot, UserId person) {
  std::vector<OwnKey> keys;
  auto query = snapshot.query("SELECT id, name FROM setup_keys WHERE created_by_id = ? ORDER BY id",
                              {person});
  while (query.step()) {
    const auto id = query.id<KeyId>();
    keys.push_back({id, query.text()});
  }
  return keys;
}

std::int64_t count(const Snapshot& snapshot, std::string_view sql, UserId person) {
  auto query = snapshot.query(sql, {person});
  query.step();
  return query.integer();
}

}  // namespace

Result<HandedOver> hand_over(Transaction& tx, const By& by, UserId from, UserId to) {
  const auto former = find_person(tx, from);
  if (!former) return person_not_found(from);
  if (!by.only_groups.empty())
    return Refusal::forbidden("an access token that is confined to groups cannot do this");
  if (auto checked = check_may_manage(tx, by, *former); !checked) return checked.refusal();
  const auto next = find_person(tx, to);
  if (from == to || !next || !may_succeed(*next))
    return Refusal::invalid("keys and devices are handed over to another owner or admin");

  HandedOver done{*former, *next};
  const auto keys = list_own_keys(tx, from);
  done.keys = static_cast<std::int64_t>(keys.size());
  done.links = count(tx,
                     "SELECT count(*) FROM install_links l JOIN setup_keys k"
                     " ON k.id = l.setup_key_id WHERE k.created_by_id = ?",
                     from);
  done.devices = count(
      tx, "SELECT coalesce(sum(devices_count), 0) FROM setup_keys WHERE created_by_id = ?", from);
  tx.run("UPDATE setup_keys SET created_by_id = ?2, updated_at = ?3 WHERE created_by_id = ?1",
         {from, to, by.at});
  tx.run("UPDATE install_links SET sent_by_id = ?2 WHERE sent_by_id = ?1", {from, to});
  append_audit(tx, by,
               {.code = "user.handover",
                .target = subject_of(*former),
                .details = {{"to", next->label()},
                            {"to_id", to_text(to)},
                            {"keys", std::to_string(done.keys)},
                            {"links", std::to_string(done.links)},
                            {"devices", std::to_string(done.devices)}}});
  for (const OwnKey& key : keys)
    append_audit(
        tx, by,
        {.code = "setupkey.handover",
         .target = {"setup_key", to_text(key.id), key.name},
         .details = {{"old_created_by", former->label()}, {"new_created_by", next->label()}}});
  return done;
}

std::vector<Person> list_successors(const Snapshot& snapshot, UserId from) {
  auto people = list_people(snapshot, false);
  std::erase_if(people,
                [&](const Person& person) { return person.id == from || !may_succeed(person); });
  return people;
}

}  // namespace muster
