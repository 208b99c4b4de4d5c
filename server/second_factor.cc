#include "server/second_factor.h"

#include <array>

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr int kRecoveryCodes = 10;
constexpr std::size_t kRecoveryLength = 16;  // characters of 5 bits
constexpr std::size_t kGroup = 4;            // that many, then a hyphen
constexpr std::size_t kSeedLength = 32;      // 160 bits, as RFC 4226 asks for
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string secret_name(UserId id) { return formatted("totp:{}", id.value); }

std::string make_seed() {
  std::array<std::uint8_t, kSeedLength> bytes{};
  fill_random(bytes);
  std::string seed;
  for (const std::uint8_t byte : bytes) seed += kBase32[byte % kBase32.size()];
  return seed;
}

std::string grouped(std::string_view code) {
  std::string text;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (i > 0 && i % kGroup == 0) text += '-';
    text += code[i];
  }
  return text;
}

std::vector<Secret> make_codes(Transaction& tx, UserId id) {
  tx.run("DELETE FROM recovery_codes WHERE user_id = ?", {id});
  std::vector<Secret> codes;
  for (int i = 0; i < kRecoveryCodes; ++i) {
    const Secret plain = make_password(kRecoveryLength);
    codes.emplace_back(grouped(plain.reveal()));
    tx.run("INSERT INTO recovery_codes (user_id, code_hash) VALUES (?, ?)",
           {id, hash_of_recovery_code(codes.back().reveal())});
  }
  return codes;
}

}  // namespace

Hash hash_of_recovery_code(std::string_view typed) {
  std::string code;
  for (const char c : lower_ascii(typed)) {
    if (c == ' ' || c == '-') continue;
    code += c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
  }
  return hash_of(Secret{std::move(code)});
}

std::optional<SecondFactor> find_second_factor(const Snapshot& snapshot, UserId id) {
  auto query = snapshot.query(
      "SELECT s.value, f.confirmed_at IS NOT NULL, (SELECT count(*) FROM recovery_codes c"
      "   WHERE c.user_id = f.user_id AND c.used_at IS NULL)"
      " FROM second_factors f JOIN server_secrets s ON s.name = 'totp:' || f.user_id"
      " WHERE f.user_id = ?",
      {id});
  if (!query.step()) return std::nullopt;
  SecondFactor factor{.seed = Secret{query.text()}};
  factor.is_on = query.boolean();
  factor.recovery_codes_left = static_cast<int>(query.integer());
  return factor;
}

bool has_second_factor(const Snapshot& snapshot, UserId id) {
  auto query = snapshot.query(
      "SELECT 1 FROM second_factors WHERE user_id = ? AND confirmed_at IS NOT NULL", {id});
  return query.step();
}

Result<void> begin_second_factor(Transaction& tx, const By&, const Person& person) {
  if (has_second_factor(tx, person.id))
    return Refusal::conflict("your second factor is on already");
  tx.run("INSERT INTO second_factors (user_id) VALUES (?) ON CONFLICT DO NOTHING", {person.id});
  const std::string name = secret_name(person.id);
  const Secret seed{make_seed()};
  tx.run(
      "INSERT INTO server_secrets (name, value) VALUES (?, ?)"
      " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      {name, seed.reveal()});
  return {};
}

Result<std::vector<Secret>> confirm_second_factor(Transaction& tx, const By& by,
                                                  const Person& person, const Secret& seed,
                                                  std::int64_t step) {
  if (tx.run("UPDATE second_factors SET confirmed_at = ?, last_step = ?"
             " WHERE user_id = ? AND confirmed_at IS NULL AND EXISTS"
             " (SELECT 1 FROM server_secrets WHERE name = ? AND value = ?)",
             {by.at, step, person.id, secret_name(person.id), seed.reveal()}) == 0)
    return Refusal::conflict("your second factor is on already, or was begun anew");
  append_audit(tx, by, {.code = "user.second_factor.add", .target = subject_of(person)});
  return make_codes(tx, person.id);
}

bool claim_proof(Transaction& tx, const By& by, const Person& person, const Secret& seed,
                 const Proof& proof) {
  if (proof.step)
    return tx.run(
               "UPDATE second_factors SET last_step = ?1 WHERE user_id = ?2 AND last_step < ?1"
               " AND confirmed_at IS NOT NULL AND EXISTS"
               " (SELECT 1 FROM server_secrets WHERE name = ?3 AND value = ?4)",
               {*proof.step, person.id, secret_name(person.id), seed.reveal()}) == 1;
  if (!proof.recovery_code ||
      tx.run("UPDATE recovery_codes SET used_at = ?1"
             " WHERE user_id = ?2 AND code_hash = ?3 AND used_at IS NULL AND EXISTS"
             " (SELECT 1 FROM second_factors WHERE user_id = ?2 AND confirmed_at IS NOT NULL)",
             {by.at, person.id, *proof.recovery_code}) == 0)
    return false;
  append_audit(tx, by, {.code = "user.recovery_code.use", .target = subject_of(person)});
  return true;
}

std::vector<Secret> renew_recovery_codes(Transaction& tx, const By& by, const Person& person) {
  append_audit(tx, by, {.code = "user.recovery_codes.renew", .target = subject_of(person)});
  return make_codes(tx, person.id);
}

void remove_second_factor(Transaction& tx, const By& by, const Person& person) {
  const bool was_on = has_second_factor(tx, person.id);
  const std::string name = secret_name(person.id);
  tx.run("DELETE FROM recovery_codes WHERE user_id = ?", {person.id});
  tx.run("DELETE FROM second_factors WHERE user_id = ?", {person.id});
  tx.run("DELETE FROM server_secrets WHERE name = ?", {name});
  if (was_on)
    append_audit(tx, by, {.code = "user.second_factor.remove", .target = subject_of(person)});
}

}  // namespace muster
