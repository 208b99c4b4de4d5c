#include "tests/catch.h"
#include "tests/links.h"

// The six states of an install link, and the acts that lead from one to another.

namespace muster {
namespace {

using Json = nlohmann::json;

TEST_CASE("a link is expired from its last second on") {
  LinkWorld world;
  const Json link = world.make("Miller", R"(, "expires_in": 60)");
  world.clock.pass(59);
  CHECK(world.state(link) == "not_opened");
  world.clock.pass(1);
  CHECK(world.state(link) == "expired");
  CHECK(world.use(link).reason() == "key_expired");
}

TEST_CASE("opening a link is counted while it lives, and changes nothing else") {
  LinkWorld world;
  const Json link = world.make("Miller");
  CHECK(world.open(link));
  world.clock.pass(60);
  CHECK(world.open(link));
  const Json opened = world.now(link);
  CHECK(opened.at("state") == "opened");
  CHECK(opened.at("opened_times") == 2);
  CHECK(opened.at("first_opened_at") == "2027-01-15T08:00:00Z");
  CHECK(opened.at("last_opened_at") == "2027-01-15T08:01:00Z");
  CHECK(world.text("SELECT code FROM audit_log ORDER BY id DESC") == "installlink.add");
  CHECK(world.use(link).status == 200);
}

TEST_CASE("opening a dead link is not counted") {
  LinkWorld world;
  const Json link = world.make("Miller", R"(, "expires_in": 60)");
  const auto how = GENERATE(0, 1, 2, 3);
  if (how == 0) world.use(link);
  if (how == 1) world.withdraw(link);
  if (how == 2) world.act(link, "resend");
  if (how == 3) world.clock.pass(60);
  CHECK(!world.open(link));
  CHECK(world.now(link).at("opened_times") == 0);
}

TEST_CASE("a withdrawn link lets nobody in") {
  LinkWorld world;
  const Json link = world.make("Miller");
  CHECK(world.withdraw(link).json() == Json::object());
  CHECK(world.state(link) == "withdrawn");
  CHECK(world.use(link).reason() == "key_revoked");
}

TEST_CASE("withdrawing twice is one act") {
  LinkWorld world;
  const Json link = world.make("Miller");
  world.withdraw(link);
  const std::string before = world.stored();
  CHECK(world.withdraw(link).status == 200);
  CHECK((world.stored() == before));
}

TEST_CASE("a link whose setup key is revoked or deleted is withdrawn") {
  LinkWorld world;
  const Json link = world.make("Miller");
  const std::string path = "/api/setup-keys/" + link.at("setup_key_id").get<std::string>();
  if (GENERATE(true, false))
    world.ask("PUT", path, R"({"revoked": true, "auto_groups": []})");
  else
    world.ask("DELETE", path);
  CHECK(world.state(link) == "withdrawn");
}

TEST_CASE("extending counts from now, keeps the secret, and brings an expired link back") {
  LinkWorld world;
  const Json link = world.make("Miller", R"(, "expires_in": 60)");
  world.clock.pass(GENERATE(10, 3600));
  const Json extended = world.act(link, "extend", R"({"expires_in": 100})").json();
  CHECK(extended.at("state") == "not_opened");
  CHECK(extended.at("key").is_null());
  world.clock.pass(99);
  CHECK(world.use(link).status == 200);
}

TEST_CASE("extending by nothing said gives a week, and by nothing or eternity is refused") {
  LinkWorld world;
  const Json link = world.make("Miller", R"(, "expires_in": 60)");
  CHECK(world.act(link, "extend").json().at("expires_at") == "2027-01-22T08:00:00Z");
  for (const char* life : {"0", "-5", "315360001"})
    CHECK(world.act(link, "extend", R"({"expires_in": )" + std::string{life} + "}").status == 422);
}

TEST_CASE("a used, withdrawn or replaced link cannot be extended") {
  LinkWorld world;
  const Json link = world.make("Miller");
  const auto how = GENERATE(0, 1, 2);
  if (how == 0) world.use(link);
  if (how == 1) world.withdraw(link);
  if (how == 2) world.act(link, "resend");
  const std::string before = world.stored();
  const Answer refused = world.act(link, "extend");
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "conflict");
  CHECK((world.stored() == before));
}

TEST_CASE("sending again makes a new link with the same contents, and the old one is replaced") {
  LinkWorld world;
  world.make_group("tills");
  world.make_network("shop", "10.9.0.0/24");
  const Json old = world.make("Miller", R"(, "note": "n", "message": "m", "device_name": "till-7",
    "auto_groups": ["tills"], "networks": ["shop"], "requires_approval": true)");
  const Json made = world.act(old, "resend").json();
  CHECK(made.at("key") != old.at("key"));
  CHECK(made.at("url").is_string());
  for (const char* member : {"recipient", "note", "message", "device_name", "auto_groups",
                             "networks", "requires_approval"})
    CHECK(made.at(member) == old.at(member));
  CHECK(world.state(old) == "replaced");
  CHECK(world.now(old).at("replaced_by_id") == made.at("id"));
  CHECK(world.use(old, 1).reason() == "key_revoked");
  CHECK(world.use(made, 2).status == 200);
}

TEST_CASE("an expired link can be sent again, and then is replaced") {
  LinkWorld world;
  const Json old = world.make("Miller", R"(, "expires_in": 60)");
  world.clock.pass(60);
  const Json made = world.act(old, "resend", R"({"expires_in": 3600})").json();
  CHECK(made.at("expires_at") == "2027-01-15T09:01:00Z");
  CHECK(world.state(old) == "replaced");
}

TEST_CASE("a withdrawn link stays withdrawn when it is sent again") {
  LinkWorld world;
  const Json old = world.make("Miller");
  world.withdraw(old);
  CHECK(world.act(old, "resend").status == 200);
  CHECK(world.state(old) == "withdrawn");
  CHECK(world.act(old, "resend").status == 409);
}

TEST_CASE("a used link is not sent again, and the answer says who used it") {
  LinkWorld world;
  const Json link = world.make("Miller");
  world.use(link);
  const Answer refused = world.act(link, "resend");
  CHECK(refused.status == 409);
  CHECK(refused.message() ==
        "the link for Miller was used by miller on 15 January 2027, 08:00 UTC");
}

TEST_CASE("wrong computer: its device goes, and a new link for the same recipient works") {
  LinkWorld world;
  const Json old = world.make("Miller");
  world.use(old, 1);
  const Json made = world.act(old, "replace").json();
  CHECK(made.at("recipient") == "Miller");
  CHECK(world.ask_as_device(device_secret(1), "/api/agent/heartbeat").status == 410);
  CHECK(world.state(old) == "used");
  const std::string key = old.at("setup_key_id");
  CHECK(world.ask("GET", "/api/setup-keys/" + key).json().at("devices_online") == 0);
  CHECK(world.now(old).at("replaced_by_id") == made.at("id"));
  CHECK(world.use(old, 2).status == 403);
  CHECK(world.use(made, 3).json().at("name") == "miller");
}

TEST_CASE("wrong computer on a link whose device is gone already makes the new link") {
  LinkWorld world;
  const Json old = world.make("Miller");
  world.use(old, 1);
  world.ask("DELETE", "/api/devices/1");
  CHECK(world.act(old, "replace").status == 200);
}

TEST_CASE("wrong computer on a link that nobody used yet ends it all the same") {
  LinkWorld world;
  const Json old = world.make("Miller");
  CHECK(world.act(old, "replace").status == 200);
  CHECK(world.state(old) == "replaced");
  CHECK(world.use(old).reason() == "key_revoked");
}

TEST_CASE("one link has one successor: a second click makes no second link") {
  LinkWorld world;
  const Json old = world.make("Miller");
  const std::string verb = GENERATE("resend", "replace");
  if (verb == "replace") world.use(old);
  world.act(old, verb);
  const std::string before = world.stored();
  CHECK(world.act(old, verb).status == 409);
  CHECK((world.stored() == before));
}

TEST_CASE("a link that cannot be made anew leaves the old one and its device as they are") {
  LinkWorld world;
  const Json old = world.make("Miller");
  world.use(old);
  world.run("UPDATE networks SET deleted_at = 1, is_default = 0");
  const std::string before = world.stored();
  CHECK(world.act(old, "replace").status == 422);
  CHECK((world.stored() == before));
}

TEST_CASE("a used link cannot be withdrawn, nor one that was replaced") {
  LinkWorld world;
  const Json link = world.make("Miller");
  if (GENERATE(true, false))
    world.use(link);
  else
    world.act(link, "resend");
  const std::string before = world.stored();
  CHECK(world.withdraw(link).status == 409);
  CHECK((world.stored() == before));
}

TEST_CASE("of the states that hold at once the first counts") {
  LinkWorld world;
  const Json link = world.make("Miller", R"(, "expires_in": 60)");
  world.open(link);
  CHECK(world.state(link) == "opened");
  world.clock.pass(60);
  CHECK(world.state(link) == "expired");
  world.run("UPDATE install_links SET replaced_by_id = 1");
  CHECK(world.state(link) == "replaced");
  world.run("UPDATE install_links SET withdrawn_at = 1");
  CHECK(world.state(link) == "withdrawn");
  world.run("UPDATE setup_keys SET used_times = 1");
  CHECK(world.state(link) == "used");
}

TEST_CASE("how and by whom a link was sent is kept, the newest counts") {
  LinkWorld world;
  const Json link = world.make("Miller");
  const auto send = [&](const char* via) {
    return world.database().write([&](Transaction& tx) {
      const By by{.actor = {"user", "1", "ana@example.com"},
                  .from = "",
                  .at = world.clock.now(),
                  .user_id = UserId{1}};
      return mark_sent(tx, by, LinkWorld::id_of(link), via);
    });
  };
  REQUIRE(send("telephone"));
  REQUIRE(send("mail"));
  CHECK(!send(" "));
  const Json sent = world.now(link);
  CHECK(sent.at("sent_at") == "2027-01-15T08:00:00Z");
  CHECK(sent.at("sent_by_id") == "1");
  CHECK(sent.at("sent_via") == "mail");
  CHECK(sent.at("state") == "not_opened");
}

TEST_CASE("every act on a link is in the audit log, with what it did to key and device") {
  LinkWorld world;
  auto from = world.number("SELECT max(id) FROM audit_log");
  const auto codes = [&] {
    auto all = world.audit_codes(from);
    from += static_cast<std::int64_t>(all.size());
    return all;
  };
  using Codes = std::vector<std::string>;
  const Json link = world.make("Miller");
  CHECK(codes() == Codes{"setupkey.add", "installlink.add"});
  world.act(link, "extend");
  CHECK(codes() == Codes{"installlink.extend"});
  const Json second = world.act(link, "resend").json();
  CHECK(codes() ==
        Codes{"setupkey.add", "installlink.add", "setupkey.revoke", "installlink.resend"});
  world.use(second);
  CHECK(codes() == Codes{"peer.setupkey.add"});
  const Json third = world.act(second, "replace").json();
  CHECK(codes() == Codes{"setupkey.add", "installlink.add", "setupkey.revoke",
                         "installlink.replace", "user.peer.delete"});
  world.withdraw(third);
  CHECK(codes() == Codes{"setupkey.revoke", "installlink.withdraw"});
  CHECK(world.text("SELECT target FROM audit_log ORDER BY id DESC") == "install_link:3 Miller");
}

TEST_CASE("a link is found by its secret, dead or alive, and other keys are no links") {
  LinkWorld world;
  const Json link = world.make("Miller");
  const std::string other = world.make_key(R"("type": "one-off")");
  if (GENERATE(true, false)) world.withdraw(link);
  const auto find = [&](const std::string& text) {
    return world.database().read([&](const Snapshot& snapshot) {
      return find_link_by_secret_hash(snapshot, hash_of(text), world.clock.now());
    });
  };
  const auto found = find(link.at("key"));
  REQUIRE(found);
  CHECK(found->recipient == "Miller");
  CHECK(found->created_by == "ana@example.com");
  CHECK(!find(other));
  CHECK(!find("mkey_x"));
}

}  // namespace
}  // namespace muster
