#include "server/secret.h"

#include <sodium.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace muster {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base32
constexpr std::size_t kPublicLength = 5;
constexpr std::size_t kSecretLength = 26;
constexpr std::size_t kChecksumLength = 4;
constexpr std::size_t kPrefixLength = 5;
constexpr std::size_t kLength = kPrefixLength + kPublicLength + kSecretLength + kChecksumLength;

struct Prefix {
  SecretKind kind;
  std::string_view text;
};
constexpr std::array kPrefixes{
    Prefix{SecretKind::setup_key, "mkey_"},
    Prefix{SecretKind::access_token, "mpat_"},
    Prefix{SecretKind::invite, "minv_"},
};

void append_random(std::string& text, std::size_t count) {
  std::array<std::uint8_t, 64> bytes{};
  const auto used = std::span{bytes}.first(count);
  fill_random(used);
  for (const auto byte : used) text += kAlphabet[byte % kAlphabet.size()];  // 256 is 8 times 32
  sodium_memzero(bytes.data(), bytes.size());
}

std::string checksum_of(std::string_view text) {
  const Hash hash = hash_of(text);
  const std::uint32_t bits = (std::uint32_t{hash[0]} << 12) | (std::uint32_t{hash[1]} << 4) |
                             (std::uint32_t{hash[2]} >> 4);
  std::string checksum;
  for (int shift = 15; shift >= 0; shift -= 5) checksum += kAlphabet[(bits >> shift) & 31];
  return checksum;
}

// A character as Crockford reads it: O is 0, I and L are 1.
char forgiven(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == 'o') return '0';
  if (c == 'i' || c == 'l') return '1';
  return c;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Each hash takes 19 MiB: on a small board, two at once is all there is room for.
class PasswordTurn {
 public:
  PasswordTurn() {
    std::unique_lock lock{mutex_};
    freed_.wait(lock, [] { return running_ < 2; });
    ++running_;
  }
  ~PasswordTurn() {
    const std::lock_guard lock{mutex_};
    --running_;
    freed_.notify_one();
  }
  PasswordTurn(const PasswordTurn&) = delete;
  PasswordTurn& operator=(const PasswordTurn&) = delete;

 private:
  static inline std::mutex mutex_;
  static inline std::condition_variable freed_;
  static inline int running_ = 0;
};

}  // namespace

void start_crypto() {
  if (sodium_init() < 0) throw std::runtime_error("the system gives no randomness");
}

// Copied and wiped: a moved-from short string would keep its bytes.
// NOLINTNEXTLINE(performance-move-constructor-init,cppcoreguidelines-*)
Secret::Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = other.text_;
    other.wipe();
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  sodium_memzero(text_.data(), text_.size());
  text_.clear();
}

std::string_view prefix_of(SecretKind kind) {
  return std::ranges::find(kPrefixes, kind, &Prefix::kind)->text;
}

Secret make_secret(SecretKind kind) {
  std::string text;
  text.reserve(kLength);
  text += prefix_of(kind);
  append_random(text, kPublicLength + kSecretLength);
  text += checksum_of(text);
  return Secret{std::move(text)};
}

std::optional<Secret> parse_secret(SecretKind kind, std::string_view typed) {
  typed = trimmed(typed);
  if (typed.size() != kLength) return std::nullopt;
  Secret secret{std::string{typed}};
  std::string text;
  text.reserve(kLength);
  for (const char c : typed.substr(0, kPrefixLength))
    text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const char c : typed.substr(kPrefixLength)) text += forgiven(c);
  secret = Secret{std::move(text)};

  const std::string_view whole = secret.reveal();
  const std::string_view body = whole.substr(kPrefixLength);
  if (!whole.starts_with(prefix_of(kind)) ||
      body.find_first_not_of(kAlphabet) != std::string_view::npos)
    return std::nullopt;
  const auto rest = whole.substr(0, kLength - kChecksumLength);
  if (checksum_of(rest) != whole.substr(rest.size())) return std::nullopt;
  return secret;
}

bool is_device_secret(std::string_view text) {
  constexpr std::string_view prefix = "mdev_";
  return text.size() == prefix.size() + 64 && text.starts_with(prefix) &&
         text.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
}

std::string hint_of(const Secret& secret) {
  return secret.reveal().substr(0, kPrefixLength + kPublicLength);
}

Hash hash_of(std::string_view bytes) {
  Hash hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size(), nullptr, 0);
  return hash;
}

bool same_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

FieldHasher::FieldHasher() {
  static_assert(sizeof(crypto_generichash_state) <= sizeof(state_));
  crypto_generichash_init(reinterpret_cast<crypto_generichash_state*>(state_.data()), nullptr, 0,
                          sizeof(Hash));
}

FieldHasher& FieldHasher::add(std::span<const std::uint8_t> field) {
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  std::array<std::uint8_t, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i)
    length[i] = static_cast<std::uint8_t>(std::uint64_t{field.size()} >> (8 * i));
  crypto_generichash_update(state, length.data(), length.size());
  crypto_generichash_update(state, field.data(), field.size());
  return *this;
}

FieldHasher& FieldHasher::add(std::string_view field) {
  return add(std::span{reinterpret_cast<const std::uint8_t*>(field.data()), field.size()});
}

Hash FieldHasher::finish() {
  Hash hash{};
  crypto_generichash_final(reinterpret_cast<crypto_generichash_state*>(state_.data()), hash.data(),
                           hash.size());
  return hash;
}

std::string hash_password(const Secret& password) {
  const PasswordTurn turn;
  std::array<char, crypto_pwhash_argon2id_STRBYTES> text{};
  constexpr std::size_t memory = 19U * 1024 * 1024;  // OWASP's first choice: 19 MiB, two passes
  if (crypto_pwhash_argon2id_str(text.data(), password.reveal().data(), password.reveal().size(), 2,
                                 memory) != 0)
    throw std::runtime_error("not enough memory to hash a password");
  return text.data();
}

bool verify_password(const std::string& stored, const Secret& password) {
  const PasswordTurn turn;
  return crypto_pwhash_argon2id_str_verify(stored.c_str(), password.reveal().data(),
                                           password.reveal().size()) == 0;
}

void fill_random(std::span<std::uint8_t> bytes) { randombytes_buf(bytes.data(), bytes.size()); }

Secret make_password(std::size_t length) {
  std::string text;
  text.reserve(length);
  append_random(text, length);
  return Secret{std::move(text)};
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
  std::string text(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &length, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  bytes.resize(length);
  return bytes;
}

}  // namespace muster
