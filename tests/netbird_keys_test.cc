#include "tests/netbird.h"

// /api/setup-keys, line by line as NetBird's clients know it, and where Muster differs.

namespace muster {
namespace {

constexpr const char* kUnreadable = "couldn't parse JSON request";
constexpr const char* kNever = "0001-01-01T00:00:00Z";

TEST_CASE("contract: every refusal of a new key has its status and its words") {
  check_lines({
      {"POST", "/api/setup-keys", "", 400, kUnreadable, "bad_request"},
      {"POST", "/api/setup-keys", "{", 400, kUnreadable},
      {"POST", "/api/setup-keys", "null", 400, kUnreadable},
      {"POST", "/api/setup-keys", "[]", 400, kUnreadable},
      {"POST", "/api/setup-keys", R"({"name": 7, "type": "reusable"})", 400, kUnreadable},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "expires_in": 1.5})", 400,
       kUnreadable},
      {"POST", "/api/setup-keys", R"({"type": "reusable"})", 422,
       "setup key name shouldn't be empty", "invalid"},
      {"POST", "/api/setup-keys", R"({"name": "", "type": "king"})", 422,
       "setup key name shouldn't be empty"},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "King"})", 422,
       "unknown setup key type King"},
      {"POST", "/api/setup-keys", R"({"name": "n"})", 422, "unknown setup key type "},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "one-off", "usage_limit": 2})", 422,
       "usage_limit 2 is not valid for a one-off setup key: use type reusable with this "
       "usage_limit instead"},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "usage_limit": -1})", 422,
       nullptr},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "expires_in": -1})", 422,
       "expiresin can not be in the past"},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "expires_in": 315360001})",
       422, nullptr},
      {"POST", "/api/setup-keys",
       R"({"name": "n", "type": "reusable", "expires_in": 9300000000000000000})", 400, kUnreadable},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "auto_groups": ["99"]})",
       422, "invalid auto groups: group not found: 99"},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "auto_groups": ["Tills"]})",
       422, "invalid auto groups: group not found: Tills"},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "auto_groups": ["1"]})", 422,
       "invalid auto groups: can't add 'all' group to the setup key"},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "auto_groups": ["3"]})", 422,
       "invalid auto groups: group vault is protected and takes one-off keys only",
       "group_protected"},
  });
}

TEST_CASE("contract: a name of over 200 characters is refused") {
  Shop shop;
  const Json body{{"name", std::string(201, 'x')}, {"type", "reusable"}};
  CHECK(shop.ask("POST", "/api/setup-keys", body.dump()).status == 422);
}

TEST_CASE("contract: what NetBird takes is taken") {
  check_lines({
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "expires_in": 0})", 200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "expires_in": 1})", 200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "expires_in": 3600})", 200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "expires_in": 31536001})",
       200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable", "auto_groups": null})", 200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "one-off", "usage_limit": 1})", 200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "one-off", "auto_groups": ["vault"]})",
       200},
      {"POST", "/api/setup-keys", R"({"NAME": "n", "Type": "reusable", "unknown": {}})", 200},
      {"POST", "/api/setup-keys", R"({"name": "n", "type": "reusable"} trailing)", 200},
      {"POST", "/api/setup-keys", R"({"name": "Shop", "type": "reusable"})", 200},
      {"GET", "/api/setup-keys?account=7", "", 200},
  });
}

TEST_CASE("contract: a new key has NetBird's fifteen members, the secret among them") {
  Shop shop;
  const auto key =
      shop.ask("POST", "/api/setup-keys", R"({"name": "n", "type": "one-off", "revoked": true})")
          .json();
  CHECK(key.at("id").is_string());
  CHECK(key.at("key").get<std::string>().starts_with("mkey_"));
  CHECK(key.at("key").get<std::string>().size() == 40);
  CHECK(key.at("name") == "n");
  CHECK(key.at("expires") == kNever);
  CHECK(key.at("type") == "one-off");
  CHECK(key.at("valid") == true);
  CHECK(key.at("revoked") == false);
  CHECK(key.at("used_times") == 0);
  CHECK(key.at("last_used") == kNever);
  CHECK(key.at("state") == "valid");
  CHECK(key.at("auto_groups") == Json::array());
  CHECK(key.at("updated_at") == rfc3339(shop.clock.now()));
  CHECK(key.at("updated_at") == key.at("created_at"));
  CHECK(key.at("usage_limit") == 1);
  CHECK(key.at("ephemeral") == false);
  CHECK(key.at("allow_extra_dns_labels") == false);
}

