#include "tests/agent/machine.h"
#include "tests/catch.h"
#include "tests/installation.h"

// What happens when a stranger pastes the line.

namespace muster {
namespace {

std::string one_time_key(const Installation& installation) {
  return installation.make_key(R"("type": "one-off")").at("key");
}

TEST_CASE("the pasted line connects a machine in every shell") {
  const std::string shell = GENERATE("dash", "bash", "busybox");
  INFO(shell);
  const Installation installation;
  const Machine machine{shell};

  const Ran pasted =
      machine.paste(pasted_line(installation.server.url(), one_time_key(installation)));

  INFO(pasted.output);
  CHECK(pasted.exit == 0);
  CHECK(pasted.output.find("✓ Connected") != std::string::npos);
  const auto devices = installation.devices();
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].at("online") == true);
  CHECK(pasted.output.find(devices[0].at("name").get<std::string>()) != std::string::npos);
  CHECK(pasted.output.find("100.64.0.1") != std::string::npos);
}

TEST_CASE("the pinned line connects a machine to a server with its own certificate") {
  const std::string shell = GENERATE("dash", "bash", "busybox");
  INFO(shell);
  const Installation installation{{"--listen", "0.0.0.0:0"}};
  const std::string url = "https://127.0.0.1:" + std::to_string(installation.server.port());
  const std::string pin = output_of_muster(on_folder(installation.data()) + " pin");
  const std::string key = output_of_muster(on_folder(installation.data()) + " key create --name k");
  const Machine machine{shell};

  const Ran pasted = machine.paste(pasted_line(url, key, pin));

  INFO(pasted.output);
  CHECK(pasted.exit == 0);
  CHECK(pasted.output.find("✓ Connected") != std::string::npos);
  CHECK(sql_on(installation.data(), "SELECT count(*) FROM devices") == "1\n");
}

TEST_CASE("against another certificate the pinned line runs nothing") {
  const Installation installation{{"--listen", "0.0.0.0:0"}};
  const std::string url = "https://127.0.0.1:" + std::to_string(installation.server.port());
  const std::string key = output_of_muster(on_folder(installation.data()) + " key create --name k");
  const ScratchFolder elsewhere;
  const std::string other_pin = output_of_muster(on_folder(elsewhere.path() / "data") + " pin");
  const Machine machine;

  const Ran pasted = machine.paste(pasted_line(url, key, other_pin));

  INFO(pasted.output);
  CHECK(pasted.output.find("Connected") == std::string::npos);
  CHECK_FALSE(std::filesystem::exists(machine.state()));
  CHECK(sql_on(installation.data(), "SELECT count(*) FROM devices") == "0\n");
}

TEST_CASE("the agent keeps to the pin even when the script came from elsewhere") {
  const Installation installation{{"--listen", "0.0.0.0:0"}};
  const std::string url = "https://127.0.0.1:" + std::to_string(installation.server.port());
  const std::string key = output_of_muster(on_folder(installation.data()) + " key create --name k");
  const ScratchFolder elsewhere;
  const std::string other_pin = output_of_muster(on_folder(elsewhere.path() / "data") + " pin");
  const Machine machine;

  const Ran pasted = machine.paste("sh " MUSTER_SOURCE_DIR "/agent/install.sh --control " + url +
                                   " --pin '" + other_pin + "' --key " + key);

  INFO(pasted.output);
  CHECK(pasted.exit == 1);
  CHECK(pasted.output.find("certificate") != std::string::npos);
  CHECK(sql_on(installation.data(), "SELECT count(*) FROM devices") == "0\n");
}

TEST_CASE("the same line on another machine is refused in words for a customer") {
  const Installation installation;
  const std::string line = pasted_line(installation.server.url(), one_time_key(installation));
  const Machine first;
  const Machine second;
  REQUIRE(first.paste(line).exit == 0);

  const Ran refused = second.paste(line);

  INFO(refused.output);
  CHECK(refused.exit == 1);
  CHECK(refused.output.find("This line works once") != std::string::npos);
  CHECK(refused.output.find("Ask ana@example.com for a new line.") != std::string::npos);
  CHECK(installation.devices().size() == 1);
  CHECK_FALSE(std::filesystem::exists(second.state()));
}

TEST_CASE("a second paste on the same machine says that it is connected already") {
  const Installation installation;
  const std::string line = pasted_line(installation.server.url(), one_time_key(installation));
  const Machine machine;
  REQUIRE(machine.paste(line).exit == 0);

  const Ran again = machine.paste(line);

  INFO(again.output);
  CHECK(again.exit == 0);
  CHECK(again.output.find("Already connected as ") != std::string::npos);
  CHECK(installation.devices().size() == 1);
}

TEST_CASE("a machine that could not reach the server asks again with the same secret") {
  Installation installation;
  const std::string key = one_time_key(installation);
  const Machine machine;
  const std::string up = "sh " MUSTER_SOURCE_DIR "/agent/muster-agent up --control " +
                         installation.server.url() + " --key " + key;
  installation.server.stop();
  CHECK(machine.paste(up).exit == 1);
  const std::string secret = machine.secret_in("device.new");
  REQUIRE(secret.size() == 69);
  installation.server.start();

  const Ran again = machine.paste(up);

  INFO(again.output);
  CHECK(again.exit == 0);
  CHECK(machine.secret_in("device") == secret);
}

TEST_CASE("nothing of the key is left on the machine that it connected") {
  const Installation installation;
  const std::string key = one_time_key(installation);
  const Machine machine;
  REQUIRE(machine.paste(pasted_line(installation.server.url(), key)).exit == 0);

  CHECK(run("grep -rF " + key + " " + machine.state().string()).output.empty());
}

}  // namespace
}  // namespace muster
