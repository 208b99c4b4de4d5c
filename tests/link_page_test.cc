#include "tests/browser.h"
#include "tests/catch.h"
#include "tests/links.h"

// The pages where install links are made, listed, followed and ended.

namespace muster {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

struct LinkPages : LinkWorld {
  Browser owner{*this};
  LinkPages() { owner.sign_in_as(); }

  Answer make_link(Fields fields = {{"recipient", "Miller bakery"}}) {
    return owner.post("/links/new", std::move(fields));
  }
  std::string newest() { return "/links/" + text("SELECT max(id) FROM install_links"); }
};

// The secret of the link that a page shows.
std::string secret_in(const Answer& answer) {
  const auto at = answer.body.find("/i/mkey_");
  REQUIRE(at != std::string::npos);
  return answer.body.substr(at + 3, 40);
}

TEST_CASE("the form makes a link with all that was typed, and shows it with a ready message") {
  LinkPages world;
  const std::string tills = world.make_group("Tills", true);
  const Answer answer = world.make_link({{"recipient", "miller@example.com"},
                                         {"message", "so that we can look after your till"},
                                         {"note", "met in May"},
                                         {"expires_in", "2592000"},
                                         {"auto_groups", tills},
                                         {"device_name", "Till 1"},
                                         {"requires_approval", "1"}});
  CHECK(answer.status == 200);
  const auto link = world.ask("GET", "/api/install-links").json().at(0);
  CHECK(link.at("message") == "so that we can look after your till");
  CHECK(link.at("note") == "met in May");
  CHECK(link.at("auto_groups") == nlohmann::json{tills});
  CHECK(link.at("device_name") == "Till 1");
  CHECK(link.at("requires_approval") == true);
  CHECK(link.at("created_by") == world.owner.email());
  CHECK(world.number("SELECT max(expires_at) FROM setup_keys") == world.clock.now() + 30 * kDay);
  CHECK(shows(answer, "so that we can look after your till"));
  CHECK(shows(answer, "Questions? " + world.owner.email()));
  CHECK(shows(answer, "mailto:miller@example.com?subject=Connect%20your%20computer&amp;body="));
  CHECK(shows(answer, "<svg viewBox="));
  CHECK(world.enroll(secret_in(answer), device_secret(1)).status == 200);
}

TEST_CASE("without a choice a link works for seven days") {
  LinkPages world;
  CHECK(shows(world.owner.get("/links/new"), R"(<option value="604800" selected>7 days)"));
  world.make_link();
  CHECK(world.number("SELECT max(expires_at) FROM setup_keys") == world.clock.now() + 7 * kDay);
}

TEST_CASE("networks are offered once there are several") {
  LinkPages world;
  CHECK_FALSE(shows(world.owner.get("/links/new"), "name=\"networks\""));
  const std::string shops = world.make_network("shops", "10.9.0.0/24");
  CHECK(shows(world.owner.get("/links/new"), "name=\"networks\""));
  world.make_link({{"recipient", "Miller"}, {"networks", shops}});
  CHECK(world.ask("GET", "/api/install-links").json().at(0).at("networks") ==
        nlohmann::json{shops});
}

TEST_CASE("a link form that cannot be is shown again with what was typed, and makes nothing") {
  LinkPages world;
  const auto [name, value] =
      GENERATE(std::pair{"recipient", " "}, std::pair{"expires_in", "0"},
               std::pair{"auto_groups", "nowhere"}, std::pair{"networks", "nowhere"});
  const std::string before = world.stored();
  Fields fields{{"note", "a <b>note</b>"}, {name, value}};
  if (std::string{name} != "recipient") fields.emplace_back("recipient", "Miller bakery");
  const Answer answer = world.make_link(fields);
  INFO(name);
  CHECK(answer.status == 422);
  CHECK(shows(answer, "role=\"alert\""));
  CHECK(shows(answer, "a &lt;b&gt;note&lt;/b&gt;"));
  CHECK((world.stored() == before));
}

TEST_CASE("reloading the page of a new link makes no second one, and leads to it") {
  LinkPages world;
  const Fields form{{"recipient", "Miller bakery"}, {"form_number", "f1"}};
  CHECK(world.make_link(form).status == 200);
  const Answer again = world.make_link(form);
  CHECK(again.status == 200);
  CHECK(shows(again, "Already created"));
  CHECK(shows(again, "href=\"" + world.newest() + '"'));
  CHECK_FALSE(shows(again, "mkey_"));
  CHECK(world.number("SELECT count(*) FROM install_links") == 1);
}

TEST_CASE("the list tells each link's state, and counts them in its chips") {
  LinkPages world;
  const auto used = world.make("Used bakery");
  world.use(used);
  world.open(world.make("Opened bakery"));
  world.withdraw(world.make("Withdrawn bakery"));
  world.act(world.make("Replaced bakery"), "resend");
  world.make("Expired bakery", R"(, "expires_in": 60)");
  world.clock.pass(61);
  const Answer all = world.owner.get("/links");
  for (const char* chip :
       {"All 6", "Not opened 1", "Opened 1", "Used 1", "Expired 1", "Withdrawn 1", "Replaced 1"})
    CHECK(shows(all, std::string{">"} + chip + "</a>"));
  const Answer expired = world.owner.get("/links?state=expired");
  CHECK(shows(expired, "Expired bakery"));
  CHECK_FALSE(shows(expired, "Used bakery"));
  CHECK(shows(expired, R"(aria-current="true">Expired 1</a>)"));
}

TEST_CASE("links are searched, sorted and paged in the address") {
  LinkPages world;
  for (int i = 10; i < 62; ++i) world.make("Shop " + std::to_string(i));
  const Answer first = world.owner.get("/links?search=shop&sort=recipient");
  CHECK(shows(first, ">Shop 10<"));
  CHECK(shows(first, ">Shop 59<"));
  CHECK_FALSE(shows(first, ">Shop 60<"));
  const auto at = first.body.find("/links?search=shop&amp;sort=recipient&amp;after=");
  REQUIRE(at != std::string::npos);
  const std::string after = first.body.substr(at + 48, first.body.find('"', at) - at - 48);
  const Answer second = world.owner.get("/links?search=shop&sort=recipient&after=" + after);
  CHECK(shows(second, ">Shop 60<"));
  CHECK_FALSE(shows(second, ">Shop 59<"));
  CHECK(shows(world.owner.get("/links?search=nobody"), "No link is like that"));
  CHECK(world.owner.get("/links?state=x&sort=y&after=z&page=-1").status == 200);
}

TEST_CASE("without links the list says what they are for, and offers the first") {
  LinkPages world;
  const Answer answer = world.owner.get("/links");
  CHECK(shows(answer, "No install links yet"));
  CHECK(shows(answer, "Make the first link"));
}

TEST_CASE("a link is marked as sent, extended and withdrawn on its page") {
  LinkPages world;
  world.make_link();
  const std::string path = world.newest();
  const Answer sent = world.owner.post(path + "/sent", {{"sent_via", "e-mail"}});
  CHECK(sent.headers.at("Location") == path + "?notice=link-sent");
  CHECK(shows(world.owner.get(path), ", e-mail</dd>"));
  world.owner.post(path + "/extend", {{"expires_in", "7776000"}});
  CHECK(world.number("SELECT max(expires_at) FROM setup_keys") == world.clock.now() + 90 * kDay);
  CHECK(world.owner.post(path + "/withdraw").status == 303);
  CHECK(shows(world.owner.get(path), "This link is withdrawn: it lets nobody in."));
  const Answer late = world.owner.post(path + "/extend", {{"expires_in", "86400"}});
  CHECK(late.status == 409);
  CHECK(shows(late, "was withdrawn: make a new one"));
}

TEST_CASE("sending again shows a new link once; the old one is replaced") {
  LinkPages world;
  const std::string old_secret = secret_in(world.make_link());
  const std::string path = world.newest();
  CHECK(shows(world.owner.get(path + "/resend"), "Make new link, end the old one"));
  const Fields form{{"expires_in", "86400"}, {"form_number", "f1"}};
  const Answer answer = world.owner.post(path + "/resend", form);
  CHECK(answer.status == 200);
  CHECK(world.enroll(old_secret, device_secret(1)).status == 403);
  CHECK(shows(world.owner.post(path + "/resend", form), "Already created"));
  CHECK(world.number("SELECT count(*) FROM install_links") == 2);
  CHECK(shows(world.owner.get(path), "A newer link stands in its place"));
  CHECK(world.owner.get(path + "/resend").headers.at("Location") == path);
  CHECK(world.enroll(secret_in(answer), device_secret(1)).status == 200);
}

TEST_CASE("wrong computer: says what goes, removes that device, and shows a new link once") {
  LinkPages world;
  world.enroll(secret_in(world.make_link()), device_secret(1));
  const std::string path = world.newest();
  CHECK(world.owner.get(path + "/resend").status == 303);
  CHECK(shows(world.owner.get(path + "/replace"), "Remove miller-bakery and make new link"));
  const Fields form{{"expires_in", "604800"}, {"form_number", "f1"}};
  const Answer answer = world.owner.post(path + "/replace", form);
  CHECK(answer.status == 200);
  CHECK(shows(answer, "miller-bakery is removed from the network"));
  CHECK(world.number("SELECT count(*) FROM devices WHERE removed_at IS NULL") == 0);
  CHECK(shows(world.owner.post(path + "/replace", form), "Already created"));
  CHECK(shows(world.owner.get(path), "has been removed since"));
  CHECK(world.enroll(secret_in(answer), device_secret(2)).status == 200);
}

TEST_CASE("the page of a link turns into the device that came in, without a reload") {
  LinkPages world;
  const Answer made = world.make_link();
  const std::string path = world.newest();
  CHECK(shows(made, "data-live=\"" + path + '"'));
  const auto live = [&] {
    return world.ask("GET", path, "",
                     {.headers = {{"Cookie", world.owner.cookie()}, {"X-Live", "1"}}});
  };
  CHECK(shows(live(), "Nobody has opened the page yet."));
  CHECK_FALSE(shows(live(), "<html"));
  world.enroll(secret_in(made), device_secret(1));
  CHECK(shows(live(), "<strong>miller-bakery</strong></a>, "));
  CHECK(shows(live(), ", online"));
  CHECK_FALSE(shows(live(), "mkey_"));
}

TEST_CASE("a device that waits for approval is told on its link's page") {
  LinkPages world;
  world.use(world.make("Miller", R"(, "requires_approval": true)"));
  CHECK(shows(world.owner.get(world.newest()), "has arrived and waits for your approval"));
}

TEST_CASE("an auditor sees links and no buttons; a member sees none of it") {
  LinkPages world;
  world.make("Miller bakery");
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  const Answer list = auditor.get("/links");
  CHECK(shows(list, "Miller bakery"));
  CHECK_FALSE(shows(list, "/links/new"));
  const Answer link = auditor.get(world.newest());
  CHECK(link.status == 200);
  for (const char* act : {"/sent", "/extend", "/withdraw", "/resend", "/replace"})
    CHECK_FALSE(shows(link, world.newest() + act));
  CHECK(auditor.post(world.newest() + "/withdraw").status == 403);
  Browser member{world};
  member.sign_in_as("member");
  CHECK(member.get("/links").status == 403);
}

TEST_CASE("a link that is not there is nowhere, whatever is asked of it") {
  LinkPages world;
  for (const char* path : {"/links/7", "/links/x", "/links/7/resend", "/links/7/replace"})
    CHECK(world.owner.get(path).status == 404);
  for (const char* act : {"sent", "extend", "withdraw", "resend", "replace"})
    CHECK(world.owner.post(std::string{"/links/7/"} + act, {{"sent_via", "chat"}}).status == 404);
}

}  // namespace
}  // namespace muster
