#include "tests/browser.h"
#include "tests/catch.h"

// The list of people, and a person's page.

namespace muster {
namespace {

bool holds(const Answer& answer, const std::string& part) {
  return answer.body.find(part) != std::string::npos;
}

TEST_CASE("the list says who is there, in which role and state, and what came in through them") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const std::string key = world.make_key(R"("type": "reusable")");
  world.enroll(key, device_secret(1));
  world.ask("POST", "/api/users",
            R"({"email": "bo@example.com", "name": "Bo", "role": "auditor"})");
  world.ask("POST", "/api/users", R"({"name": "ci", "role": "admin", "is_service_user": true})");
  const Answer list = owner.get("/people");
  for (const char* part : {"ana@example.com", ">Bo<", "Auditor", "Invited", "Service users", ">ci<",
                           R"(<a href="/keys?by=1">1</a>)", "this is you"})
    CHECK(holds(list, part));
  world.clock.pass(25 * 3600);
  CHECK(!holds(owner.get("/people"), "Invite expired"));  // signed out by then
  owner.sign_in(owner.email(), std::string{Browser::kPassword});
  CHECK(holds(owner.get("/people"), "Invite expired"));
}

TEST_CASE("roles change, people are blocked, their keys paused, and all is told") {
  World world;
  Browser owner{world};
  Browser admin{world};
  owner.sign_in_as();
  admin.sign_in_as("admin");
  const auto id = world.text("SELECT max(id) FROM users");
  const std::string page = "/people/" + id;
  world.make_key(R"("type": "reusable")");
  world.run("UPDATE setup_keys SET created_by_id = " + id +
            " WHERE id = (SELECT max(id) FROM setup_keys)");
  CHECK(owner.post(page + "/block").headers.at("Location") == page + "?notice=person-blocked");
  CHECK(admin.get("/account").status == 303);
  CHECK(holds(owner.get(page), "Pause their 1 working key"));
  CHECK(owner.post(page + "/pause-keys").status == 303);
  CHECK(holds(owner.get(page), "None of their keys lets machines in."));
  CHECK(owner.post(page + "/unblock").status == 303);
  CHECK(owner.post(page + "/role", {{"role", "auditor"}}).status == 303);
  CHECK(world.text("SELECT role FROM users WHERE id = " + id) == "auditor");
  CHECK(owner.post(page + "/role", {{"role", "king"}}).status == 422);
}

TEST_CASE("an admin is offered nothing on an owner's page, and told so when they try") {
  World world;
  Browser admin{world};
  admin.sign_in_as("admin");
  const Answer page = admin.get("/people/1");
  CHECK(holds(page, "Only an owner changes anything about an owner."));
  CHECK(!holds(page, "/people/1/block"));
  CHECK(!holds(admin.get("/people/new"), R"(value="owner")"));
  const std::string before = world.stored();
  for (const char* path : {"/people/1/block", "/people/1/role", "/people/1/pause-keys"}) {
    INFO(path);
    CHECK(admin.post(path, {{"role", "member"}}).status == 403);
  }
  CHECK(admin.post("/people/new", {{"email", "c@example.com"}, {"role", "owner"}}).status == 422);
  CHECK(admin.post("/people/new", {{"kind", "service"}, {"name", "c"}, {"role", "owner"}}).status ==
        422);
  const auto self = world.text("SELECT max(id) FROM users");
  CHECK(admin.post("/people/" + self + "/role", {{"role", "owner"}}).status == 403);
  CHECK((world.stored() == before));
}

TEST_CASE("an auditor sees people, and no form to change them") {
  World world;
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  CHECK(auditor.get("/people").status == 200);
  const Answer page = auditor.get("/people/1");
  CHECK(page.status == 200);
  CHECK(!holds(page, "action=\"/people/"));
  CHECK(auditor.get("/people/new").status == 403);
}

TEST_CASE("the links to withdraw and to make anew stand on an invited person's page") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const auto user =
      world.ask("POST", "/api/users", R"({"email": "bo@example.com", "role": "user"})").json();
  const std::string page = "/people/" + user.at("id").get<std::string>();
  CHECK(holds(owner.get(page), "Its link works until"));
  const Answer renewed = owner.post(page + "/invite");
  CHECK(renewed.status == 200);
  CHECK(holds(renewed, "/invite/minv_"));
  const Answer block = owner.post(page + "/block");
  CHECK(block.status == 409);
  CHECK(holds(block, "withdraw it instead"));
  CHECK(owner.get("/people/99").status == 404);
}

}  // namespace
}  // namespace muster