TEST_CASE("contract: a key carries our own members, too") {
  Shop shop;
  const auto key = shop.ask("GET", "/api/setup-keys/2").json();
  CHECK(key.at("created_by_id") == "1");
  CHECK(key.at("created_by") == "ana@example.com");
  CHECK(key.at("devices_count") == 2);
  CHECK(key.at("devices_online") == 2);
  CHECK(key.at("install_link_id") == nullptr);
  CHECK(key.at("blocked_by") == Json::array());
  CHECK(shop.ask("GET", "/api/setup-keys/2/devices").json().size() == 2);
}

TEST_CASE("contract: after its creation a key is masked, everywhere") {
  Shop shop;
  const std::string secret = shop.key.at("key");
  const std::string mask = secret.substr(0, 10) + "****";
  const auto masked = [&](const Answer& answer, const Json& key) {
    CHECK(key.at("key") == mask);
    CHECK(answer.body.find(secret) == std::string::npos);
  };
  const Answer one = shop.ask("GET", "/api/setup-keys/2");
  masked(one, one.json());
  const Answer list = shop.ask("GET", "/api/setup-keys");
  masked(list, list.json().at(1));
  const Answer put = shop.ask("PUT", "/api/setup-keys/2", R"({"revoked": true})");
  masked(put, put.json());
  CHECK(shop.last_event().at("meta").at("key") == mask);
}

TEST_CASE("contract: unknown keys answer 404 with their id, after the groups were looked at") {
  check_lines({
      {"GET", "/api/setup-keys/99", "", 404, "setup key: 99 not found", "not_found"},
      {"GET", "/api/setup-keys/abc", "", 404, "setup key: abc not found"},
      {"GET", "/api/setup-keys/2/", "", 404, nullptr, "not_found"},
      {"PUT", "/api/setup-keys/99", R"({"auto_groups": []})", 404, "setup key: 99 not found"},
      {"PUT", "/api/setup-keys/99", R"({"auto_groups": ["99"]})", 422,
       "invalid auto groups: group not found: 99"},
      {"PUT", "/api/setup-keys/99", R"({"auto_groups": null})", 422,
       "setup key autogroups field is invalid"},
      {"DELETE", "/api/setup-keys/99", "", 404, "setup key: 99 not found"},
  });
}

TEST_CASE("contract: PUT changes the groups and the revocation") {
  check_lines({
      {"PUT", "/api/setup-keys/2", "", 400, kUnreadable},
      {"PUT", "/api/setup-keys/2", "null", 400, kUnreadable},
      {"PUT", "/api/setup-keys/2", R"({"revoked": "yes"})", 400, kUnreadable},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": null, "revoked": true})", 422,
       "setup key autogroups field is invalid", "invalid"},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": ["99"]})", 422,
       "invalid auto groups: group not found: 99"},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": ["All"]})", 422,
       "invalid auto groups: can't add 'all' group to the setup key"},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": ["vault"]})", 422,
       "invalid auto groups: group vault is protected and takes one-off keys only",
       "group_protected"},
      {"PUT", "/api/setup-keys/1", R"({"revoked": true})", 422, nullptr, "default_key"},
      {"DELETE", "/api/setup-keys/1", "", 422, nullptr, "default_key"},
      {"PUT", "/api/setup-keys/2", R"({"auto_groups": []})", 200},
      {"PUT", "/api/setup-keys/2", R"({"revoked": true})", 200},
  });
}

