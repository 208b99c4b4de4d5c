#include "server/format.h"
#include "tests/browser.h"
#include "tests/catch.h"

// The pages of networks: how full each is, what names it, and what deleting it would end.

namespace muster {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Networks {
  World world;
  Browser owner{world};
  Networks() { owner.sign_in_as(); }
  std::string page(const std::string& path) {
    const Answer answer = owner.get(path);
    CHECK(answer.status == 200);
    return answer.body;
  }
  void make(const std::string& name, const std::string& cidr) {
    world.ask("POST", "/api/networks", formatted(R"({{"name": "{}", "cidr": "{}"}})", name, cidr));
  }
  std::string key_for(const std::string& network) {
    return world.make_key(formatted(R"("type": "reusable", "networks": ["{}"])", network));
  }
};

TEST_CASE_METHOD(Networks, "the list of networks tells range, use and default key of each") {
  world.enroll(world.make_key(R"("type": "reusable")"), device_secret(1));
  const std::string html = page("/networks");
  CHECK(has(html, "<a href=\"/networks/1\">default</a>"));
  CHECK(has(html, "the default network"));
  CHECK(has(html, "<td class=\"mono\">100.64.0.0/10</td>"));
  CHECK(has(html, "1 of 4,194,302 used"));
  CHECK(has(html, "One network is enough for most"));
  CHECK(has(html, "href=\"/networks\" aria-current=\"page\""));
}

TEST_CASE_METHOD(Networks, "a new network comes with its default key, shown once") {
  CHECK(input_value(page("/networks/new"), "cidr") == "10.64.0.0/16");
  const Fields fields{{"name", "shops"},
                      {"cidr", "10.64.0.0/16"},
                      {"devices_reach", "gateways"},
                      {"form_number", "abc"}};
  const Answer made = owner.post("/networks/new", fields);
  CHECK(made.status == 200);
  CHECK(has(made.body, "<code id=\"secret\">mkey_"));
  CHECK(world.text("SELECT devices_reach FROM networks WHERE name = 'shops'") == "gateways");
  CHECK(world.number("SELECT count(*) FROM setup_keys WHERE network_default_of = 2") == 1);
  const std::string before = world.stored();
  const Answer again = owner.post("/networks/new", fields);
  CHECK(has(again.body, "Already created"));
  CHECK(has(again.body, "href=\"/networks/2\""));
  CHECK_FALSE(has(again.body, "mkey_"));
  CHECK((world.stored() == before));
  CHECK(input_value(page("/networks/new"), "cidr") == "10.65.0.0/16");
}

TEST_CASE_METHOD(Networks,
                 "a network that cannot be says why at each field, and keeps what was typed") {
  struct Wrong {
    const char* name;
    const char* cidr;
    const char* sentence;
  };
  const std::string before = world.stored();
  for (const Wrong& wrong :
       {Wrong{"default", "10.1.0.0/16", "Network with name default already exists."},
        Wrong{" ", "10.1.0.0/16", "Network name shouldn"},
        Wrong{"shops", "100.70.0.0/16", "The range overlaps 100.64.0.0/10 of network default."},
        Wrong{"shops", "10.1.2.0/16", "did you mean 10.1.0.0/16?"},
        Wrong{"shops", "everything", "The range must be IPv4"},
        Wrong{"shops", "10.0.0.0/31", "The range must be IPv4"}}) {
    const Answer answer =
        owner.post("/networks/new",
                   {{"name", wrong.name}, {"cidr", wrong.cidr}, {"devices_reach", "gateways"}});
    INFO(wrong.sentence << answer.body);
    CHECK(answer.status == 422);
    CHECK(has(answer.body, wrong.sentence));
    CHECK(has(answer.body, "aria-invalid=\"true\""));
    CHECK(input_value(answer.body, "cidr") == wrong.cidr);
    CHECK(has(answer.body, "value=\"gateways\" checked"));
  }
  const Answer both = owner.post("/networks/new", {{"name", ""}, {"cidr", "x"}});
  CHECK(has(both.body, "id=\"name-wrong\""));
  CHECK(has(both.body, "id=\"cidr-wrong\""));
  CHECK((world.stored() == before));
}

TEST_CASE_METHOD(Networks,
                 "a network's page shows its devices by address and the keys that name it") {
  make("shops", "10.9.0.0/24");
  const std::string key = key_for("shops");
  for (int i = 1; i <= 60; ++i) world.enroll(key, device_secret(i));
  const std::string html = page("/networks/2");
  CHECK(has(html, "60 devices"));
  CHECK(has(html, "<strong>60</strong> of 254 used, <strong>194</strong> free"));
  CHECK(has(html, "<a href=\"/devices/1\">"));
  CHECK(has(html, "10.9.0.50</td>"));
  CHECK_FALSE(has(html, "10.9.0.51</td>"));
  CHECK(has(html, "Working keys that name it: 2"));
  CHECK(has(html, "its default key"));
  CHECK(has(html, "do not reach each other yet"));
  const auto next = html.find("/networks/2?after=");
  const std::string rest = page(html.substr(next, html.find('"', next) - next));
  CHECK(has(rest, "10.9.0.60</td>"));
  CHECK_FALSE(has(rest, "10.9.0.50</td>"));
  CHECK(has(rest, "From the first"));
}

TEST_CASE_METHOD(Networks, "a full network says so, and that freed addresses rest a day") {
  make("shops", "10.9.0.0/30");
  const std::string key = key_for("shops");
  world.enroll(key, device_secret(1));
  world.enroll(key, device_secret(2));
  CHECK(has(page("/networks"), "Full"));
  CHECK(has(page("/networks/2"), "No further device gets in."));
  world.ask("DELETE", "/api/devices/1");
  CHECK_FALSE(has(page("/networks/2"), "No further device gets in."));
  CHECK(has(page("/networks/2"), "1 of the free ones"));
}

TEST_CASE_METHOD(Networks, "a network is renamed with its key, moved and told who reaches whom") {
  make("shops", "10.9.0.0/24");
  world.enroll(key_for("shops"), device_secret(1));
  const Answer saved = owner.post(
      "/networks/2", {{"name", "tills"}, {"cidr", "10.9.0.0/28"}, {"devices_reach", "gateways"}});
  CHECK(saved.headers.at("Location") == "/networks/2?notice=network-saved");
  CHECK(
      world.text("SELECT name || ' ' || cidr || ' ' || devices_reach FROM networks WHERE id = 2") ==
      "tills 10.9.0.0/28 gateways");
  CHECK(world.text("SELECT name FROM setup_keys WHERE network_default_of = 2") == "tills");
  CHECK(has(page("/networks/2?notice=network-saved"), "The network is saved."));
  const std::string before = world.stored();
  const Answer outside = owner.post("/networks/2", {{"name", "tills"}, {"cidr", "10.8.0.0/24"}});
  CHECK(outside.status == 422);
  CHECK(has(outside.body, "The range leaves out 10.9.0.1, which a device has."));
  CHECK(input_value(outside.body, "cidr") == "10.8.0.0/24");
  CHECK((world.stored() == before));
}

TEST_CASE_METHOD(Networks, "deleting a network with devices leads to what goes with it") {
  make("shops", "10.9.0.0/24");
  CHECK(has(page("/networks/2"), "No device and no working key would go with it."));
  world.enroll(key_for("shops"), device_secret(1));
  const std::string html = page("/networks/2");
  CHECK(has(html, "1 device and 1 key would go with it."));
  CHECK(has(html, "href=\"/revocations/network/2\""));
  const std::string before = world.stored();
  CHECK(owner.post("/networks/2/delete").headers.at("Location") == "/revocations/network/2");
  CHECK((world.stored() == before));
  CHECK(owner.get("/revocations/network/2").status == 200);
}

TEST_CASE_METHOD(Networks, "an empty network is deleted, the default one never") {
  make("shops", "10.9.0.0/24");
  CHECK(owner.post("/networks/2/delete").headers.at("Location") ==
        "/networks?notice=network-deleted");
  CHECK(owner.get("/networks/2").status == 404);
  CHECK(owner.post("/networks/2/delete").status == 404);
  CHECK(owner.post("/networks/2", {{"name", "x"}, {"cidr", "10.9.0.0/24"}}).status == 404);
  const Answer refused = owner.post("/networks/1/delete");
  CHECK(refused.status == 422);
  CHECK(has(refused.body, "The default network cannot be deleted."));
  CHECK(has(page("/networks/1"), "The default network stays"));
}

TEST_CASE_METHOD(Networks, "an auditor sees networks without buttons, a member nothing") {
  make("shops", "10.9.0.0/24");
  Browser auditor{world};
  auditor.sign_in_as("auditor");
  const std::string html = auditor.get("/networks/2").body;
  CHECK(has(html, "Each other, through a gateway."));
  CHECK_FALSE(has(html, "action=\"/networks/2"));
  CHECK_FALSE(has(auditor.get("/networks").body, "New network"));
  CHECK(auditor.get("/networks/new").status == 403);
  CHECK(auditor.post("/networks/2/delete").status == 403);
  Browser member{world};
  member.sign_in_as("member");
  CHECK(member.get("/networks").status == 403);
}

}  // namespace
}  // namespace muster
