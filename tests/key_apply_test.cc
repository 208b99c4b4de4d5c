#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// Bringing the devices of a key to what the key gives by now.

namespace muster {
namespace {

using Json = nlohmann::json;
using Codes = std::vector<std::string>;

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

// A key with three devices, in the group `tills`.
struct Shop : World {
  Shop() : tills(make_group("tills")), shops(make_group("shops")) {
    const auto key = make_key_object(
        formatted(R"("type": "reusable", "auto_groups": ["{}"], "tags": ["old"])", tills));
    path = "/api/setup-keys/" + key.at("id").get<std::string>();
    page = "/keys/" + key.at("id").get<std::string>();
    for (int i = 1; i <= 3; ++i) enroll(key.at("key"), device_secret(i));
  }
  Answer apply(const Json& what) { return ask("POST", path + "/apply", what.dump()); }
  Json device(int id) { return ask("GET", "/api/devices/" + std::to_string(id)).json(); }
  void edit(const Json& change) { REQUIRE(ask("PATCH", path, change.dump()).status == 200); }
  std::int64_t head() { return number("SELECT max(id) FROM audit_log"); }

  std::string tills;
  std::string shops;
  std::string path;
  std::string page;
};

TEST_CASE("an edit leaves devices as they are, until it is applied to them") {
  Shop world;
  world.edit({{"auto_groups", {world.shops}}, {"tags", {"new"}}});
  CHECK(world.device(1).at("tags") == Json{"old"});
  const auto head = world.head();
  const Json report = world.apply({{"groups", true}, {"tags", true}}).json();
  CHECK(report.at("changed") == 3);
  CHECK(world.device(1).at("tags") == Json{"new"});
  CHECK(world.device(1).at("groups")[1].at("name") == "shops");
  CHECK(world.device(1).at("groups").size() == 2);
  CHECK(world.audit_codes(head).size() == 9);
  CHECK(world.number(formatted("SELECT count(*) FROM audit_log WHERE cascade_id = '{}'",
                               report.at("cascade_id").get<std::string>())) == 9);
  CHECK(world.apply({{"groups", true}, {"tags", true}}).json().at("unchanged") == 3);
}

TEST_CASE("only what is named is applied, and a dry run tells the differences and writes nothing") {
  Shop world;
  world.edit({{"auto_groups", {world.shops}}, {"tags", {"new"}}});
  const auto before = world.stored();
  const Json report = world.apply({{"tags", true}, {"dry_run", true}}).json();
  CHECK(report.at("changed") == 3);
  CHECK(report.at("differences") ==
        Json::parse(R"([{"kind": "tag", "name": "new", "gained": 3, "lost": 0},
                        {"kind": "tag", "name": "old", "gained": 0, "lost": 3}])"));
  CHECK(world.stored() == before);
  world.apply({{"tags", true}});
  CHECK(world.device(1).at("groups")[1].at("name") == "tills");
}

TEST_CASE("devices get an address in networks newly named, and lose those no longer named") {
  Shop world;
  const auto office = world.make_network("office", "10.9.0.0/24");
  world.edit({{"networks", {office}}});
  const auto head = world.head();
  CHECK(world.apply({{"networks", true}}).json().at("changed") == 3);
  const Json addresses = world.device(2).at("addresses");
  REQUIRE(addresses.size() == 1);
  CHECK(addresses[0].at("address") == "10.9.0.2");
  CHECK(world.audit_codes(head).size() == 6);
  CHECK(world.audit_codes(head).at(0) == "peer.network.add");
  CHECK(world.audit_codes(head).at(1) == "peer.network.delete");
}

TEST_CASE("a network that is full refuses the whole") {
  Shop world;
  const auto tiny = world.make_network("tiny", "10.9.0.0/30");
  world.edit({{"networks", {tiny}}});
  const auto before = world.stored();
  const Answer refused = world.apply({{"networks", true}});
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "address_range_full");
  CHECK(refused.message() == "nothing was done: network tiny has no address left for till-3");
  CHECK(world.stored() == before);
}

TEST_CASE("a protected group is no obstacle for an administrator") {
  Shop world;
  world.ask("PATCH", "/api/groups/" + world.tills, R"({"is_protected": true})");
  world.ask("PATCH", "/api/devices/1", R"({"groups": []})");
  CHECK(world.apply({{"groups", true}}).json().at("changed") == 1);
  CHECK(world.device(1).at("groups").size() == 2);
}

TEST_CASE("nothing to apply, an unknown key, and a token out of reach are refused") {
  Shop world;
  CHECK(world.apply(Json::object()).status == 422);
  CHECK(world.ask("POST", "/api/setup-keys/99/apply", R"({"tags": true})").status == 404);
  const auto token =
      world
          .ask("POST", "/api/users/1/tokens",
               R"({"name": "t", "expires_in": 9, "group_ids": [")" + world.shops + "\"]}")
          .json()
          .at("plain_token")
          .get<std::string>();
  CHECK(world.ask("POST", world.path + "/apply", R"({"tags": true})", {.token = token}).status ==
        403);
}

TEST_CASE("after an edit the page offers to apply it, shows what would change, and does it") {
  Shop world;
  Browser owner{world};
  owner.sign_in_as();
  const Answer saved = owner.post(
      world.page + "/edit",
      {{"name", "Shop"}, {"tags", "old, new"}, {"group", world.tills}, {"ephemeral", "no"}});
  CHECK(saved.headers.at("Location") == world.page + "?notice=key-saved&apply=tags");
  const Answer offer = owner.get(saved.headers.at("Location"));
  CHECK(shows(offer, "Apply to its 3 devices too…"));
  CHECK(shows(offer, world.page + "/apply?tags=1"));
  const Answer plan = owner.get(world.page + "/apply?tags=1");
  CHECK(shows(plan, "3 devices get it"));
  CHECK(shows(plan, "Apply to 3 devices"));
  const Fields fields{{"tags", "1"}, {"digest", input_value(plan.body, "digest")}};
  const Answer done = owner.post(world.page + "/apply", fields);
  CHECK(shows(owner.get(done.headers.at("Location")), "3 devices changed like its key."));
  CHECK(world.device(1).at("tags").size() == 2);
  CHECK(shows(owner.get(world.page + "/apply?tags=1"), "There is nothing to change."));
}

TEST_CASE("a plan that is another one by now is shown again, and nothing is done") {
  Shop world;
  Browser owner{world};
  owner.sign_in_as();
  world.edit({{"tags", {"new"}}});
  const Answer plan = owner.get(world.page + "/apply?tags=1");
  world.edit({{"tags", {"newer"}}});
  const auto before = world.stored();
  const Answer refused = owner.post(world.page + "/apply",
                                    {{"tags", "1"}, {"digest", input_value(plan.body, "digest")}});
  CHECK(refused.status == 409);
  CHECK(shows(refused, "Nothing was done: look again."));
  CHECK(shows(refused, "newer"));
  CHECK(world.stored() == before);
}

TEST_CASE("an auditor may not apply") {
  Shop world;
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  CHECK(!shows(auditor.get(world.page), "Apply to its"));
  CHECK(auditor.get(world.page + "/apply").status == 403);
  CHECK(auditor.post(world.page + "/apply", {{"tags", "1"}}).status == 403);
}

}  // namespace
}  // namespace muster
