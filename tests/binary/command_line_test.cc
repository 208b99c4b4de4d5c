#include <regex>

#include "tests/catch.h"
#include "tests/installation.h"

// Every command and option. Exit codes: 0 done, 1 refused, 2 wrong usage.

namespace muster {
namespace {

const std::string kSetupKey = "mkey_[0-9a-z]{35}\n";
const std::string kToken = "mpat_[0-9a-z]{35}\n";
const std::string kPassword = "[0-9a-z]{20}\n";

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_match(text, std::regex{pattern});
}
bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Folder {
  ScratchFolder scratch;
  std::filesystem::path data = scratch.path() / "data";

  Said ask(const std::string& command, const std::string& environment = "") const {
    return ask_muster(on_folder(data) + " " + command, environment);
  }
  // What one query of the database gives.
  std::string query(const std::string& sql) const {
    std::string rows = sql_on(data, sql);
    if (!rows.empty()) rows.pop_back();
    return rows;
  }
};

// With an owner and the default network, without which there are no keys.
struct OwnedFolder : Folder {
  const Owned owned{data};
};

// A sentence and nothing else.
void check_refused(const Said& said, int exit, const std::string& part) {
  INFO(said.err);
  CHECK(said.exit == exit);
  CHECK(said.out.empty());
  CHECK(holds(said.err, part));
}

TEST_CASE("the first owner comes with a generated password and the default network") {
  const Folder folder;
  const Said said = folder.ask("admin create --email Ana@Example.com");
  CHECK(said.exit == 0);
  CHECK(matches(said.out, kPassword));
  CHECK(holds(said.err, "ana@example.com is an owner now"));
  CHECK(folder.query("SELECT email, role FROM users") == "ana@example.com|owner");
  CHECK(folder.query("SELECT name, cidr FROM networks") == "default|100.64.0.0/10");
}

TEST_CASE("the first owner may name the network and its range") {
  const Folder folder;
  CHECK(folder.ask("admin create --email a@b.c --network shop --range 10.9.0.0/16").exit == 0);
  CHECK(folder.query("SELECT name, cidr FROM networks") == "shop|10.9.0.0/16");
}

TEST_CASE("an unfit range makes no owner and no network") {
  const Folder folder;
  for (const char* range : {"10.0.0.0/33", "10.0.0.0/7", "10.0.0.0/31", "10.0.0.5/24", "fd00::/64",
                            "ten", "-1", "10.0.0.0/"})
    check_refused(folder.ask("admin create --email a@b.c --range " + std::string{range}), 1,
                  "the range");
  CHECK(folder.query("SELECT count(*) FROM users") == "0");
  CHECK(folder.query("SELECT count(*) FROM networks") == "0");
  CHECK(folder.query("SELECT count(*) FROM audit_log") == "0");
}

TEST_CASE("a reset password is printed alone, and ends sessions") {
  const OwnedFolder folder;
  folder.query(
      "INSERT INTO sessions (user_id, secret_hash, created_at, last_used_at, \"from\","
      " browser) VALUES (1, randomblob(32), 1, 1, '', '')");
  const std::string before = folder.query("SELECT password_hash FROM users");
  const Said said = folder.ask("admin reset-password --email Ana@Example.com");
  CHECK(said.exit == 0);
  CHECK(matches(said.out, kPassword));
  CHECK(holds(said.err, "ana@example.com has a new password and is signed out everywhere."));
  CHECK(folder.query("SELECT count(*) FROM sessions") == "0");
  CHECK(folder.query("SELECT password_hash FROM users") != before);
  check_refused(folder.ask("admin reset-password --email b@c.d"), 1, "nobody signs in with");
}

TEST_CASE("a second factor goes only when that is asked for") {
  const OwnedFolder folder;
  folder.query("INSERT INTO second_factors (user_id, confirmed_at) VALUES (1, 1)");
  folder.query("INSERT INTO server_secrets VALUES ('totp:1', 'A')");
  CHECK(folder.ask("admin reset-password --email ana@example.com").exit == 0);
  CHECK(folder.query("SELECT count(*) FROM second_factors") == "1");
  const Said said =
      folder.ask("admin reset-password --email ana@example.com --remove-second-factor");
  CHECK(holds(said.err, "The second factor is off."));
  CHECK(folder.query("SELECT count(*) FROM second_factors") == "0");
  CHECK(folder.query("SELECT count(*) FROM server_secrets WHERE name = 'totp:1'") == "0");
}

TEST_CASE("the same owner twice is refused, another one joins") {
  const Folder folder;
  REQUIRE(folder.ask("admin create --email a@b.c").exit == 0);
  check_refused(folder.ask("admin create --email A@B.C"), 1, "a@b.c is there already");
  CHECK(folder.ask("admin create --email d@b.c").exit == 0);
  CHECK(folder.query("SELECT count(*) FROM users WHERE role = 'owner'") == "2");
  CHECK(folder.query("SELECT count(*) FROM networks") == "1");
}

TEST_CASE("an e-mail address that is none makes no owner") {
  const Folder folder;
  check_refused(folder.ask("admin create --email nonsense"), 1, "not an e-mail address");
  check_refused(folder.ask("admin create --email ''"), 1, "not an e-mail address");
  check_refused(folder.ask("admin create"), 2, "--email");
  CHECK(folder.query("SELECT count(*) FROM users") == "0");
}

TEST_CASE("a given password is taken from its file and not shown") {
  const Folder folder;
  const std::string file = folder.scratch.put("password", "correct horse\r\nsecond line\n");
  const Said said = folder.ask("admin create --email a@b.c --password-file " + file);
  CHECK(said.exit == 0);
  CHECK(said.out.empty());
  CHECK_FALSE(holds(said.err, "correct"));
  CHECK(folder.query("SELECT substr(password_hash, 1, 10) FROM users") == "$argon2id$");
}

TEST_CASE("a password that is too short, too long or not there makes no owner") {
  const Folder folder;
  const std::string create = "admin create --email a@b.c --password-file ";
  const auto put = [&](const std::string& text) { return folder.scratch.put("password", text); };
  check_refused(folder.ask(create + put("1234567\n")), 1, "8 to 256");
  check_refused(folder.ask(create + put(std::string(257, 'a'))), 1, "8 to 256");
  check_refused(folder.ask(create + put("\nbehind an empty line")), 1, "8 to 256");
  check_refused(folder.ask(create + put("")), 1, "cannot be read");
  check_refused(folder.ask(create + "/nowhere/password"), 1, "/nowhere/password cannot be read");
  CHECK(folder.query("SELECT count(*) FROM users") == "0");
}

TEST_CASE("an access token is alone on standard output") {
  const Folder folder;
  REQUIRE(folder.ask("admin create --email a@b.c").exit == 0);
  for (const char* whom : {"--email A@b.c", "--service ci", "--service ci"}) {
    const Said said = folder.ask("token create --name t --days 30 " + std::string{whom} +
                                 " --scope keys:read --scope devices:write");
    CHECK(said.exit == 0);
    CHECK(matches(said.out, kToken));
    CHECK(holds(said.err, "good until"));
  }
  CHECK(folder.query("SELECT DISTINCT scopes FROM access_tokens") == "keys:read devices:write");
  CHECK(folder.query("SELECT expires_at - created_at FROM access_tokens LIMIT 1") == "2592000");
  CHECK(folder.query("SELECT count(*) FROM users WHERE is_service_user = 1") == "1");
}

TEST_CASE("a token for nobody, for two, or out of bounds is refused") {
  const Folder folder;
  check_refused(folder.ask("token create --name t"), 2, "--email or --service");
  check_refused(folder.ask("token create --name t --email a@b.c --service ci"), 2, "excludes");
  check_refused(folder.ask("token create --service ci"), 2, "--name");
  check_refused(folder.ask("token create --name t --email a@b.c"), 1, "nobody has the e-mail");
  check_refused(folder.ask("token create --name '' --service ci"), 1, "name");
  for (const char* days : {"0", "-1", "366"})
    check_refused(folder.ask("token create --name t --service ci --days " + std::string{days}), 1,
                  "between 1 and 365");
  check_refused(folder.ask("token create --name t --service ci --days soon"), 2, "soon");
  check_refused(folder.ask("token create --name t --service ci --scope keys"), 1, "unknown scope");
  CHECK(folder.query("SELECT count(*) FROM access_tokens") == "0");
  CHECK(folder.query("SELECT count(*) FROM users") == "0");
}

TEST_CASE("a setup key is alone on standard output and is what the options say") {
  const OwnedFolder folder;
  const Said plain = folder.ask("key create --name plain");
  CHECK(plain.exit == 0);
  CHECK(matches(plain.out, kSetupKey));
  CHECK(holds(plain.err, "any number of machines, without an end"));
  CHECK(matches(folder.ask("key create --name once --one-off --expires-in 60").out, kSetupKey));
  CHECK(matches(folder.ask("key create --name few --usage-limit 3 --ephemeral").out, kSetupKey));
  CHECK(folder.query("SELECT name, type, usage_limit, ephemeral,"
                     " CASE expires_at WHEN 0 THEN 0 ELSE expires_at - created_at END,"
                     " created_by_id IS NULL FROM setup_keys WHERE id > 1 ORDER BY id") ==
        "plain|reusable|0|0|0|1\nonce|one-off|1|0|60|1\nfew|reusable|3|1|0|1");
}

TEST_CASE("a group that is not there is made with the key, once") {
  const OwnedFolder folder;
  CHECK(holds(folder.ask("key create --name a --group tills").err, "tills was not there"));
  const Said again = folder.ask("key create --name b --group tills --group offices");
  CHECK(again.exit == 0);
  CHECK(matches(again.out, kSetupKey));
  CHECK_FALSE(holds(again.err, "tills"));
  CHECK(folder.query("SELECT group_concat(name) FROM groups WHERE id > 1") == "tills,offices");
  CHECK(folder.query("SELECT count(*) FROM setup_key_groups") == "3");
}

TEST_CASE("a key out of bounds is refused, and no group is made for it") {
  const OwnedFolder folder;
  const std::string create = "key create --group tills --name ";
  check_refused(folder.ask(create + "k --usage-limit -5"), 1, "usage_limit");
  check_refused(folder.ask(create + "k --usage-limit=-5"), 1, "usage_limit");
  check_refused(folder.ask(create + "k --expires-in -1"), 1, "past");
  check_refused(folder.ask(create + "k --expires-in 315360001"), 1, "ten years");
  check_refused(folder.ask(create + "''"), 1, "name");
  check_refused(folder.ask(create + "k --group All"), 1, "all");
  check_refused(folder.ask(create + "k --usage-limit many"), 2, "many");
  check_refused(folder.ask(create + "k --usage-limit 99999999999999999999"), 1, "usage_limit");
  check_refused(folder.ask(create + "k --one-off --usage-limit 2"), 2, "excludes");
  CHECK(folder.query("SELECT count(*) FROM setup_keys") == "1");
  CHECK(folder.query("SELECT count(*) FROM groups") == "1");
}

TEST_CASE("the pin is the same each time") {
  const Folder folder;
  const Said first = folder.ask("pin");
  CHECK(first.exit == 0);
  CHECK(matches(first.out, "sha256//[A-Za-z0-9+/]{43}=\n"));
  CHECK(folder.ask("pin").out == first.out);
  check_refused(folder.ask("pin --tls-cert /nowhere.pem"), 1, "/nowhere.pem cannot be read");
}

TEST_CASE("a sound database is called sound, a changed audit log is not") {
  const Folder folder;
  REQUIRE(folder.ask("admin create --email a@b.c").exit == 0);
  const Said sound = folder.ask("check");
  CHECK(sound.exit == 0);
  CHECK(holds(sound.out, "audit log: 3 rows, head 3 "));
  CHECK(holds(sound.out, "\nsound\n"));
  folder.query("UPDATE audit_log SET details = '{}' WHERE id = 2");
  const Said broken = folder.ask("check");
  CHECK(broken.exit == 1);
  CHECK(holds(broken.out, "row 2 was changed"));
  CHECK_FALSE(holds(broken.out, "\nsound\n"));
}

TEST_CASE("the version names the program and its HTTP library, and needs no folder") {
  const ScratchFolder folder;
  const Said said = ask_muster("version", "cd " + shell_word(folder.path()) + " &&");
  CHECK(said.exit == 0);
  CHECK(matches(said.out, "muster [0-9.]+\nHTTP: cpp-httplib [0-9.]+\n"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("wrong usage is exit 2 with a line on help, and does nothing") {
  const Folder folder;
  for (const char* words : {"", "frob", "key", "token", "admin", "admin frob", "check extra",
                            "key create --name k --frob", "serve --frob", "check --data",
                            "serve --max-connections 0", "serve --max-connections -1"})
    check_refused(folder.ask(words), 2, "--help");
  CHECK_FALSE(std::filesystem::exists(folder.data));
}

TEST_CASE("help is for everybody and exit 0") {
  const Said said = ask_muster("--help");
  CHECK(said.exit == 0);
  for (const char* command : {"serve", "admin", "token", "key", "pin", "check", "version"})
    CHECK(holds(said.out, std::string{"  "} + command));
  CHECK(ask_muster("key create --help").exit == 0);
}

}  // namespace
}  // namespace muster
