#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// The pages of groups, and what protecting one says before it does it.

namespace muster {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string key_for(const std::string& group, const std::string& type) {
  return formatted(R"("type": "{}", "auto_groups": ["{}"])", type, group);
}

struct Groups {
  World world;
  Browser owner{world};
  Groups() { owner.sign_in_as(); }
  std::string page(const std::string& path) {
    const Answer answer = owner.get(path);
    CHECK(answer.status == 200);
    return answer.body;
  }
};

TEST_CASE_METHOD(Groups, "the list of groups counts devices and the keys that work") {
  const std::string shops = world.make_group("shops", false);
  world.enroll(world.make_key(key_for(shops, "one-off")), device_secret(1));
  world.make_key(key_for(shops, "reusable"));
  const std::string html = page("/groups");
  CHECK(has(html, "<a href=\"/groups/" + shops + "\">shops</a>"));
  CHECK(has(html, "<a href=\"/devices?group=" + shops + "\">1</a>"));
  CHECK(has(html, "<td data-label=\"Keys\">1</td>"));
  CHECK(has(html, "New group"));
}

TEST_CASE_METHOD(Groups, "without a group of one's own the list says what groups are for") {
  CHECK(has(page("/groups"), "No group of your own yet"));
  world.make_group("shops");
  CHECK_FALSE(has(page("/groups"), "No group of your own yet"));
}

TEST_CASE_METHOD(Groups, "groups are found by a part of their name, 50 a page") {
  for (int n = 0; n < 60; ++n) world.make_group(formatted("Shop-{}", n));
  CHECK(count_of(page("/groups"), "<tr><td><strong>") == 50);
  CHECK(count_of(page("/groups?page=2"), "<tr><td><strong>") == 11);
  CHECK(count_of(page("/groups?page=99"), "<tr><td><strong>") == 11);
  CHECK(count_of(page("/groups?search=sHOP-59"), "<tr><td><strong>") == 1);
  CHECK(has(page("/groups?search=nothing"), "No group is called that"));
}

TEST_CASE_METHOD(Groups, "a new group comes with a default key, shown once") {
  CHECK(has(page("/groups/new"), "name=\"default_key\" checked"));
  const Fields fields{{"name", "shops"}, {"default_key", "on"}, {"form_number", "abc"}};
  const Answer made = owner.post("/groups/new", fields);
  CHECK(made.status == 200);
  CHECK(has(made.body, "<code id=\"secret\">mkey_"));
  CHECK(world.number("SELECT count(*) FROM setup_keys WHERE group_default_of = 2"
                     " AND name = 'shops' AND usage_limit = 0 AND expires_at = 0") == 1);
  const std::string before = world.stored();
  const Answer again = owner.post("/groups/new", fields);
  CHECK(has(again.body, "Already created"));
  CHECK(has(again.body, "href=\"/groups/2\""));
  CHECK_FALSE(has(again.body, "mkey_"));
  CHECK((world.stored() == before));
}

TEST_CASE_METHOD(Groups, "a new group without the box gets no key") {
  const Answer made = owner.post("/groups/new", {{"name", "shops"}, {"is_protected", "on"}});
  CHECK(made.status == 303);
  CHECK(made.headers.at("Location") == "/groups/2?notice=group-made");
  CHECK(world.number("SELECT is_protected FROM groups WHERE id = 2") == 1);
  CHECK(world.number("SELECT count(*) FROM setup_keys WHERE group_default_of = 2") == 0);
  CHECK(has(page("/groups/2?notice=group-made"), "The group is made."));
}

TEST_CASE_METHOD(Groups, "a new group that cannot be keeps what was typed") {
  world.make_group("shops");
  const std::string before = world.stored();
  for (const char* name : {"shops", "", "  "}) {
    const Answer answer = owner.post("/groups/new", {{"name", name}, {"requires_approval", "on"}});
    CHECK(answer.status == 422);
    CHECK(has(answer.body, "role=\"alert\""));
    CHECK(has(answer.body, "name=\"requires_approval\" checked"));
    CHECK_FALSE(has(answer.body, "name=\"default_key\" checked"));
  }
  CHECK((world.stored() == before));
}

TEST_CASE_METHOD(Groups, "a group's page shows its devices and the keys that name it") {
  const std::string shops = world.make_group("shops");
  world.enroll(world.make_key(key_for(shops, "reusable")), device_secret(1));
  const std::string html = page("/groups/" + shops);
  CHECK(has(html, "<a href=\"/devices/1\">"));
  CHECK(has(html, "<span class=\"pill good\">Online</span>"));
  CHECK(has(html, "<h2>Working keys that name it: 1</h2>"));
  CHECK(has(html, "reusable</td>"));
  CHECK(has(html, "Keys that name it alone end with it"));
}

TEST_CASE_METHOD(Groups, "a group is renamed, and its devices made to wait") {
  world.make_group("shops");
  const Answer saved = owner.post("/groups/2", {{"name", "tills"}, {"requires_approval", "on"}});
  CHECK(saved.headers.at("Location") == "/groups/2?notice=group-saved");
  CHECK(world.text("SELECT name FROM groups WHERE id = 2") == "tills");
  CHECK(world.number("SELECT requires_approval FROM groups WHERE id = 2") == 1);
  const Answer refused = owner.post("/groups/2", {{"name", "All"}});
  CHECK(refused.status == 422);
  CHECK(has(refused.body, "value=\"All\""));
  CHECK(has(refused.body, "already exists"));
}

TEST_CASE_METHOD(Groups, "protecting a group first lists the reusable keys that stop") {
  const std::string shops = world.make_group("shops");
  const auto reusable = world.make_key_object(key_for(shops, "reusable"));
  const auto one_time = world.make_key_object(key_for(shops, "one-off"));
  const std::string before = world.stored();
  const std::string html = page("/groups/2/protection");
  CHECK((world.stored() == before));
  CHECK(has(html, "/keys/" + reusable.at("id").get<std::string>() + "\""));
  CHECK_FALSE(has(html, "/keys/" + one_time.at("id").get<std::string>() + "\""));
  CHECK(has(html, "Protect group and stop 1 reusable key</button>"));
  const Answer done = owner.post("/groups/2/protection", {{"is_protected", "true"}});
  CHECK(done.headers.at("Location") == "/groups/2?notice=group-protected");
  CHECK(world.number("SELECT is_protected FROM groups WHERE id = 2") == 1);
  CHECK(has(page("/groups/2"), "blocked: the group is protected"));
}

TEST_CASE_METHOD(Groups, "ending protection is asked and done in the same place") {
  world.make_group("shops", true);
  CHECK(has(page("/groups/2/protection"), "End the protection of shops"));
  owner.post("/groups/2/protection", {{"is_protected", "false"}});
  CHECK(world.number("SELECT is_protected FROM groups WHERE id = 2") == 0);
}

TEST_CASE_METHOD(Groups, "All can be protected, and neither renamed nor deleted") {
  const std::string html = page("/groups/1");
  CHECK_FALSE(has(html, "Delete group"));
  CHECK_FALSE(has(html, "id=\"name\""));
  CHECK(has(page("/groups/1/protection"), "into Muster at all"));
  CHECK(owner.post("/groups/1/protection", {{"is_protected", "true"}}).status == 303);
  CHECK(world.number("SELECT is_protected FROM groups WHERE id = 1") == 1);
  CHECK(owner.post("/groups/1", {{"name", "x"}, {"requires_approval", "on"}}).status == 303);
  CHECK(world.text("SELECT name FROM groups WHERE id = 1") == "All");
  CHECK(owner.post("/groups/1/delete").status == 422);
  CHECK(world.number("SELECT deleted_at IS NULL FROM groups WHERE id = 1") == 1);
}

TEST_CASE_METHOD(Groups, "a group that a working key names stays, and the page says which") {
  const std::string shops = world.make_group("shops");
  const auto key = world.make_key_object(key_for(shops, "reusable"));
  CHECK(has(page("/groups/2"), "/revocations/group/2"));
  const Answer refused = owner.post("/groups/2/delete");
  CHECK(refused.status == 422);
  CHECK(has(refused.body, "The group stays: the key "));
  world.ask("DELETE", "/api/setup-keys/" + key.at("id").get<std::string>());
  CHECK(owner.post("/groups/2/delete").headers.at("Location") == "/groups?notice=group-deleted");
  CHECK(owner.get("/groups/2").status == 404);
}

TEST_CASE_METHOD(Groups, "a group of many devices shows 50 and leads to the rest") {
  world.enroll(world.make_key(R"("type": "reusable")"), device_secret(1));
  world.run(
      "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
      " INSERT INTO devices (name, hostname, os, os_version, arch, agent_version, machine_id,"
      " secret_hash, setup_key_id, enrolled_with_hash, enrolled_at, enrolled_from, approved_at,"
      " ephemeral, ephemeral_seconds) SELECT 'till-' || i, 'x', 'linux', '', '', '', '',"
      " randomblob(32), setup_key_id, enrolled_with_hash, 1, '', 1, 0, 600 FROM n, devices");
  const std::string html = page("/groups/1");
  CHECK(count_of(html, "<tr><td><strong>") == 50);
  CHECK(has(html, "<a href=\"/devices?group=1\">See all 60</a>"));
}

TEST_CASE_METHOD(Groups, "a group that is not there has no page and takes no form") {
  for (const char* path : {"/groups/7", "/groups/x", "/groups/7/protection"})
    CHECK(owner.get(path).status == 404);
  for (const char* path : {"/groups/7", "/groups/7/delete", "/groups/7/protection"})
    CHECK(owner.post(path, {{"name", "x"}}).status == 404);
}

TEST_CASE("an auditor sees groups without a button; a member sees none") {
  World world;
  world.make_group("shops");
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  for (const char* path : {"/groups", "/groups/1", "/groups/2"}) {
    const Answer answer = auditor.get(path);
    CHECK(answer.status == 200);
    for (const char* act : {"New group", "/protection", "Save group", "Delete group"})
      CHECK_FALSE(has(answer.body, act));
  }
  CHECK(auditor.get("/groups/new").status == 403);
  CHECK(auditor.post("/groups/2/delete").status == 403);
  Browser member{world};
  CHECK(member.sign_in_as("member").get("/groups").status == 403);
  CHECK(member.get("/groups/2").status == 403);
}

}  // namespace
}  // namespace muster
