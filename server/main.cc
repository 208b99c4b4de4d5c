// The command line, and where the two sides, server/ and web/, are put together.

#include <nss.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "server/access_tokens.h"
#include "server/audit.h"
#include "server/clock.h"
#include "server/config.h"
#include "server/db.h"
#include "server/format.h"
#include "server/groups.h"
#include "server/keys.h"
#include "server/networks.h"
#include "server/people.h"
#include "server/second_factor.h"
#include "server/secret.h"
#include "server/sessions.h"
#include "web/certificate.h"
#include "web/http_server.h"
#include "web/identity.h"
#include "web/serve.h"

namespace muster {
namespace {

// Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void say(std::string_view text) { std::cerr << text << '\n'; }
void print(std::string_view text) { std::cout << text << '\n'; }
// Alone on standard output, so that `KEY=$(muster key create …)` takes it.
void print_secret(const Secret& secret) { print(secret.reveal()); }

template <class T>
T value_of(Result<T> result) {
  if (!result) throw Refused(result.refusal().message);
  return std::move(*result);
}

Database open_database(const std::string& folder) {
  const std::string path = DataFolder{folder}.database_path();
  if (!std::filesystem::exists(path)) say(formatted("There was no database: {} is new.", path));
  return Database{{.path = path}};
}

By command_line() { return By::command_line(Clock{}.now()); }

struct AdminOptions {
  std::string email;
  std::string password_file;
  std::string network = "default";
  std::string range = "100.64.0.0/10";
};

// A given password is taken from the first line of its file.
Secret read_password(const std::string& file) {
  std::ifstream stream{file};
  std::string line;
  if (!stream || !std::getline(stream, line)) throw Refused(formatted("{} cannot be read", file));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (auto fit = check_password(line); !fit)
    throw Refused(formatted("{}; the first line of the file is taken", fit.refusal().message));
  return Secret{std::move(line)};
}

void create_admin(const std::string& folder, const AdminOptions& options) {
  Database database = open_database(folder);
  value_of(check_email(options.email));
  const bool is_generated = options.password_file.empty();
  const Secret password = is_generated ? make_password(20) : read_password(options.password_file);
  const std::string hash = hash_password(password);
  const Person person = value_of(database.write([&](Transaction& tx) {
    return create_owner(tx, command_line(),
                        {.email = options.email,
                         .password_hash = hash,
                         .network_name = options.network,
                         .network_cidr = options.range});
  }));
  say(formatted("{} is an owner now.{}", person.email,
                is_generated ? " The password, shown this once:" : ""));
  if (is_generated) print_secret(password);
}

struct ResetOptions {
  std::string email;
  std::string password_file;
  bool remove_second_factor = false;
};

void reset_password(const std::string& folder, const ResetOptions& options) {
  Database database = open_database(folder);
  const bool is_generated = options.password_file.empty();
  const Secret password = is_generated ? make_password(20) : read_password(options.password_file);
  const std::string hash = hash_password(password);
  const Person person = value_of(database.write([&](Transaction& tx) -> Result<Person> {
    const By by = command_line();
    const auto known = find_sign_in(tx, options.email);
    if (!known)
      return Refusal::not_found(formatted("nobody signs in with the e-mail {}", options.email));
    set_password(tx, by, known->person, hash);
    end_sessions(tx, by, known->person);
    if (options.remove_second_factor) remove_second_factor(tx, by, known->person);
    return known->person;
  }));
  say(formatted("{} has a new password and is signed out everywhere.{}{}{}", person.email,
                options.remove_second_factor ? " The second factor is off." : "",
                person.status == "blocked" ? " They are still blocked." : "",
                is_generated ? " The password, shown this once:" : ""));
  if (is_generated) print_secret(password);
}

struct TokenOptions {
  std::string email;
  std::string service;
  NewToken token;
};

void create_token_by_command(const std::string& folder, const TokenOptions& options) {
  Database database = open_database(folder);
  const auto created = value_of(database.write([&](Transaction& tx) -> Result<CreatedToken> {
    const By by = command_line();
    if (!options.service.empty()) {
      const auto person = keep_service_user(tx, by, options.service);
      if (!person) return person.refusal();
      return create_token(tx, by, *person, options.token);
    }
    const auto person = find_person_by_email(tx, options.email);
    if (!person) return Refusal::not_found(formatted("nobody has the e-mail {}", options.email));
    return create_token(tx, by, *person, options.token);
  }));
  say(formatted("The access token, shown this once, good until {}:",
                rfc3339(created.token.expires_at)));
  print_secret(created.secret);
}

struct KeyOptions {
  NewKey key{.name = "", .type = "reusable"};
  bool one_off = false;
};

void create_key_by_command(const std::string& folder, KeyOptions options) {
  Database database = open_database(folder);
  if (options.one_off) options.key.type = "one-off";
  std::vector<std::string> new_groups;
  const auto created = value_of(database.write([&](Transaction& tx) -> Result<CreatedKey> {
    const By by = command_line();
    new_groups.clear();
    for (const std::string& name : options.key.auto_groups) {
      if (find_group_named(tx, name)) continue;
      if (auto made = create_group(tx, by, {.name = name}); !made) return made.refusal();
      new_groups.push_back(name);
    }
    return create_key(tx, by, options.key);
  }));
  for (const std::string& name : new_groups)
    say(formatted("The group {} was not there and has been made.", name));
  const Key& key = created.key;
  say(formatted(
      "The setup key {}, shown this once, for {}, {}:", key.name,
      key.is_one_time()      ? "one machine"
      : key.usage_limit == 0 ? "any number of machines"
                             : formatted("{} machines", key.usage_limit),
      key.expires_at == 0 ? "without an end" : formatted("until {}", rfc3339(key.expires_at))));
  print_secret(created.secret);
}

void check(const std::string& folder) {
  Database database = open_database(folder);
  const auto [findings, chain] = database.read([](const Snapshot& snapshot) {
    return std::pair{check_integrity(snapshot), check_chain(snapshot)};
  });
  for (const std::string& finding : findings) print("database: " + finding);
  if (chain.first_broken_id)
    print(formatted("audit log: row {} was changed, or a row before it is missing",
                    *chain.first_broken_id));
  print(formatted("audit log: {} rows, head {} {}", chain.rows, chain.head_id,
                  chain.head.empty() ? "(none)" : chain.head));
  print(
      "Note the head elsewhere: a log cut at its end, or written anew as a whole, shows only "
      "against it.");
  if (!findings.empty() || chain.first_broken_id) throw Refused("the database is not sound");
  print("sound");
}

void print_pin(const std::string& folder, const std::string& tls_cert) {
  if (!tls_cert.empty()) {
    print(pin_of_certificate(read_pem(tls_cert)));
    return;
  }
  Database database = open_database(folder);
  print(pin_of_key(keep_tls_key(database)));
}

void print_version() {
  print(formatted("muster {}\nHTTP: {}", MUSTER_VERSION, HttpServer::library_version()));
}

// Each option can also be set as MUSTER_<OPTION>.
std::string variable_of(const std::string& name) {
  std::string variable = "MUSTER_" + name.substr(2);
  for (char& c : variable) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return variable;
}
CLI::Option* option(CLI::App& app, const std::string& name, auto& value, const std::string& help) {
  return app.add_option(name, value, help)->envname(variable_of(name));
}
CLI::Option* flag(CLI::App& app, const std::string& name, bool& value, const std::string& help) {
  return app.add_flag(name, value, help)->envname(variable_of(name));
}

void add_serve(CLI::App& app, const std::string& folder) {
  auto* command = app.add_subcommand("serve", "Serve the API and the agents");
  auto options = std::make_shared<ServeOptions>();
  option(*command, "--listen", options->listen, "ADDRESS:PORT; HTTPS unless loopback")
      ->capture_default_str();
  option(*command, "--public-url", options->public_url, "The address your machines use");
  option(*command, "--tls-cert", options->tls_cert, "Certificate chain (PEM)");
  option(*command, "--tls-key", options->tls_key, "Its private key (PEM)");
  option(*command, "--behind-proxy", options->behind_proxy,
         "Plain HTTP for the TLS proxy in this range; needs --public-url");
  option(*command, "--max-connections", options->max_connections, "More are closed at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  flag(*command, "--dev", options->dev, "Read scripts from the source tree");
  command->callback([options, &folder] { serve(folder, *options); });
}

void add_reset_password(CLI::App& admin, const std::string& folder) {
  auto* command = admin.add_subcommand("reset-password", "Let somebody back in");
  auto options = std::make_shared<ResetOptions>();
  option(*command, "--email", options->email, "Their e-mail address")->required();
  option(*command, "--password-file", options->password_file, "Its first line; none: one is made");
  flag(*command, "--remove-second-factor", options->remove_second_factor,
       "Their phone is lost: the password alone signs them in");
  command->callback([options, &folder] { reset_password(folder, *options); });
}

void add_admin(CLI::App& app, const std::string& folder) {
  auto* admin = app.add_subcommand("admin", "Owners")->require_subcommand(1);
  auto* command = admin->add_subcommand("create", "Make an owner without a browser");
  auto options = std::make_shared<AdminOptions>();
  option(*command, "--email", options->email, "Their e-mail address")->required();
  option(*command, "--password-file", options->password_file, "Its first line; none: one is made");
  option(*command, "--network", options->network, "The first owner's network")
      ->capture_default_str();
  option(*command, "--range", options->range, "Its addresses")->capture_default_str();
  command->callback([options, &folder] { create_admin(folder, *options); });
  add_reset_password(*admin, folder);
}

void add_token(CLI::App& app, const std::string& folder) {
  auto* token = app.add_subcommand("token", "Access tokens")->require_subcommand(1);
  auto* command = token->add_subcommand("create", "Make an access token for the API");
  auto options = std::make_shared<TokenOptions>();
  auto* email = option(*command, "--email", options->email, "For this person");
  auto* service = option(*command, "--service", options->service, "For this service user");
  email->excludes(service);
  option(*command, "--name", options->token.name, "What it is for")->required();
  option(*command, "--days", options->token.days, "1 to 365")->capture_default_str();
  option(*command, "--scope", options->token.scopes, "Such as keys:read; none: all");
  option(*command, "--group", options->token.groups, "Only for keys that name nothing else");
  command->callback([options, email, service, &folder] {
    if (email->count() + service->count() == 0) throw CLI::RequiredError("--email or --service");
    create_token_by_command(folder, *options);
  });
}

void add_key(CLI::App& app, const std::string& folder) {
  auto* key = app.add_subcommand("key", "Setup keys")->require_subcommand(1);
  auto* command = key->add_subcommand("create", "Make a setup key");
  auto options = std::make_shared<KeyOptions>();
  option(*command, "--name", options->key.name, "What for, who, until when")->required();
  auto* one_off = flag(*command, "--one-off", options->one_off, "Lets in one machine");
  option(*command, "--usage-limit", options->key.usage_limit, "Machines it lets in; 0: any number")
      ->excludes(one_off);
  option(*command, "--expires-in", options->key.expires_in, "Seconds; 0: never");
  option(*command, "--group", options->key.auto_groups, "Group of the machines; may be repeated");
  flag(*command, "--ephemeral", options->key.ephemeral, "Devices are removed when they go");
  command->callback([options, &folder] { create_key_by_command(folder, *options); });
}

int run(int argc, char** argv) {
  CLI::App app{"Muster: one pasted line, and a machine is in your private network."};
  std::string folder = "./muster-data";
  option(app, "--data", folder, "Folder of the database")->capture_default_str();
  app.require_subcommand(1);
  app.fallthrough();
  add_serve(app, folder);
  add_admin(app, folder);
  add_token(app, folder);
  add_key(app, folder);
  auto* pin = app.add_subcommand("pin", "Print the pin of the certificate");
  auto tls_cert = std::make_shared<std::string>();
  option(*pin, "--tls-cert", *tls_cert, "The certificate given to serve, if one is");
  pin->callback([&folder, tls_cert] { print_pin(folder, *tls_cert); });
  app.add_subcommand("check", "Check the database and the audit log's chain")->callback([&folder] {
    check(folder);
  });
  app.add_subcommand("version", "Print the version")->callback(print_version);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 2;
  } catch (const UsageError& error) {
    say(error.what());
    return 2;
  } catch (const std::exception& error) {
    say(error.what());
    return 1;
  }
}

}  // namespace
}  // namespace muster

int main(int argc, char** argv) {
  // A static binary must load no plugins at run time; names are looked up here and nowhere else.
  __nss_configure_lookup("hosts", "files dns");
  ::umask(077);
  muster::start_crypto();
  return muster::run(argc, argv);
}
