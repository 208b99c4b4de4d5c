#include "tests/every_route.h"

// Nonsense before the body, on every route there is: always a refusal in the error's shape, never
// a fault, and nothing is written.

namespace muster {
namespace {

TEST_CASE("bodies too long, in chunks, packed or of no length are refused on every route") {
  Target world;
  for (const Route& route : api_routes()) {
    const auto check = [&](const char* name, const std::string& value, int status) {
      INFO(name << ": " << value);
      Sent sent = world.sent_to(route);
      sent.headers.emplace_back(name, value);
      const Answer answer = world.ask(std::string{route.method},
                                      world.path_of(route, world.known_id(route)), "", sent);
      world.check_refused(route, answer);
      CHECK(answer.status == status);
    };
    check("Content-Length", std::to_string(route.body_limit + 1), 413);
    check("Content-Length", "99999999999999999999999", 413);
    check("Content-Length", "-1", 400);
    check("Content-Length", "1x", 400);
    check("Content-Length", "", 400);
    check("Transfer-Encoding", "chunked", 411);
    check("Content-Encoding", "gzip", 400);
    if (route.body_limit < 1'000'000) check("Content-Length", "1000000", 413);
  }
}

TEST_CASE("a body without its length is refused where one is read") {
  Target world;
  for (const Route& route : api_routes()) {
    if (!takes_body(route)) continue;
    Request head;
    head.method = route.method;
    head.path = route.pattern;
    const auto reply = Site{world.app()}.before_body(head);
    REQUIRE(reply);
    CHECK(reply->status == 411);
  }
}

TEST_CASE("control characters in headers and address are refused on every route") {
  Target world;
  for (const Route& route : api_routes()) {
    for (const std::string& value : {std::string{"a\nb"}, std::string{"\x1b[2J"},
                                     std::string{"\x7f"}, std::string{"a\0b", 3}}) {
      Sent sent = world.sent_to(route);
      sent.headers.emplace_back("X-Name", value);
      const std::string path = world.path_of(route, world.known_id(route));
      const Answer answer = world.ask(std::string{route.method}, path, "{}", sent);
      world.check_refused(route, answer);
      CHECK(answer.status == 400);
      for (const char* tail : {"?limit=", "?name=", "?search="}) {
        const Answer query =
            world.ask(std::string{route.method}, path + tail + value, "{}", world.sent_to(route));
        world.check_refused(route, query);
      }
    }
  }
}

TEST_CASE("bytes that are no UTF-8 in an address are refused on every route") {
  Target world;
  for (const Route& route : api_routes())
    for (const char* tail : {"?name=\xff", "?\xff=1", "?search=\xc3", "?limit=\xed\xa0\x80"})
      world.check_refused(route, world.ask(std::string{route.method},
                                           world.path_of(route, world.known_id(route)) + tail, "{}",
                                           world.sent_to(route)));
}

}  // namespace
}  // namespace muster
