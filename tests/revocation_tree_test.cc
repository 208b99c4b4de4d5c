#include <iostream>
#include <map>
#include <random>

#include "server/revocation.h"
#include "tests/cascade.h"
#include "tests/catch.h"

// A thousand random trees of people, tokens, keys, links and devices. What fell is what the plan
// said, and what an independent look at the tree says; nothing else changed.

namespace muster {
namespace {

constexpr int kTrees = 1'000;

struct KeyNode {
  std::int64_t id;
  std::size_t maker;
  std::optional<std::size_t> token;  // in the list of tokens
  bool is_ended;
  std::optional<std::int64_t> unused_link;
  std::vector<std::int64_t> devices;  // living ones
};
struct TokenNode {
  std::int64_t id;
  std::size_t person;
};
struct Forest {
  std::vector<std::int64_t> people;
  std::vector<TokenNode> tokens;
  std::vector<KeyNode> keys;
};

class Grower {
 public:
  Grower(Transaction& tx, std::mt19937& random, int tree) : tx_(tx), random_(random), tree_(tree) {}

  Forest grow() {
    const auto people = 2 + pick(3);
    for (std::size_t i = 0; i < people; ++i) add_person();
    const auto tokens = pick(4);
    for (std::size_t i = 0; i < tokens; ++i) add_token();
    const auto keys = 1 + pick(7);
    for (std::size_t i = 0; i < keys; ++i) add_key();
    return std::move(forest_);
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  Hash hash() { return hash_of(std::to_string(tree_) + "/" + std::to_string(++hashes_)); }

  void add_person() {
    const std::string email =
        std::to_string(tree_) + "-" + std::to_string(forest_.people.size()) + "@example.com";
    forest_.people.push_back(tx_.insert(
        "INSERT INTO users (email, name, role, created_at) VALUES (?, 'P', 'admin', 1)", {email}));
  }
  void add_token() {
    const auto person = pick(forest_.people.size());
    const Hash secret = hash();
    forest_.tokens.push_back(
        {tx_.insert("INSERT INTO access_tokens (user_id, name, secret_hash, hint, created_at,"
                    " expires_at) VALUES (?, 't', ?, 'h', 1, 9)",
                    {forest_.people[person], secret}),
         person});
  }
  // Some are made with a token, and some of these were handed over since.
  void add_key() {
    KeyNode key{0, pick(forest_.people.size()), std::nullopt, pick(5) == 0, std::nullopt, {}};
    if (!forest_.tokens.empty() && pick(2) == 0) {
      key.token = pick(forest_.tokens.size());
      if (pick(4) != 0) key.maker = forest_.tokens[*key.token].person;
    }
    const std::size_t devices = pick(4);
    const Hash secret = hash();
    key.id = tx_.insert(
        "INSERT INTO setup_keys (name, type, secret_hash, hint, created_by_id, created_with_id,"
        " created_at, updated_at, revoked_at, used_times) VALUES ('k', 'reusable', ?, 'h', ?, ?, 1,"
        " 1, ?, ?)",
        {secret, forest_.people[key.maker],
         key.token ? std::optional{forest_.tokens[*key.token].id} : std::nullopt,
         key.is_ended ? std::optional{1} : std::nullopt, devices});
    if (pick(3) == 0) {
      const auto link = tx_.insert(
          "INSERT INTO install_links (setup_key_id, recipient, note, message, created_at)"
          " VALUES (?, 'R', '', '', 1)",
          {key.id});
      if (devices == 0 && !key.is_ended) key.unused_link = link;
    }
    for (std::size_t i = 0; i < devices; ++i) add_device(key);
    forest_.keys.push_back(std::move(key));
  }
  void add_device(KeyNode& key) {
    const bool is_removed = pick(4) == 0;
    const Hash secret = hash();
    const std::string name = std::to_string(tree_) + "-" + std::to_string(hashes_);
    const auto id = tx_.insert(
        "INSERT INTO devices (name, hostname, os, os_version, arch, agent_version, machine_id,"
        " secret_hash, setup_key_id, enrolled_with_hash, enrolled_at, enrolled_from, ephemeral,"
        " ephemeral_seconds, removed_at) VALUES (?, 'h', 'linux', '', '', '', '', ?, ?, ?, 1, '',"
        " 0, 600, ?)",
        {name, secret, key.id, secret, is_removed ? std::optional{1} : std::nullopt});
    if (!is_removed) key.devices.push_back(id);
  }

  Transaction& tx_;
  std::mt19937& random_;
  int tree_;
  int hashes_ = 0;
  Forest forest_;
};

using Falls = std::set<std::string>;

void key_falls(Falls& falls, const KeyNode& key, bool with_devices) {
  if (!key.is_ended) falls.insert("setup_key " + std::to_string(key.id) + " revoked");
  if (key.unused_link)
    falls.insert("install_link " + std::to_string(*key.unused_link) + " withdrawn");
  if (!with_devices) return;
  for (const auto device : key.devices)
    falls.insert("device " + std::to_string(device) + " removed");
}

struct Choice {
  Target target;
  bool with_devices;
  Falls expected;
};

// What falls with one of the tree, by looking from each key upwards.
Choice choose(const Forest& forest, std::mt19937& random) {
  const bool with_devices = random() % 2 == 0;
  const auto kind = random() % 3;
  if (kind == 0) {
    const auto person = random() % forest.people.size();
    Choice choice{{TargetKind::user, forest.people[person]}, true, {}};
    choice.expected.insert("user " + std::to_string(forest.people[person]) + " removed");
    for (const TokenNode& token : forest.tokens)
      if (token.person == person)
        choice.expected.insert("access_token " + std::to_string(token.id) + " revoked");
    for (const KeyNode& key : forest.keys)
      if (key.maker == person) key_falls(choice.expected, key, true);
    return choice;
  }
  if (kind == 1 && !forest.tokens.empty()) {
    const auto token = random() % forest.tokens.size();
    const auto id = forest.tokens[token].id;
    Choice choice{{TargetKind::access_token, id}, with_devices, {}};
    choice.expected.insert("access_token " + std::to_string(id) + " revoked");
    for (const KeyNode& key : forest.keys)
      if (key.token == token) key_falls(choice.expected, key, with_devices);
    return choice;
  }
  const KeyNode& key = forest.keys[random() % forest.keys.size()];
  Choice choice{{TargetKind::setup_key, key.id}, with_devices, {}};
  key_falls(choice.expected, key, with_devices);
  return choice;
}

// All that can fall and has not, as "device 3 removed".
Falls standing(const Snapshot& snapshot) {
  Falls falls;
  auto query = snapshot.query(
      "SELECT 'user ' || id || ' removed' FROM users WHERE removed_at IS NULL"
      " UNION ALL SELECT 'access_token ' || id || ' revoked' FROM access_tokens"
      "  WHERE revoked_at IS NULL"
      " UNION ALL SELECT 'setup_key ' || id || ' revoked' FROM setup_keys WHERE revoked_at IS NULL"
      " UNION ALL SELECT 'install_link ' || l.id || ' withdrawn' FROM install_links l"
      "  JOIN setup_keys k ON k.id = l.setup_key_id"
      "  WHERE k.revoked_at IS NULL AND k.used_times = 0"
      " UNION ALL SELECT 'device ' || id || ' removed' FROM devices WHERE removed_at IS NULL");
  while (query.step()) falls.insert(query.text());
  return falls;
}

Falls without(Falls all, const Falls& gone) {
  for (const std::string& one : gone) all.erase(one);
  return all;
}

Falls planned(const RevocationPlan& plan) {
  Falls falls;
  for (const RevocationItem& item : plan.items)
    if (item.effect != Effect::already_ended)
      falls.insert(std::string{item.kind} + " " + std::to_string(item.id) + " " +
                   std::string{text_of(item.effect)});
  return falls;
}

// The world of before is forgotten, so that each tree stands alone.
void clear(Transaction& tx) {
  for (const char* sql :
       {"DELETE FROM install_links", "DELETE FROM devices",
        "DELETE FROM setup_keys WHERE network_default_of IS NULL",
        "DELETE FROM access_tokens WHERE user_id > 1", "DELETE FROM users WHERE id > 1"})
    tx.run(sql);
}

TEST_CASE("of a thousand random trees falls what the plan says, and what hangs below, alone") {
  World world;
  const std::uint32_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  for (int tree = 0; tree < kTrees; ++tree) {
    INFO("tree " << tree);
    std::optional<Choice> choice;
    Falls before;
    Falls after;
    std::optional<RevocationPlan> plan;
    std::int64_t rows = 0;
    const auto done = world.database().write([&](Transaction& tx) -> Result<Revoked> {
      clear(tx);
      choice = choose(Grower{tx, random, tree}.grow(), random);
      const By by = By::command_line(2);
      const RevocationChoices choices{.removes_devices = choice->with_devices};
      before = standing(tx);
      rows = find_chain_head(tx).id;
      plan = *plan_revocation(tx, by, choice->target, choices);
      auto revoked = apply_revocation(tx, by, choice->target, choices, plan->digest);
      after = standing(tx);
      rows = find_chain_head(tx).id - rows;
      return revoked;
    });
    REQUIRE((planned(*plan) == choice->expected));
    REQUIRE((after == without(before, choice->expected)));
    REQUIRE(static_cast<std::size_t>(rows) == choice->expected.size());
    REQUIRE(static_cast<bool>(done) == !choice->expected.empty());
  }
}

}  // namespace
}  // namespace muster
