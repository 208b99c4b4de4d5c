#include "web/serve.h"

#include <csignal>
#include <iostream>
#include <thread>

#include "server/format.h"
#include "server/log.h"
#include "server/people.h"
#include "server/settings.h"
#include "server/upkeep.h"
#include "web/app.h"
#include "web/identity.h"
#include "web/identity_renewal.h"
#include "web/pasted_line.h"
#include "web/site.h"

namespace muster {
namespace {

ServeConfig read_options(const ServeOptions& options) {
  ServeConfig config;
  config.listen = parse_listen_address(options.listen);
  if (!options.public_url.empty()) config.public_url = parse_public_url(options.public_url);
  config.tls_cert = options.tls_cert;
  config.tls_key = options.tls_key;
  if (config.tls_cert.empty() != config.tls_key.empty())
    throw UsageError("--tls-cert and --tls-key go together");
  if (!options.behind_proxy.empty()) {
    config.behind_proxy = parse_ip_range(options.behind_proxy);
    if (!config.behind_proxy)
      throw UsageError(
          formatted("--behind-proxy {}: write the proxy's address or range, such as "
                    "10.0.0.2 or 10.0.0.0/24",
                    options.behind_proxy));
    if (config.public_url.empty())
      throw UsageError(
          "--behind-proxy needs --public-url: the address under which the proxy "
          "is reached");
    if (!config.tls_cert.empty())
      throw UsageError("--behind-proxy speaks plain HTTP; leave out --tls-cert and --tls-key");
  }
  config.max_connections = options.max_connections;
  config.dev = options.dev;
  return config;
}

// Signals are taken by one thread that waits for them; every other thread, made later, never sees
// one.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void wait() const {
    int signal = 0;
    sigwait(&set_, &signal);
  }

 private:
  sigset_t set_{};
};

void greet(const App& app, const std::string& folder) {
  log_line(formatted("Muster serves {} from {}", app.public_address.url(), folder));
  log_line(
      formatted("A machine pastes, with a setup key for KEY: {}", pasted_lines(app, "KEY").linux));
}

// The set-up URL lets its holder become the owner: like every secret it goes alone to standard
// output.
void offer_first_run(const App& app, const std::string& folder) {
  log_line(
      formatted("Nobody owns it yet. Open this address in a browser, or run in another terminal: "
                "muster --data {} admin create --email you@example.com",
                folder));
  std::cout << formatted("{}/first-run/{}", app.public_address.url(), app.setup_secret)
            << std::endl;
}

}  // namespace

void serve(const std::string& folder, const ServeOptions& options) {
  const StopSignals signals;
  const ServeConfig config = read_options(options);
  const DataFolder data{folder};
  const FolderLock lock{data};
  Database database{{.path = data.database_path(), .migrate = true}};
  const Clock clock;
  LastSeen last_seen{clock};
  database.read([&](const Snapshot& snapshot) { last_seen.load(snapshot); });
  RefusalLog refusals;
  TokenUses token_uses;
  SessionUses session_uses;

  HttpServerOptions http{.host = config.listen.host,
                         .port = config.listen.port,
                         .tls = std::nullopt,
                         .max_connections = config.max_connections};
  App app{database, clock, last_seen, refusals, token_uses, session_uses, config};
  app.public_address.set_stored(database.read(find_public_url));
  app.public_address.set_second(database.read(find_second_url));
  if (config.is_tls()) {
    Identity identity =
        make_identity(config, app.public_address.control_urls(), database, clock.now());
    if (!identity.pin.empty()) app.pins = {std::move(identity.pin)};
    app.certificate.set(identity.tls.certificate);
    http.tls = std::move(identity.tls);
  }
  Site site{app};
  HttpServer server{std::move(http), site};
  app.public_address.set_port(server.bind());
  const Upkeep upkeep{database, clock, {last_seen, refusals, token_uses, session_uses}};
  greet(app, folder);
  if (!database.read([](const Snapshot& snapshot) { return has_owner(snapshot); }))
    offer_first_run(app, folder);

  std::optional<IdentityRenewal> renewal;
  if (config.is_tls()) renewal.emplace(app, server);

  std::thread serving{[&] { server.serve(); }};
  signals.wait();
  server.stop();
  serving.join();
  log_line("Muster has stopped");
}

}  // namespace muster
