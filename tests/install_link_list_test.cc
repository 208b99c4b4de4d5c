#include "tests/catch.h"
#include "tests/links.h"

namespace muster {
namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

// Recipients of a list, in its order.
Names names_of(const Answer& answer) {
  Names names;
  for (const Json& link : answer.json()) names.push_back(link.at("recipient"));
  return names;
}

// One link in each state, called by it.
struct EachState : LinkWorld {
  EachState() {
    const Json expired = make("expired", R"(, "expires_in": 60)");
    clock.pass(60);
    use(make("used"));
    withdraw(make("withdrawn"));
    const Json replaced = make("replaced");
    open(make("opened"));
    make("not_opened");
    act(replaced, "resend");
  }
  Names list(const std::string& query) {
    return names_of(ask("GET", "/api/install-links?" + query));
  }
};

TEST_CASE("links are listed by state") {
  EachState world;
  for (const std::string state : {"used", "withdrawn", "replaced", "expired", "opened"})
    CHECK(world.list("state=" + state) == Names{state});
  CHECK(world.list("state=not_opened") == Names{"not_opened", "replaced"});
  CHECK(world.ask("GET", "/api/install-links?state=gone").status == 422);
}

TEST_CASE("links in each state are counted, also among those that are searched for") {
  EachState world;
  const auto count = [&](const LinkFilter& filter) {
    return world.database().read(
        [&](const Snapshot& snapshot) { return count_links(snapshot, filter, world.clock.now()); });
  };
  using Counts = std::array<std::int64_t, 6>;
  CHECK(count({}) == Counts{1, 1, 1, 1, 1, 2});
  CHECK(count({.state = LinkState::used, .search = "replaced"}) == Counts{0, 0, 1, 0, 0, 1});
}

TEST_CASE("links are searched by recipient, note and the device that used them") {
  LinkWorld world;
  world.make("Miller", R"(, "note": "corner 50%")");
  world.use(world.make("Smith", R"(, "device_name": "till-7")"));
  const auto search = [&](const std::string& text) {
    return names_of(world.ask("GET", "/api/install-links?search=" + text));
  };
  CHECK(search("mill") == Names{"Miller"});
  CHECK(search("0%") == Names{"Miller"});
  CHECK(search("TILL-7") == Names{"Smith"});
  CHECK(search("_").empty());
  CHECK(search("").size() == 2);
}

TEST_CASE("links are sorted by when they were made, by recipient and by expiry") {
  LinkWorld world;
  world.make("beta", R"(, "expires_in": 300)");
  world.make("Alpha", R"(, "expires_in": 200)");
  world.make("gamma", R"(, "expires_in": 100)");
  const auto sorted = [&](const std::string& by) {
    return names_of(world.ask("GET", "/api/install-links?sort=" + by));
  };
  CHECK(sorted("") == Names{"beta", "Alpha", "gamma"});
  CHECK(sorted("created_at") == Names{"beta", "Alpha", "gamma"});
  CHECK(sorted("-created_at") == Names{"gamma", "Alpha", "beta"});
  CHECK(sorted("recipient") == Names{"Alpha", "beta", "gamma"});
  CHECK(sorted("expires_at") == Names{"gamma", "Alpha", "beta"});
  CHECK(world.ask("GET", "/api/install-links?sort=secret").status == 422);
}

TEST_CASE("every page in every order leads to the next until each link was there once") {
  LinkWorld world;
  for (int i = 0; i < 7; ++i) world.make(i % 2 == 0 ? "same" : "Same " + std::to_string(i));
  const std::string sort = GENERATE("created_at", "-created_at", "recipient", "expires_at");
  const Names whole = names_of(world.ask("GET", "/api/install-links?sort=" + sort));
  Names paged;
  std::string path = "/api/install-links?limit=3&sort=" + sort;
  int pages = 0;
  for (; !path.empty() && pages < 9; ++pages) {
    const Answer page = world.ask("GET", path);
    for (const std::string& name : names_of(page)) paged.push_back(name);
    const auto link = page.headers.find("Link");
    path = link == page.headers.end() ? "" : link->second.substr(1, link->second.find('>') - 1);
  }
  CHECK(pages == 3);
  CHECK(paged == whole);
}

TEST_CASE("a page that holds the last link names no next one") {
  LinkWorld world;
  world.make("a");
  world.make("b");
  CHECK(!world.ask("GET", "/api/install-links?limit=2").headers.contains("Link"));
  CHECK(world.ask("GET", "/api/install-links?limit=1").headers.at("Link") ==
        "</api/install-links?limit=1&after=1>; rel=\"next\"");
}

TEST_CASE("limits and cursors of a list that are none are refused") {
  LinkWorld world;
  const std::string query = GENERATE("limit=0", "limit=1001", "limit=x", "after=-1", "after=x");
  CHECK(world.ask("GET", "/api/install-links?" + query).status == 422);
}

}  // namespace
}  // namespace muster
