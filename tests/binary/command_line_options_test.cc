#include "tests/catch.h"
#include "tests/installation.h"

// Where options come from, and commands beside a running server.

namespace muster {
namespace {

TEST_CASE("the folder is named before or after the command, or by the environment") {
  const ScratchFolder folder;
  const Owned owned{folder.path() / "data"};
  const auto& data = owned.data;
  CHECK(ask_muster(on_folder(data) + " key create --name a").exit == 0);
  CHECK(ask_muster("key create --name b " + on_folder(data)).exit == 0);
  CHECK(ask_muster("key --data " + shell_word(data) + " create --name c").exit == 0);
  CHECK(ask_muster("key create --name d", "MUSTER_DATA=" + shell_word(data)).exit == 0);
  CHECK(sql_on(data, "SELECT group_concat(name) FROM setup_keys WHERE id > 1") == "a,b,c,d\n");
}

TEST_CASE("without a folder it is muster-data where one stands") {
  const ScratchFolder folder;
  CHECK(ask_muster("check", "cd " + shell_word(folder.path()) + " &&").exit == 0);
  CHECK(std::filesystem::exists(folder.path() / "muster-data" / "muster.db"));
}

TEST_CASE("what stands on the command line wins over the environment") {
  const ScratchFolder folder;
  const Owned owned{folder.path() / "data"};
  const auto& data = owned.data;
  CHECK(ask_muster(on_folder(data) + " key create --name line --usage-limit 2",
                   "MUSTER_DATA=/nowhere/else MUSTER_NAME=air MUSTER_USAGE_LIMIT=9")
            .exit == 0);
  CHECK(sql_on(data, "SELECT name, usage_limit FROM setup_keys WHERE id > 1") == "line|2\n");
}

TEST_CASE("every option of admin, token, key and pin is also read from the environment") {
  const ScratchFolder folder;
  const auto data = folder.path() / "data";
  const std::string in_data = "MUSTER_DATA=" + shell_word(data) + " ";
  const std::string password = folder.put("password", "correct horse\n");
  CHECK(ask_muster("admin create", in_data + "MUSTER_EMAIL=a@b.c MUSTER_PASSWORD_FILE=" + password +
                                       " MUSTER_NETWORK=shop MUSTER_RANGE=10.9.0.0/16")
            .exit == 0);
  CHECK(sql_on(data, "SELECT email FROM users") == "a@b.c\n");
  CHECK(sql_on(data, "SELECT name, cidr FROM networks") == "shop|10.9.0.0/16\n");

  CHECK(ask_muster("token create", in_data + "MUSTER_EMAIL=a@b.c MUSTER_NAME=t MUSTER_DAYS=2"
                                             " MUSTER_SCOPE=keys:read")
            .exit == 0);
  CHECK(ask_muster("token create", in_data + "MUSTER_SERVICE=ci MUSTER_NAME=u").exit == 0);
  CHECK(sql_on(data, "SELECT name, scopes, (expires_at - created_at) / 86400 FROM access_tokens") ==
        "t|keys:read|2\nu|all|90\n");

  CHECK(ask_muster("key create", in_data + "MUSTER_NAME=k MUSTER_USAGE_LIMIT=4 MUSTER_GROUP=tills"
                                           " MUSTER_EXPIRES_IN=60 MUSTER_EPHEMERAL=1")
            .exit == 0);
  CHECK(ask_muster("key create", in_data + "MUSTER_NAME=o MUSTER_ONE_OFF=true").exit == 0);
  CHECK(sql_on(data,
               "SELECT name, type, usage_limit, ephemeral, expires_at > 0 FROM setup_keys"
               " WHERE network_default_of IS NULL") == "k|reusable|4|1|1\no|one-off|1|0|0\n");
  CHECK(sql_on(data, "SELECT name FROM groups WHERE id > 1") == "tills\n");

  CHECK(ask_muster("pin", in_data + "MUSTER_TLS_CERT=/nowhere.pem").err ==
        "/nowhere.pem cannot be read\n");
}

TEST_CASE("every option of serve is also read from the environment") {
  const ScratchFolder folder;
  const std::string in_data = "MUSTER_DATA=" + shell_word(folder.path() / "data") + " ";
  // Each is unfit, so that its refusal shows that it was read.
  for (const auto& [variable, part] : {std::pair{"MUSTER_LISTEN=here", "--listen here"},
                                       {"MUSTER_PUBLIC_URL=here", "here is no address"},
                                       {"MUSTER_TLS_CERT=a.pem", "--tls-cert and --tls-key"},
                                       {"MUSTER_TLS_KEY=a.pem", "--tls-cert and --tls-key"},
                                       {"MUSTER_BEHIND_PROXY=here", "--behind-proxy here"},
                                       {"MUSTER_MAX_CONNECTIONS=none", "--max-connections"},
                                       {"MUSTER_DEV=perhaps", "--dev"}}) {
    const Said said = ask_muster("serve", in_data + variable);
    INFO(said.err);
    CHECK(said.exit == 2);
    CHECK(said.err.find(part) != std::string::npos);
  }
}

TEST_CASE("a key made beside a running server lets a machine in at once") {
  const Installation muster;
  const std::string key =
      output_of_muster(on_folder(muster.data()) + " key create --name k --one-off --group tills");
  const RawAnswer answer = muster.enroll(key, machine_secret(1));
  CHECK(answer.status == 200);
  CHECK(nlohmann::json::parse(answer.body).at("groups").at(1).at("name") == "tills");
}

TEST_CASE("a token made beside a running server works at once") {
  const Installation muster;
  const std::string token =
      output_of_muster(on_folder(muster.data()) + " token create --service ci --name t");
  CHECK(muster.server.ask("GET", "/api/devices", "", "Token " + token).status == 200);
  CHECK(muster.server.ask("GET", "/api/devices", "", "Token " + token + "x").status == 401);
}

TEST_CASE("a server without an owner serves the one who is made beside it") {
  const ScratchFolder folder;
  const ServerProcess server{folder.path() / "data"};
  const Owned owned{folder.path() / "data"};
  const std::string key = output_of_muster(on_folder(owned.data) + " key create --name k");
  CHECK(server.ask("GET", "/api/networks", "", "Token " + owned.token).status == 200);
  CHECK(server.ask("POST", "/api/enroll", enroll_body(key, machine_secret(1))).status == 200);
  CHECK(run_muster(on_folder(owned.data) + " check").exit == 0);
}

TEST_CASE("ten commands at once beside a running server are all done") {
  const Installation muster;
  std::string script;
  for (int i = 0; i < 10; ++i)
    script += std::string{MUSTER_BINARY} + " " + on_folder(muster.data()) + " key create --name k" +
              std::to_string(i) + " 2>&1 & ";
  const Ran ran = run(script + "wait");
  CHECK(muster.get("/api/setup-keys").size() == 11);
  CHECK(muster.server.log().find("nothing stored") == std::string::npos);
  CHECK(run_muster(on_folder(muster.data()) + " check").exit == 0);
}

}  // namespace
}  // namespace muster