TEST_CASE("contract: a key's life: made, used, changed, revoked twice, not un-revoked, deleted") {
  Shop shop;
  const std::string path = "/api/setup-keys/2";
  CHECK(shop.ask("GET", path).json().at("used_times") == 2);
  shop.clock.pass(60);
  auto key = shop.ask("PUT", path, R"({"auto_groups": [], "name": "other", "usage_limit": 9})");
  CHECK(key.json().at("name") == "Shop");
  CHECK(key.json().at("usage_limit") == 0);
  CHECK(key.json().at("updated_at") == rfc3339(shop.clock.now()));
  CHECK(shop.ask("PUT", path, R"({"auto_groups": [], "revoked": true})").json().at("state") ==
        "revoked");
  const auto revoked = shop.last_event();
  CHECK(revoked.at("activity_code") == "setupkey.revoke");
  CHECK(shop.ask("PUT", path, R"({"auto_groups": [], "revoked": true})").status == 200);
  CHECK(shop.last_event() == revoked);
  CHECK(shop.ask("PUT", path, R"({"auto_groups": ["2"]})").message() ==
        "can't un-revoke a revoked setup key");
  CHECK(shop.ask("PUT", path, R"({"auto_groups": ["2"], "revoked": true})").status == 200);
  CHECK(shop.ask("DELETE", path).body == "{}");
  CHECK(shop.ask("DELETE", path).status == 404);
  CHECK(shop.ask("GET", path).status == 404);
  CHECK(shop.ask("GET", "/api/peers").json().size() == 2);
}

TEST_CASE("contract: expired comes before revoked, revoked before overused") {
  Shop shop;
  const auto made = shop.make_key_object(R"("type": "one-off", "expires_in": 60)");
  const std::string path = "/api/setup-keys/" + made.at("id").get<std::string>();
  const auto state = [&] { return shop.ask("GET", path).json().at("state"); };
  shop.enroll(made.at("key"), device_secret(9));
  CHECK(state() == "overused");
  shop.ask("PUT", path, R"({"revoked": true})");
  CHECK(state() == "revoked");
  shop.clock.pass(60);
  CHECK(state() == "expired");
  const auto key = shop.ask("PUT", path, R"({"revoked": true, "auto_groups": []})").json();
  CHECK(key.at("revoked") == true);
  CHECK(key.at("valid") == false);
  CHECK(key.at("last_used") != kNever);
}

TEST_CASE("contract: groups come back in their order, twice the same kept, names as ids") {
  Shop shop;
  shop.make_group("bar");
  const auto put = [&](const char* groups) {
    const std::string body = std::string{R"({"auto_groups": )"} + groups + "}";
    return shop.ask("PUT", "/api/setup-keys/2", body).json().at("auto_groups");
  };
  CHECK(put(R"(["4", "2"])") == Json{"4", "2"});
  CHECK(put(R"(["2", "4", "2"])") == Json{"2", "4", "2"});
  CHECK(put(R"(["bar", "2"])") == Json{"4", "2"});
  CHECK(shop.ask("GET", "/api/setup-keys/2").json().at("auto_groups") == Json{"4", "2"});
  CHECK(shop.ask("GET", "/api/peers/1").json().at("groups").size() == 2);
}

TEST_CASE("contract: the content type of one key read or changed has no charset") {
  Shop shop;
  const auto type = [](const Answer& answer) { return answer.headers.at("Content-Type"); };
  CHECK(type(shop.ask("GET", "/api/setup-keys/2")) == "application/json");
  CHECK(type(shop.ask("PUT", "/api/setup-keys/2", "{}")) == "application/json");
  CHECK(type(shop.ask("GET", "/api/setup-keys")) == "application/json; charset=UTF-8");
  CHECK(type(shop.ask("GET", "/api/setup-keys/99")) == "application/json; charset=UTF-8");
}

TEST_CASE("contract: a new server has a default key that belongs to nobody") {
  World world;
  const auto keys = world.ask("GET", "/api/setup-keys").json();
  REQUIRE(keys.size() == 1);
  CHECK(keys[0].at("type") == "reusable");
  CHECK(keys[0].at("created_by_id") == nullptr);
}

}  // namespace
}  // namespace muster
