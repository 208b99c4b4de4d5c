#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// The list of setup keys as people see it.

namespace muster {
namespace {

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

// A key of that name with these further members; its id.
std::string named(World& world, const std::string& name, const std::string& members) {
  const auto key =
      world.ask("POST", "/api/setup-keys", formatted(R"({{"name": "{}", {}}})", name, members))
          .json();
  return key.at("id").get<std::string>();
}

constexpr const char* kReusable = R"("type": "reusable", "expires_in": 2592000, "usage_limit": 10)";

TEST_CASE("the list opens with the keys that are not dead, and counts the others") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  named(world, "Shop tills", kReusable);
  const auto paused = named(world, "CI runners", kReusable);
  const auto revoked = named(world, "Old office", kReusable);
  named(world, "Short", R"("type": "one-off", "expires_in": 60)");
  owner.post("/keys/" + paused + "/pause");
  owner.post("/keys/" + revoked + "/revoke");
  world.clock.pass(61);
  const Answer list = owner.get("/keys");
  CHECK(list.status == 200);
  CHECK(shows(list, "Shop tills"));
  CHECK(shows(list, "CI runners"));
  CHECK(!shows(list, "Old office"));
  CHECK(!shows(list, "Short"));
  for (const char* chip : {"In use · 3", "Paused · 1", "Used up · 0", "Expired · 1", "Revoked · 1",
                           "All · 5", "Deleted · 0"})
    CHECK(shows(list, chip));
  CHECK(shows(owner.get("/keys?state=revoked"), "Old office"));
  CHECK(shows(owner.get("/keys?state=expired"), "Short"));
  CHECK(!shows(owner.get("/keys?state=paused"), "Shop tills"));
}

TEST_CASE("a row says state, use, devices, groups, expiry and maker") {
  World world;
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  const auto tills = world.make_group("tills");
  const auto key = world.make_key_object(
      R"("type": "reusable", "usage_limit": 10, "expires_in": 86400, "auto_groups": [")" + tills +
      "\"]");
  const auto secret = key.at("key").get<std::string>();
  world.enroll(secret, device_secret(1));
  world.enroll(secret, device_secret(2));
  world.ask_as_device(device_secret(1), "/api/agent/leave", R"({"how": "down"})");
  const Answer list = auditor.get("/keys");
  for (const char* words : {"1 online</a> <span class=\"soft\">of 2", "2 of 10",
                            "<progress value=\"2\" max=\"10\"", "<span class=\"tag\">tills</span>",
                            "pill good\">Working", "<span class=\"pill warn\"><time"})
    CHECK(shows(list, words));
  CHECK(shows(list, key.at("key").get<std::string>().substr(0, 10) + "…"));
  CHECK(!shows(list, secret));
  CHECK(!shows(list, "New key"));
}

TEST_CASE("uses are told in words for one-time and unlimited keys") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const auto once = world.make_key(R"("type": "one-off", "expires_in": 0)");
  CHECK(shows(owner.get("/keys"), "One-time, unused"));
  world.enroll(once, device_secret(1));
  CHECK(shows(owner.get("/keys?state=overused"), "One-time, used"));
  CHECK(shows(owner.get("/keys?state=overused"), "Used up</span>"));
  CHECK(shows(owner.get("/keys"), "0, no limit"));
}

TEST_CASE("a reusable key of a protected group is shown as blocked, and why") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const auto group = world.make_group("customers");
  named(world, "Blocked one", std::string{kReusable} + R"(, "auto_groups": [")" + group + "\"]");
  world.ask("PATCH", "/api/groups/" + group, R"({"is_protected": true})");
  const Answer list = owner.get("/keys?search=Blocked");
  CHECK(shows(list, "pill bad hollow\">Blocked"));
  CHECK(shows(list, "customers is protected"));
  CHECK(shows(list, "<span class=\"tag lock\">customers"));
}

TEST_CASE("filters narrow the list, keep each other, and say so when nothing is left") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const auto tills = world.make_group("tills");
  const auto office = world.make_network("office", "10.9.0.0/24");
  named(world, "In tills", std::string{kReusable} + R"(, "auto_groups": [")" + tills + "\"]");
  named(world, "In office", std::string{kReusable} + R"(, "networks": [")" + office + "\"]");
  CHECK(!shows(owner.get("/keys?group=" + tills), "In office"));
  CHECK(shows(owner.get("/keys?network=" + office), "In office"));
  CHECK(!shows(owner.get("/keys?network=" + office), "In tills"));
  CHECK(shows(owner.get("/keys?search=in t"), "In tills"));
  const auto me = world.number("SELECT max(id) FROM users");
  const Answer none = owner.get(formatted("/keys?by={}&search=In", me));
  CHECK(shows(none, "No key is like that"));
  CHECK(shows(none, "Clear the filter"));
  CHECK(shows(owner.get("/keys?group=" + tills + "&sort=name"),
              "/keys?state=paused&amp;group=" + tills + "&amp;sort=name"));
}

