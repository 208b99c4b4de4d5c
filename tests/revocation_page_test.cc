#include "tests/browser.h"
#include "tests/cascade.h"
#include "tests/catch.h"

// The page of what goes with something, the act from it, and the receipt.

namespace muster {
namespace {

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

// An owner at a browser, a person with a key and devices that came in through it.
struct AtPlan {
  Cascade world;
  Browser owner{world};
  Cascade::Somebody maker;
  nlohmann::json key;

  explicit AtPlan(int devices = 2) {
    owner.sign_in_as();
    maker = world.join();
    key = world.key_of(maker);
    for (int i = 0; i < devices; ++i) world.come_in(key);
  }
  std::string key_path() const {
    return "/revocations/setup_key/" + key.at("id").get<std::string>();
  }
  std::string person_path() const { return "/revocations/user/" + maker.id; }
  Answer act(const std::string& path, const std::string& devices, const std::string& digest) {
    return owner.post(path, {{"devices", devices}, {"digest", digest}});
  }
};

TEST_CASE("the plan's page says what goes, and the button what it does") {
  AtPlan at;
  const Answer keeps = at.owner.get(at.key_path());
  CHECK(keeps.status == 200);
  CHECK(shows(keeps, "Nothing else goes"));
  CHECK(shows(keeps, ">Revoke key<"));
  const Answer removes = at.owner.get(at.key_path() + "?devices=remove");
  CHECK(shows(removes, "2 devices are removed"));
  CHECK(shows(removes, ">Revoke key and remove 2 devices<"));
  CHECK(shows(at.owner.get(at.person_path()), "1 key is revoked"));
  for (const char* path : {"/revocations/setup_key/99", "/revocations/nothing/1",
                           "/revocations/user/x", "/receipts/nothing"})
    CHECK(at.owner.get(path).status == 404);
}

TEST_CASE("what was shown is done, and the receipt says what fell") {
  AtPlan at;
  const auto digest = input_value(at.owner.get(at.person_path()).body, "digest");
  const Answer done = at.owner.post(at.person_path(), {{"digest", digest}});
  REQUIRE(done.status == 303);
  const std::string path = done.headers.at("Location");
  CHECK(path.starts_with("/receipts/"));
  const Answer receipt = at.owner.get(path);
  CHECK(shows(receipt, "2 devices were removed"));
  CHECK(shows(receipt, "1 key was revoked"));
  CHECK(shows(receipt, "1 access token was revoked"));
  CHECK(shows(receipt, at.owner.email()));
  CHECK(shows(receipt, at.world.text("SELECT lower(hex(hash)) FROM audit_log WHERE cascade_id = '" +
                                     path.substr(10) + "' ORDER BY id DESC")));
  CHECK(at.world.number("SELECT count(*) FROM devices WHERE removed_at IS NULL") == 0);
}

TEST_CASE("a plan that changed is shown anew, and nothing was done") {
  AtPlan at;
  const auto digest = input_value(at.owner.get(at.key_path() + "?devices=remove").body, "digest");
  at.world.come_in(at.key);
  const std::string before = at.world.stored();
  const Answer again = at.act(at.key_path(), "remove", digest);
  CHECK(again.status == 409);
  CHECK(shows(again, "Meanwhile something came or went"));
  CHECK(shows(again, ">Revoke key and remove 3 devices<"));
  CHECK((at.world.stored() == before));
  CHECK(at.act(at.key_path(), "remove", input_value(again.body, "digest")).status == 303);
}

TEST_CASE("a long branch is cut, and its number stands above it") {
  AtPlan at{35};
  const Answer page = at.owner.get(at.key_path() + "?devices=remove");
  CHECK(shows(page, "35 devices are removed"));
  CHECK(shows(page, "and 5 more"));
  CHECK(!shows(page, "<details open"));
}

TEST_CASE("things can be handed over first, from the same page") {
  AtPlan at;
  const auto next = at.world.join();
  CHECK(shows(at.owner.get(at.person_path()), "Hand over to"));
  const Answer done = at.owner.post(at.person_path() + "/hand-over", {{"to_id", next.id}});
  CHECK(done.headers.at("Location") == at.person_path() + "?notice=handed-over");
  const Answer page = at.owner.get(done.headers.at("Location"));
  CHECK(shows(page, "are handed over"));
  CHECK(!shows(page, "key is revoked"));
  CHECK(shows(page, "1 access token is revoked"));
}

TEST_CASE("of a token the keys made since a moment can be chosen") {
  AtPlan at;
  const std::string path = "/revocations/access_token/" + at.maker.token_id;
  CHECK(shows(at.owner.get(path), "1 key is revoked"));
  CHECK(!shows(at.owner.get(path + "?date=2030-01-01"), "1 key is revoked"));
  CHECK(at.owner.get(path + "?date=soon").status == 422);
  const auto digest = input_value(at.owner.get(path + "?date=2030-01-01").body, "digest");
  CHECK(at.owner.post(path, {{"date", "2030-01-01"}, {"digest", digest}}).status == 303);
  CHECK(at.world.state(at.key) == "valid");
}

TEST_CASE("who may not end things sees no plan, and an auditor reads receipts") {
  AtPlan at;
  Browser auditor{at.world};
  auditor.sign_in_as("auditor");
  CHECK(auditor.get(at.key_path()).status == 403);
  CHECK(auditor.post(at.key_path(), {{"digest", "x"}}).status == 403);
  const auto digest = input_value(at.owner.get(at.key_path()).body, "digest");
  const Answer done = at.act(at.key_path(), "keep", digest);
  CHECK(auditor.get(done.headers.at("Location")).status == 200);
}

TEST_CASE("the pages of a key and of a group lead to what goes with them") {
  AtPlan at;
  at.world.make_group("tills");
  at.world.key_of(at.maker, R"(, "auto_groups": ["2"])");
  CHECK(shows(at.owner.get("/keys/" + at.key.at("id").get<std::string>()),
              at.key_path() + "?devices=remove"));
  CHECK(shows(at.owner.get("/groups/2"), "/revocations/group/2"));
}

}  // namespace
}  // namespace muster
