#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster {

// BLAKE2b-256. What is stored in place of a secret, and the link of the audit chain.
using Hash = std::array<std::uint8_t, 32>;

// Must run once before anything else here. Throws when the system has no randomness.
void start_crypto();

// The full text of a credential. Cannot be copied, printed or compared with ==, and is wiped when
// it goes, so that it does not spread by accident.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // For the one answer that shows it, and for hashing.
  const std::string& reveal() const { return text_; }

 private:
  void wipe() noexcept;
  std::string text_;
};

// The secrets the server makes. Text: prefix, 5 characters of public id, 26 of secret (130 random
// bits), 4 of checksum (the first 20 bits of the BLAKE2b-256 of all before it), in Crockford's
// base32, lower case.
enum class SecretKind { setup_key, access_token, invite };

std::string_view prefix_of(SecretKind kind);

Secret make_secret(SecretKind kind);

// The text as it is stored and hashed, from what a person typed: case and O/I/L are forgiven,
// surrounding blanks too. Nothing when it is not of that kind or its checksum is wrong, which
// needs no database to know.
std::optional<Secret> parse_secret(SecretKind kind, std::string_view typed);

// What a device makes for itself: `mdev_` and 64 lower-case hexadecimal digits.
bool is_device_secret(std::string_view text);

// Prefix and public id (`mkey_7f3qa`): shown later, so that a key found somewhere can be matched
// to its row.
std::string hint_of(const Secret& secret);

Hash hash_of(std::string_view bytes);
inline Hash hash_of(const Secret& secret) { return hash_of(secret.reveal()); }

// Takes the same time wherever two texts differ.
bool same_in_constant_time(std::string_view a, std::string_view b);

// BLAKE2b-256 over several fields, each preceded by its length, so that no two different rows give
// the same bytes.
class FieldHasher {
 public:
  FieldHasher();
  FieldHasher& add(std::span<const std::uint8_t> field);
  FieldHasher& add(std::string_view field);
  Hash finish();

 private:
  alignas(64) std::array<unsigned char, 384> state_;
};

// Argon2id, 19 MiB, two at once at most. Takes tens of milliseconds: never inside an act.
std::string hash_password(const Secret& password);
bool verify_password(const std::string& stored, const Secret& password);

void fill_random(std::span<std::uint8_t> bytes);
// `length` characters of Crockford's base32: a password to hand to a person.
Secret make_password(std::size_t length);

std::string hex_of(std::span<const std::uint8_t> bytes);
// Standard base64 with padding; nothing when the text is not exactly that.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace muster