TEST_CASE("the head of a column sorts by it, and the other way round") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  named(world, "Alpha key", kReusable);
  world.clock.pass(5);
  named(world, "Beta key", kReusable);
  const auto comes_first = [&](const std::string& order, const char* first, const char* second) {
    const std::string body = owner.get("/keys?search=key&sort=" + order).body;
    return body.find(first) < body.find(second);
  };
  CHECK(comes_first("name", "Alpha key", "Beta key"));
  CHECK(comes_first("-name", "Beta key", "Alpha key"));
  CHECK(comes_first("", "Beta key", "Alpha key"));
  CHECK(comes_first("expires_at", "Alpha key", "Beta key"));
  const Answer sorted = owner.get("/keys?sort=name");
  CHECK(shows(sorted, "<th aria-sort=\"ascending\">"));
  CHECK(shows(sorted, "<a href=\"/keys?sort=-name\">Name</a>"));
  CHECK(owner.get("/keys?sort=nonsense&page=-1&group=x&state=x").status == 200);
}

TEST_CASE("thirty keys stand on a page") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  for (int i = 0; i < 60; ++i) named(world, formatted("Till {:03}.", i), kReusable);
  const Answer first = owner.get("/keys?sort=name&search=Till");
  CHECK(shows(first, "1–30 of 60"));
  CHECK(shows(first, "Till 029."));
  CHECK(!shows(first, "Till 030."));
  CHECK(shows(first, "/keys?search=Till&amp;sort=name&amp;page=2"));
  CHECK(shows(owner.get("/keys?sort=name&search=Till&page=2"), "Till 030."));
  CHECK(shows(owner.get("/keys?sort=name&search=Till&page=9"), "31–60 of 60"));
}

TEST_CASE("deleted keys stand under their own filter") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const auto key = named(world, "Gone key", kReusable);
  CHECK(owner.post("/keys/" + key + "/delete").status == 303);
  CHECK(!shows(owner.get("/keys"), "Gone key"));
  CHECK(!shows(owner.get("/keys?state=all"), "Gone key"));
  CHECK(shows(owner.get("/keys?state=deleted"), "Gone key"));
}

TEST_CASE("without any key the page says what keys are for") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  world.run("DELETE FROM setup_key_networks");
  world.run("DELETE FROM setup_keys");
  const Answer list = owner.get("/keys");
  CHECK(shows(list, "No key yet"));
  CHECK(shows(list, "Make the first key"));
}

TEST_CASE("a whole secret leads to its key, also a deleted one's, and stands in no address") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const auto key = world.make_key_object(kReusable);
  const auto secret = key.at("key").get<std::string>();
  const auto path = "/keys/" + key.at("id").get<std::string>();
  CHECK(owner.post("/keys/whose", {{"secret", " " + secret + " "}}).headers.at("Location") == path);
  owner.post(path + "/delete");
  CHECK(owner.post("/keys/whose", {{"secret", secret}}).headers.at("Location") == path);
  CHECK(owner.get("/keys?search=" + secret).headers.at("Location") ==
        "/keys?state=all&search=" + secret.substr(0, 10));
  const Answer wrong = owner.post("/keys/whose", {{"secret", "mkey_wrong"}});
  CHECK(wrong.status == 422);
  CHECK(shows(wrong, "no whole setup key"));
  const std::string unknown = make_secret(SecretKind::setup_key).reveal();
  const Answer nobodys = owner.post("/keys/whose", {{"secret", unknown}});
  CHECK(nobodys.status == 422);
  CHECK(!shows(nobodys, unknown));
}

TEST_CASE("a member sees no keys") {
  World world;
  Browser member{world};
  member.sign_in_as("member");
  for (const char* path : {"/keys", "/keys/1", "/keys/new", "/keys/1/devices", "/keys/1/arrivals"})
    CHECK(member.get(path).status == 403);
  CHECK(member.post("/keys/whose", {{"secret", "x"}}).status == 403);
}

}  // namespace
}  // namespace muster
