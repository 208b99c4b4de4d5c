#include "server/secret.h"

#include <ostream>
#include <set>

#include "tests/catch.h"

// Credentials: their shape, what is forgiven when one is typed, and what a program cannot do to
// them by mistake.

namespace muster {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <class T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(!Comparable<Secret>);
static_assert(!Printable<Secret>);

// Made by another program, by the rule as it is written down.
constexpr std::string_view kKey = "mkey_7f3010123456789abcdefghjkmnpqrs4qjb";
constexpr std::string_view kToken = "mpat_7f3010123456789abcdefghjkmnpqrskfsf";
constexpr std::string_view kInvite = "minv_7f3010123456789abcdefghjkmnpqrs8c76";
constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

TEST_CASE("BLAKE2b-256 gives what the world knows") {
  CHECK(hex_of(hash_of("abc")) ==
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST_CASE("a secret is its prefix and 35 characters of Crockford's base32 in lower case") {
  const auto kind = GENERATE(SecretKind::setup_key, SecretKind::access_token, SecretKind::invite);
  const Secret secret = make_secret(kind);
  const std::string& text = secret.reveal();

  CHECK(text.size() == 5 + 5 + 26 + 4);
  CHECK(text.starts_with(prefix_of(kind)));
  CHECK(text.find_first_not_of(kAlphabet, 5) == std::string::npos);
  CHECK(parse_secret(kind, text)->reveal() == text);
}

TEST_CASE("no two secrets are the same") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(make_secret(SecretKind::setup_key).reveal());
  CHECK(seen.size() == 1000);
}

TEST_CASE("a secret that another program made by the rule is taken") {
  CHECK(parse_secret(SecretKind::setup_key, kKey)->reveal() == kKey);
  CHECK(parse_secret(SecretKind::access_token, kToken)->reveal() == kToken);
  CHECK(parse_secret(SecretKind::invite, kInvite)->reveal() == kInvite);
}

TEST_CASE("one mistyped character anywhere is found") {
  for (std::size_t place = 0; place < kKey.size(); ++place) {
    std::string typed{kKey};
    typed[place] = typed[place] == '7' ? '8' : '7';
    INFO(typed);
    CHECK(!parse_secret(SecretKind::setup_key, typed));
  }
}

TEST_CASE("two characters that changed places are found") {
  for (std::size_t place = 5; place + 1 < kKey.size(); ++place) {
    std::string typed{kKey};
    std::swap(typed[place], typed[place + 1]);
    INFO(typed);
    CHECK(!parse_secret(SecretKind::setup_key, typed));
  }
}

TEST_CASE("case, O for 0, I and L for 1 and blanks around a secret are forgiven") {
  const auto typed = GENERATE(
      "MKEY_7F3010123456789ABCDEFGHJKMNPQRS4QJB", "Mkey_7f3o1o123456789abcdefghjkmnpqrs4qjb",
      "mkey_7F3OlOi23456789abcdefghjkmnpqrs4qjb", "mkey_7f30L0I23456789abcdefghjkmnpqrs4qjb",
      " \t\r\nmkey_7f3010123456789abcdefghjkmnpqrs4qjb\n ");
  const auto secret = parse_secret(SecretKind::setup_key, typed);
  REQUIRE(secret);
  CHECK(secret->reveal() == kKey);
}

TEST_CASE("what is no secret is none") {
  const auto typed =
      GENERATE("", " ", "mkey_", "7f3010123456789abcdefghjkmnpqrs4qjb",
               "mkey_7f3010123456789abcdefghjkmnpqrs4qj",          // one short
               "mkey_7f3010123456789abcdefghjkmnpqrs4qjbb",        // one long
               "mkey_7f3010123456789abcdefgh kmnpqrs4qjb",         // a blank inside
               "mkey_7f301u123456789abcdefghjkmnpqrs4qjb",         // no letter of the alphabet
               "mkey_7f3010123456789abcdefghjkmnpqrs4qj\xc3\xa9",  // nor that
               "mkey-7f3010123456789abcdefghjkmnpqrs4qjb", "A616015B-0000-4000-8000-000000000000");
  CHECK(!parse_secret(SecretKind::setup_key, typed));
}

TEST_CASE("the kinds of secrets do not mix") {
  CHECK(!parse_secret(SecretKind::access_token, kKey));
  CHECK(!parse_secret(SecretKind::invite, kKey));
  CHECK(!parse_secret(SecretKind::setup_key, kToken));
  CHECK(!parse_secret(SecretKind::setup_key, kInvite));
}

TEST_CASE("the hint is prefix and public id") {
  CHECK(hint_of(*parse_secret(SecretKind::setup_key, kKey)) == "mkey_7f301");
}

TEST_CASE("a secret that moved on leaves nothing behind") {
  Secret first{std::string{kKey}};
  Secret second{std::move(first)};
  CHECK(first.reveal().empty());  // NOLINT(bugprone-use-after-move): that is the question
  CHECK(second.reveal() == kKey);
}

TEST_CASE("a device's own secret is mdev_ and 64 hexadecimal digits, nothing else") {
  const std::string digits(64, 'a');
  CHECK(is_device_secret("mdev_" + digits));
  CHECK(is_device_secret("mdev_" + std::string(32, '0') + std::string(32, '9')));
  CHECK(!is_device_secret(digits));
  CHECK(!is_device_secret("mdev_" + digits + "a"));
  CHECK(!is_device_secret("mdev_" + digits + "\n"));
  CHECK(!is_device_secret("mdev_" + digits.substr(1)));
  CHECK(!is_device_secret("mdev_" + digits.substr(1) + "g"));
  CHECK(!is_device_secret("mdev_" + digits.substr(1) + "A"));
  CHECK(!is_device_secret("mkey_" + digits));
}

TEST_CASE("a password is known again, and no other") {
  const std::string stored = hash_password(Secret{"correct horse"});
  CHECK(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  CHECK(verify_password(stored, Secret{"correct horse"}));
  CHECK(!verify_password(stored, Secret{"correct horsf"}));
  CHECK(!verify_password(stored, Secret{""}));
  CHECK(!verify_password("-", Secret{"correct horse"}));
}

TEST_CASE("the same password is stored differently each time") {
  CHECK(hash_password(Secret{"correct horse"}) != hash_password(Secret{"correct horse"}));
}

TEST_CASE("fields that only together are the same hash differently") {
  const auto hash = [](std::string_view a, std::string_view b) {
    return FieldHasher{}.add(a).add(b).finish();
  };
  CHECK(hash("ab", "c") != hash("a", "bc"));
  CHECK(hash("", "abc") != hash("abc", ""));
  CHECK(hash("a", "bc") == hash("a", "bc"));
}

TEST_CASE("comparing in constant time finds the same and the different") {
  CHECK(same_in_constant_time("abc", "abc"));
  CHECK(!same_in_constant_time("abc", "abd"));
  CHECK(!same_in_constant_time("abc", "abcd"));
  CHECK(same_in_constant_time("", ""));
}

TEST_CASE("base64 is taken exactly as the standard writes it") {
  CHECK(decode_base64("YWJj") == "abc");
  CHECK(decode_base64("YQ==") == "a");
  CHECK(!decode_base64("YQ"));
  CHECK(!decode_base64("YWJj\n"));
  CHECK(!decode_base64("YWJ_"));
}

}  // namespace
}  // namespace muster
