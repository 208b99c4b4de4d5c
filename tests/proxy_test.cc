#include "web/proxy.h"

#include "tests/catch.h"
#include "tests/world.h"

// Whose word counts about who called.

namespace muster {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Request trusted(const std::string& peer, const Headers& headers, const char* proxies) {
  Request request;
  request.peer_address = peer;
  request.headers = headers;
  trust_proxy(request, proxies ? parse_ip_range(proxies) : std::nullopt);
  return request;
}

TEST_CASE("the caller is the right-most address that is not the proxy's") {
  struct Row {
    Headers headers;
    const char* caller;
  };
  const auto row = GENERATE(
      Row{{{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
      Row{{{"x-forwarded-for", "198.51.100.1, 203.0.113.9"}}, "203.0.113.9"},
      Row{{{"X-Forwarded-For", "198.51.100.1,203.0.113.9,10.0.0.2, 10.0.0.3"}}, "203.0.113.9"},
      Row{{{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
      Row{{{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-For", "10.0.0.2"}}, "203.0.113.9"},
      Row{{{"X-Forwarded-For", "2001:db8::9"}}, "2001:db8::9"},
      Row{{{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3"},
      Row{{{"X-Forwarded-For", "10.0.0.0/8"}}, "10.0.0.1"},
      Row{{{"X-Forwarded-For", "203.0.113.0/24, 10.0.0.2"}}, "10.0.0.2"},
      Row{{{"X-Forwarded-For", "unknown, 10.0.0.2"}}, "10.0.0.2"},
      Row{{{"X-Forwarded-For", ", ,"}}, "10.0.0.1"}, Row{{{"X-Forwarded-For", ""}}, "10.0.0.1"},
      Row{{}, "10.0.0.1"});
  CHECK(trusted("10.0.0.1", row.headers, "10.0.0.0/8").client_address == row.caller);
}

TEST_CASE("anybody else's headers are not believed") {
  const Headers lies{{"X-Forwarded-For", "203.0.113.9"}, {"X-Forwarded-Proto", "https"}};
  for (const char* proxies : {static_cast<const char*>(nullptr), "10.0.0.0/8"}) {
    const Request request = trusted("192.0.2.7", lies, proxies);
    CHECK(request.client_address == "192.0.2.7");
    CHECK(!request.is_secure);
  }
}

TEST_CASE("the proxy says whether the caller came over TLS") {
  CHECK(trusted("10.0.0.1", {{"X-Forwarded-Proto", "HTTPS"}}, "10.0.0.1").is_secure);
  CHECK(!trusted("10.0.0.1", {{"X-Forwarded-Proto", "http"}}, "10.0.0.1").is_secure);
  CHECK(!trusted("10.0.0.1", {}, "10.0.0.1").is_secure);
}

TEST_CASE("a device behind the proxy is stored with its own address") {
  World world;
  world.config.behind_proxy = parse_ip_range("10.0.0.1");
  const std::string key = world.make_key(R"("type": "reusable")");

  world.enroll(key, device_secret(1), "",
               {.headers = {{"X-Forwarded-For", "203.0.113.9"}}, .from = "10.0.0.1"});
  world.enroll(key, device_secret(2), "",
               {.headers = {{"X-Forwarded-For", "203.0.113.9"}}, .from = "192.0.2.7"});

  const auto devices = world.ask("GET", "/api/devices").json();
  CHECK(devices[0].at("enrolled_from") == "203.0.113.9");
  CHECK(devices[1].at("enrolled_from") == "192.0.2.7");
}

}  // namespace
}  // namespace muster
