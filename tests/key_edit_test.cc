#include "tests/catch.h"
#include "tests/world.h"

// Editing keys: every member by PATCH, pause, rotate, clone, and what the audit log tells of it.

namespace muster {
namespace {

using Json = nlohmann::json;
using Codes = std::vector<std::string>;

struct Made {
  World world;
  Json key;
  std::string path;

  explicit Made(const std::string& members = R"("type": "reusable")")
      : key(world.make_key_object(members)),
        path("/api/setup-keys/" + key.at("id").get<std::string>()) {}
  Answer patch(const Json& body) { return world.ask("PATCH", path, body.dump()); }
  Answer post(const std::string& turn, const std::string& body = "") {
    return world.ask("POST", path + "/" + turn, body);
  }
  Json now() { return world.ask("GET", path).json(); }
  std::int64_t head() { return world.number("SELECT max(id) FROM audit_log"); }
  Json details() {
    return Json::parse(world.text("SELECT details FROM audit_log ORDER BY id DESC LIMIT 1"));
  }
  Answer enroll(int machine) { return world.enroll(key.at("key"), device_secret(machine)); }
};

struct Edit {
  const char* member;
  Json value;
  const char* before;
  const char* after;
};

std::vector<Edit> all_edits() {
  return {{"name", "Shop", "test", "Shop"},
          {"note", "two\nlines", "", "two\nlines"},
          {"usage_limit", 5, "0", "5"},
          {"ephemeral", true, "false", "true"},
          {"ephemeral_seconds", 60, "600", "60"},
          {"allow_extra_dns_labels", true, "false", "true"},
          {"allow_group_choice", true, "false", "true"},
          {"requires_approval", true, "false", "true"},
          {"device_name", "till", "", "till"},
          {"allowed_cidrs", {"10.0.0.0/8", "::1"}, "", "10.0.0.0/8 ::1"},
          {"networks", {"1"}, "", "1"},
          {"tags", {"a", "b"}, "", "a, b"},
          {"gateway_mode", "none", "auto", "none"}};
}

TEST_CASE("each member can be changed alone, and the log has what was before and after") {
  for (const Edit& edit : all_edits()) {
    Made made;
    INFO(edit.member);
    Json expected = made.now();
    made.world.clock.pass(5);
    const Answer answer = made.patch({{edit.member, edit.value}});
    REQUIRE(answer.status == 200);
    expected[edit.member] = edit.value;
    expected["updated_at"] = rfc3339(made.world.clock.now());
    CHECK(answer.json() == expected);
    CHECK(made.now() == expected);
    CHECK(made.world.audit_codes(made.head() - 1) == Codes{"setupkey.update"});
    const Json details = made.details();
    CHECK(details.at(std::string{"old_"} + edit.member) == edit.before);
    CHECK(details.at(std::string{"new_"} + edit.member) == edit.after);
    CHECK(details.size() == 5);
  }
}

TEST_CASE("a change that changes nothing leaves no row in the log") {
  Made made;
  const auto head = made.head();
  CHECK(made.patch({{"name", "test"}, {"tags", Json::array()}, {"paused", false}}).status == 200);
  CHECK(made.patch(Json::object()).status == 200);
  CHECK(made.head() == head);
}

TEST_CASE("a change that is refused changes nothing, whatever else it names") {
  const auto* wrong = GENERATE(
      R"({"name": " "})", R"({"usage_limit": 1.5})", R"({"type": "king"})", R"({"tags": [""]})",
      R"({"expires_in": -1})", R"({"expires_in": 315360001})", R"({"expires_at": "soon"})",
      R"({"expires_at": "2026-01-01T00:00:00Z"})", R"({"expires_at": "2099-01-01T00:00:00Z"})",
      R"({"expires_in": 60, "expires_at": "2027-02-01T00:00:00Z"})", R"({"networks": ["x"]})",
      R"({"auto_groups": ["x"]})", R"({"gateway_mode": "fixed"})", R"({"gateway_device_id": "9"})",
      R"({"gateway_mode": "always"})", R"({"allowed_cidrs": ["10.0.0.1/8"]})");
  Made made;
  made.world.clock.jump(0);
  const std::string before = made.world.stored();
  Json body = Json::parse(wrong);
  body["note"] = "x";
  body["paused"] = true;
  const Answer answer = made.patch(body);
  INFO(wrong);
  CHECK((answer.status == 422 || answer.status == 400));
  CHECK((made.world.stored() == before));
}

TEST_CASE("a limit may go down to the uses so far and not below; then the key is used up") {
  Made made{R"("type": "reusable", "usage_limit": 5)"};
  made.enroll(1);
  made.enroll(2);
  const Answer refused = made.patch({{"usage_limit", 1}});
  CHECK(refused.status == 422);
  CHECK(refused.message() == "usage_limit 1 is below the 2 uses so far");
  CHECK(made.patch({{"usage_limit", 2}}).json().at("state") == "overused");
  CHECK(made.enroll(3).reason() == "key_used_up");
  CHECK(made.patch({{"usage_limit", 3}}).json().at("state") == "valid");
  CHECK(made.enroll(3).status == 200);
  CHECK(made.patch({{"usage_limit", 0}}).json().at("state") == "valid");
}

TEST_CASE("a one-off key gets another limit together with type reusable only") {
  Made made{R"("type": "one-off")"};
  CHECK(made.patch({{"usage_limit", 3}})
            .message()
            .starts_with("usage_limit 3 is not valid for a one-off setup key"));
  CHECK(made.patch({{"usage_limit", 3}, {"type", "reusable"}}).json().at("usage_limit") == 3);
  CHECK(made.patch({{"type", "one-off"}}).json().at("usage_limit") == 1);
}

TEST_CASE("expiry is changed from now on, to a moment, or to never; and wakes an expired key") {
  Made made{R"("type": "reusable", "expires_in": 60)"};
  made.world.clock.pass(100);
  CHECK(made.enroll(1).reason() == "key_expired");
  const auto now = made.world.clock.now();
  CHECK(made.patch({{"expires_in", 30}}).json().at("expires") == rfc3339(now + 30));
  CHECK(made.enroll(1).status == 200);
  CHECK(made.patch({{"expires_at", rfc3339(now + 90)}}).json().at("expires_at") ==
        rfc3339(now + 90));
  CHECK(made.details().at("old_expires_at") == rfc3339(now + 30));
  CHECK(made.patch({{"expires_in", 0}}).json().at("expires") == "0001-01-01T00:00:00Z");
  CHECK(made.details().at("new_expires_at") == "never");
  CHECK(made.patch({{"expires_at", "0001-01-01T00:00:00Z"}}).status == 200);
}

TEST_CASE("a reusable key cannot be edited into a protected group, nor out of being one-time") {
  Made made;
  made.world.make_group("vault", true);
  CHECK(made.patch({{"auto_groups", {"vault"}}}).reason() == "group_protected");
  CHECK(made.patch({{"auto_groups", {"vault"}}, {"usage_limit", 1}}).status == 200);
  const Answer refused = made.patch({{"usage_limit", 2}});
  CHECK(refused.reason() == "group_protected");
  CHECK(refused.message() ==
        "invalid auto groups: group vault is protected and takes one-off keys only");
  CHECK(made.patch({{"usage_limit", 2}, {"auto_groups", Json::array()}}).status == 200);
}

TEST_CASE("a key that protection stopped can still be renamed, paused and revoked") {
  Made made;
  const std::string group = made.world.make_group("tills");
  made.patch({{"auto_groups", {"tills"}}});
  made.world.ask("PATCH", "/api/groups/" + group, R"({"is_protected": true})");
  CHECK(made.patch({{"name", "n"}}).json().at("blocked_by") == Json{"tills"});
  CHECK(made.patch({{"paused", true}}).status == 200);
  CHECK(made.patch({{"revoked", true}}).status == 200);
}

TEST_CASE("groups changed by PATCH stand in the log as NetBird names them") {
  Made made;
  made.world.make_group("a");
  const auto head = made.head();
  made.patch({{"auto_groups", {"a"}}});
  made.patch({{"auto_groups", Json::array()}});
  CHECK(made.world.audit_codes(head) == Codes{"setupkey.group.add", "setupkey.group.delete"});
}

TEST_CASE("a fixed gateway is a living device, and another mode forgets it") {
  Made made;
  made.enroll(1);
  const Json fixed = made.patch({{"gateway_device_id", "1"}}).json();
  CHECK(fixed.at("gateway_mode") == "fixed");
  CHECK(fixed.at("gateway_device_id") == "1");
  const Json automatic = made.patch({{"gateway_mode", "auto"}}).json();
  CHECK(automatic.at("gateway_device_id").is_null());
  made.world.ask("DELETE", "/api/devices/1");
  CHECK(made.patch({{"gateway_device_id", "1"}}).status == 422);
}

TEST_CASE("a paused key lets nobody in until it goes on") {
  Made made;
  const auto head = made.head();
  CHECK(made.post("pause").json().at("state") == "paused");
  CHECK(made.post("pause").status == 200);
  CHECK(made.enroll(1).reason() == "key_paused");
  CHECK(made.post("resume").json().at("paused_at").is_null());
  CHECK(made.post("resume").status == 200);
  CHECK(made.enroll(1).status == 200);
  CHECK(made.world.audit_codes(head) ==
        Codes{"setupkey.pause", "setupkey.resume", "peer.setupkey.add"});
}

TEST_CASE("revoking by PATCH is for good") {
  Made made;
  CHECK(made.patch({{"revoked", true}}).json().at("state") == "revoked");
  CHECK(made.patch({{"revoked", false}}).message() == "can't un-revoke a revoked setup key");
  CHECK(made.patch({{"name", "still editable"}}).status == 200);
}

TEST_CASE("a rotated key has a new secret, and the old one dies at once") {
  Made made{R"("type": "reusable", "usage_limit": 2)"};
  made.enroll(1);
  const Json rotated = made.post("rotate").json();
  const std::string fresh = rotated.at("key");
  CHECK(rotated.at("id") == made.key.at("id"));
  CHECK(rotated.at("used_times") == 1);
  CHECK(fresh != made.key.at("key"));
  CHECK(made.enroll(2).reason() == "key_unknown");
  CHECK(made.world.enroll(fresh, device_secret(2)).status == 200);
  CHECK(made.now().at("key") == fresh.substr(0, 10) + "****");
  CHECK(made.world.stored().find(fresh) == std::string::npos);
}

TEST_CASE("a device whose answer was lost gets it again after its key was rotated") {
  Made made{R"("type": "one-off")"};
  made.enroll(1);
  made.post("rotate");
  const Answer again = made.enroll(1);
  CHECK(again.status == 200);
  CHECK(again.json().at("created") == false);
}

TEST_CASE("a revoked key cannot be rotated, it can be cloned") {
  Made made;
  made.patch({{"revoked", true}});
  CHECK(made.post("rotate").status == 422);
  const Json clone = made.post("clone").json();
  CHECK(clone.at("state") == "valid");
  CHECK(made.world.enroll(clone.at("key"), device_secret(1)).status == 200);
}

TEST_CASE("a clone has the same settings, its own secret and no past") {
  Made made{R"("type": "reusable", "expires_in": 100)"};
  made.world.make_group("a");
  for (const Edit& edit : all_edits()) made.patch({{edit.member, edit.value}});
  made.patch({{"auto_groups", {"a", "a"}}, {"allowed_cidrs", Json::array()}});
  made.enroll(1);
  made.world.clock.pass(1000);
  Json expected = made.now();
  const Json clone = made.post("clone").json();
  for (const char* member :
       {"id", "key", "hint", "name", "expires", "expires_at", "valid", "state", "used_times",
        "last_used", "created_at", "updated_at", "devices_count", "devices_online"})
    expected[member] = clone.at(member);
  CHECK(clone == expected);
  CHECK(clone.at("name") == "Shop copy");
  CHECK(clone.at("used_times") == 0);
  CHECK(clone.at("expires_at") == rfc3339(made.world.clock.now() + 100));
  CHECK(made.world.enroll(clone.at("key"), device_secret(2)).status == 200);
}

TEST_CASE("a clone is called as it is told, and a long name stays within its limit") {
  Made made;
  CHECK(made.post("clone", R"({"name": "Other", "expires_in": 5})").json().at("name") == "Other");
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\xc3\xa4";
  made.patch({{"name", umlauts}});
  const std::string name = made.post("clone").json().at("name");
  CHECK(name == umlauts.substr(0, 390) + " copy");
}

struct Default : Made {
  Default() { path = "/api/setup-keys/1"; }
};

TEST_CASE("a default key is pausable, rotatable and editable but for what makes it one") {
  Default made;
  CHECK(made.post("pause").json().at("state") == "paused");
  CHECK(made.post("resume").json().at("state") == "valid");
  const std::string secret = made.post("rotate").json().at("key");
  CHECK(made.world.enroll(secret, device_secret(1)).status == 200);
  CHECK(
      made.patch({{"tags", {"a"}}, {"gateway_mode", "none"}, {"requires_approval", true}}).status ==
      200);
  const std::string before = made.world.stored();
  for (const Json& body : {Json{{"name", "x"}}, Json{{"usage_limit", 5}}, Json{{"expires_in", 60}},
                           Json{{"networks", Json::array()}}, Json{{"revoked", true}}}) {
    INFO(body);
    const Answer answer = made.patch(body);
    CHECK(answer.status == 422);
    CHECK(answer.reason() == "default_key");
  }
  CHECK((made.world.stored() == before));
}

TEST_CASE("the clone of a default key is an ordinary key of whoever made it") {
  Default made;
  const Json clone = made.post("clone").json();
  CHECK(clone.at("network_default_of").is_null());
  CHECK(clone.at("created_by") == "ana@example.com");
  CHECK(clone.at("networks") == Json{"1"});
}

TEST_CASE("an install link's key stays for one machine, keeps its end and its secret") {
  World world;
  const Json link = world.ask("POST", "/api/install-links", R"({"recipient": "Eva"})").json();
  const std::string path = "/api/setup-keys/" + link.at("setup_key_id").get<std::string>();
  const std::string before = world.stored();
  CHECK(world.ask("PATCH", path, R"({"type": "reusable", "usage_limit": 2})").status == 422);
  CHECK(world.ask("PATCH", path, R"({"expires_in": 0})").status == 422);
  CHECK(world.ask("POST", path + "/rotate").status == 422);
  CHECK((world.stored() == before));
  CHECK(world.ask("PATCH", path, R"({"tags": ["a"]})").status == 200);
}

TEST_CASE("a key may be made with an end by the clock and with a gateway") {
  Made made;
  made.enroll(1);
  const std::string end = rfc3339(made.world.clock.now() + 90);
  const Json key = made.world.make_key_object(R"("type": "reusable", "gateway_device_id": "1",
                                                 "expires_at": ")" +
                                              end + "\"");
  CHECK(key.at("expires") == end);
  CHECK(key.at("gateway_mode") == "fixed");
}

TEST_CASE("times are read as they are written, with any offset") {
  CHECK(parse_rfc3339("2026-11-21T08:15:00Z") == parse_rfc3339("2026-11-21T09:15:00.25+01:00"));
  CHECK(rfc3339(*parse_rfc3339("2024-02-29T23:59:59Z")) == "2024-02-29T23:59:59Z");
  CHECK(parse_rfc3339("0001-01-01T00:00:00Z") == 0);
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T08:15:00", "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T08:15:00+1:00", "2026-11-21T08:15:00ZZ", "2026-11-21 08:15:00Z",
        "2026-11-21T08:15:00+25:00", "x"})
    CHECK(!parse_rfc3339(text));
}

}  // namespace
}  // namespace muster
