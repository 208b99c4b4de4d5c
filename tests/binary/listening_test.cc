#include <regex>
#include <sstream>

#include "tests/catch.h"
#include "tests/installation.h"

// Where the server listens, how it speaks there, and which certificate it shows.

namespace muster {
namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// curl's exit code and what it got. It asks as `https://HOST:PORT/healthz` without other words.
Ran curl(const ServerProcess& server, const std::string& options,
         const std::string& host = "127.0.0.1", const std::string& scheme = "https") {
  return run("curl -q --noproxy '*' --globoff -sS --max-time 20 " + options + " " + scheme + "://" +
             host + ":" + std::to_string(server.port()) + "/healthz 2>&1");
}

std::string pin_of(const std::filesystem::path& data) {
  return output_of_muster(on_folder(data) + " pin");
}

// `DNS:a, DNS:b, IP Address:192.0.2.1` of the certificate that is shown.
std::string names_shown(const ServerProcess& server) {
  return run("openssl s_client -connect 127.0.0.1:" + std::to_string(server.port()) +
             " </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName")
             .output +
         ",";
}

// A certificate for localhost and its key, as PEM files.
struct GivenCertificate {
  explicit GivenCertificate(const ScratchFolder& folder, const std::string& name)
      : certificate(folder.path() / (name + ".pem")), key(folder.path() / (name + "-key.pem")) {
    const Ran made =
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            " -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -out " +
            certificate.string() + " -keyout " + key.string() + " 2>&1");
    if (made.exit != 0) throw std::runtime_error(made.output);
  }
  std::filesystem::path certificate;
  std::filesystem::path key;
};

bool has_ipv6() {
  return holds(run("cat /proc/net/if_inet6 2>&1").output, "00000000000000000000000000000001");
}

TEST_CASE("on loopback it speaks plain HTTP") {
  const ScratchFolder folder;
  const ServerProcess server{folder.path() / "data"};
  CHECK(curl(server, "-f", "127.0.0.1", "http").exit == 0);
  CHECK(curl(server, "-k").exit != 0);
  CHECK(holds(server.log(), "Muster serves http://127.0.0.1:" + std::to_string(server.port())));
}

TEST_CASE("on all IPv4 addresses it speaks HTTPS with a certificate that its pin vouches for") {
  const ScratchFolder folder;
  const auto data = folder.path() / "data";
  const ServerProcess server{data, {"--listen", "0.0.0.0:0"}};
  const std::string pin = pin_of(data);
  const std::string other = "sha256//" + std::string(43, 'A') + "=";
  CHECK(curl(server, "-fk --pinnedpubkey '" + pin + "'").output == R"({"status":"ok"})");
  CHECK(curl(server, "-k --pinnedpubkey '" + other + "'").exit == 90);
  CHECK(curl(server, "").exit == 60);
  CHECK(curl(server, "", "127.0.0.1", "http").exit != 0);
  CHECK(holds(server.log(), "--pinnedpubkey '" + pin + "'"));
  CHECK(holds(server.log(), ".local:" + std::to_string(server.port()) + "/install.sh"));
}

TEST_CASE("on all IPv6 addresses it serves both families, or says that there is no IPv6") {
  const ScratchFolder folder;
  const auto data = folder.path() / "data";
  if (!has_ipv6()) {
    const Said said = ask_muster("serve --listen [::1]:0 " + on_folder(data));
    CHECK(said.exit == 1);
    CHECK(holds(said.err, "Cannot listen on [::1]:0"));
    return;
  }
  const ServerProcess server{data, {"--listen", "[::]:0"}};
  const std::string options = "-fk --pinnedpubkey '" + pin_of(data) + "'";
  CHECK(curl(server, options).exit == 0);
  CHECK(curl(server, options, "[::1]").exit == 0);
  const ServerProcess loopback{folder.path() / "loopback", {"--listen", "[::1]:0"}};
  CHECK(curl(loopback, "-f", "[::1]", "http").exit == 0);
}

TEST_CASE("the pin stays over restarts, also with another public address") {
  const ScratchFolder folder;
  const auto data = folder.path() / "data";
  const std::string pin = pin_of(data);
  for (const char* url : {"https://a.example.com", "https://b.example.com:8443/muster"}) {
    ServerProcess server{data, {"--listen", "0.0.0.0:0", "--public-url", url}};
    CHECK(curl(server, "-fk --pinnedpubkey '" + pin + "'").exit == 0);
    server.kill();
    server.start();
    CHECK(curl(server, "-fk --pinnedpubkey '" + pin + "'").exit == 0);
    CHECK(pin_of(data) == pin);
  }
}

