#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// Choosing many rows of a list, and what is done with them, as people see it.

namespace muster {
namespace {

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

constexpr const char* kReusable = R"("type": "reusable", "expires_in": 2592000)";

struct Lists : World {
  explicit Lists(const std::string& role = "owner") : person{*this} { person.sign_in_as(role); }

  std::string named(const std::string& name, const std::string& members = kReusable) {
    const auto key =
        ask("POST", "/api/setup-keys", formatted(R"({{"name": "{}", {}}})", name, members)).json();
    last_secret = key.at("key").get<std::string>();
    return key.at("id").get<std::string>();
  }
  std::string link(const std::string& recipient) {
    return ask("POST", "/api/install-links", formatted(R"({{"recipient": "{}"}})", recipient))
        .json()
        .at("id")
        .get<std::string>();
  }
  std::string state(const std::string& key) {
    return ask("GET", "/api/setup-keys/" + key).json().at("state").get<std::string>();
  }
  // The page that an act led to.
  Answer follow(const Answer& answer) {
    REQUIRE(answer.status == 303);
    return person.get(answer.headers.at("Location"));
  }

  Browser person;
  std::string last_secret;
};

TEST_CASE("two keys are paused from the list, and the notice says the numbers") {
  Lists world;
  const auto one = world.named("One");
  const auto two = world.named("Two");
  const auto three = world.named("Three");
  world.person.post("/keys/" + two + "/pause");
  const Answer done = world.person.post("/keys/actions?search=o&sort=name",
                                        {{"action", "pause"}, {"ids", one}, {"ids", two}});
  CHECK(done.headers.at("Location") ==
        "/keys?search=o&sort=name&notice=keys-paused&changed=1&unchanged=1&left=0");
  CHECK(shows(world.follow(done), "1 key paused, 1 was already."));
  CHECK(world.state(one) == "paused");
  CHECK(world.state(three) == "valid");
}

TEST_CASE("all that match are those of the list's own filter") {
  Lists world;
  const auto in = world.named("Till 1");
  const auto out = world.named("Office");
  const Answer done = world.person.post("/keys/actions?search=Till",
                                        {{"action", "pause"}, {"which", "all"}, {"ids", out}});
  CHECK(shows(world.follow(done), "1 key paused."));
  CHECK(world.state(in) == "paused");
  CHECK(world.state(out) == "valid");
}

TEST_CASE("revoking asks first, saying how many, which, and what stays") {
  Lists world;
  const auto key = world.named("Till 1");
  world.enroll(world.last_secret, device_secret(1));
  const auto before = world.stored();
  const Answer asked = world.person.post("/keys/actions", {{"action", "revoke"}, {"ids", key}});
  CHECK(asked.status == 200);
  for (const char* words : {"Revoke 1 key?", "<li>Till 1</li>", "Revoking stops new devices",
                            "The device enrolled with this key stays connected.", "Cancel"})
    CHECK(shows(asked, words));
  CHECK(world.stored() == before);
  const Answer done =
      world.person.post("/keys/actions", {{"action", "revoke"},
                                          {"which", input_value(asked.body, "which")},
                                          {"ids", input_value(asked.body, "ids")},
                                          {"digest", input_value(asked.body, "digest")},
                                          {"confirmed", "yes"}});
  CHECK(shows(world.follow(done), "1 key revoked."));
  CHECK(world.state(key) == "revoked");
}

TEST_CASE("all that match leaves default keys out and says so, before and after") {
  Lists world;
  world.named("Till 1");
  const Fields all{{"action", "delete"}, {"which", "all"}};
  const Answer asked = world.person.post("/keys/actions", all);
  CHECK(shows(asked, "Delete 1 key?"));
  CHECK(shows(asked, "These stay as they are:"));
  Fields confirmed = all;
  confirmed.insert(confirmed.end(),
                   {{"digest", input_value(asked.body, "digest")}, {"confirmed", "yes"}});
  CHECK(shows(world.follow(world.person.post("/keys/actions", confirmed)),
              "1 key deleted. 1 was left as before: a default key goes only with its network or "
              "group."));
}

TEST_CASE("what came into the list after the question was asked is not ended with the others") {
  Lists world;
  world.named("Till 1");
  const Answer asked = world.person.post("/keys/actions", {{"action", "revoke"}, {"which", "all"}});
  const auto later = world.named("Till 2");
  const Answer refused =
      world.person.post("/keys/actions", {{"action", "revoke"},
                                          {"which", "all"},
                                          {"digest", input_value(asked.body, "digest")},
                                          {"confirmed", "yes"}});
  CHECK(refused.status == 409);
  CHECK(shows(refused, "Nothing was done: look again."));
  CHECK(world.state(later) == "valid");
}

TEST_CASE("a refused act is said on the list, where the boxes stay checked") {
  Lists world;
  const auto key = world.named("Till 1");
  const Answer refused =
      world.person.post("/keys/actions", {{"action", "revoke"}, {"ids", key}, {"ids", "1"}});
  CHECK(refused.status == 422);
  CHECK(shows(refused, "setup key default is the default key of its network"));
  CHECK(shows(refused, "value=\"" + key + "\" form=\"many\" aria-label=\"Choose Till 1\" checked"));
  CHECK(world.state(key) == "valid");
  for (const char* path : {"/keys/actions", "/links/actions", "/devices/actions"}) {
    INFO(path);
    CHECK(world.person.post(path, {{"action", "enchant"}}).status == 400);
  }
  CHECK(shows(world.person.post("/keys/actions", {{"action", "pause"}}), "Choose keys first"));
}

TEST_CASE("a form that is sent twice does its act once, and leads to the same page") {
  Lists world;
  const auto key = world.named("Till 1");
  const Fields fields{{"action", "pause"}, {"ids", key}, {"form_number", "one"}};
  const Answer first = world.person.post("/keys/actions", fields);
  world.person.post("/keys/" + key + "/resume");
  const Answer again = world.person.post("/keys/actions", fields);
  CHECK(again.headers.at("Location") == first.headers.at("Location"));
  CHECK(world.state(key) == "valid");
}

TEST_CASE("a form of another page does nothing with many") {
  Lists world;
  const auto key = world.named("Till 1");
  const auto before = world.stored();
  const Fields fields{{"action", "pause"}, {"ids", key}, {"csrf_token", "wrong"}};
  CHECK(world.person.post("/keys/actions", fields).status == 403);
  CHECK(world.person
            .post("/keys/actions", {{"action", "pause"}, {"ids", key}},
                  {{"Origin", "https://elsewhere.test"}})
            .status == 403);
  CHECK(world.stored() == before);
}

TEST_CASE("an auditor sees no boxes and may act on nothing; a member sees no list") {
  Lists world{"auditor"};
  world.named("Till 1");
  CHECK(!shows(world.person.get("/keys"), "type=\"checkbox\""));
  Browser member{world};
  member.sign_in_as("member");
  for (const char* path : {"/keys/actions", "/links/actions", "/devices/actions"})
    for (Browser* person : {&world.person, &member})
      CHECK(person->post(path, {{"action", "pause"}, {"ids", "1"}}).status == 403);
}

TEST_CASE("a row of the list unfolds to its devices") {
  Lists world;
  const auto key = world.named("Shop tills");
  for (int i = 1; i <= 12; ++i) world.enroll(world.last_secret, device_secret(i));
  CHECK(!shows(world.person.get("/keys"), "till-2"));
  CHECK(shows(world.person.get("/keys?state=all"),
              "/keys?state=all&amp;open=" + key + "#key-" + key));
  const Answer open = world.person.get("/keys?open=" + key);
  CHECK(shows(open, "aria-expanded=\"true\""));
  CHECK(shows(open, "till-10</a>"));
  CHECK(!shows(open, "till-11</a>"));
  CHECK(shows(open, "All 12 devices"));
  const Answer inside = world.person.get("/keys/" + key + "/devices?show=inside");
  CHECK(shows(inside, "Online"));
  CHECK(!shows(inside, "<html"));
}

// --- links and devices --------------------------------------------------------------------------

TEST_CASE("links are extended at once and withdrawn after a question") {
  Lists world;
  const auto link = world.link("Miller");
  const Answer extended =
      world.person.post("/links/actions?state=not_opened",
                        {{"action", "extend"}, {"ids", link}, {"expires_in", "2592000"}});
  CHECK(shows(world.follow(extended), "1 link extended."));
  const Answer asked =
      world.person.post("/links/actions?search=Mil", {{"action", "withdraw"}, {"which", "all"}});
  CHECK(shows(asked, "Withdraw 1 link?"));
  CHECK(shows(asked, "/links/actions?search=Mil"));
  const Answer done =
      world.person.post("/links/actions?search=Mil", {{"action", "withdraw"},
                                                      {"which", "all"},
                                                      {"digest", input_value(asked.body, "digest")},
                                                      {"confirmed", "yes"}});
  CHECK(done.headers.at("Location").starts_with("/links?search=Mil&notice=links-withdrawn"));
  CHECK(shows(world.follow(done), "1 link withdrawn."));
}

TEST_CASE("devices are grouped and tagged from the list, and removed after a question") {
  Lists world;
  const auto tills = world.make_group("tills");
  world.named("Shop tills");
  for (int i = 1; i <= 2; ++i) world.enroll(world.last_secret, device_secret(i));
  CHECK(
      shows(world.follow(world.person.post(
                "/devices/actions", {{"action", "add-group"}, {"which", "all"}, {"group", tills}})),
            "2 devices grouped anew."));
  CHECK(shows(
      world.follow(world.person.post(
          "/devices/actions", {{"action", "add-tags"}, {"ids", "1"}, {"tags", "front, shop 1"}})),
      "1 device tagged anew."));
  const auto device = world.ask("GET", "/api/devices/1").json();
  CHECK(device.at("tags").size() == 2);
  CHECK(device.at("groups").size() == 2);
  CHECK(shows(world.person.post("/devices/actions", {{"action", "add-tags"}, {"ids", "1"}}),
              "Type a tag first."));
  const Answer asked =
      world.person.post("/devices/actions?state=online", {{"action", "remove"}, {"which", "all"}});
  CHECK(shows(asked, "Remove 2 devices?"));
  const Answer done = world.person.post("/devices/actions?state=online",
                                        {{"action", "remove"},
                                         {"which", "all"},
                                         {"digest", input_value(asked.body, "digest")},
                                         {"confirmed", "yes"}});
  CHECK(shows(world.follow(done), "2 devices removed."));
  CHECK(!world.app().last_seen.is_online(DeviceId{1}));
}

}  // namespace
}  // namespace muster
