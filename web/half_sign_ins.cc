#include "web/half_sign_ins.h"

#include "server/secret.h"

namespace muster {
namespace {

constexpr std::int64_t kLife = 300;  // seconds

std::string key_of(std::string_view secret) { return hex_of(hash_of(secret)); }

}  // namespace

std::string HalfSignIns::begin(SignIn known) {
  std::string secret = make_password(32).reveal();
  const std::int64_t now = clock_.monotonic();
  const std::lock_guard lock{mutex_};
  // A right password stands before each, so there are never many.
  std::erase_if(halves_, [&](const auto& item) { return now - item.second.began > kLife; });
  halves_.insert_or_assign(key_of(secret), Half{std::move(known), now});
  return secret;
}

std::optional<SignIn> HalfSignIns::find(std::string_view secret) {
  const std::lock_guard lock{mutex_};
  const auto found = halves_.find(key_of(secret));
  if (found == halves_.end() || clock_.monotonic() - found->second.began > kLife)
    return std::nullopt;
  return found->second.known;
}

void HalfSignIns::end(std::string_view secret) {
  const std::lock_guard lock{mutex_};
  halves_.erase(key_of(secret));
}

}  // namespace muster
