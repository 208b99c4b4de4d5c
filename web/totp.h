#pragma once

// The codes of an authenticator app: RFC 6238 with SHA-1, six digits, 30 seconds. That is what all
// of them speak; others are not offered. It stands here since OpenSSL, which has SHA-1, does.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/second_factor.h"
#include "server/secret.h"

namespace muster {

constexpr std::int64_t kTotpSeconds = 30;

// Six digits. `seed` is base32 without padding; throws for anything else.
std::string totp_code(const Secret& seed, std::int64_t step);

// What somebody typed, as a proof to claim: a code of this moment's step or of the one before or
// after (clocks differ), else a recovery code, whether there is such a one or not. Blanks in it do
// not matter.
Proof read_proof(const Secret& seed, std::string_view typed, std::int64_t now);

// What an app reads from the QR code.
std::string otpauth_url(const Secret& seed, std::string_view email);

}  // namespace muster
