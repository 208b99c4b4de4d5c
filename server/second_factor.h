#pragma once

// A code from a person's phone, asked for after the password. The seed that the phone holds stands
// in server_secrets and nowhere else; how a code follows from it and the time is web/totp.h's. Here
// stands whether it is on, that each code works once, and the recovery codes for a lost phone.

#include <vector>

#include "server/people.h"
#include "server/secret.h"

namespace muster {

struct SecondFactor {
  Secret seed;         // base32, as phones take it
  bool is_on = false;  // else the first code is still to come
  int recovery_codes_left = 0;
};

// Nothing when none was ever begun.
std::optional<SecondFactor> find_second_factor(const Snapshot& snapshot, UserId id);
// Whether the sign-in asks for a code.
bool has_second_factor(const Snapshot& snapshot, UserId id);

// What somebody shows: the time step of a code of theirs, or a recovery code.
struct Proof {
  std::optional<std::int64_t> step = std::nullopt;
  std::optional<Hash> recovery_code = std::nullopt;
};
// As it is stored, from what was typed: blanks, hyphens and case do not matter.
Hash hash_of_recovery_code(std::string_view typed);

// Makes a new seed. Nothing else changes until the first code. Refused while one is on.
Result<void> begin_second_factor(Transaction& tx, const By& by, const Person& person);
// The first code, of this seed: it is on now. Answers the recovery codes, the only time.
Result<std::vector<Secret>> confirm_second_factor(Transaction& tx, const By& by,
                                                  const Person& person, const Secret& seed,
                                                  std::int64_t step);

// Spends the proof, if it was not spent before: of two sign-ins with one code one gets in.
bool claim_proof(Transaction& tx, const By& by, const Person& person, const Secret& seed,
                 const Proof& proof);

// In place of all earlier ones.
std::vector<Secret> renew_recovery_codes(Transaction& tx, const By& by, const Person& person);
// Nothing happens where there is none.
void remove_second_factor(Transaction& tx, const By& by, const Person& person);

}  // namespace muster
