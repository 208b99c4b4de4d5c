#include <algorithm>

#include "server/clock.h"
#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// The audit log as people read it.

namespace muster {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t rows_of(const std::string& html) {
  std::size_t count = 0;
  for (auto at = html.find("data-label=\"What\""); at != std::string::npos;
       at = html.find("data-label=\"What\"", at + 1))
    ++count;
  return count;
}

TEST_CASE("the log says in a sentence who did what to what, and leads there") {
  World world;
  const auto key = world.make_key_object(R"("type": "reusable")");
  const std::string id = key.at("id").get<std::string>();
  Browser owner{world};
  const std::string html = owner.sign_in_as().get("/audit").body;
  CHECK(has(html, formatted("made the key <a href=\"/keys/{}\">", id)));
  CHECK(has(html, "<span class=\"mono\">192.0.2.7</span>"));
  CHECK(has(html, "added the person"));
}

TEST_CASE("what is gone is named in the log without a link") {
  World world;
  const std::string id = world.make_group("shops");
  world.ask("DELETE", "/api/groups/" + id);
  Browser owner{world};
  const std::string html = owner.sign_in_as().get("/audit").body;
  CHECK(has(html, "deleted the group <b>shops</b>"));
  CHECK(has(html, "made the group <b>shops</b>"));
  CHECK_FALSE(has(html, "/groups/" + id + "\""));
}

TEST_CASE("a device's way in, into a group and out is told with its key and group") {
  World world;
  world.enroll(world.make_key(R"("type": "one-off")"), device_secret(1));
  const std::string group = world.make_group("shops");
  world.ask("PATCH", "/api/devices/1", R"({"groups": [")" + group + R"("], "name": "till-1"})");
  world.ask("DELETE", "/api/devices/1");
  Browser owner{world};
  const std::string html = owner.sign_in_as().get("/audit").body;
  CHECK(has(html, "let in the device <a href=\"/devices/1\">"));
  CHECK(has(html, "<span class=\"soft\">Key</span> <a href=\"/keys/"));
  CHECK(has(html, "</a> into the group shops</span>"));
  CHECK(has(html, "renamed a device to <a href=\"/devices/1\">till-1</a> from "));
  CHECK(has(html, "removed the device <a href=\"/devices/1\">till-1</a>"));
}

TEST_CASE("no row of the log shows a bare code") {
  World world;
  world.make_group("shops", true);
  world.ask("PATCH", "/api/groups/2", R"({"is_protected": false, "name": "tills"})");
  world.ask("PATCH", "/api/groups/2", R"({"requires_approval": true})");
  world.ask("POST", "/api/install-links", R"({"recipient": "Miller bakery"})");
  world.ask("POST", "/api/install-links/1/extend", R"({"expires_in": 60})");
  world.ask("DELETE", "/api/install-links/1");
  Browser owner{world};
  const std::string html = owner.sign_in_as().get("/audit").body;
  for (const std::string& code : world.audit_codes()) {
    INFO(code);
    CHECK_FALSE(has(html, ">" + code));
  }
  CHECK(has(html, "made the install link for <a href=\"/links/1\">Miller bakery</a>"));
}

TEST_CASE("the log comes 50 rows a page, each row once, to its beginning") {
  World world;
  for (int n = 0; n < 120; ++n) world.make_group(formatted("group {}", n));
  const auto stored = static_cast<std::size_t>(world.number("SELECT count(*) FROM audit_log"));
  Browser owner{world};
  owner.sign_in_as();
  std::size_t seen = 0;
  std::string path = "/audit";
  for (int pages = 0; pages < 3; ++pages) {
    const std::string html = owner.get(path).body;
    CHECK(rows_of(html) == std::min<std::size_t>(50, stored - seen));
    seen += rows_of(html);
    const std::string link = "<a href=\"/audit?before=";
    const auto at = html.find(link);
    CHECK((at == std::string::npos) == (pages == 2));
    if (at != std::string::npos) path = html.substr(at + 9, html.find('"', at + 9) - at - 9);
  }
  CHECK(seen == stored);
}

TEST_CASE("a cursor that is no number shows the newest rows") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  for (const char* before : {"x", "-1", "", "99999999999999999999", "0"})
    CHECK(rows_of(owner.get(std::string{"/audit?before="} + before).body) > 0);
}

