#include "tests/netbird.h"

// The habits of programs that were written for NetBird.

namespace muster {
namespace {

// What Terraform's provider reads of a key after every step.
void check_has_what_terraform_reads(const Json& key) {
  for (const char* text : {"id", "name", "expires", "updated_at", "last_used", "state", "type"})
    CHECK(key.at(text).is_string());
  for (const char* number : {"usage_limit", "used_times"})
    CHECK(key.at(number).is_number_integer());
  for (const char* flag : {"ephemeral", "allow_extra_dns_labels", "revoked", "valid"})
    CHECK(key.at(flag).is_boolean());
  CHECK(key.at("auto_groups").is_array());
  for (const char* time : {"expires", "updated_at", "last_used"}) {
    CHECK(key.at(time).get<std::string>().size() == 20);
    CHECK(key.at(time).get<std::string>().back() == 'Z');
  }
}

TEST_CASE("contract: Terraform makes a key, reads it, changes groups in place and deletes it") {
  Shop shop;
  shop.make_group("bar");
  const Answer created = shop.ask(
      "POST", "/api/setup-keys",
      R"({"name": "tf", "type": "reusable", "expires_in": 0, "auto_groups": ["4", "2"], "usage_limit": 0})");
  REQUIRE(created.status <= 299);
  check_has_what_terraform_reads(created.json());
  CHECK(created.json().at("key").get<std::string>().starts_with("mkey_"));
  const std::string path = "/api/setup-keys/" + created.json().at("id").get<std::string>();

  const auto read = shop.ask("GET", path).json();
  check_has_what_terraform_reads(read);
  CHECK(read.at("auto_groups") == Json{"4", "2"});
  const auto updated = shop.ask("PUT", path, R"({"auto_groups": ["2", "4"], "revoked": false})");
  check_has_what_terraform_reads(updated.json());
  CHECK(updated.json().at("auto_groups") == Json{"2", "4"});
  CHECK(updated.json().at("id") == read.at("id"));

  CHECK(shop.ask("DELETE", path).status <= 299);
  const Answer gone = shop.ask("GET", path);
  CHECK(gone.status == 404);
  CHECK(gone.message().find("not found") != std::string::npos);
  CHECK(shop.ask("DELETE", path).status == 404);
}

TEST_CASE("contract: Terraform's one-off key has the limit 1, sent or not") {
  Shop shop;
  for (const char* limit : {"0", "1"}) {
    const auto key =
        shop.make_key_object(std::string{R"("type": "one-off", "usage_limit": )"} + limit);
    CHECK(key.at("usage_limit") == 1);
    CHECK(key.at("type") == "one-off");
  }
}

TEST_CASE("contract: Terraform's group keeps its order, its id and its protection") {
  Shop shop;
  const auto created = shop.ask("POST", "/api/groups",
                                R"({"name": "tf", "peers": ["2", "1"], "is_protected": true})");
  const std::string path = "/api/groups/" + created.json().at("id").get<std::string>();
  const auto ids = [&] {
    Json list = Json::array();
    const auto group = shop.ask("GET", path).json();
    for (const auto& peer : group.at("peers")) list.push_back(peer.at("id"));
    return list;
  };
  CHECK(ids() == Json{"2", "1"});
  const auto updated =
      shop.ask("PUT", path, R"({"name": "tf", "peers": ["1", "2"], "resources": []})").json();
  CHECK(ids() == Json{"1", "2"});
  CHECK(updated.at("issued") == "api");
  CHECK(updated.at("is_protected") == true);
  CHECK(shop.ask("DELETE", path).status == 200);
  CHECK(shop.ask("GET", path).message().find("not found") != std::string::npos);
}

TEST_CASE("contract: Terraform's peer is read, written back as it was, and deleted") {
  Shop shop;
  const auto peer = shop.ask("GET", "/api/peers/1").json();
  Json body;
  for (const char* member : {"name", "ssh_enabled", "login_expiration_enabled",
                             "inactivity_expiration_enabled", "approval_required", "ip"})
    body[member] = peer.at(member);
  CHECK(shop.ask("PUT", "/api/peers/1", body.dump()).json() == peer);
  CHECK(shop.ask("DELETE", "/api/peers/1").status == 200);
  CHECK(shop.ask("GET", "/api/peers/1").message().find("not found") != std::string::npos);
}

TEST_CASE("contract: Terraform's token is made, read and deleted") {
  Shop shop;
  const auto made =
      shop.ask("POST", "/api/users/2/tokens", R"({"name": "tf", "expires_in": 365})").json();
  const std::string path =
      "/api/users/2/tokens/" + made.at("personal_access_token").at("id").get<std::string>();
  CHECK(shop.ask("GET", path).json().at("expiration_date") ==
        made.at("personal_access_token").at("expiration_date"));
  CHECK(shop.ask("DELETE", path).status == 200);
  CHECK(shop.ask("GET", path).message().find("not found") != std::string::npos);
}

TEST_CASE("contract: a client that PUTs only `revoked` revokes, and keeps the groups") {
  Shop shop;
  const auto key = shop.ask("PUT", "/api/setup-keys/2", R"({"revoked": true})").json();
  CHECK(key.at("revoked") == true);
  CHECK(key.at("auto_groups") == Json{"2"});
}

TEST_CASE("contract: a client finds a key by its name in the list, deleted ones apart") {
  Shop shop;
  const auto named = [&](const char* name) {
    std::vector<std::string> ids;
    const auto keys = shop.ask("GET", "/api/setup-keys").json();
    for (const auto& key : keys)
      if (key.at("name") == name) ids.push_back(key.at("id"));
    return ids;
  };
  CHECK(named("Shop") == std::vector<std::string>{"2"});
  shop.ask("POST", "/api/setup-keys", R"({"name": "Shop", "type": "one-off"})");
  CHECK(named("Shop") == std::vector<std::string>{"2", "3"});
  shop.ask("PUT", "/api/setup-keys/2", R"({"revoked": true})");
  CHECK(named("Shop").size() == 2);
  shop.ask("DELETE", "/api/setup-keys/2");
  CHECK(named("Shop") == std::vector<std::string>{"3"});
}

}  // namespace
}  // namespace muster
