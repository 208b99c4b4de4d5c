#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// Making keys at a browser: presets, options, and the one page that shows the secret.

namespace muster {
namespace {

bool shows(const Answer& answer, const std::string& text) {
  return answer.body.find(text) != std::string::npos;
}

// What stands between these in the page.
std::string between(const std::string& html, const std::string& before, const std::string& after) {
  const auto from = html.find(before);
  REQUIRE(from != std::string::npos);
  const auto at = from + before.size();
  return html.substr(at, html.find(after, at) - at);
}

std::string secret_in(const Answer& answer) {
  return between(answer.body, "<code id=\"secret\">", "</code>");
}

struct Made {
  World world;
  Browser owner{world};

  Made() { owner.sign_in_as(); }
  Answer make(Fields fields) {
    fields.emplace_back("name", "Shop tills");
    return owner.post("/keys/new", std::move(fields));
  }
  // Columns of the newest key.
  std::string newest(const std::string& columns) {
    return world.text("SELECT " + columns + " FROM setup_keys ORDER BY id DESC LIMIT 1");
  }
};

TEST_CASE("each preset makes its sort of key when nothing else is filled in") {
  Made made;
  const std::string columns =
      "type || ' ' || usage_limit || ' ' || ((expires_at - created_at) / 86400) || ' ' || "
      "ephemeral";
  CHECK(made.make({{"preset", "one"}}).status == 200);
  CHECK(made.newest(columns) == "one-off 1 1 0");
  CHECK(made.make({{"preset", "several"}}).status == 200);
  CHECK(made.newest(columns) == "reusable 0 30 0");
  CHECK(made.make({{"preset", "temporary"}}).status == 200);
  CHECK(made.newest(columns) == "reusable 0 7 1");
}

TEST_CASE("each pattern makes its sort of key, and its group in the same act") {
  Made made;
  const std::string columns =
      "type || ' ' || usage_limit || ' ' || ((expires_at - created_at) / 86400) || ' ' || "
      "ephemeral || ' ' || (SELECT g.name FROM setup_key_groups k JOIN groups g ON g.id = "
      "k.group_id WHERE k.setup_key_id = setup_keys.id)";
  CHECK(shows(made.owner.get("/keys/new"),
              "The group ci-runners does not exist yet and is made with this key."));
  const Answer answer = made.make({{"preset", "ci"}});
  CHECK(shows(answer, "The group ci-runners was made with it."));
  CHECK(made.newest(columns) == "reusable 100 7 1 ci-runners");
  CHECK(shows(made.owner.get("/keys/new"), "Into the group ci-runners."));
  CHECK_FALSE(shows(made.make({{"preset", "ci"}}), "was made with it"));
  CHECK(made.world.number("SELECT count(*) FROM groups WHERE name = 'ci-runners'") == 1);
  CHECK(made.make({{"preset", "iot"}}).status == 200);
  CHECK(made.newest(columns) == "reusable 0 365 0 iot-devices");
  CHECK(made.make({{"preset", "contractor"}}).status == 200);
  CHECK(made.newest(columns) == "one-off 1 30 0 contractors");
}

TEST_CASE("a pattern's group gives way to groups that were chosen, and is not made then") {
  Made made;
  const auto group = made.world.make_group("tills");
  CHECK(made.make({{"preset", "ci"}, {"group", group}}).status == 200);
  CHECK(made.world.number("SELECT count(*) FROM groups WHERE name = 'ci-runners'") == 0);
  CHECK(made.make({{"preset", "ci"}, {"uses", "x"}}).status == 422);
  CHECK(made.make({{"preset", "ci"}, {"network", "99"}}).status == 422);
  CHECK(made.world.number("SELECT count(*) FROM groups WHERE name = 'ci-runners'") == 0);
}

TEST_CASE("a pattern whose group is protected says so before and at the field") {
  Made made;
  made.world.make_group("ci-runners", true);
  made.world.make_group("contractors", true);
  CHECK(shows(made.owner.get("/keys/new"),
              "Into the group ci-runners, which is protected and takes one-time keys only."));
  CHECK(shows(made.make({{"preset", "ci"}}), "Group ci-runners is protected"));
  CHECK(made.make({{"preset", "contractor"}}).status == 200);
}

TEST_CASE("the script is told what cannot work in the same words, and nothing is made") {
  Made made;
  const std::string before = made.world.stored();
  const Answer wrong = made.owner.post("/keys/new/check",
                                       {{"preset", "one"}, {"uses", "5"}, {"date", "2020-01-01"}});
  CHECK(wrong.status == 200);
  CHECK(shows(wrong, "<p data-field=\"uses\">“One device now” makes a one-time key."));
  CHECK(shows(wrong, "<p data-field=\"date\">The date on which the key expires has passed."));
  CHECK_FALSE(shows(made.owner.post("/keys/new/check", {{"preset", "one"}, {"name", "k"}}), "<p"));
  CHECK((made.world.stored() == before));
}

TEST_CASE("a key may name the one device that is its gateway") {
  Made made;
  made.world.enroll(made.world.make_key(R"("type": "one-off")"), device_secret(1),
                    R"(, "hostname": "router")");
  const auto name = made.world.text("SELECT name FROM devices WHERE id = 1");
  CHECK(made.make({{"gateway_mode", "fixed"}, {"gateway_device", name}}).status == 200);
  CHECK(made.newest("gateway_mode || ' ' || gateway_device_id") == "fixed 1");
  const auto edit = "/keys/" + made.newest("id") + "/edit";
  CHECK(input_value(made.owner.get(edit).body, "gateway_device") == name);
  CHECK(made.owner.post(edit, {{"name", "k"}, {"uses", "1"}, {"gateway_mode", "none"}}).status ==
        303);
  CHECK(made.newest("gateway_mode || coalesce(gateway_device_id, '')") == "none");
}

TEST_CASE("an edit explains what cannot work, too") {
  Made made;
  made.world.make_key_object(R"("type": "reusable", "ephemeral": true, "ephemeral_seconds": 120)");
  const auto path = "/keys/" + made.newest("id");
  const Fields stays{{"name", "k"}, {"ephemeral", "no"}, {"ephemeral_seconds", "120"}};
  CHECK(shows(made.owner.post(path + "/check", {{"name", "k"}, {"ephemeral_seconds", "90"}}),
              "Only temporary devices are removed after a silence."));
  CHECK(made.owner.post(path + "/edit", stays).status == 303);
  CHECK(made.newest("ephemeral || ' ' || ephemeral_seconds") == "0 120");
  CHECK(made.owner.post("/keys/99/check", {}).status == 404);
}

TEST_CASE("every option of the form reaches the key") {
  Made made;
  const auto group = made.world.make_group("tills");
  const auto office = made.world.make_network("office", "10.9.0.0/24");
  const Answer answer = made.make({{"preset", "several"},
                                   {"uses", "10"},
                                   {"expiry", "at"},
                                   {"date", "2027-03-01"},
                                   {"time", "08:30"},
                                   {"group", group},
                                   {"network", office},
                                   {"tags", "shop, front "},
                                   {"device_name", "till"},
                                   {"ephemeral", "yes"},
                                   {"ephemeral_seconds", "120"},
                                   {"allowed_cidrs", "203.0.113.0/24 198.51.100.7"},
                                   {"requires_approval", "on"},
                                   {"allow_group_choice", "on"},
                                   {"allow_extra_dns_labels", "on"},
                                   {"note", "Ana has it"}});
  REQUIRE(answer.status == 200);
  const auto id = made.newest("id");
  const auto key = made.world.ask("GET", "/api/setup-keys/" + id).json();
  CHECK(key.at("usage_limit") == 10);
  CHECK(key.at("expires") == "2027-03-01T08:30:00Z");
  CHECK(key.at("auto_groups") == nlohmann::json{group});
  CHECK(key.at("tags") == nlohmann::json{"shop", "front"});
  CHECK(key.at("device_name") == "till");
  CHECK(key.at("ephemeral") == true);
  CHECK(key.at("ephemeral_seconds") == 120);
  CHECK(key.at("allowed_cidrs") == nlohmann::json{"203.0.113.0/24", "198.51.100.7"});
  CHECK(key.at("requires_approval") == true);
  CHECK(key.at("allow_group_choice") == true);
  CHECK(key.at("allow_extra_dns_labels") == true);
  CHECK(key.at("note") == "Ana has it");
}

TEST_CASE("what cannot work is refused in a sentence, and what was typed is kept") {
  struct Wrong {
    Fields fields;
    const char* sentence;
  };
  Made made;
  const auto group = made.world.make_group("customers", true);
  const std::vector<Wrong> wrongs{
      {{{"preset", "one"}, {"uses", "5"}}, "makes a one-time key"},
      {{{"preset", "several"}, {"uses", "many"}}, "is a number"},
      {{{"preset", "several"}, {"group", group}}, "customers is protected"},
      {{{"expiry", "7"}, {"date", "2027-03-01"}}, "and a date as well"},
      {{{"expiry", "at"}}, "is no date"},
      {{{"date", "2020-03-01"}}, "has passed"},
      {{{"allowed_cidrs", "anywhere"}}, "no address or range"},
      {{{"ephemeral_seconds", "5"}}, "60 seconds to 30 days"},
      {{{"ephemeral_seconds", "90"}}, "Only temporary devices"},
      {{{"ephemeral", "no"}, {"preset", "ci"}, {"ephemeral_seconds", "90"}}, "Only temporary"},
      {{{"time", "08:00"}}, "is no date"},
      {{{"date", "2099-03-01"}}, "ten years at most"},
      {{{"expiry", "at"}, {"date", "2027-03-01"}, {"time", "noon"}}, "is no date"},
      {{{"gateway_mode", "fixed"}}, "Which device is the gateway?"},
      {{{"gateway_mode", "fixed"}, {"gateway_device", "nobody"}}, "no device called nobody"},
      {{{"gateway_device", "nobody"}}, "A device counts only with"},
      {{{"preset", "contractor"}, {"uses", "2"}}, "“Contractor” makes a one-time key"},
      {{{"group", "99"}}, "group not found"}};
  for (const Wrong& wrong : wrongs) {
    Fields fields = wrong.fields;
    fields.emplace_back("note", "kept note");
    const std::string before = made.world.stored();
    const Answer answer = made.make(fields);
    INFO(wrong.sentence);
    CHECK(answer.status == 422);
    CHECK(shows(answer, wrong.sentence));
    CHECK(shows(answer, "value=\"Shop tills\""));
    CHECK(shows(answer, "kept note"));
    CHECK((made.world.stored() == before));
  }
  const Answer nameless = made.owner.post("/keys/new", {{"preset", "several"}, {"name", " "}});
  CHECK(shows(nameless, "The key needs a name"));
  CHECK(shows(nameless, "value=\"several\" checked"));
}

TEST_CASE("a protected group is marked in the form and takes a one-time key") {
  Made made;
  const auto group = made.world.make_group("customers", true);
  CHECK(shows(made.owner.get("/keys/new"), "protected, one-time keys only"));
  CHECK(made.make({{"preset", "one"}, {"group", group}}).status == 200);
  CHECK(made.make({{"preset", "several"}, {"uses", "1"}, {"group", group}}).status == 200);
}

TEST_CASE("the created page shows a secret that works, and a line for each system that has one") {
  Made made;
  made.world.config.public_url = "https://gate.example.com";
  made.world.restart();
  const Answer answer = made.make({{"preset", "several"}, {"uses", "10"}});
  REQUIRE(answer.status == 200);
  const std::string secret = secret_in(answer);
  CHECK(made.world.enroll(secret, device_secret(1)).status == 200);
  for (const char* words : {"Linux", "macOS", "Works for 10 machines until ", "password manager",
                            "Waiting for the first device…", "<dialog open data-modal"})
    CHECK(shows(answer, words));
  CHECK(!shows(answer, "Windows"));
  CHECK(between(answer.body, "<code id=\"line-linux\">", "</code>") ==
        "curl -fsSL https://gate.example.com/install.sh | sh -s -- --control "
        "https://gate.example.com --key " +
            secret);
}

TEST_CASE("the form that is sent again makes no second key and leads to the first") {
  Made made;
  const Fields fields{{"preset", "one"}, {"form_number", "f1"}};
  const std::string secret = secret_in(made.make(fields));
  const auto id = made.newest("id");
  const std::string before = made.world.stored();
  const Answer again = made.make(fields);
  CHECK(again.status == 200);
  CHECK(shows(again, "Already created"));
  CHECK(shows(again, "href=\"/keys/" + id + "\""));
  CHECK(!shows(again, secret));
  CHECK((made.world.stored() == before));
}

TEST_CASE("a refused form may be sent again with the same number") {
  Made made;
  CHECK(made.make({{"uses", "x"}, {"form_number", "f1"}}).status == 422);
  CHECK(made.make({{"group", "99"}, {"form_number", "f1"}}).status == 422);
  CHECK(!secret_in(made.make({{"form_number", "f1"}})).empty());
}

TEST_CASE("waiting for the first device turns into the device") {
  Made made;
  const Answer answer = made.make({{"preset", "several"}, {"requires_approval", "on"}});
  const std::string live = between(answer.body, "data-live=\"", "\"");
  CHECK(shows(made.owner.get(live), "Waiting for the first device…"));
  made.world.enroll(secret_in(answer), device_secret(1));
  const Answer arrived = made.owner.get(live);
  CHECK(shows(arrived, "waits for approval"));
  CHECK(!shows(arrived, "Waiting for the first device…"));
  made.world.run("UPDATE devices SET approved_at = 1");
  CHECK(shows(made.owner.get(live), "is connected"));
  for (int i = 2; i <= 6; ++i) made.world.enroll(secret_in(answer), device_secret(i));
  CHECK(shows(made.owner.get(live), "And more"));
}

TEST_CASE("an auditor cannot make keys") {
  World world;
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  CHECK(auditor.get("/keys/new").status == 403);
  const std::string before = world.stored();
  CHECK(auditor.post("/keys/new", {{"name", "x"}}).status == 403);
  CHECK((world.stored() == before));
}

}  // namespace
}  // namespace muster
