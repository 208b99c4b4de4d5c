#include "web/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "server/format.h"
#include "web/form.h"

namespace muster {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::uint32_t kSixDigits = 1'000'000;

std::vector<unsigned char> decode_base32(std::string_view text) {
  std::vector<unsigned char> bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = kBase32.find(c);
    if (value == std::string_view::npos) throw std::invalid_argument("a seed is not base32");
    bits = (bits << 5) | static_cast<std::uint32_t>(value);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<unsigned char>((bits >> count) & 0xff));
  }
  return bytes;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string totp_code(const Secret& seed, std::int64_t step) {
  const auto key = decode_base32(seed.reveal());
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter.at(i) = static_cast<unsigned char>((step >> (8 * (7 - i))) & 0xff);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int length = 0;
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(),
           mac.data(), &length) == nullptr)
    throw std::runtime_error("OpenSSL has no HMAC with SHA-1");
  // RFC 4226, 5.3: four bytes from where the last half byte says, without the sign.
  const std::size_t offset = mac.at(length - 1) & 0xf;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = (number << 8) | mac.at(offset + i);
  return formatted("{:06}", (number & 0x7fffffff) % kSixDigits);
}

Proof read_proof(const Secret& seed, std::string_view typed, std::int64_t now) {
  std::string text{typed};
  std::erase(text, ' ');
  if (text.size() != 6 || !std::ranges::all_of(text, is_digit))
    return {.recovery_code = hash_of_recovery_code(text)};
  const std::int64_t present = now / kTotpSeconds;
  for (const std::int64_t step : {present, present - 1, present + 1})
    if (same_in_constant_time(totp_code(seed, step), text)) return {.step = step};
  return {};
}

std::string otpauth_url(const Secret& seed, std::string_view email) {
  return formatted("otpauth://totp/Muster:{}?secret={}&issuer=Muster", encode_query(email),
                   seed.reveal());
}

}  // namespace muster
