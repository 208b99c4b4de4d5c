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

}  // namespace
}  // namespace muster
