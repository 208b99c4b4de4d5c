#include "server/people.h"

#include <algorithm>
#include <array>

#include "server/access_tokens.h"
#include "server/format.h"
#include "server/keys.h"
#include "server/networks.h"
#include "server/second_factor.h"
#include "server/sessions.h"
#include "server/text.h"

namespace muster {
namespace {

struct RoleWord {
  Role role;
  std::string_view text;
};
constexpr std::array kRoles{RoleWord{Role::owner, "owner"}, RoleWord{Role::admin, "admin"},
                            RoleWord{Role::auditor, "auditor"}, RoleWord{Role::member, "member"}};

constexpr std::string_view kSelect =
    "SELECT id, email, name, role, is_service_user, status, created_at, last_login_at FROM users"
    " WHERE removed_at IS NULL";

Person read_person(Query& query) {
  Person person;
  person.id = query.id<UserId>();
  person.email = query.text();
  person.name = query.text();
  person.role = parse_role(query.text()).value_or(Role::member);
  person.is_service_user = query.boolean();
  person.status = query.text();
  person.created_at = query.integer();
  person.last_login_at = query.find_integer();
  return person;
}

std::optional<Person> find_one(const Snapshot& snapshot, std::string_view condition,
                               std::initializer_list<Bind> values) {
  const std::string sql = formatted("{} AND {}", kSelect, condition);
  auto query = snapshot.query(sql, values);
  if (!query.step()) return std::nullopt;
  return read_person(query);
}

Person audited(Transaction& tx, const By& by, UserId id) {
  Person person = *find_person(tx, id);
  append_audit(tx, by,
               {.code = "user.create",
                .target = subject_of(person),
                .details = {{"email", person.email},
                            {"name", person.name},
                            {"role", std::string{text_of(person.role)}},
                            {"is_service_user", person.is_service_user ? "true" : "false"}}});
  return person;
}

}  // namespace

std::string_view text_of(Role role) {
  return std::ranges::find(kRoles, role, &RoleWord::role)->text;
}

std::optional<Role> parse_role(std::string_view text) {
  const auto found = std::ranges::find(kRoles, text, &RoleWord::text);
  return found == kRoles.end() ? std::nullopt : std::optional{found->role};
}

Subject subject_of(const Person& person) { return {"user", to_text(person.id), person.label()}; }

Result<std::string> check_email(std::string_view typed) {
  const std::string email = lower_ascii(trim(typed));
  if (auto checked = check_text("the e-mail address", email, kNameLength); !checked)
    return checked.refusal();
  const auto at = email.find('@');
  if (at == 0 || at == std::string::npos || at + 1 == email.size() ||
      email.find('@', at + 1) != std::string::npos || email.find(' ') != std::string::npos)
    return Refusal::invalid(formatted("{} is not an e-mail address", email));
  return email;
}

Result<void> check_password(std::string_view password) {
  const auto length = printable_length(password);
  if (!length) return Refusal::invalid("a password holds no control characters");
  if (*length < 8 || *length > 256) return Refusal::invalid("a password has 8 to 256 characters");
  return {};
}

Result<Person> create_owner(Transaction& tx, const By& by, const NewOwner& wanted) {
  const auto email = check_email(wanted.email);
  if (!email) return email.refusal();
  if (find_person_by_email(tx, *email))
    return Refusal::conflict(formatted("somebody with the e-mail {} is there already", *email));
  const UserId id{
      tx.insert("INSERT INTO users (email, name, role, password_hash, created_at)"
                " VALUES (?, ?, 'owner', ?, ?)",
                {*email, *email, wanted.password_hash, by.at})};
  Person person = audited(tx, by, id);
  if (!find_default_network(tx)) {
    auto network = create_network(
        tx, by, {.name = wanted.network_name, .cidr = wanted.network_cidr, .is_default = true});
    if (!network) return network.refusal();
    create_default_key(tx, by, {.network = network->id}, network->name);
  }
  return person;
}

Result<Person> create_first_owner(Transaction& tx, const By& by, const NewOwner& wanted) {
  if (has_owner(tx)) return Refusal{Kind::gone, Reason::conflict, "Muster has an owner already"};
  return create_owner(tx, by, wanted);
}

Result<Person> keep_service_user(Transaction& tx, const By& by, std::string_view wanted) {
  const std::string name = trim(wanted);
  if (name.empty()) return Refusal::invalid("the service user's name shouldn't be empty");
  if (auto checked = check_text("the service user's name", name, kNameLength); !checked)
    return checked.refusal();
  if (auto known = find_service_user(tx, name)) return *known;
  return add_person(tx, by, {.name = name, .role = Role::admin});
}

Person add_person(Transaction& tx, const By& by, const PersonRow& row) {
  const UserId id{
      tx.insert("INSERT INTO users (email, name, role, is_service_user, status, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                {row.email, row.name, text_of(row.role), row.email.empty(), row.status, by.at})};
  return audited(tx, by, id);
}

Refusal last_owner(const Person& person, std::string_view what) {
  return Refusal::conflict(
      formatted("{} is the last owner and cannot be {}: make somebody else an owner first",
                person.label(), what));
}

Refusal person_not_found(UserId id) {
  return Refusal::not_found(formatted("user: {} not found", id.value));
}

Result<void> check_may_manage(const Snapshot& snapshot, const By& by, const Person& person) {
  if (person.role != Role::owner || !by.user_id) return {};
  const auto caller = find_person(snapshot, by.user_id);
  if (caller && caller->role == Role::owner) return {};
  return Refusal::forbidden("only an owner may do that to an owner");
}

Result<void> check_may_remove(const Snapshot& snapshot, const By& by, const Person& person) {
  if (auto checked = check_may_manage(snapshot, by, person); !checked) return checked.refusal();
  const std::string sql = formatted("SELECT 1 FROM users WHERE id = ?1 AND {}", kAnOwnerIsLeft);
  auto query = snapshot.query(sql, {person.id});
  if (!query.step()) return last_owner(person, "removed");
  return {};
}

Result<Person> remove_person(Transaction& tx, const By& by, UserId id) {
  auto person = find_person(tx, id);
  if (!person) return person_not_found(id);
  if (auto checked = check_may_manage(tx, by, *person); !checked) return checked.refusal();
  const std::string sql =
      formatted("UPDATE users SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL AND {}",
                kAnOwnerIsLeft);
  if (tx.run(sql, {id, by.at}) == 0) return last_owner(*person, "removed");
  append_audit(tx, by,
               {.code = "user.delete",
                .target = subject_of(*person),
                .details = {{"email", person->email},
                            {"name", person->name},
                            {"role", std::string{text_of(person->role)}},
                            {"is_service_user", person->is_service_user ? "true" : "false"}}});
  By with_them = by;
  with_them.because_of = subject_of(*person).text();
  end_sessions(tx, with_them, *person);
  revoke_tokens(tx, with_them, *person);
  remove_second_factor(tx, with_them, *person);
  return std::move(*person);
}

std::optional<Person> find_person(const Snapshot& snapshot, UserId id) {
  return find_one(snapshot, "id = ?", {id});
}

std::optional<Person> find_person_by_email(const Snapshot& snapshot, std::string_view email) {
  return find_one(snapshot, "is_service_user = 0 AND email = ?", {lower_ascii(trim(email))});
}

std::optional<Person> find_service_user(const Snapshot& snapshot, std::string_view name) {
  return find_one(snapshot, "is_service_user = 1 AND name = ?", {name});
}

std::vector<Person> list_people(const Snapshot& snapshot, std::optional<bool> service) {
  std::vector<Person> people;
  const std::string sql =
      formatted("{} AND (?1 IS NULL OR is_service_user = ?1) ORDER BY id", kSelect);
  auto query = snapshot.query(sql, {service});
  while (query.step()) people.push_back(read_person(query));
  return people;
}

bool has_owner(const Snapshot& snapshot) {
  auto query = snapshot.query("SELECT 1 FROM users WHERE role = 'owner' AND removed_at IS NULL");
  return query.step();
}

std::optional<SignIn> find_sign_in(const Snapshot& snapshot, std::string_view email) {
  auto person = find_person_by_email(snapshot, email);
  if (!person) return std::nullopt;
  auto query = snapshot.query("SELECT password_hash FROM users WHERE id = ?", {person->id});
  query.step();
  auto hash = query.find_text();
  if (!hash) return std::nullopt;
  return SignIn{std::move(*person), std::move(*hash)};
}

void set_password(Transaction& tx, const By& by, const Person& person,
                  std::string_view password_hash) {
  tx.run("UPDATE users SET password_hash = ? WHERE id = ?", {password_hash, person.id});
  append_audit(tx, by, {.code = "user.password.change", .target = subject_of(person)});
}

}  // namespace muster
