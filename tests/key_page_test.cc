#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// One key's page: what came in, what was refused, and what can be done with it.

namespace muster {
namespace {

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

constexpr const char* kReusable = R"("type": "reusable", "expires_in": 2592000)";

// An owner at the page of a new key.
struct AtKey {
  World world;
  Browser owner{world};
  std::string secret;
  std::string path;

  explicit AtKey(const std::string& members = kReusable) {
    owner.sign_in_as();
    const auto key = world.make_key_object(members);
    secret = key.at("key").get<std::string>();
    path = "/keys/" + key.at("id").get<std::string>();
  }
  Answer page(const std::string& query = "") { return owner.get(path + query); }
  std::string state() {
    return world.ask("GET", "/api/setup-keys/" + path.substr(6)).json().at("state");
  }
  std::string enroll(int number) {
    return world.enroll(secret, device_secret(number)).json().at("device_id");
  }
};

TEST_CASE("the page of a key shows what came in through it, and whether it is online") {
  AtKey at;
  CHECK(shows(at.page(), "No device yet"));
  const auto device = at.enroll(1);
  at.enroll(2);
  at.world.ask_as_device(device_secret(2), "/api/agent/leave", R"({"how": "down"})");
  for (const Answer& answer : {at.page(), at.owner.get(at.path + "/devices")}) {
    CHECK(shows(answer, "1 online of 2"));
    CHECK(shows(answer, "/devices/" + device));
    CHECK(shows(answer, "pill good\">Online"));
    CHECK(shows(answer, "pill hollow\">Offline"));
    CHECK(shows(answer, "100.64.0."));
  }
  CHECK(!shows(at.page(), at.secret));
}

TEST_CASE("after fifty devices the page leads to the list of them") {
  AtKey at;
  for (int i = 1; i <= 51; ++i) at.enroll(i);
  CHECK(shows(at.page(), at.path.substr(6) + "\">All 51 devices"));
}

TEST_CASE("a device that waits for approval says so") {
  AtKey at{std::string{kReusable} + R"(, "requires_approval": true)"};
  at.enroll(1);
  CHECK(shows(at.page(), "Waiting for approval"));
  CHECK(shows(at.page(), "each waits for an administrator"));
}

TEST_CASE("each state is told with what it means") {
  AtKey at{R"("type": "reusable", "usage_limit": 2, "expires_in": 600)"};
  CHECK(shows(at.page(), "pill good\">Working"));
  at.owner.post(at.path + "/pause");
  CHECK(shows(at.page(), "lets nobody in until it is resumed"));
  at.owner.post(at.path + "/resume");
  at.enroll(1);
  at.enroll(2);
  CHECK(shows(at.page(), "All its uses are spent"));
  at.owner.post(at.path + "/revoke");
  CHECK(shows(at.page(), "for good. Devices that came in through it stay"));
  at.world.clock.pass(601);
  CHECK(shows(at.page(), "Its time is over"));
}

TEST_CASE("a blocked key says which group blocks it") {
  World world;
  AtKey at;
  const auto group = at.world.make_group("customers");
  at.owner.post(at.path + "/edit", {{"name", "k"}, {"group", group}});
  at.world.ask("PATCH", "/api/groups/" + group, R"({"is_protected": true})");
  CHECK(shows(at.page(), "Group customers is protected, and a protected group takes one-time"));
}

TEST_CASE("refused attempts are told in words") {
  AtKey at{R"("type": "one-off", "expires_in": 0)"};
  at.enroll(1);
  CHECK(!shows(at.page(), "Refused"));
  for (int i = 2; i <= 26; ++i) at.world.enroll(at.secret, device_secret(i));
  CHECK(shows(at.page(), "Refused: 25 attempts"));
  CHECK(shows(at.page(), "All uses were spent"));
  CHECK(shows(at.page(), "192.0.2.7"));
  CHECK(shows(at.page(), "Show the newest 25 attempts"));
  CHECK(!shows(at.page("?refusals=all"), "Show the newest"));
}

TEST_CASE("revoking keeps the devices unless their removal is chosen") {
  AtKey at;
  at.enroll(1);
  at.enroll(2);
  CHECK(shows(at.page(), "The 2 devices enrolled with this key stay connected."));
  CHECK(shows(at.page(), ">Revoke and remove its 2 devices…<"));
  CHECK(at.owner.post(at.path + "/revoke").headers.at("Location") ==
        at.path + "?notice=key-revoked");
  CHECK(at.state() == "revoked");
  CHECK(at.world.number("SELECT count(*) FROM devices WHERE removed_at IS NULL") == 2);
  CHECK(shows(at.page(), ">Remove its 2 devices…<"));
}

TEST_CASE("a deleted key stays to be looked at, and nothing can be done with it") {
  AtKey at;
  at.owner.post(at.path + "/delete");
  const Answer page = at.page();
  CHECK(page.status == 200);
  CHECK(shows(page, "Deleted <time"));
  CHECK(!shows(page, "action=\"" + at.path));
  for (const char* act : {"/pause", "/edit", "/rotate", "/clone", "/revoke", "/delete"})
    CHECK(at.owner.post(at.path + act, {{"name", "x"}}).status == 404);
}

TEST_CASE("a default key says why it cannot be revoked or deleted") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const auto path = "/keys/" + world.text("SELECT id FROM setup_keys WHERE network_default_of");
  CHECK(shows(owner.get(path), "it goes only with that network"));
  CHECK(!shows(owner.get(path), "Revoke key"));
  CHECK(owner.post(path + "/revoke").status == 422);
  CHECK(owner.post(path + "/delete").status == 422);
  CHECK(shows(owner.get(path + "/edit"), "It carries that name"));
  CHECK(owner.post(path + "/edit", {{"note", "n"}}).status == 303);
  CHECK(world.text("SELECT note FROM setup_keys WHERE network_default_of") == "n");
}

TEST_CASE("a new secret is shown once; the old one dies") {
  AtKey at;
  at.enroll(1);
  const Fields form{{"form_number", "f1"}};
  const Answer shown = at.owner.post(at.path + "/rotate", form);
  CHECK(shown.status == 200);
  CHECK(shows(shown, "A new secret for"));
  CHECK(shows(shown, "Waiting for the first device…"));
  CHECK(at.world.enroll(at.secret, device_secret(2)).status == 403);
  CHECK(shows(at.owner.post(at.path + "/rotate", form), "Already created"));
}

TEST_CASE("a clone is another key with the same settings") {
  AtKey at{R"("type": "reusable", "usage_limit": 7, "expires_in": 600)"};
  const Answer shown = at.owner.post(at.path + "/clone");
  CHECK(shows(shown, "copy is ready"));
  CHECK(shows(shown, "Works for 7 machines"));
  CHECK(at.world.number("SELECT count(*) FROM setup_keys WHERE usage_limit = 7") == 2);
}

TEST_CASE("the form for editing shows what the key has, and changes what is changed") {
  AtKey at{std::string{kReusable} + R"(, "usage_limit": 5, "tags": ["shop"], "note": "old note")"};
  const Answer form = at.owner.get(at.path + "/edit");
  CHECK(input_value(form.body, "uses") == "5");
  CHECK(input_value(form.body, "tags") == "shop");
  CHECK(shows(form, "old note"));
  const Fields fields{{"name", "Renamed"}, {"uses", "6"}, {"tags", "a, b"}, {"expiry", "never"}};
  CHECK(at.owner.post(at.path + "/edit", fields).headers.at("Location") ==
        at.path + "?notice=key-saved");
  CHECK(at.world.text("SELECT name || usage_limit || expires_at || note FROM setup_keys"
                      " ORDER BY id DESC") == "Renamed60");
  CHECK(shows(at.page(), "a, b"));
  at.enroll(1);
  at.enroll(2);
  const Answer wrong = at.owner.post(at.path + "/edit", {{"name", "Renamed"}, {"uses", "1"}});
  CHECK(wrong.status == 422);
  CHECK(shows(wrong, "below the 2 uses so far"));
}

TEST_CASE("a one-time key becomes a reusable one by its number of machines") {
  AtKey at{R"("type": "one-off", "expires_in": 600)"};
  CHECK(at.owner.post(at.path + "/edit", {{"name", "k"}, {"uses", "3"}}).status == 303);
  CHECK(at.world.text("SELECT type || usage_limit FROM setup_keys ORDER BY id DESC") ==
        "reusable3");
}

TEST_CASE("an auditor sees a key without any button, and may press none") {
  AtKey at;
  at.enroll(1);
  Browser auditor{at.world};
  auditor.sign_in_as("auditor");
  const Answer page = auditor.get(at.path);
  CHECK(page.status == 200);
  CHECK(shows(page, "1 online of 1"));
  CHECK(!shows(page, "action=\"/keys"));
  CHECK(!shows(page, "/edit"));
  const std::string before = at.world.stored();
  for (const char* act : {"/pause", "/resume", "/edit", "/rotate", "/clone", "/revoke", "/delete"})
    CHECK(auditor.post(at.path + act).status == 403);
  CHECK((at.world.stored() == before));
}

TEST_CASE("a key that is nowhere is a page that says so") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  for (const char* path :
       {"/keys/999", "/keys/x", "/keys/999/devices", "/keys/999/edit", "/keys/999/arrivals"})
    CHECK(owner.get(path).status == 404);
  CHECK(owner.post("/keys/999/revoke").status == 404);
}

}  // namespace
}  // namespace muster