TEST_CASE("the certificate names this machine, its addresses and the public address") {
  const ScratchFolder folder;
  ServerProcess server{folder.path() / "data", {"--listen", "0.0.0.0:0"}};
  const std::string names = names_shown(server);
  std::smatch name;
  const std::string log = server.log();
  REQUIRE(std::regex_search(log, name, std::regex{"serves https://([a-z0-9-]+)\\.local:"}));
  CHECK(holds(names, "DNS:" + name.str(1) + ","));
  CHECK(holds(names, "DNS:" + name.str(1) + ".local,"));
  CHECK(holds(names, "DNS:localhost,"));
  CHECK(holds(names, "IP Address:127.0.0.1,"));
  std::istringstream addresses{run("hostname -I").output};
  for (std::string address; addresses >> address;)
    if (holds(address, ".")) CHECK(holds(names, "IP Address:" + address));
  server.stop();

  for (const auto& [url, shown] :
       {std::pair{"https://muster.example.com:8443/x", "DNS:muster.example.com"},
        {"https://192.0.2.77", "IP Address:192.0.2.77"},
        {"https://[2001:db8::7]:8443", "IP Address:2001:DB8:0:0:0:0:0:7"}}) {
    const ServerProcess public_server{folder.path() / "data",
                                      {"--listen", "0.0.0.0:0", "--public-url", url}};
    CHECK(holds(names_shown(public_server), shown));
  }
}

TEST_CASE("a given certificate is shown, on loopback too, and has its own pin") {
  const ScratchFolder folder;
  const GivenCertificate given{folder, "given"};
  const auto data = folder.path() / "data";
  const ServerProcess server{data, {"--tls-cert", given.certificate, "--tls-key", given.key}};
  const std::string resolve =
      "--resolve localhost:" + std::to_string(server.port()) + ":127.0.0.1 --cacert ";
  CHECK(curl(server, "-f " + resolve + given.certificate.string(), "localhost").exit == 0);
  const std::string pin =
      output_of_muster(on_folder(data) + " pin --tls-cert " + given.certificate.string());
  CHECK(curl(server, "-fk --pinnedpubkey '" + pin + "'").exit == 0);
  CHECK(pin != pin_of(data));
}

TEST_CASE("a certificate and a key that do not fit are refused with a sentence") {
  const ScratchFolder folder;
  const GivenCertificate one{folder, "one"};
  const GivenCertificate other{folder, "other"};
  const std::string text = folder.put("text.pem", "no certificate\n");
  const auto serve = [&](const std::string& certificate, const std::string& key) {
    return ask_muster("serve --listen 127.0.0.1:0 " + on_folder(folder.path() / "data") +
                      " --tls-cert " + certificate + " --tls-key " + key);
  };
  for (const Said& said : {serve(one.certificate, other.key), serve(text, one.key),
                           serve(one.certificate, text), serve(one.key, one.certificate)}) {
    INFO(said.err);
    CHECK(said.exit == 1);
    CHECK(said.err.starts_with("--tls-cert and --tls-key: "));
  }
  CHECK(serve("/nowhere.pem", one.key).err == "/nowhere.pem cannot be read\n");
  CHECK(serve(one.certificate, "/nowhere.pem").err == "/nowhere.pem cannot be read\n");
}

TEST_CASE("a port that is in use is refused with a sentence") {
  const ScratchFolder folder;
  const ServerProcess server{folder.path() / "data"};
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  const Said said =
      ask_muster("serve --listen " + address + " " + on_folder(folder.path() / "other"));
  CHECK(said.exit == 1);
  CHECK(said.err == "Cannot listen on " + address + ": another program already listens there.\n");
}

TEST_CASE("an address that this machine does not have is refused with a sentence") {
  const ScratchFolder folder;
  const Said said = ask_muster("serve --listen 192.0.2.1:0 " + on_folder(folder.path() / "data"));
  CHECK(said.exit == 1);
  CHECK(holds(said.err, "Cannot listen on 192.0.2.1:0: this machine does not have that address"));
}

TEST_CASE("addresses that cannot be meant are wrong usage, and nothing is made") {
  const ScratchFolder folder;
  const auto data = folder.path() / "data";
  for (const char* options :
       {"--listen 8080", "--listen 127.0.0.1", "--listen muster.example.com:80",
        "--listen 127.0.0.1:99999", "--listen 127.0.0.1:x", "--listen :80", "--listen 10.0.0.0/8:1",
        "--listen ''", "--public-url muster.example.com", "--public-url ftp://a.example.com",
        "--public-url https://", "--public-url https://a.example.com?x", "--public-url https://a:0",
        "--public-url 'https://a.example.com/ x'", "--public-url 'https://u:p@a.example.com'",
        "--public-url 'https://a.example.com/$(id)'", "--tls-cert a.pem", "--tls-key a.pem"}) {
    const Said said = ask_muster("serve " + on_folder(data) + " " + options);
    INFO(options << ": " << said.err);
    CHECK(said.exit == 2);
    CHECK(said.out.empty());
    CHECK(said.err.size() > 20);
  }
  CHECK_FALSE(std::filesystem::exists(data));
}

}  // namespace
}  // namespace muster
