#include <sstream>

#include "tests/catch.h"
#include "tests/world.h"

// Answers made for sh: `name=value` lines for an agent that asks for text/plain.

namespace muster {
namespace {

const Sent kLines{.headers = {{"Accept", "text/plain"}}};

// Checks that every line is a name, an equals sign and printable text.
void check_lines(const Answer& answer) {
  CHECK(answer.headers.at("Content-Type") == "text/plain; charset=UTF-8");
  std::istringstream stream{answer.body};
  for (std::string line; std::getline(stream, line);) {
    INFO(line);
    const auto equals = line.find('=');
    REQUIRE(equals != std::string::npos);
    CHECK(line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_.") == equals);
    for (const char c : line) CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  }
  CHECK((answer.body.empty() || answer.body.ends_with('\n')));
}

TEST_CASE("an agent that asks for lines is told line by line what it became") {
  World world;
  world.config.public_url = "https://muster.example.com";
  world.app().pins = {"sha256//abc"};
  world.make_group("tills");
  const std::string key = world.make_key(R"("type": "one-off", "auto_groups": ["tills"])");
  const Answer answer = world.enroll(key, device_secret(1), "", kLines);
  CHECK(answer.status == 200);
  check_lines(answer);
  CHECK(answer.body ==
        "device_id=1\nname=till\nstatus=connected\ncreated=true\naddresses.network_id=1\n"
        "addresses.network=default\naddresses.address=100.64.0.1\naddresses.cidr=100.64.0.0/10\n"
        "groups.id=1\ngroups.name=All\ngroups.id=2\ngroups.name=tills\nrevision=1\n"
        "heartbeat_seconds=60\ncontrol_urls=https://muster.example.com\npins=sha256//abc\n");
}

TEST_CASE("a heartbeat is answered in lines too") {
  World world;
  world.enroll(world.make_key(R"("type": "one-off")"), device_secret(1));
  Sent sent = kLines;
  sent.token = device_secret(1);
  const Answer answer = world.ask("POST", "/api/agent/heartbeat", "{}", sent);
  check_lines(answer);
  CHECK(answer.body.starts_with("revision=1\nnames_revision="));
  CHECK(answer.body.ends_with("status=connected\n"));
}

TEST_CASE("a refusal in lines has the reason, and the message last") {
  World world;
  const std::string key = world.make_key(R"("type": "one-off")");
  world.enroll(key, device_secret(1));
  const Answer answer = world.enroll(key, device_secret(2), "", kLines);
  CHECK(answer.status == 403);
  check_lines(answer);
  CHECK(answer.body.starts_with("code=403\nreason=key_used_up\nmessage=This line works once, "));
  CHECK(std::count(answer.body.begin(), answer.body.end(), '\n') == 3);
}

TEST_CASE("whatever goes wrong on an agent's path is said in lines") {
  World world;
  const auto check = [](const Answer& answer, int status) {
    CHECK(answer.status == status);
    check_lines(answer);
    CHECK(answer.body.starts_with("code=" + std::to_string(status) + "\nreason="));
  };
  check(world.ask("POST", "/api/enroll", "{", kLines), 400);
  check(world.ask("POST", "/api/enroll", "{}", kLines), 422);
  check(world.ask("GET", "/api/enroll", "", kLines), 405);
  check(world.ask("POST", "/api/agent/heartbeat", "{}", kLines), 401);
  check(world.ask("POST", "/api/agent/nothing", "{}", kLines), 404);
  check(world.ask("POST", "/api/agent/\xff\n", "{}", kLines), 400);
  Sent large = kLines;
  large.headers.emplace_back("Content-Length", "1000000");
  check(world.ask("POST", "/api/enroll", "", large), 413);
}

TEST_CASE("names in lines are printable, whatever they hold") {
  World world;
  const std::string odd = "a=b 'c' \"d\" $(id) `id` \\n ü";
  world.ask("POST", "/api/groups", nlohmann::json{{"name", odd}}.dump());
  const std::string key = world.make_key(R"("type": "one-off", "auto_groups": ["2"])");
  const Answer answer = world.enroll(key, device_secret(1), "", kLines);
  check_lines(answer);
  CHECK(answer.body.find("groups.name=" + odd + "\n") != std::string::npos);
}

TEST_CASE("everybody else gets JSON, whatever they accept") {
  World world;
  Sent sent = kLines;
  sent.token = world.owner_token;
  CHECK(world.ask("GET", "/api/groups", "", sent).json().is_array());
  CHECK(world.ask("GET", "/api/groups/9", "", sent).reason() == "not_found");
  CHECK(world.enroll("x", device_secret(1), "", {.headers = {{"Accept", "*/*"}}}).reason() ==
        "key_unknown");
}

}  // namespace
}  // namespace muster
