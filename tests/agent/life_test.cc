#include <poll.h>

#include <functional>

#include "tests/agent/machine.h"
#include "tests/catch.h"
#include "tests/installation.h"

// What the agent does after it is connected.

namespace muster {
namespace {

struct Connected {
  Connected() {
    const auto key = installation.make_key(R"("type": "reusable")");
    line = pasted_line(installation.server.url(), key.at("key"));
    const Ran pasted = machine.paste(line);
    if (pasted.exit != 0) throw std::runtime_error(pasted.output);
  }

  nlohmann::json device() const { return installation.devices().at(0); }
  std::string name() const { return device().at("name"); }

  Installation installation;
  Machine machine;
  std::string line;
};

bool soon(const std::function<bool()>& holds) {
  for (int tries = 0; tries < 400; ++tries) {
    if (holds()) return true;
    ::poll(nullptr, 0, 25);
  }
  return false;
}

TEST_CASE("status says how the machine stands") {
  const Connected connected;

  const Ran status = connected.machine.agent("status");

  INFO(status.output);
  CHECK(status.exit == 0);
  CHECK(status.output.find(connected.name()) != std::string::npos);
  CHECK(status.output.find("100.64.0.1") != std::string::npos);
}

TEST_CASE("down shows the device offline at once, and up without a key resumes it") {
  const Connected connected;
  const std::string id = connected.device().at("id");

  CHECK(connected.machine.agent("down").exit == 0);
  CHECK(connected.device().at("online") == false);
  CHECK(connected.machine.agent("status").exit == 1);

  const Ran up = connected.machine.agent("up");
  INFO(up.output);
  CHECK(up.exit == 0);
  CHECK(connected.device().at("id") == id);
  CHECK(connected.device().at("online") == true);
}

TEST_CASE("leave gives up the machine's place and deletes what it knew") {
  const Connected connected;

  const Ran leave = connected.machine.agent("leave");

  INFO(leave.output);
  CHECK(leave.exit == 0);
  CHECK(connected.installation.devices().empty());
  CHECK(connected.machine.secret_in("device").empty());
}

TEST_CASE("uninstall leaves first and takes everything away") {
  const Connected connected;

  const Ran uninstall = connected.machine.agent("uninstall");

  INFO(uninstall.output);
  CHECK(uninstall.exit == 0);
  CHECK(connected.installation.devices().empty());
  CHECK_FALSE(std::filesystem::exists(connected.machine.state()));
}

TEST_CASE("a removed device enrolls anew, without force, as another device") {
  const Connected connected;
  const std::string id = connected.device().at("id");
  REQUIRE(connected.installation.ask("DELETE", "/api/devices/" + id).status == 200);

  const Ran again = connected.machine.paste(connected.line);

  INFO(again.output);
  CHECK(again.exit == 0);
  CHECK(again.output.find("✓ Connected") != std::string::npos);
  CHECK(connected.device().at("id") != id);
}

TEST_CASE("down on a removed device says that it was removed, not that it keeps its place") {
  const Connected connected;
  const std::string id = connected.device().at("id");
  REQUIRE(connected.installation.ask("DELETE", "/api/devices/" + id).status == 200);

  const Ran down = connected.machine.agent("down");

  INFO(down.output);
  CHECK(down.exit == 1);
  CHECK(down.output.find("was removed") != std::string::npos);
}

TEST_CASE("a living enrollment on another server is replaced only by force") {
  const Connected connected;
  const Installation other;
  const auto key = other.make_key(R"("type": "reusable")");
  const std::string line = pasted_line(other.server.url(), key.at("key"));

  const Ran refused = connected.machine.paste(line);
  INFO(refused.output);
  CHECK(refused.exit == 1);
  CHECK(refused.output.find("--force") != std::string::npos);
  CHECK(other.devices().empty());

  const Ran forced = connected.machine.paste(line + " --force");
  INFO(forced.output);
  CHECK(forced.exit == 0);
  CHECK(other.devices().size() == 1);
}

TEST_CASE("state from a copied disk is not used") {
  const Connected connected;
  const std::string copy = "export MUSTER_MACHINE_ID=another; sh " +
                           (connected.machine.state() / "muster-agent").string() + " ";
  const Ran status = connected.machine.paste(copy + "status");
  INFO(status.output);
  CHECK(status.exit == 1);
  CHECK(status.output.find("copy") != std::string::npos);
}

TEST_CASE("in the foreground SIGTERM ends the agent and shows the device offline") {
  const Installation installation;
  const auto key = installation.make_key(R"("type": "reusable")");
  const Machine machine;
  const std::string agent = MUSTER_SOURCE_DIR "/agent/muster-agent up --foreground --control " +
                            installation.server.url() + " --key " +
                            key.at("key").get<std::string>();
  const Ran begun = run(machine.environment() + "sh " + agent + " >/dev/null 2>&1 & echo $!");
  REQUIRE(soon([&] { return installation.devices().size() == 1; }));
  CHECK(installation.devices()[0].at("online") == true);
  REQUIRE(soon([&] { return !machine.file("pid").empty(); }));  // its heartbeats have begun

  ::kill(std::stoi(begun.output), SIGTERM);

  CHECK(soon([&] { return installation.devices()[0].at("online") == false; }));
}

TEST_CASE("an ephemeral device is removed when its agent goes down") {
  const Installation installation;
  const auto key = installation.make_key(R"("type": "reusable", "ephemeral": true)");
  const Machine machine;
  REQUIRE(machine.paste(pasted_line(installation.server.url(), key.at("key"))).exit == 0);

  CHECK(machine.agent("down").exit == 0);

  CHECK(installation.devices().empty());
}

}  // namespace
}  // namespace muster
