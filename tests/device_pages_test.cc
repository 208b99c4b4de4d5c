#include "server/device_pages.h"

#include <algorithm>
#include <random>

#include "server/device_search.h"
#include "tests/catch.h"
#include "tests/world.h"

// Pages of the list of devices: whichever way they are found, they are what sorting everything
// would give.

namespace muster {
namespace {

struct Plain {
  DeviceId id;
  std::string name;
  std::int64_t enrolled_at;
  std::int64_t seen_at;
  DeviceState state;
};

struct Fleet : World {
  explicit Fleet(unsigned seed) : random(seed) {
    make_group("tills");
    const std::string keys[]{make_key(R"("type": "reusable", "auto_groups": ["tills"])"),
                             make_key(R"("type": "reusable", "requires_approval": true)")};
    for (int i = 0; i < 60; ++i) {
      enroll(keys[pick(5) == 0], device_secret(i),
             R"(, "hostname": ")" + std::string(1, static_cast<char>('a' + pick(26))) +
                 R"(-box", "os": ")" + (pick(2) ? "linux" : "windows") + "\"");
      clock.pass(pick(30));
      if (pick(4) == 0) ask("DELETE", "/api/devices/" + std::to_string(i + 1 - pick(3)));
      if (pick(3) == 0)
        ask_as_device(device_secret(pick(i + 1)), "/api/agent/leave", R"({"how": "down"})");
      if (pick(20) == 0) app().last_seen.flush(database());
      if (pick(20) == 0) database().write([](Transaction& tx) { index_devices(tx, 20); });
      if (pick(40) == 0) restart();
    }
  }

  int pick(int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); }

  // The same question, answered by looking at each device.
  std::vector<Plain> list_plain(const DevicePageQuery& wanted) {
    std::vector<Plain> all;
    database().read([&](const Snapshot& snapshot) {
      for (int i = 1; i <= 60; ++i) {
        const Device device = *find_device(snapshot, DeviceId{i});
        const auto& filter = wanted.filter;
        const auto has = [&](const std::string& text) {
          return text.find(filter.search) != std::string::npos;
        };
        if (!has(device.name) && !has(device.hostname) && !has(device.address())) continue;
        if (filter.os && device.os != *filter.os) continue;
        if (filter.setup_key_id && device.setup_key_id != *filter.setup_key_id) continue;
        if (filter.group_id && std::ranges::find(device.groups, *filter.group_id,
                                                 &DeviceGroup::id) == device.groups.end())
          continue;
        const auto call = app().last_seen.last_call(device.id);
        all.push_back({device.id, device.name, device.enrolled_at,
                       std::max(call.value_or(0), device.stored_last_seen_at.value_or(0)),
                       state_of(device)});
      }
    });
    std::erase_if(all, [&](const Plain& one) {
      return wanted.state ? one.state != *wanted.state : one.state == DeviceState::removed;
    });
    return all;
  }

  DeviceState state_of(const Device& device) {
    if (device.removed_at) return DeviceState::removed;
    if (!device.approved_at) return DeviceState::waiting;
    return app().last_seen.is_online(device.id) ? DeviceState::online : DeviceState::offline;
  }

  DevicePageQuery any_query() {
    DevicePageQuery wanted;
    if (pick(3) == 0) wanted.filter.os = "linux";
    if (pick(4) == 0) wanted.filter.setup_key_id = KeyId{2 + pick(2)};
    if (pick(4) == 0) wanted.filter.group_id = GroupId{2};
    if (pick(3) == 0) wanted.filter.search = pick(2) ? "-box" : "b";
    if (pick(2) == 0) wanted.state = static_cast<DeviceState>(pick(4));
    wanted.sort = static_cast<DeviceSort>(pick(3));
    wanted.is_descending = pick(2) == 0;
    wanted.offset = pick(3) * 7;
    wanted.limit = 7;
    return wanted;
  }

  std::mt19937 random;
};

void sort_plain(std::vector<Plain>& all, const DevicePageQuery& wanted) {
  std::ranges::sort(all, [&](const Plain& a, const Plain& b) {
    const auto key = [&](const Plain& one) {
      return std::tuple{wanted.sort == DeviceSort::name ? one.name : std::string{},
                        wanted.sort == DeviceSort::enrolled_at    ? one.enrolled_at
                        : wanted.sort == DeviceSort::last_seen_at ? one.seen_at
                                                                  : 0,
                        one.id};
    };
    const bool a_waits = a.state == DeviceState::waiting;
    const bool b_waits = b.state == DeviceState::waiting;
    if (a_waits != b_waits) return a_waits;
    return wanted.is_descending ? key(b) < key(a) : key(a) < key(b);
  });
}

