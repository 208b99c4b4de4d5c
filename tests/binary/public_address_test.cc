#include "tests/catch.h"
#include "tests/installation.h"

// What machines are told about where the server is, and whom it believes about where they are.

namespace muster {
namespace {

struct Served {
  explicit Served(std::vector<std::string> arguments)
      : server(owned.data, std::move(arguments)),
        key(output_of_muster(on_folder(owned.data) + " key create --name k")) {}

  // The answer to a machine that comes by curl, which can start from any address of this machine.
  nlohmann::json enroll(const std::string& scheme, const std::string& options = "") {
    const Ran ran = run("curl -q --noproxy '*' -sSk --max-time 20 " + options + " -d " +
                        shell_word(enroll_body(key, machine_secret(++machines))) + " " + scheme +
                        "://127.0.0.1:" + std::to_string(server.port()) + "/api/enroll 2>&1");
    INFO(ran.output);
    REQUIRE(ran.exit == 0);
    return nlohmann::json::parse(ran.output);
  }
  // From where the newest device is said to have come.
  std::string enrolled_from() const {
    return sql_on(owned.data, "SELECT enrolled_from FROM devices ORDER BY id DESC LIMIT 1");
  }

  ScratchFolder folder;
  Owned owned{folder.path() / "data"};
  ServerProcess server;
  std::string key;
  std::uint64_t machines = 0;
};

TEST_CASE("machines are told the public address and the pin of the self-made certificate") {
  Served muster{{"--listen", "0.0.0.0:0", "--public-url", "https://muster.example.com/"}};
  const auto answer = muster.enroll("https");
  CHECK(answer.at("control_urls") == nlohmann::json{"https://muster.example.com"});
  const std::string pin = output_of_muster(on_folder(muster.owned.data) + " pin");
  CHECK(answer.at("pins") == nlohmann::json{pin});
}

TEST_CASE("without a public address machines keep the one they have") {
  Served muster{{"--listen", "0.0.0.0:0"}};
  const auto answer = muster.enroll("https");
  CHECK(answer.at("control_urls").empty());
  CHECK(answer.at("pins").size() == 1);
}

TEST_CASE("the public address in the settings is read at the start, and the option wins over it") {
  const ScratchFolder folder;
  const Owned owned{folder.path() / "data"};
  sql_on(owned.data, "INSERT INTO settings VALUES ('public_url', 'https://stored.example.com')");
  const auto links_lead_to = [&](std::vector<std::string> arguments) {
    const ServerProcess server{owned.data, std::move(arguments)};
    const RawAnswer answer = server.ask("POST", "/api/install-links", R"({"recipient": "Miller"})",
                                        "Token " + owned.token);
    const std::string url = nlohmann::json::parse(answer.body).at("url");
    return url.substr(0, url.find("/i/mkey_"));
  };
  CHECK(links_lead_to({}) == "https://stored.example.com");
  CHECK(links_lead_to({"--public-url", "https://given.example.com"}) ==
        "https://given.example.com");
}

TEST_CASE("without a public address links lead to the address and port it listens on") {
  const Installation muster;
  const RawAnswer answer = muster.ask("POST", "/api/install-links", R"({"recipient": "Miller"})");
  const auto link = nlohmann::json::parse(answer.body);
  CHECK(link.at("url") == muster.server.url() + "/i/" + link.at("key").get<std::string>());
}

TEST_CASE("behind a proxy it speaks plain HTTP everywhere and tells no pin") {
  Served muster{{"--listen", "0.0.0.0:0", "--public-url", "https://muster.example.com",
                 "--behind-proxy", "127.0.0.9"}};
  const auto answer = muster.enroll("http");
  CHECK(answer.at("control_urls") == nlohmann::json{"https://muster.example.com"});
  CHECK(answer.at("pins").empty());
}

TEST_CASE("only the proxy is believed about where a machine is") {
  Served muster{{"--public-url", "https://muster.example.com", "--behind-proxy", "127.0.0.9/32"}};
  const std::string proxy = "--interface 127.0.0.9 ";
  const std::string forwarded = "-H 'X-Forwarded-For: 203.0.113.9, 198.51.100.7' ";
  muster.enroll("http", forwarded);
  CHECK(muster.enrolled_from() == "127.0.0.1\n");
  muster.enroll("http", proxy + forwarded);
  CHECK(muster.enrolled_from() == "198.51.100.7\n");
  muster.enroll("http", proxy + "-H 'X-Forwarded-For: 198.51.100.7, 127.0.0.9'");
  CHECK(muster.enrolled_from() == "198.51.100.7\n");
  muster.enroll("http", proxy + "-H 'X-Forwarded-For: 198.51.100.7, nonsense'");
  CHECK(muster.enrolled_from() == "127.0.0.9\n");
  muster.enroll("http",
                proxy + "-H 'X-Forwarded-For: 203.0.113.9' -H 'X-Forwarded-For: 2001:db8::1'");
  CHECK(muster.enrolled_from() == "2001:db8::1\n");
  muster.enroll("http", proxy);
  CHECK(muster.enrolled_from() == "127.0.0.9\n");
}

TEST_CASE("without a proxy nobody is believed about where a machine is") {
  Served muster{{}};
  muster.enroll("http",
                "-H 'X-Forwarded-For: 198.51.100.7' -H 'X-Real-IP: 198.51.100.7'"
                " -H 'Forwarded: for=198.51.100.7' -H 'REMOTE_ADDR: 198.51.100.7'");
  CHECK(muster.enrolled_from() == "127.0.0.1\n");
}

TEST_CASE("guesses through the proxy are counted for the machine behind it") {
  Served muster{{"--public-url", "https://muster.example.com", "--behind-proxy", "127.0.0.1"}};
  RawClient client{muster.server.port()};
  const auto guess = [&](const std::string& from) {
    return client
        .ask(request_to("POST", "/api/enroll", enroll_body("mkey_guess", machine_secret(1)),
                        "X-Forwarded-For: " + from + "\r\n"))
        .status;
  };
  for (int i = 0; i < 20; ++i) CHECK(guess("198.51.100.7") == 403);
  CHECK(guess("198.51.100.7") == 429);
  CHECK(guess("198.51.100.8") == 403);
}

TEST_CASE("a proxy needs a public address, a range and no certificate") {
  const ScratchFolder folder;
  const auto refused = [&](const std::string& options) {
    const Said said =
        ask_muster("serve --listen 127.0.0.1:0 " + on_folder(folder.path() / "data") + options);
    CHECK(said.exit == 2);
    return said.err;
  };
  const std::string url = " --public-url https://muster.example.com";
  CHECK(refused(" --behind-proxy 10.0.0.2").find("needs --public-url") != std::string::npos);
  CHECK(refused(url + " --behind-proxy proxy").find("--behind-proxy proxy") != std::string::npos);
  CHECK(refused(url + " --behind-proxy 10.0.0.0/33").find("--behind-proxy 10") !=
        std::string::npos);
  CHECK(refused(url + " --behind-proxy 10.0.0.2 --tls-cert a --tls-key b").find("--tls-cert") !=
        std::string::npos);
}

}  // namespace
}  // namespace muster
