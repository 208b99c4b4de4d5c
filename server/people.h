#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/db.h"

namespace muster {

enum class Role { owner, admin, auditor, member };
std::string_view text_of(Role role);
std::optional<Role> parse_role(std::string_view text);

struct Person {
  UserId id;
  std::string email;  // empty for a service user
  std::string name;
  Role role = Role::member;
  bool is_service_user = false;
  std::string status;  // active | invited | blocked
  std::int64_t created_at = 0;
  std::optional<std::int64_t> last_login_at;

  // How a log or a sentence names them.
  const std::string& label() const { return email.empty() ? name : email; }
};

struct NewOwner {
  std::string email;
  std::string password_hash;
  // Used by the first owner only, who also makes the default network.
  std::string network_name = "default";
  std::string network_cidr = "100.64.0.0/10";
};

// 8 to 256 characters without control characters.
Result<void> check_password(std::string_view password);

// Refused when somebody has that e-mail, whatever their role.
Result<Person> create_owner(Transaction& tx, const By& by, const NewOwner& wanted);

// Refused once there is an owner: of two who open the set-up page at once, one becomes it.
Result<Person> create_first_owner(Transaction& tx, const By& by, const NewOwner& wanted);

// The service user of that name, made as an admin when there is none.
Result<Person> keep_service_user(Transaction& tx, const By& by, std::string_view name);

// Marks the person or service user removed, ends their sessions and revokes their tokens. Their
// keys and devices stay: what goes with somebody is decided in revocation.h. Refuses the last owner
// who can sign in (409), also of two removed at once, and an owner to an admin (403).
Result<Person> remove_person(Transaction& tx, const By& by, UserId id);

// Refuses who remove_person would, for whoever looks before.
Result<void> check_may_remove(const Snapshot& snapshot, const By& by, const Person& person);

// Owners are beyond admins; the command line and owners may do everything. By the caller's role as
// it is in this act.
Result<void> check_may_manage(const Snapshot& snapshot, const By& by, const Person& person);

// Part of a WHERE on `users` that holds unless it would take the last owner who can sign in; ?1 is
// the row's id. It stands in the statement that makes the change.
constexpr std::string_view kAnOwnerIsLeft =
    "(role <> 'owner' OR is_service_user = 1 OR EXISTS (SELECT 1 FROM users other"
    " WHERE other.id <> ?1 AND other.role = 'owner' AND other.is_service_user = 0"
    " AND other.removed_at IS NULL AND other.status = 'active'))";
Refusal last_owner(const Person& person, std::string_view what);

Refusal person_not_found(UserId id);

// The row, with its own in the audit log. Whether it may be made is asked before.
struct PersonRow {
  std::string email = {};  // empty: a service user
  std::string name = {};
  Role role = Role::member;
  std::string_view status = "active";
};
Person add_person(Transaction& tx, const By& by, const PersonRow& row);

std::optional<Person> find_person(const Snapshot& snapshot, UserId id);
std::optional<Person> find_person_by_email(const Snapshot& snapshot, std::string_view email);
std::optional<Person> find_service_user(const Snapshot& snapshot, std::string_view name);
// All who are not removed, by id; `service`: only service users, or only people.
std::vector<Person> list_people(const Snapshot& snapshot, std::optional<bool> service);
bool has_owner(const Snapshot& snapshot);

// For the check of a password. Nothing for who cannot sign in: unknown, invited, service users.
struct SignIn {
  Person person;
  std::string password_hash;
};
std::optional<SignIn> find_sign_in(const Snapshot& snapshot, std::string_view email);
void set_password(Transaction& tx, const By& by, const Person& person,
                  std::string_view password_hash);

// Lower case and without blanks around, or a refusal: who types it again types it differently.
Result<std::string> check_email(std::string_view typed);

Subject subject_of(const Person& person);

}  // namespace muster
