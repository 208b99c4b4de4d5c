#include "tests/browser.h"
#include "tests/catch.h"
#include "tests/route_lists.h"

// Who gets a page, and whose forms are believed, on every page there is.

namespace muster {
namespace {

bool needs_session(const Route& route) { return route.access.starts_with("session"); }

std::string path_of(const Route& route) {
  std::string path{route.pattern};
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}', open) - open + 1, "1");
  return path;
}

// Sends the form of every page that takes one, and nothing may come of it.
template <class Sent>
void check_every_form_refused(World& world, Sent&& send, int status) {
  int sent = 0;
  for (const Route& route : page_routes()) {
    if (route.method != "POST" || !needs_session(route)) continue;
    const std::string before = world.stored();
    const Answer answer = send(path_of(route));
    INFO(route.pattern << ": " << answer.body);
    CHECK(answer.status == status);
    CHECK(answer.headers.at("Content-Type") == "text/html; charset=UTF-8");
    CHECK((world.stored() == before));
    ++sent;
  }
  CHECK(sent >= 3);
}

TEST_CASE("without a session every page leads to the sign-in page, and back") {
  World world;
  Browser nobody{world};
  for (const Route& route : page_routes()) {
    if (route.method != "GET" || !needs_session(route)) continue;
    const Answer answer = nobody.get(path_of(route) + "?state=paused");
    INFO(route.pattern);
    CHECK(answer.status == 303);
    CHECK(answer.headers.at("Location") == "/sign-in?next=" + path_of(route) + "%3Fstate%3Dpaused");
  }
}

TEST_CASE("without a session no form does anything") {
  World world;
  Browser nobody{world};
  check_every_form_refused(
      world, [&](const std::string& path) { return nobody.post(path); }, 401);
}

TEST_CASE("a form of another site, of none, or without its token does nothing") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  using Headers = std::vector<std::pair<std::string, std::string>>;
  for (const Headers& headers :
       {Headers{}, Headers{{"Origin", "null"}}, Headers{{"Origin", "http://evil.test"}},
        Headers{{"Origin", "https://muster.test"}}, Headers{{"Origin", "http://muster.test:81"}},
        Headers{{"Origin", "http://muster.test.evil.test"}}})
    check_every_form_refused(
        world, [&](const std::string& path) { return owner.post(path, {}, headers); }, 403);
  for (const char* token :
       {"", "x", "0000000000000000000000000000000000000000000000000000000000000000"})
    check_every_form_refused(
        world,
        [&](const std::string& path) {
          return owner.post(path, {{"csrf_token", token}});
        },
        403);
}

TEST_CASE("another session's form token does nothing") {
  World world;
  Browser mallory{world};
  Browser owner{world};
  mallory.sign_in_as("member");
  owner.sign_in_as();
  check_every_form_refused(
      world,
      [&](const std::string& path) {
        return owner.post(path, {{"csrf_token", mallory.csrf_token()}});
      },
      403);
}

TEST_CASE("forms that come under the public address are believed") {
  World world;
  world.config.public_url = "https://Muster.example.com:443/base";
  world.restart();
  Browser owner{world};
  owner.sign_in_as();
  const auto send = [&](const std::string& origin) {
    return owner.post("/theme", {{"theme", "dark"}}, {{"Origin", origin}}).status;
  };
  CHECK(send("https://muster.example.com") == 303);
  CHECK(send("http://muster.example.com") == 403);
  CHECK(send("http://muster.test") == 303);
  world.config.behind_proxy = parse_ip_range("10.0.0.1");
  CHECK(send("http://muster.test") == 403);
  CHECK(send("https://muster.example.com") == 303);
}

TEST_CASE("a form that is not UTF-8 or holds control characters is refused") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  for (const char* body : {"a=%00", "a=%ff", "a=%1b", "%07=1"}) {
    const Answer answer = world.ask("POST", "/theme", std::string{"theme=dark&"} + body,
                                    {.headers = {{"Host", "muster.test"},
                                                 {"Origin", "http://muster.test"},
                                                 {"Cookie", owner.cookie()}}});
    CHECK(answer.status == 400);
  }
}

TEST_CASE("a link from webmail finds its session: the page asks for itself once more") {
  World world;
  const Sent from_webmail{
      .headers = {{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}}};
  const Answer first = world.ask("GET", "/start", "", from_webmail);
  CHECK(first.status == 200);
  CHECK(first.body.find(R"(<meta http-equiv="refresh" content="0">)") != std::string::npos);
  const Sent by_itself{
      .headers = {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Mode", "navigate"}}};
  CHECK(world.ask("GET", "/start", "", by_itself).status == 303);
}

TEST_CASE("pages run and load nothing but our own files, and stand in no frame") {
  World world;
  Browser owner{world};
  owner.sign_in_as();
  const Answer answer = owner.get("/account");
  const std::string policy = answer.headers.at("Content-Security-Policy");
  for (const char* rule : {"default-src 'none'", "script-src 'self'", "style-src 'self'",
                           "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"})
    CHECK(policy.find(rule) != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(answer.headers.at("Referrer-Policy") == "same-origin");
  CHECK(answer.headers.at("Cache-Control") == "no-store");
}

TEST_CASE("what is nowhere is a page that says so; what breaks names its request") {
  World world;
  for (const char* path : {"/nothing", "/API/groups", "//api/groups", "/keys/"}) {
    const Answer answer =
        world.ask("GET", path, "", {.headers = {{"Accept", "text/html,*/*;q=0.8"}}});
    CHECK(answer.status == 404);
    CHECK(world.ask("GET", path, "", {}).reason() == "not_found");
    CHECK(answer.body.find("There is nothing here") != std::string::npos);
  }
  Browser owner{world};
  owner.sign_in_as();
  world.run("ALTER TABLE devices RENAME TO lost");
  const Answer broken = owner.get("/start");
  CHECK(broken.status == 500);
  CHECK(broken.body.find("<code>test</code>") != std::string::npos);
  CHECK(broken.body.find("devices") == std::string::npos);
}

TEST_CASE("style, script and icon come under names that change with their content, for a year") {
  World world;
  const std::string page = world.ask("GET", "/sign-in", "", {}).body;
  for (const char* file : {"app.css", "app.js", "icon.svg"}) {
    const std::string url = static_url(file, false);
    CHECK(page.find(url) != std::string::npos);
    const Answer answer = world.ask("GET", url, "", {});
    CHECK(answer.status == 200);
    CHECK(answer.headers.at("Cache-Control").find("immutable") != std::string::npos);
  }
}

}  // namespace
}  // namespace muster