TEST_CASE("an auditor reads the log, a member does not") {
  World world;
  Browser auditor{world};
  Browser member{world};
  CHECK(auditor.sign_in_as("auditor").get("/audit").status == 200);
  CHECK(member.sign_in_as("member").get("/audit").status == 403);
}

struct Busy : World {
  Browser owner{*this};
  Busy() {
    owner.sign_in_as();
    const std::string key = make_key(R"("type": "reusable")");
    for (int i = 0; i < 3; ++i) enroll(key, device_secret(i));
  }
  std::string log(const std::string& query = "") { return owner.get("/audit" + query).body; }
};

TEST_CASE("the log is filtered by who, about what, to what and when") {
  Busy world;
  CHECK(rows_of(world.log("?actor=setup_key:2")) == 3);
  CHECK(rows_of(world.log("?actor=setup_key:20")) == 0);
  CHECK(rows_of(world.log("?code=peer.setupkey.add")) == 3);
  CHECK(rows_of(world.log("?code=peer.")) == 3);
  CHECK(rows_of(world.log("?target=device:2")) == 1);
  CHECK(rows_of(world.log("?target=till")) == 3);
  CHECK(rows_of(world.log("?target=till&code=group.")) == 0);
  world.clock.pass(2 * 86400);
  world.make_group("late");
  const std::string today = rfc3339(world.clock.now()).substr(0, 10);
  const auto count = [&](const std::string& query) {
    return world.ask("GET", "/api/events" + query).json().size();
  };
  CHECK(count("?since=" + today) == 1);
  CHECK(count("?until=" + today + "&code=group.") == 1);
  CHECK(count("?until=" + rfc3339(world.clock.now() - 1) + "&code=group.") == 0);
}

TEST_CASE("a time that is none is refused in words, by the page, the file and the API") {
  Busy world;
  const std::string query = GENERATE("?since=yesterday", "?until=2026-13-01");
  CHECK(world.owner.get("/audit" + query).status == 422);
  CHECK(world.ask("GET", "/api/events/audit" + query).status == 422);
  CHECK(world.owner.get("/audit.csv" + query).status == 422);
}

TEST_CASE("the file and the API have the rows that the filter leaves") {
  Busy world;
  CHECK(world.ask("GET", "/api/events/audit?code=peer.").json().size() == 3);
  CHECK(world.ask("GET", "/api/events?actor=setup_key:2&target=device:1").json().size() == 1);
  const std::string csv = world.owner.get("/audit.csv?code=peer.").body;
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 4);
}

TEST_CASE("what went together is one entry, and leads to what went with it") {
  Busy world;
  const std::size_t before = rows_of(world.log());
  world.ask("POST", "/api/devices/actions", R"({"action": "remove", "ids": ["1", "2", "3"]})");
  const std::string html = world.log();
  CHECK(rows_of(html) == before + 1);
  CHECK(has(html, "and 2 more with it"));
  const auto link = html.find("href=\"/receipts/");
  REQUIRE(link != std::string::npos);
  const std::string path = html.substr(link + 6, html.find('"', link + 6) - link - 6);
  CHECK(world.owner.get(path).status == 200);
  CHECK(rows_of(world.log("?cascade_id=" + path.substr(10))) == 3);
}

TEST_CASE("the page and the API say that the log is whole, and name the first row that is not") {
  Busy world;
  CHECK(has(world.log(), "Whole"));
  CHECK(world.ask("GET", "/api/events/chain").json().at("is_whole") == true);
  world.run("UPDATE audit_log SET actor = 'user:1 somebody else' WHERE id = 4");
  CHECK(has(world.log(), "Row 4 does not fit"));
  CHECK_FALSE(has(world.log(), "Whole"));
  const auto chain = world.ask("GET", "/api/events/chain").json();
  CHECK(chain.at("is_whole") == false);
  CHECK(chain.at("first_broken_id") == "4");
}

}  // namespace
}  // namespace muster
