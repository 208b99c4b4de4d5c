#include "web/public_address.h"

#include "server/settings.h"
#include "tests/catch.h"
#include "tests/world.h"
#include "web/identity.h"
#include "web/pasted_line.h"

namespace muster {
namespace {

Result<std::string> set(World& world, std::string_view typed) {
  return world.database().write([&](Transaction& tx) {
    auto url = set_public_url(tx, By::command_line(world.clock.now()), typed);
    if (url)
      tx.after_commit([&world, stored = *url] { world.app().public_address.set_stored(stored); });
    return url;
  });
}

TEST_CASE("while no public address is set, it is the address it listens on") {
  ServeConfig config;
  config.listen = {"127.0.0.1", 0};
  PublicAddress address{config};
  address.set_port(8080);
  CHECK(address.url() == "http://127.0.0.1:8080");
  config.listen = {"192.168.1.5", 0};
  CHECK(address.url() == "https://192.168.1.5:8080");
  config.listen = {"fd00::5", 0};
  CHECK(address.url() == "https://[fd00::5]:8080");
  CHECK(address.control_urls().empty());
}

TEST_CASE("while no public address is set, one that listens everywhere is found by its name") {
  ServeConfig config;
  config.listen = {GENERATE("0.0.0.0", "::"), 0};
  PublicAddress address{config};
  address.set_port(8443);
  CHECK(address.url() == "https://" + local_name() + ":8443");
  CHECK(local_name().ends_with(".local"));
  CHECK(address.control_urls().empty());
}

TEST_CASE("on loopback with a certificate of its own it is https") {
  ServeConfig config;
  config.tls_cert = "cert.pem";
  config.tls_key = "key.pem";
  CHECK(PublicAddress{config}.url() == "https://127.0.0.1:8080");
}

TEST_CASE("the address in the settings is what machines are told, at once and after a restart") {
  World world;
  world.enroll(world.make_key(R"("type": "reusable")"), device_secret(1));
  const auto told = [&] {
    return world.ask_as_device(device_secret(1), "/api/agent/heartbeat").json().at("control_urls");
  };
  REQUIRE(set(world, " https://muster.example.com/ "));
  CHECK(told() == nlohmann::json{"https://muster.example.com"});
  world.crash();
  CHECK(told() == nlohmann::json{"https://muster.example.com"});
  REQUIRE(set(world, ""));
  CHECK(told().empty());
}

TEST_CASE("the option --public-url wins over the address in the settings") {
  World world;
  REQUIRE(set(world, "https://stored.example.com"));
  world.config.public_url = "https://given.example.com";
  CHECK(world.app().public_address.url() == "https://given.example.com");
  CHECK(world.app().public_address.control_urls() ==
        std::vector<std::string>{"https://given.example.com"});
}

TEST_CASE("a public address that no browser could open is refused and not stored") {
  World world;
  const std::string before = world.stored();
  const auto refused = set(world, GENERATE("muster.example.com", "ftp://muster.example.com",
                                           "https://", "https://a b", "https://a/$(reboot)"));
  REQUIRE(!refused);
  CHECK(refused.refusal().kind == Kind::invalid);
  CHECK((world.stored() == before));
}

TEST_CASE("the audit log tells each change of the public address, and none that changes nothing") {
  World world;
  const auto from = world.number("SELECT max(id) FROM audit_log");
  REQUIRE(set(world, "https://a.example.com"));
  REQUIRE(set(world, "https://a.example.com/"));
  REQUIRE(set(world, "https://b.example.com"));
  CHECK(world.audit_codes(from) ==
        std::vector<std::string>{"settings.public_url.update", "settings.public_url.update"});
  CHECK(world.text("SELECT details FROM audit_log ORDER BY id DESC LIMIT 1") ==
        R"({"old_public_url":"https://a.example.com","public_url":"https://b.example.com"})");
}

TEST_CASE("the self-made certificate names the host of the public address") {
  World world;
  world.config.listen = {"0.0.0.0", 8443};
  const auto identity =
      make_identity(world.config, {"https://muster.example.com:8443", "http://10.0.0.9:8080"},
                    world.database(), 1'795'000'000);
  const ScratchFolder folder;
  const auto ran = run("openssl x509 -noout -checkhost muster.example.com -in " +
                       folder.put("cert.pem", identity.tls.certificate));
  CHECK(ran.output == "Hostname muster.example.com does match certificate\n");
}

TEST_CASE("the line leads to the public address") {
  World world;
  world.config.public_url = "https://muster.example.com";
  const auto lines = pasted_lines(world.app(), "mkey_x");
  CHECK(lines.linux ==
        "curl -fsSL https://muster.example.com/install.sh | sh -s -- --control "
        "https://muster.example.com --key mkey_x");
  CHECK(lines.macos == lines.linux);
  CHECK((!lines.windows && !lines.docker && !lines.kubernetes));
}

TEST_CASE("with a self-made certificate the line carries its pin twice") {
  World world;
  world.config.public_url = "https://muster.example.com";
  world.app().pins = {"sha256//abc="};
  CHECK(pasted_lines(world.app(), "mkey_x").linux ==
        "curl -fsSLk --pinnedpubkey 'sha256//abc=' https://muster.example.com/install.sh | sh -s "
        "-- --control https://muster.example.com --pin 'sha256//abc=' --key mkey_x");
}

TEST_CASE("no shell takes anything in the line's address for a pattern") {
  World world;
  world.config.public_url = GENERATE("https://[fd00::5]:8443", "https://muster.example.com/~it/*!");
  const std::string line = pasted_lines(world.app(), "mkey_x").linux;
  const std::string url = world.config.public_url;
  CHECK(line ==
        "curl -fsSL '" + url + "/install.sh' | sh -s -- --control '" + url + "' --key mkey_x");
}

}  // namespace
}  // namespace muster