TEST_CASE("every page is what sorting and counting all devices one by one would give") {
  const unsigned seed = GENERATE(take(4, random(0U, 1'000'000U)));
  Fleet world{seed};
  for (int round = 0; round < 150; ++round) {
    const DevicePageQuery wanted = world.any_query();
    auto expected = world.list_plain(wanted);
    sort_plain(expected, wanted);
    const DevicePage page = world.database().read([&](const Snapshot& snapshot) {
      return find_device_page(snapshot, world.app().last_seen, wanted);
    });
    INFO("seed " << seed << ", round " << round);
    REQUIRE(page.counts);
    REQUIRE(page.counts->of(wanted.state) == static_cast<std::int64_t>(expected.size()));
    std::vector<DeviceId> ids;
    for (const Plain& one : expected) ids.push_back(one.id);
    ids.erase(ids.begin(), ids.begin() + std::min<std::ptrdiff_t>(wanted.offset, std::ssize(ids)));
    ids.resize(std::min<std::size_t>(ids.size(), 7));
    INFO("sort " << static_cast<int>(wanted.sort) << (wanted.is_descending ? " down" : " up")
                 << ", offset " << wanted.offset << ", state "
                 << (wanted.state ? static_cast<int>(*wanted.state) : -1) << ", search "
                 << wanted.filter.search);
    REQUIRE(json_ids(page.ids) == json_ids(ids));
  }
}

TEST_CASE("a search that finds very many shows the first by name, uncounted, and a next page") {
  World world;
  world.make_key(R"("type": "reusable")");
  world.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5100)"
      " INSERT INTO devices (name, hostname, os, os_version, arch, agent_version, machine_id,"
      " secret_hash, setup_key_id, enrolled_with_hash, enrolled_at, enrolled_from, approved_at,"
      " ephemeral, ephemeral_seconds) SELECT printf('box-%05d', 9000 - i), 'h', 'linux', '', '',"
      " '', '', randomblob(32), 2, zeroblob(32), i, '', 1, 0, 600 FROM n");
  world.database().write([](Transaction& tx) { index_devices(tx, 10'000); });
  const auto look = [&](std::int64_t offset) {
    return world.database().read([&](const Snapshot& snapshot) {
      return find_device_page(snapshot, world.app().last_seen,
                              {.filter = {.search = "box-"}, .offset = offset, .limit = 3});
    });
  };
  CHECK(!look(0).counts);
  CHECK(look(0).ids ==
        std::vector<DeviceId>{DeviceId{5100}, DeviceId{5099}, DeviceId{5098}, DeviceId{5097}});
  CHECK(look(5097).ids == std::vector<DeviceId>{DeviceId{3}, DeviceId{2}, DeviceId{1}});
}

TEST_CASE("no list of devices or keys walks over all devices") {
  World world;
  world.make_key(R"("type": "reusable")");
  for (const auto& plan : world.plans([&](const Snapshot& snapshot) {
         const LastSeen& last_seen = world.app().last_seen;
         for (const auto sort :
              {DeviceSort::name, DeviceSort::enrolled_at, DeviceSort::last_seen_at})
           for (const char* search : {"", "till"}) {
             find_device_page(snapshot, last_seen, {.filter = {.search = search}, .sort = sort});
             find_device_page(snapshot, last_seen,
                              {.filter = {.setup_key_id = KeyId{2}, .search = search},
                               .state = DeviceState::removed,
                               .sort = sort});
           }
         list_devices(snapshot, {.search = "till"}, DeviceId{}, 100);
         list_devices(snapshot, {.setup_key_id = KeyId{2}}, DeviceId{}, 100);
         list_devices(snapshot, {.group_id = GroupId{2}}, DeviceId{}, 100);
         list_devices(snapshot, {}, DeviceId{}, 100);
         list_keys_with_devices(snapshot, 40);
       })) {
    INFO(plan);
    CHECK(plan.find("SCAN d\n") == std::string::npos);
    CHECK(plan.find("SCAN devices\n") == std::string::npos);
  }
}

}  // namespace
}  // namespace muster
