#include "server/person_changes.h"

#include "server/format.h"
#include "server/key_changes.h"
#include "server/key_list.h"
#include "server/sessions.h"
#include "server/text.h"

namespace muster {
namespace {

// The person, if the caller may change them at all.
Result<Person> find_changeable(const Snapshot& snapshot, const By& by, UserId id,
                               std::string_view own) {
  auto person = find_person(snapshot, id);
  if (!person) return person_not_found(id);
  if (by.user_id == id) return Refusal::forbidden(std::string{own});
  if (auto checked = check_may_manage(snapshot, by, *person); !checked) return checked.refusal();
  return std::move(*person);
}

}  // namespace

Result<void> check_may_give(const Snapshot& snapshot, const By& by, Role role) {
  if (role != Role::owner || !by.user_id) return {};
  const auto caller = find_person(snapshot, by.user_id);
  if (caller && caller->role == Role::owner) return {};
  return Refusal::forbidden("only an owner makes somebody an owner");
}

Result<Person> create_service_user(Transaction& tx, const By& by, const NewServiceUser& wanted) {
  const std::string name = trim(wanted.name);
  if (name.empty()) return Refusal::invalid("the service user's name shouldn't be empty");
  if (auto checked = check_text("the service user's name", name, kNameLength); !checked)
    return checked.refusal();
  if (auto checked = check_may_give(tx, by, wanted.role); !checked) return checked.refusal();
  if (find_service_user(tx, name))
    return Refusal::conflict(formatted("a service user with the name {} is there already", name));
  return add_person(tx, by, {.name = name, .role = wanted.role});
}

Result<Person> change_role(Transaction& tx, const By& by, UserId id, Role role) {
  const auto person = find_person(tx, id);
  if (!person) return person_not_found(id);
  if (person->role == role) return *person;
  const auto changeable = find_changeable(
      tx, by, id, "nobody changes their own role: another owner or admin does that");
  if (!changeable) return changeable.refusal();
  if (auto checked = check_may_give(tx, by, role); !checked) return checked.refusal();
  const std::string sql = formatted(
      "UPDATE users SET role = ?2 WHERE id = ?1 AND removed_at IS NULL AND {}", kAnOwnerIsLeft);
  if (tx.run(sql, {id, text_of(role)}) == 0) return last_owner(*person, "given another role");
  append_audit(tx, by,
               {.code = "user.role.update",
                .target = subject_of(*person),
                .details = {{"old_role", std::string{text_of(person->role)}},
                            {"role", std::string{text_of(role)}}}});
  return *find_person(tx, id);
}

Result<Person> block_person(Transaction& tx, const By& by, UserId id) {
  const auto person = find_changeable(tx, by, id, "nobody blocks themselves");
  if (!person) return person.refusal();
  if (person->status == "blocked") return *person;
  if (person->status == "invited")
    return Refusal::conflict(
        formatted("{} has not accepted the invite yet: withdraw it instead", person->label()));
  const std::string sql = formatted(
      "UPDATE users SET status = 'blocked' WHERE id = ?1 AND status = 'active'"
      " AND removed_at IS NULL AND {}",
      kAnOwnerIsLeft);
  if (tx.run(sql, {id}) == 0) return last_owner(*person, "blocked");
  end_sessions(tx, by, *person);
  append_audit(tx, by, {.code = "user.block", .target = subject_of(*person)});
  return *find_person(tx, id);
}

Result<Person> unblock_person(Transaction& tx, const By& by, UserId id) {
  const auto person = find_changeable(tx, by, id, "nobody unblocks themselves");
  if (!person) return person.refusal();
  if (tx.run("UPDATE users SET status = 'active' WHERE id = ? AND status = 'blocked'"
             " AND removed_at IS NULL",
             {id}) == 1)
    append_audit(tx, by, {.code = "user.unblock", .target = subject_of(*person)});
  return *find_person(tx, id);
}

std::int64_t count_devices_of(const Snapshot& snapshot, UserId id) {
  auto query = snapshot.query(
      "SELECT coalesce(sum(devices_count), 0) FROM setup_keys WHERE created_by_id = ?", {id});
  query.step();
  return query.integer();
}

std::vector<KeyId> list_working_keys_of(const Snapshot& snapshot, UserId id, std::int64_t now) {
  return list_key_ids(snapshot, {.state = KeyState::valid, .created_by_id = id}, {}, now);
}

Result<int> pause_keys_of(Transaction& tx, const By& by, UserId id) {
  const auto person = find_person(tx, id);
  if (!person) return person_not_found(id);
  if (auto checked = check_may_manage(tx, by, *person); !checked) return checked.refusal();
  int paused = 0;
  for (const KeyId key : list_working_keys_of(tx, id, by.at)) {
    if (auto done = pause_key(tx, by, key); !done) return done.refusal();
    ++paused;
  }
  return paused;
}

}  // namespace muster
