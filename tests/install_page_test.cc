#include "tests/browser.h"
#include "tests/catch.h"
#include "tests/links.h"

// What a stranger sees who opens a link, and what becomes of it when programs open it.

namespace muster {
namespace {

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

// As they call themselves: mail scanners, chat previews, and people's browsers.
constexpr std::array kScannersAndPreviews{
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/119.0.0.0 Safari/537.36",  // Defender's Safe Links comes as a browser
    "Microsoft Office/16.0 (Microsoft Outlook Mail 16.0.16731; Pro)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0) BarracudaCentral",
    "Mimecast-URL-Protect/1.0",
    "Mozilla/5.0 (compatible; proofpoint-urldefense)",
    "GoogleImageProxy",
    "Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Synapse (bot; +https://github.com/matrix-org/synapse)",
    "Mattermost-Bot/1.1",
    "Viber/13.3.0.5",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
    "curl/7.88.1",
    "",
};

struct Guest {
  LinkWorld& world;
  std::string path;

  Guest(LinkWorld& of, const nlohmann::json& link)
      : world(of), path("/i/" + link.at("key").get<std::string>()) {}

  Answer look(const std::string& agent = "", const std::string& query = "",
              const std::string& method = "GET") {
    return world.ask(method, path + query, "", {.headers = {{"User-Agent", agent}}});
  }
  Answer live() { return world.ask("GET", path + "?live", "", {.headers = {{"X-Live", "1"}}}); }
  // The button: a form without fields.
  Answer press(const std::string& agent = "") {
    return world.ask(
        "POST", path, "",
        {.headers = {
             {"User-Agent", agent}, {"Host", "muster.test"}, {"Origin", "http://muster.test"}}});
  }
};

TEST_CASE("a link that scanners and previews open 1,000 times is neither spent nor counted") {
  LinkWorld world;
  const auto link = world.make("Miller bakery", R"(, "message": "your till")");
  Guest guest{world, link};
  const std::string secret = link.at("key");
  const std::string before = world.stored();
  for (int i = 0; i < 1000; ++i) {
    const std::string agent = kScannersAndPreviews.at(i % kScannersAndPreviews.size());
    const Answer answer = guest.look(agent, i % 7 == 0 ? "?live" : "", i % 3 == 0 ? "HEAD" : "GET");
    REQUIRE(answer.status == 200);
    REQUIRE_FALSE(shows(answer, secret.substr(5)));
    REQUIRE_FALSE(shows(answer, "install.sh"));
    REQUIRE_FALSE(shows(answer, "--key"));
  }
  CHECK((world.stored() == before));
  CHECK(world.state(link) == "not_opened");
  CHECK(world.use(link).status == 200);
}

TEST_CASE("before the button: from whom, for whom, for what, until when, and no field") {
  LinkWorld world;
  Guest guest{world, world.make("Miller <bakery>", R"(, "message": "your till")")};
  const Answer answer = guest.look();
  CHECK(shows(answer, "for Miller &lt;bakery&gt;"));
  CHECK(shows(answer, "your till"));
  CHECK(shows(answer, "until 22 January 2027"));
  CHECK(shows(answer, "<form method=\"post\"><button"));
  CHECK_FALSE(shows(answer, "<input"));
  CHECK(answer.headers.at("Cache-Control") == "no-store");
  CHECK(answer.headers.at("X-Robots-Tag") == "noindex, nofollow");
}

TEST_CASE("the button counts as opened each time, and shows the lines") {
  LinkWorld world;
  const auto link = world.make("Miller bakery");
  Guest guest{world, link};
  CHECK(guest.press().status == 200);
  const Answer answer = guest.press();
  CHECK(answer.status == 200);
  CHECK(shows(answer, "--key " + link.at("key").get<std::string>()));
  CHECK(shows(answer, "nothing shows while you type"));
  CHECK(shows(answer, "data-live=\"?live\""));
  CHECK(world.now(link).at("opened_times") == 2);
  CHECK(world.state(link) == "opened");
  CHECK(world.use(link).status == 200);
}

TEST_CASE("the system that the browser runs on comes first") {
  LinkWorld world;
  Guest guest{world, world.make("Miller bakery")};
  struct Case {
    const char* agent;
    const char* system;
    bool is_phone;
  };
  const auto expected = GENERATE(
      Case{"Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "linux",
           false},
      Case{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", "macos", false},
      Case{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/119.0.0.0", "windows", false},
      Case{"Mozilla/5.0 (Linux; Android 8.1; SM-J530F) Chrome/70.0 Mobile", "linux", true},
      Case{"Mozilla/5.0 (iPhone; CPU iPhone OS 12_5 like Mac OS X) Mobile/15E148", "linux", true},
      Case{"", "linux", false});
  const Answer answer = guest.press(expected.agent);
  CHECK(shows(answer, std::string{"id=\"system-"} + expected.system + "\" checked"));
  CHECK(shows(answer, "You seem to be on a phone") == expected.is_phone);
  CHECK(shows(answer, "There is no line for Windows yet."));
}

TEST_CASE("the waiting page turns to connected, and says no secret") {
  LinkWorld world;
  const auto link = world.make("Miller bakery");
  Guest guest{world, link};
  guest.press();
  CHECK(shows(guest.live(), "Waiting for your computer"));
  CHECK_FALSE(shows(guest.live(), "<html"));
  CHECK(shows(guest.look("", "?live"), "Look again"));
  world.use(link);
  CHECK(shows(guest.live(), "Your computer is connected</strong>, as miller-bakery"));
  CHECK(shows(guest.look("", "?live"), "<html"));
  CHECK_FALSE(shows(guest.look("", "?live"), "mkey_"));
}

TEST_CASE("who waits for approval, or was removed, is told so") {
  LinkWorld world;
  const auto link = world.make("Miller", R"(, "requires_approval": true)");
  Guest guest{world, link};
  world.use(link);
  CHECK(shows(guest.live(), "waits for approval by"));
  world.ask("DELETE", "/api/devices/" + world.now(link).at("device_id").get<std::string>());
  CHECK(shows(guest.live(), "has been removed from the network again"));
  CHECK(shows(guest.look(), "That computer has been removed"));
}

TEST_CASE("a dead link says in plain words why, whom to ask, and counts nothing") {
  LinkWorld world;
  const auto link = world.make("Miller bakery", R"(, "expires_in": 3600)");
  Guest guest{world, link};
  std::string says;
  SECTION("used") {
    world.use(link);
    says = "<strong>miller-bakery</strong> was connected with it";
  }
  SECTION("expired") {
    world.clock.pass(3601);
    says = "This link has expired";
  }
  SECTION("withdrawn") {
    world.withdraw(link);
    says = "This link was withdrawn";
  }
  SECTION("replaced") {
    world.act(link, "resend");
    says = "There is a newer link";
  }
  const std::string before = world.stored();
  for (const Answer& answer : {guest.look(), guest.press()}) {
    CHECK(answer.status == 410);
    CHECK(shows(answer, says));
    CHECK(shows(answer, "Questions?"));
    CHECK_FALSE(shows(answer, "mkey_"));
  }
  CHECK(guest.live().status == 200);
  CHECK((world.stored() == before));
}

TEST_CASE("unknown links look alike, and the 21st in a minute has to wait") {
  LinkWorld world;
  const auto link = world.make("Miller bakery");
  const std::string key = world.make_key(R"("type": "one-off")");
  std::string page;
  for (int i = 0; i < 20; ++i) {
    const std::string secret =
        std::array<std::string, 4>{"x", "mkey_7f3010123456789abcdefghjkmnpqrs4qjb", key,
                                   "mkey_<script>"}[static_cast<std::size_t>(i) % 4];
    const Answer answer = world.ask(i % 2 == 0 ? "GET" : "POST", "/i/" + secret, "", {});
    CHECK(answer.status == 404);
    if (page.empty()) page = answer.body;
    CHECK(answer.body == page);
  }
  const Answer refused = world.ask("GET", "/i/x", "", {});
  CHECK(refused.status == 429);
  CHECK(refused.headers.at("Retry-After") == "60");
  CHECK(Guest(world, link).look().status == 200);
}

TEST_CASE("another site cannot press the button") {
  LinkWorld world;
  const auto link = world.make("Miller bakery");
  const std::string path = "/i/" + link.at("key").get<std::string>();
  for (const char* origin : {"null", "https://evil.test"})
    CHECK(world.ask("POST", path, "", {.headers = {{"Host", "muster.test"}, {"Origin", origin}}})
              .status == 403);
  CHECK(world.now(link).at("opened_times") == 0);
}

TEST_CASE("a link typed in capitals opens all the same") {
  LinkWorld world;
  const auto link = world.make("Miller bakery");
  std::string secret = link.at("key");
  for (char& c : secret) c = static_cast<char>(std::toupper(c));
  CHECK(world.ask("GET", "/i/" + secret, "", {}).status == 200);
}

}  // namespace
}  // namespace muster
