#include "server/key_list.h"

#include "tests/catch.h"
#include "tests/world.h"

// Lists of keys: filters, order, pages, counts; and that ten thousand of them cost no more than
// they must.

namespace muster {
namespace {

std::string ids_of(const Answer& answer) {
  if (answer.status != 200) return answer.body;
  std::string ids;
  const auto keys = answer.json();
  for (const auto& key : keys) ids += key.at("id").get<std::string>() + " ";
  return ids;
}

// 1 default; 2 expired Apple in group tills; 3 revoked banana; 4 paused, in the network office;
// 5 used up; 6 valid, another's, never ending; 7 deleted.
struct Keys : World {
  Keys() {
    make_group("tills");
    office = make_network("office", "10.0.0.0/24");
    clock.pass(10);
    add("Apple", R"("type": "reusable", "expires_in": 60, "auto_groups": ["tills"])");
    add("banana", R"("type": "reusable", "expires_in": 1000)");
    ask("PATCH", "/api/setup-keys/3", R"({"revoked": true})");
    add("Cherry", R"("type": "reusable", "expires_in": 500, "networks": ["office"])");
    ask("POST", "/api/setup-keys/4/pause");
    const auto used = add("date 100%", R"("type": "one-off")");
    enroll(used.at("key"), device_secret(1));
    const std::string eva = make_token("admin");
    const auto valid =
        ask("POST", "/api/setup-keys", R"({"name": "elder", "type": "reusable"})", {.token = eva});
    clock.pass(10);
    enroll(valid.json().at("key"), device_secret(2));
    enroll(valid.json().at("key"), device_secret(3));
    add("fig", R"("type": "reusable")");
    ask("DELETE", "/api/setup-keys/7");
    clock.pass(60);
  }
  nlohmann::json add(const std::string& name, const std::string& members) {
    clock.pass(1);
    return ask("POST", "/api/setup-keys", R"({"name": ")" + name + "\", " + members + "}").json();
  }
  std::string list(const std::string& query) {
    return ids_of(ask("GET", "/api/setup-keys?" + query));
  }
  std::string office;
};

TEST_CASE("a list of keys has what its filters leave") {
  struct Row {
    const char* query;
    const char* ids;
  };
  const auto row = GENERATE(
      Row{"", "1 2 3 4 5 6 "}, Row{"state=expired", "2 "}, Row{"state=revoked", "3 "},
      Row{"state=paused", "4 "}, Row{"state=overused", "5 "}, Row{"state=valid", "1 6 "},
      Row{"dead=true", "2 3 5 "}, Row{"dead=false", "1 4 6 "}, Row{"deleted=true", "7 "},
      Row{"deleted=false", "1 2 3 4 5 6 "}, Row{"group=2", "2 "}, Row{"group=99", ""},
      Row{"network=2", "4 "}, Row{"network=1", "1 2 3 5 6 "}, Row{"created_by_id=1", "2 3 4 5 "},
      Row{"created_by_id=2", "6 "}, Row{"search=APPLE", "2 "}, Row{"search=100%", "5 "},
      Row{"search=%", "5 "}, Row{"search=_", "1 2 3 4 5 6 "}, Row{"search=p1@example", "6 "},
      Row{"search=ana@", "2 3 4 5 "}, Row{"search=nobody", ""},
      Row{"search=e&dead=false&created_by_id=1", "4 "}, Row{"deleted=true&search=fig", "7 "});
  Keys world;
  INFO(row.query);
  CHECK(world.list(row.query) == row.ids);
}

TEST_CASE("a key is found by its hint, as it is shown") {
  Keys world;
  const auto key = world.ask("GET", "/api/setup-keys/6").json();
  CHECK(world.list("search=" + key.at("hint").get<std::string>()) == "6 ");
  CHECK(world.list("search=" + key.at("key").get<std::string>()) == "6 ");
}

TEST_CASE("a list of keys comes in the order that was asked for, both ways") {
  struct Row {
    const char* sort;
    const char* ids;
  };
  const auto row =
      GENERATE(Row{"id", "1 2 3 4 5 6 "}, Row{"-id", "6 5 4 3 2 1 "}, Row{"name", "2 3 4 5 1 6 "},
               Row{"-name", "6 1 5 4 3 2 "}, Row{"created_at", "1 2 3 4 5 6 "},
               Row{"-created_at", "6 5 4 3 2 1 "}, Row{"last_used_at", "1 2 3 4 5 6 "},
               Row{"-last_used_at", "6 5 4 3 2 1 "}, Row{"expires_at", "2 4 3 1 5 6 "},
               Row{"-expires_at", "6 5 1 3 4 2 "}, Row{"used_times", "1 2 3 4 5 6 "},
               Row{"-used_times", "6 5 4 3 2 1 "}, Row{"devices_count", "1 2 3 4 5 6 "},
               Row{"-devices_count", "6 5 4 3 2 1 "});
  Keys world;
  INFO(row.sort);
  CHECK(world.list(std::string{"sort="} + row.sort) == row.ids);
}

TEST_CASE("a list of keys can be had in pages") {
  Keys world;
  CHECK(world.list("sort=-name&limit=2") == "6 1 ");
  CHECK(world.list("sort=-name&limit=2&offset=2") == "5 4 ");
  CHECK(world.list("sort=-name&limit=9&offset=5") == "2 ");
  CHECK(world.list("offset=99") == "");
}

TEST_CASE("a question about keys that cannot be read is refused") {
  const auto* query = GENERATE("state=alive", "dead=yes", "deleted=1", "group=x", "network=-1",
                               "created_by_id=0x1", "sort=", "sort=color", "sort=--id", "limit=0",
                               "limit=x", "offset=-1", "offset=x", "offset=99999999999999999999");
  Keys world;
  INFO(query);
  CHECK(world.ask("GET", std::string{"/api/setup-keys?"} + query).reason() == "invalid");
}

TEST_CASE("counts say how many keys are in each state, beside the filter for it") {
  Keys world;
  const auto count = [&](const KeyFilter& filter) {
    const auto counts = world.database().read(
        [&](const Snapshot& snapshot) { return count_keys(snapshot, filter, world.clock.now()); });
    CHECK(counts.all() >= counts.dead());
    return counts.by_state;
  };
  using Counts = std::array<std::int64_t, 5>;
  CHECK((count({}) == Counts{1, 1, 1, 1, 2}));
  CHECK((count({.state = KeyState::valid}) == Counts{1, 1, 1, 1, 2}));
  CHECK((count({.created_by_id = UserId{1}}) == Counts{1, 1, 1, 1, 0}));
  CHECK((count({.is_deleted = true}) == Counts{0, 1, 0, 0, 0}));
}

TEST_CASE("a page of keys tells how many there are") {
  Keys world;
  const auto page = world.database().read([&](const Snapshot& snapshot) {
    return list_keys(snapshot, {.is_dead = true}, *parse_key_order("-id"), 1, 1, world.clock.now());
  });
  REQUIRE(page.keys.size() == 1);
  CHECK(page.keys[0].id == KeyId{3});
  CHECK(page.total == 3);
}

TEST_CASE("a deleted key is found by those who look back, and by its secret") {
  Keys world;
  world.database().read([&](const Snapshot& snapshot) {
    CHECK(!find_key(snapshot, KeyId{7}));
    CHECK(find_key_even_deleted(snapshot, KeyId{7})->name == "fig");
  });
}

TEST_CASE("the count of a key's devices is right whatever comes and goes") {
  World world;
  const auto made = world.make_key_object(R"("type": "reusable", "ephemeral": true)");
  for (int i = 1; i <= 5; ++i) world.enroll(made.at("key"), device_secret(i));
  world.ask("DELETE", "/api/devices/1");
  world.ask_as_device(device_secret(2), "/api/agent/leave", R"({"how": "leave"})");
  world.ask_as_device(device_secret(3), "/api/agent/leave", R"({"how": "down"})");
  CHECK(world.number("SELECT devices_count FROM setup_keys WHERE id = 2") == 2);
  world.run("UPDATE devices SET removed_at = NULL WHERE id = 1");
  CHECK(world.number("SELECT devices_count FROM setup_keys WHERE id = 2") == 3);
}

// 10,000 dead keys, and one with 5,000 of 100,000 devices.
struct Crowd : World {
  Crowd() {
    const std::string office = make_network("office", "10.0.0.0/8");
    run("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= 10000)"
        " INSERT INTO setup_keys (id, name, type, secret_hash, hint, created_by_id, created_at,"
        " updated_at, revoked_at, used_times) SELECT i, 'key ' || i, 'reusable', randomblob(32),"
        " 'mkey_' || printf('%05d', i), 1, i, i, 1, i % 7 FROM n");
    run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
        " INSERT INTO devices (name, hostname, os, os_version, arch, agent_version, machine_id,"
        " secret_hash, setup_key_id, enrolled_with_hash, enrolled_at, enrolled_from, ephemeral,"
        " ephemeral_seconds) SELECT 'd' || i, 'host', 'linux', '', '', '', '', randomblob(32),"
        " iif(i <= 5000, 2, 3 + i % 9000), zeroblob(32), 0, '', 0, 600 FROM n");
  }
};

TEST_CASE("with 10,000 dead keys and 100,000 devices no list of keys looks at the devices") {
  Crowd world;
  const auto now = world.clock.now();
  const KeyFilter filters[] = {{}, {.is_dead = true, .search = "key 77"}};
  CHECK(world.ask("GET", "/api/setup-keys/2").json().at("devices_count") == 5000);
  for (const std::string& plan : world.plans([&](const Snapshot& snapshot) {
         for (const KeyFilter& filter : filters) {
           list_keys(snapshot, filter, *parse_key_order("-devices_count"), 100, 50, now);
           count_keys(snapshot, filter, now);
         }
       })) {
    INFO(plan);
    CHECK(plan.find(" devices") == std::string::npos);
    CHECK(plan.find("SCAN d") == std::string::npos);
  }
}

}  // namespace
}  // namespace muster
