#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// The first page, and the chart and the place in the tree on a key's.

namespace muster {
namespace {

constexpr std::int64_t kDay = 24 * 3600;
constexpr const char* kReusable =
    R"("type": "reusable", "usage_limit": 50, "expires_in": 31536000)";

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

struct AtOverview {
  World world;
  Browser visitor{world};

  explicit AtOverview(const std::string& role = "owner") { visitor.sign_in_as(role); }
  Answer page() { return visitor.get("/overview"); }
  std::string home() { return visitor.get("/").headers.at("Location"); }
};

TEST_CASE("home is the start until there is a key or a device, and then the overview") {
  AtOverview at;
  CHECK(at.home() == "/start");
  at.world.make_key(kReusable);
  CHECK(at.home() == "/overview");
  at.world.ask("DELETE", "/api/setup-keys/2");
  CHECK(at.home() == "/start");
}

TEST_CASE("devices that came in through the default key alone make it a home too") {
  AtOverview at;
  const auto rotated = at.world.ask("POST", "/api/setup-keys/1/rotate").json();
  at.world.enroll(rotated.at("key"), device_secret(1));
  CHECK(at.home() == "/overview");
}

TEST_CASE("an empty overview says what it is for and leads to the first step") {
  AtOverview at;
  const Answer page = at.page();
  CHECK(page.status == 200);
  CHECK(shows(page, "Nothing here yet"));
  CHECK(shows(page, "href=\"/start\">Bring in your first machine"));
  CHECK(!shows(page, "<svg class=\"drawing\""));
}

TEST_CASE("the overview is the first entry of the navigation, and marked") {
  AtOverview at;
  CHECK(shows(at.page(), "<ul>\n<li><a href=\"/overview\" aria-current=\"page\">Overview</a>"));
}

TEST_CASE("a member is led to the account, an auditor looks and is offered nothing to do") {
  AtOverview member{"member"};
  CHECK(member.page().headers.at("Location") == "/account");
  AtOverview at{"auditor"};
  const auto key = at.world.make_key(R"("type": "reusable", "requires_approval": true)");
  at.world.enroll(key, device_secret(1));
  const Answer page = at.page();
  CHECK(page.status == 200);
  CHECK(shows(page, "A device waits for approval"));
  CHECK(shows(page, "A key has neither a limit nor an end"));
  CHECK(!shows(page, ">Approve<"));
  CHECK(!shows(page, ">Give it an end<"));
  CHECK(!shows(page, "href=\"/links/new\""));
}

TEST_CASE("devices and keys are counted, and each number leads to its list") {
  AtOverview at;
  const auto key = at.world.make_key(kReusable);
  const auto strict = at.world.make_key(R"("type": "reusable", "usage_limit": 5,
                                           "expires_in": 600, "requires_approval": true)");
  for (int i = 1; i <= 3; ++i) at.world.enroll(key, device_secret(i));
  at.world.enroll(strict, device_secret(4));
  at.world.ask_as_device(device_secret(3), "/api/agent/leave", R"({"how": "down"})");
  const Answer page = at.page();
  CHECK(shows(page, "/devices?state=online\"><b>2</b>"));
  CHECK(shows(page, "/devices?state=offline\"><b>1</b>"));
  CHECK(shows(page, "/devices?state=waiting\"><b>1</b>"));
  CHECK(shows(page, "/keys?state=valid\"><b>3</b>"));
  CHECK(shows(page, "/keys?state=ending&amp;sort=expires_at\"><b>1</b>"));
  CHECK(shows(page, "/keys?state=idle&amp;sort=last_used_at\"><b>0</b>"));
}

TEST_CASE("the lists that the overview leads to hold just those keys") {
  AtOverview at;
  at.world.make_key(R"("type": "reusable", "expires_in": 600)");
  at.world.make_key(R"("type": "reusable")");
  const Answer ending = at.visitor.get("/keys?state=ending&sort=expires_at");
  CHECK(shows(ending, "id=\"key-2\""));
  CHECK(!shows(ending, "id=\"key-3\""));
  CHECK(shows(ending, "Ending within 7 days · 1"));
  const Answer endless = at.visitor.get("/keys?state=endless");
  CHECK(shows(endless, "id=\"key-3\""));
  CHECK(!shows(endless, "id=\"key-1\""));
  CHECK(!shows(at.visitor.get("/keys"), "Ending within"));
}

TEST_CASE("what came in last is told with the key or the recipient that it came through") {
  AtOverview at;
  at.world.enroll(at.world.make_key(kReusable), device_secret(1));
  const auto link =
      at.world.ask("POST", "/api/install-links", R"({"recipient": "Miller bakery"})").json();
  at.world.enroll(link.at("key"), device_secret(2));
  const Answer page = at.page();
  CHECK(shows(page, "key</span> <a href=\"/keys/2\"><bdi>test</bdi>"));
  CHECK(shows(page, "link for</span> <a href=\"/links/1\"><bdi>Miller bakery</bdi>"));
  CHECK(shows(page, "<bdi>miller-bakery</bdi>"));
  CHECK(shows(page, "Nobody was refused."));
}

TEST_CASE("who was refused is told at once, in words") {
  AtOverview at;
  const auto key = at.world.make_key(R"("type": "one-off", "expires_in": 0)");
  at.world.enroll(key, device_secret(1));
  at.world.enroll(key, device_secret(2), R"(, "hostname": "somebody-else")");
  const Answer page = at.page();
  CHECK(shows(page, "All uses were spent"));
  CHECK(shows(page, "somebody-else"));
  CHECK(shows(page, "192.0.2.7"));
}

TEST_CASE("the chart has the last thirty days, and its table their numbers") {
  AtOverview at;
  const auto key = at.world.make_key(kReusable);
  at.world.enroll(key, device_secret(1));
  at.world.clock.pass(10 * kDay);
  at.world.enroll(key, device_secret(2));
  at.world.enroll(key, device_secret(3));
  at.visitor.sign_in_as();
  CHECK(shows(at.page(), "3 devices in all, the most in one day: 2"));
  CHECK(shows(at.page(), "<th scope=\"row\">In all</th><td>3</td>"));
  at.world.clock.pass(20 * kDay);
  at.visitor.sign_in_as();
  CHECK(shows(at.page(), "<th scope=\"row\">In all</th><td>2</td>"));
  at.world.clock.pass(10 * kDay);
  at.visitor.sign_in_as();
  CHECK(shows(at.page(), "No device came in during the last 30 days."));
}

TEST_CASE("a few are named, and the others stand in a list") {
  AtOverview at;
  for (int i = 0; i < 15; ++i) at.world.make_key(R"("type": "reusable", "expires_in": 600)");
  const Answer page = at.page();
  CHECK(shows(page, "15 keys end within 7 days"));
  CHECK(shows(page, "href=\"/keys?state=ending&amp;sort=expires_at\">and 12 more"));
  CHECK(shows(page, "href=\"/keys/2/edit\" aria-label=\"Extend: test\">Extend"));
}

TEST_CASE("a device is approved from the overview, which shows again") {
  AtOverview at;
  at.world.enroll(at.world.make_key(R"("type": "reusable", "requires_approval": true)"),
                  device_secret(1));
  CHECK(shows(at.page(), "action=\"/devices/1/approve\""));
  const Answer approved = at.visitor.post("/devices/1/approve", {{"back", "/overview"}});
  CHECK(approved.headers.at("Location") == "/overview?notice=device-approved");
  CHECK(!shows(at.page(), "waits for approval"));
}

TEST_CASE("a clock that is behind is told on the overview") {
  AtOverview at;
  at.world.make_key(kReusable);
  CHECK(shows(at.page(), "Nothing at the moment."));
  at.world.clock.jump(-60);
  CHECK(shows(at.page(), "This server&apos;s clock is behind") !=
        shows(at.page(), "This server&#39;s clock is behind"));
}

TEST_CASE("the page of a key draws its uses, in longer periods the older it is") {
  AtOverview at;
  const auto key = at.world.make_key(kReusable);
  CHECK(!shows(at.visitor.get("/keys/2"), "Uses over time"));
  at.world.enroll(key, device_secret(1));
  CHECK(shows(at.visitor.get("/keys/2"), "Devices that came in through this key, per day"));
  at.world.clock.pass(60 * kDay);
  at.world.enroll(key, device_secret(2));
  at.visitor.sign_in_as();
  const Answer page = at.visitor.get("/keys/2");
  CHECK(shows(page, "Devices that came in through this key, per week"));
  CHECK(shows(page, "<th scope=\"row\">In all</th><td>2</td>"));
}

TEST_CASE("the page of a key tells who made it, with what, and what came in") {
  AtOverview at;
  const auto key = at.world.make_key(kReusable);
  at.world.enroll(key, device_secret(1));
  at.world.enroll(key, device_secret(2));
  const Answer page = at.visitor.get("/keys/2");
  CHECK(shows(page, "Made by <a href=\"/people/1\"><bdi>ana@example.com</bdi>"));
  CHECK(shows(page, "with the access token <b><bdi>tests</bdi>"));
  CHECK(shows(page, "<a href=\"/devices?key=2\"><bdi>2 devices</bdi></a>"));
  at.world.ask("DELETE", "/api/devices/1");
  CHECK(shows(at.visitor.get("/keys/2"), "came in through it, and 1 more that left"));
}

TEST_CASE("default keys, links' keys and those of the command line tell what they are of") {
  AtOverview at;
  at.world.ask("POST", "/api/install-links", R"({"recipient": "Eva"})");
  at.world.make_key(kReusable);
  at.world.run("UPDATE setup_keys SET created_by_id = NULL, created_with_id = NULL WHERE id = 3");
  CHECK(shows(at.visitor.get("/keys/1"), "Made with the network <b><bdi>default</bdi>"));
  CHECK(shows(at.visitor.get("/keys/2"), "for the install link of <a href=\"/links/1\">"));
  CHECK(shows(at.visitor.get("/keys/3"), "Made at the command line"));
  CHECK(shows(at.visitor.get("/keys/3"), "No device came in through it yet"));
}

}  // namespace
}  // namespace muster
