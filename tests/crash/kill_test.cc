#include <poll.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "tests/catch.h"
#include "tests/installation.h"

// The server is killed at 100 random moments while machines enroll. What was answered is there
// afterwards; what was not may be asked again, and nothing is there twice.

namespace muster {
namespace {

constexpr int kKills = 100;
constexpr std::size_t kThreads = 4;

// A machine's attempt. `device_id` is empty until it was answered.
struct Attempt {
  std::string request;
  std::string hostname;
  std::string device_id = {};
};

// Threads in which one machine after the other enrolls, until the server is gone.
class Rush {
 public:
  Rush(const Installation& muster, std::string reusable_key, std::atomic<std::uint64_t>& number)
      : muster_(muster), reusable_key_(std::move(reusable_key)), number_(number) {
    for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  }

  // Returns when so many are in, or when nobody comes any more.
  void await(std::size_t enrolled) const {
    while (answered_ < enrolled && running_ > 0) ::poll(nullptr, 0, 1);
  }
  // All attempts, answered or not. After the server was killed.
  std::vector<Attempt> end() {
    for (std::thread& thread : threads_) thread.join();
    if (!surprise_.empty()) throw std::runtime_error("a strange answer: " + surprise_);
    return std::move(attempts_);
  }

 private:
  void work() {
    try {
      RawClient client{muster_.server.port()};
      while (enroll_one(client)) {
      }
    } catch (const std::exception&) {
      // The connection broke: the server was killed.
    }
    --running_;
  }

  // Every third comes with a one-time key made for it. False: no answer.
  bool enroll_one(RawClient& client) {
    const std::uint64_t number = ++number_;
    const auto key = number % 3 == 0 ? one_time_key(client) : std::optional{reusable_key_};
    if (!key) return false;
    const std::string hostname = "m" + std::to_string(number);
    Attempt attempt{enroll_request(*key, machine_secret(number), hostname), hostname};
    RawAnswer answer;
    try {
      answer = client.ask(attempt.request);
    } catch (const std::exception&) {
      answer = {};
    }
    const bool is_answered = answer.is_whole && answer.status == 200;
    if (is_answered) attempt.device_id = nlohmann::json::parse(answer.body).at("device_id");
    const std::lock_guard lock{mutex_};
    attempts_.push_back(std::move(attempt));
    if (answer.is_whole && !is_answered) surprise_ = answer.head + answer.body;
    if (is_answered) ++answered_;
    return is_answered;
  }

  std::optional<std::string> one_time_key(RawClient& client) const {
    const RawAnswer answer = client.ask(
        request_to("POST", "/api/setup-keys",
                   R"({"name": "k", "type": "one-off", "expires_in": 86400, "auto_groups": []})",
                   "Authorization: Token " + muster_.owned.token + "\r\n"));
    if (!answer.is_whole) return std::nullopt;
    return nlohmann::json::parse(answer.body).at("key").get<std::string>();
  }

  const Installation& muster_;
  const std::string reusable_key_;
  std::atomic<std::uint64_t>& number_;
  std::mutex mutex_;
  std::vector<Attempt> attempts_;
  std::string surprise_;
  std::atomic<std::size_t> answered_{0};
  std::atomic<std::size_t> running_{kThreads};
  std::vector<std::thread> threads_;
};

// Each asks once more. Whoever was answered before the kill is recognized; the others are in now.
void ask_again(const Installation& muster, std::vector<Attempt>& attempts) {
  RawClient client{muster.server.port()};
  for (Attempt& attempt : attempts) {
    const RawAnswer answer = client.ask(attempt.request);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    const auto body = nlohmann::json::parse(answer.body);
    if (!attempt.device_id.empty()) {
      CHECK(body.at("created") == false);
      CHECK(body.at("device_id") == attempt.device_id);
    }
    attempt.device_id = body.at("device_id");
  }
}

// Every device of an attempt, and no other, is there once; and no use was spent without a device.
void check_all(const Installation& muster, const std::vector<Attempt>& attempts) {
  std::set<std::pair<std::string, std::string>> expected;
  for (const Attempt& attempt : attempts) expected.emplace(attempt.device_id, attempt.hostname);
  std::set<std::pair<std::string, std::string>> found;
  std::set<std::string> addresses;
  const auto devices = muster.devices();
  for (const auto& device : devices) {
    found.emplace(device.at("id"), device.at("hostname"));
    addresses.insert(device.at("addresses").at(0).at("address"));
  }
  CHECK(found == expected);
  CHECK(devices.size() == attempts.size());
  CHECK(addresses.size() == attempts.size());
  for (const auto& key : muster.get("/api/setup-keys"))
    if (key.at("used_times") != key.at("devices_count")) FAIL_CHECK(key.dump());
}

TEST_CASE("a server killed 100 times has every enrollment it answered, and none twice", "[crash]") {
  Installation muster;
  const std::string reusable = muster.make_key(R"("type": "reusable")").at("key");
  std::mt19937 random{20240607};
  std::atomic<std::uint64_t> number{0};
  std::vector<Attempt> attempts;
  std::ptrdiff_t unanswered = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    INFO("kill " << kill);
    Rush rush{muster, reusable, number};
    rush.await(random() % 12);
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 3000});
    muster.server.kill();
    std::vector<Attempt> since = rush.end();
    unanswered += std::ranges::count(since, "", &Attempt::device_id);

    const Ran checked = run_muster(on_folder(muster.data()) + " check");
    CHECK(checked.exit == 0);
    muster.server.start();
    ask_again(muster, since);
    attempts.insert(attempts.end(), since.begin(), since.end());
    if (kill % 10 == 9) check_all(muster, attempts);
  }
  CHECK(unanswered > kKills / 2);
  CHECK(muster.server.stop() == 0);
}

}  // namespace
}  // namespace muster
