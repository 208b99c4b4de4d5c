#include "tests/browser.h"
#include "tests/catch.h"
#include "web/certificate.h"

// The server's settings at a browser: its addresses, what is forgotten when, its certificate.

namespace muster {
namespace {

using Json = nlohmann::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Settings {
  World world;
  Browser owner{world};
  Settings() { owner.sign_in_as(); }
  Answer save(const std::string& first, const std::string& second) {
    return owner.post("/settings/addresses", {{"public_url", first}, {"second_url", second}});
  }
  Json told() {
    return world.ask_as_device(device_secret(1), "/api/agent/heartbeat").json().at("control_urls");
  }
};

TEST_CASE_METHOD(Settings,
                 "machines are told both addresses, the first one first, also when they enroll") {
  const std::string key = world.make_key(R"("type": "reusable")");
  world.enroll(key, device_secret(1));
  CHECK(told().empty());
  CHECK(save("https://out.example.com/", "https://10.0.0.9:8443").headers.at("Location") ==
        "/settings?notice=addresses-saved");
  const Json both{"https://out.example.com", "https://10.0.0.9:8443"};
  CHECK(told() == both);
  CHECK(world.enroll(key, device_secret(2)).json().at("control_urls") == both);
  world.crash();
  CHECK(told() == both);
  CHECK(save("https://out.example.com", "").status == 303);
  CHECK(told() == Json{"https://out.example.com"});
}

TEST_CASE_METHOD(Settings, "links and lines carry the first address alone") {
  save("https://out.example.com", "https://10.0.0.9:8443");
  const Answer made = owner.post("/keys/new", {{"preset", "one"}, {"name", "k"}});
  CHECK(has(made.body, "--control https://out.example.com --key"));
  CHECK_FALSE(has(made.body, "10.0.0.9"));
}

TEST_CASE_METHOD(Settings,
                 "forms that come under the second address are believed, also behind a proxy") {
  save("https://out.example.com", "https://in.example.com:8443");
  const auto send = [&](const std::string& origin) {
    return owner.post("/theme", {{"theme", "dark"}}, {{"Origin", origin}}).status;
  };
  CHECK(send("https://in.example.com:8443") == 303);
  CHECK(send("https://in.example.com") == 403);
  world.config.behind_proxy = parse_ip_range("10.0.0.1");
  CHECK(send("https://in.example.com:8443") == 303);
  CHECK(send("https://out.example.com") == 303);
  CHECK(send("http://muster.test") == 403);
}

TEST_CASE_METHOD(Settings,
                 "addresses that cannot be are refused at their field, and nothing is stored") {
  struct Wrong {
    const char* first;
    const char* second;
    const char* sentence;
  };
  const std::string before = world.stored();
  for (const Wrong& wrong :
       {Wrong{"gate", "", "public_url-wrong\">This is no address"},
        Wrong{"https://a.example.com", "ftp://b", "second_url-wrong\">This is no address"},
        Wrong{"https://a.example.com", "https://a.example.com/", "is the first one again."},
        Wrong{"", "https://b.example.com", "needs a first one beside it."}}) {
    const Answer answer = save(wrong.first, wrong.second);
    INFO(wrong.sentence << answer.body);
    CHECK(answer.status == 422);
    CHECK(has(answer.body, wrong.sentence));
    CHECK(input_value(answer.body, "second_url") == wrong.second);
  }
  CHECK((world.stored() == before));
}

TEST_CASE_METHOD(Settings, "an address from the command line is shown and cannot be typed over") {
  world.config.public_url = "https://given.example.com";
  world.restart();
  const std::string html = owner.get("/settings").body;
  CHECK(has(html, "value=\"https://given.example.com\""));
  CHECK(has(html, " readonly"));
  CHECK(has(html, "--public-url"));
  CHECK(save("https://other.example.com", "https://in.example.com").status == 303);
  CHECK(world.number("SELECT count(*) FROM settings WHERE value LIKE '%other%'") == 0);
  CHECK(world.app().public_address.control_urls() ==
        std::vector<std::string>{"https://given.example.com", "https://in.example.com"});
  CHECK(save("", "https://given.example.com").status == 422);
}

TEST_CASE_METHOD(Settings, "each changed address stands in the audit log with what was before") {
  save("https://a.example.com", "https://b.example.com");
  const auto from = world.number("SELECT max(id) FROM audit_log");
  save("https://a.example.com", "https://c.example.com");
  CHECK(world.audit_codes(from) == std::vector<std::string>{"settings.second_url.update"});
  CHECK(world.text("SELECT details FROM audit_log ORDER BY id DESC LIMIT 1") ==
        R"({"old_second_url":"https://b.example.com","second_url":"https://c.example.com"})");
  CHECK(has(owner.get("/audit").body, "set the second address that machines use"));
}

TEST_CASE_METHOD(Settings, "the purge time is set in days, and 0 is never") {
  CHECK(input_value(owner.get("/settings").body, "purge_days") == "90");
  CHECK(owner.post("/settings/purge", {{"purge_days", "0"}}).headers.at("Location") ==
        "/settings?notice=purge-days-saved");
  CHECK(input_value(owner.get("/settings").body, "purge_days") == "0");
  const std::string before = world.stored();
  for (const char* typed : {"", "x", "-1", "3651", "1.5"}) {
    const Answer answer = owner.post("/settings/purge", {{"purge_days", typed}});
    CHECK(answer.status == 422);
    CHECK(has(answer.body, "id=\"purge_days-wrong\""));
    CHECK(input_value(answer.body, "purge_days") == typed);
  }
  CHECK((world.stored() == before));
}

TEST_CASE_METHOD(Settings, "on loopback the page says that nothing is encrypted") {
  const std::string html = owner.get("/settings").body;
  CHECK(has(html, "Muster listens on this computer alone"));
  CHECK_FALSE(has(html, "id=\"pin\""));
}

TEST_CASE_METHOD(Settings, "the certificate's names, end and pin are shown") {
  const std::string key = make_tls_key();
  world.app().certificate.set(
      make_certificate(key, {{"gate.example.com"}, {"10.0.0.9", "fd00::9"}}, world.clock.now()));
  std::string html = owner.get("/settings").body;
  CHECK(has(html, "Made by Muster itself."));
  CHECK(has(html, "<code id=\"pin\">" + pin_of_key(key) + "</code>"));
  for (const char* name : {"gate.example.com", "10.0.0.9", "fd00::9"})
    CHECK(has(html, "<li class=\"mono\">" + std::string{name} + "</li>"));
  CHECK(has(html, "Valid</span>"));
  world.config.tls_cert = "cert.pem";
  CHECK(has(owner.get("/settings").body, "Given where the server is started"));
}

TEST_CASE("a certificate that ends soon, or has ended, is marked") {
  World world;
  const std::string key = make_tls_key();
  constexpr std::int64_t kDay = 24 * 3600;
  const auto page_after = [&](std::int64_t days) {
    world.app().certificate.set(
        make_certificate(key, {{"a"}, {}}, world.clock.now() - days * kDay));
    Browser owner{world};
    owner.sign_in_as();
    return owner.get("/settings").body;
  };
  CHECK(has(page_after(700), "Valid</span>"));
  CHECK(has(page_after(810), "Ends soon"));
  CHECK(has(page_after(900), "Ended"));
}

TEST_CASE("an auditor reads the settings and changes none; a member sees none") {
  World world;
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  const std::string html = auditor.get("/settings").body;
  CHECK(has(html, "After 90 days."));
  CHECK_FALSE(has(html, "action=\"/settings"));
  CHECK(auditor.post("/settings/purge", {{"purge_days", "1"}}).status == 403);
  CHECK(auditor.post("/settings/addresses", {{"public_url", "https://x"}}).status == 403);
  Browser member{world};
  member.sign_in_as("member");
  CHECK(member.get("/settings").status == 403);
}

TEST_CASE("no access token can be given the settings") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  CHECK(world
            .ask("POST", "/api/users/1/tokens",
                 R"({"name": "n", "expires_in": 1, "scopes": ["settings:read"]})")
            .status == 422);
}

}  // namespace
}  // namespace muster
