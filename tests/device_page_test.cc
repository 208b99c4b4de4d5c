#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// The pages of devices: the list with its filters, and one device with what can be done to it.

namespace muster {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Names in the order of the list's rows.
std::vector<std::string> names_in(const std::string& html) {
  std::vector<std::string> names;
  const std::string row = "<strong><a href=\"/devices/";
  for (auto at = html.find(row); at != std::string::npos; at = html.find(row, at + 1)) {
    const auto from = html.find('>', at + row.size()) + 1;
    names.push_back(html.substr(from, html.find('<', from) - from));
  }
  return names;
}
using Names = std::vector<std::string>;

struct Devices {
  World world;
  Browser owner{world};
  Devices() { owner.sign_in_as(); }

  std::string page(const std::string& path) {
    const Answer answer = owner.get(path);
    INFO(path);
    CHECK(answer.status == 200);
    return answer.body;
  }
  Names names(const std::string& query) { return names_in(page("/devices" + query)); }
  // Comes in through a key of its own.
  void enroll(int number, const std::string& name, const std::string& members = "",
              const std::string& facts = "") {
    const std::string key = world.make_key(R"("type": "one-off")" + members);
    const Answer answer = world.enroll(key, device_secret(number), facts);
    REQUIRE(answer.status == 200);
    const std::string id = answer.json().at("device_id").get<std::string>();
    world.ask("PATCH", "/api/devices/" + id, R"({"name": ")" + name + R"("})");
  }
  void many(int count) {
    enroll(1, "first");
    world.run(
        formatted("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
                  " INSERT INTO devices (name, hostname, os, os_version, arch, agent_version,"
                  " machine_id, secret_hash, setup_key_id, enrolled_with_hash, enrolled_at,"
                  " enrolled_from, approved_at, ephemeral, ephemeral_seconds) SELECT 'till-' || i,"
                  " 'x', 'linux', '', '', '', '', randomblob(32), setup_key_id,"
                  " enrolled_with_hash, 1, '', 1, 0, 600 FROM n, devices",
                  count));
  }
};

TEST_CASE_METHOD(Devices, "before the first device the list leads to a link") {
  const std::string html = page("/devices");
  CHECK(has(html, "No device yet"));
  CHECK(has(html, "href=\"/links/new\""));
}

TEST_CASE_METHOD(Devices, "a row tells a device's state, address, groups, tags and key") {
  const std::string shops = world.make_group("shops");
  enroll(1, "till-1", R"(, "auto_groups": [")" + shops + R"("], "tags": ["front"])");
  const std::string html = page("/devices");
  for (const char* part : {">till-1</a>", "<span class=\"mono\">100.64.0.", "pill good\">Online<",
                           "href=\"/devices?group=2\">shops<", "soft\">front<", "\"/keys/"})
    CHECK(has(html, part));
}

TEST_CASE_METHOD(Devices, "the list sorts by name, coming in and last call, both ways") {
  enroll(1, "b");
  world.clock.pass(100);
  enroll(2, "c");
  world.clock.pass(100);
  enroll(3, "a");
  world.ask_as_device(device_secret(1), "/api/agent/heartbeat");
  world.clock.pass(100);
  world.ask_as_device(device_secret(2), "/api/agent/heartbeat");
  CHECK(names("") == Names{"a", "b", "c"});
  CHECK(names("?sort=-name") == Names{"c", "b", "a"});
  CHECK(names("?sort=enrolled_at") == Names{"b", "c", "a"});
  CHECK(names("?sort=-enrolled_at") == Names{"a", "c", "b"});
  CHECK(names("?sort=-last_seen_at").front() == "c");
  CHECK(names("?sort=nonsense") == Names{"a", "b", "c"});
  CHECK(has(page("/devices?sort=-name"), "aria-sort=\"descending\""));
}

TEST_CASE_METHOD(Devices, "the list is filtered by state, system, group, key and search") {
  const std::string shops = world.make_group("shops");
  enroll(1, "till-1", R"(, "auto_groups": [")" + shops + R"("])");
  enroll(2, "gone");
  world.ask("DELETE", "/api/devices/2");
  world.clock.pass(200);
  enroll(3, "desk", "", R"(, "os": "windows")");
  CHECK(names("") == Names{"desk", "till-1"});
  CHECK(names("?state=online") == Names{"desk"});
  CHECK(names("?state=offline") == Names{"till-1"});
  CHECK(names("?state=removed") == Names{"gone"});
  CHECK(names("?os=linux") == Names{"till-1"});
  CHECK(names("?group=" + shops) == Names{"till-1"});
  CHECK(names("?group=1").size() == 2);
  CHECK(names("?search=ESK") == Names{"desk"});
  CHECK(names("?search=" + world.text("SELECT '100.64.0.' || (address & 255) FROM addresses"
                                      " WHERE device_id = 3")) == Names{"desk"});
  const auto key = world.text("SELECT setup_key_id FROM devices WHERE id = 3");
  CHECK(names("?key=" + key) == Names{"desk"});
  CHECK(names("?key=x").empty());
  CHECK(has(page("/devices?state=online&group=" + shops), "No device is like that"));
}

TEST_CASE_METHOD(Devices, "chips count each state within the other filters and keep them") {
  enroll(1, "till-1");
  enroll(2, "desk", "", R"(, "os": "windows")");
  const std::string html = page("/devices?os=linux&sort=-name&page=3");
  CHECK(has(html, "All · 1</a>"));
  CHECK(has(html, "Online · 1</a>"));
  CHECK(has(html, "/devices?state=online&amp;os=linux&amp;sort=-name\""));
}

TEST_CASE_METHOD(Devices, "those that wait stand on top in any order and are approved there") {
  enroll(1, "a");
  enroll(2, "z", R"(, "requires_approval": true)");
  CHECK(names("") == Names{"z", "a"});
  CHECK(names("?sort=enrolled_at") == Names{"z", "a"});
  CHECK(names("?state=waiting") == Names{"z"});
  CHECK(has(page("/devices"), "aria-label=\"Approve z\""));
  const Answer done = owner.post("/devices/2/approve", {{"back", "/devices?os=linux"}});
  CHECK(done.headers.at("Location") == "/devices?os=linux&notice=device-approved");
  CHECK(names("") == Names{"a", "z"});
  CHECK(world.audit_codes().back() == "peer.approve");
}

TEST_CASE_METHOD(Devices, "a long list comes 30 a page") {
  many(120);
  CHECK(names("").size() == 30);
  CHECK(names("?page=4").size() == 30);
  CHECK(names("?page=99").size() == 30);
  CHECK(names("?page=x").size() == 30);
  const std::string html = page("/devices?search=till&page=2");
  CHECK(has(html, "31 to 60 of 120"));
  CHECK(has(html, "/devices?search=till&amp;page=3\""));
}

TEST_CASE_METHOD(Devices, "the live part of the list is its rows alone") {
  enroll(1, "till-1");
  CHECK(has(page("/devices?state=online"), "data-live=\"/devices?state=online\""));
  const Answer part =
      world.ask("GET", "/devices", "", {.headers = {{"Cookie", owner.cookie()}, {"X-Live", "1"}}});
  CHECK(part.status == 200);
  CHECK(names_in(part.body) == Names{"till-1"});
  CHECK_FALSE(has(part.body, "<html"));
}

TEST_CASE_METHOD(Devices, "a device's page tells everything known of it") {
  enroll(1, "till-1");
  const std::string html = page("/devices/1");
  for (const char* part : {"<h1>till-1</h1>", "till-1.default.internal", "pill good\">Online<",
                           "100.64.0.", "href=\"/keys/", "192.0.2.7", "none asked for"})
    CHECK(has(html, part));
}

TEST_CASE_METHOD(Devices, "a device is renamed, sorted into groups and tagged in one form") {
  const std::string shops = world.make_group("shops", true);
  enroll(1, "till-1");
  const Answer saved = owner.post(
      "/devices/1", {{"name", "till-front"}, {"groups", shops}, {"tags", "front, ,oak"}});
  CHECK(saved.headers.at("Location") == "/devices/1?notice=device-saved");
  CHECK(names("?group=" + shops) == Names{"till-front"});
  CHECK(world.number("SELECT count(*) FROM device_tags") == 2);
  const auto audited = world.number("SELECT count(*) FROM audit_log");
  owner.post("/devices/1", {{"name", "till-front"}, {"groups", shops}, {"tags", "front, oak"}});
  CHECK(world.number("SELECT count(*) FROM audit_log") == audited);
  owner.post("/devices/1", {{"name", "till-front"}});
  CHECK(names("?group=" + shops).empty());
}

TEST_CASE_METHOD(Devices, "a name that cannot be changes nothing and keeps what was typed") {
  const std::string shops = world.make_group("shops");
  enroll(1, "till-1");
  enroll(2, "till-2");
  const std::string before = world.stored();
  for (const char* name : {"till-2", "", "  "}) {
    const Answer answer =
        owner.post("/devices/1", {{"name", name}, {"groups", shops}, {"tags", "front"}});
    CHECK(answer.status == 422);
    CHECK(has(answer.body, "role=\"alert\""));
    CHECK(has(answer.body, "name=\"groups\" value=\"2\" checked"));
    CHECK(has(answer.body, "value=\"front\""));
  }
  CHECK((world.stored() == before));
}

TEST_CASE_METHOD(Devices, "a waiting device is approved on its page") {
  enroll(1, "till-1", R"(, "requires_approval": true)");
  CHECK(has(page("/devices/1"), "It waits for your approval"));
  CHECK(owner.post("/devices/1/approve").headers.at("Location") ==
        "/devices/1?notice=device-approved");
  CHECK_FALSE(has(page("/devices/1"), "It waits for your approval"));
}

TEST_CASE_METHOD(Devices, "removing a device says what happens first, then keeps its page") {
  enroll(1, "till-1");
  const std::string before = world.stored();
  CHECK(has(page("/devices/1/remove"), "stays used"));
  CHECK((world.stored() == before));
  CHECK(owner.post("/devices/1/remove").headers.at("Location") ==
        "/devices/1?notice=device-removed");
  CHECK(world.ask_as_device(device_secret(1), "/api/agent/heartbeat").status == 410);
  const std::string html = page("/devices/1");
  CHECK(has(html, "pill bad hollow\">Removed<"));
  CHECK(has(html, "Somebody removed it."));
  CHECK_FALSE(has(html, "Save device"));
  CHECK(owner.get("/devices/1/remove").status == 404);
  for (const char* act : {"", "/approve", "/remove"})
    CHECK(owner.post(std::string{"/devices/1"} + act, {{"name", "x"}}).status == 404);
}

TEST_CASE_METHOD(Devices, "a device that is not there has no page and takes no form") {
  for (const char* path : {"/devices/7", "/devices/x", "/devices/7/remove"})
    CHECK(owner.get(path).status == 404);
  for (const char* path : {"/devices/7", "/devices/7/approve", "/devices/7/remove"})
    CHECK(owner.post(path, {{"name", "x"}}).status == 404);
}

TEST_CASE_METHOD(Devices, "an auditor sees devices without a button; a member sees none") {
  enroll(1, "till-1", R"(, "requires_approval": true)");
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  for (const char* path : {"/devices", "/devices/1"}) {
    const Answer answer = auditor.get(path);
    CHECK(answer.status == 200);
    for (const char* act : {">Approve", "Save device", "/remove\"", "/links/new"})
      CHECK_FALSE(has(answer.body, act));
  }
  CHECK(auditor.get("/devices/1/remove").status == 403);
  CHECK(auditor.post("/devices/1/approve").status == 403);
  Browser member{world};
  CHECK(member.sign_in_as("member").get("/devices").status == 403);
  CHECK(member.get("/devices/1").status == 403);
}

}  // namespace
}  // namespace muster
