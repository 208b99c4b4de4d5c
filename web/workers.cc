#include "web/workers.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

namespace muster {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStackBytes = 2 * 1024 * 1024;
#else
constexpr std::size_t kStackBytes = 256 * 1024;
#endif
// Larger than any frame, so that a stack that is too small ends in a fault and not in other memory.
constexpr std::size_t kGuardBytes = 64 * 1024;

// Threads inherit the mask of the one that makes them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

void join(const std::vector<pthread_t>& threads) {
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

}  // namespace

bool Workers::run(std::function<void()> job) {
  std::vector<pthread_t> ended;
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
    if (finishing_) {
      // Refused.
    } else if (!idle_.empty()) {
      Idle* worker = idle_.back();
      idle_.pop_back();
      worker->job = std::move(job);
      worker->wake.notify_one();
      taken = true;
    } else if (living_ < most_) {
      taken = make_thread(std::move(job));
    }
  }
  join(ended);
  return taken;
}

bool Workers::make_thread(std::function<void()> job) {
  auto start = std::make_unique<Start>(Start{this, std::move(job)});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_attr_setguardsize(&attributes, kGuardBytes);
  const SignalsBlocked blocked;
  pthread_t thread;
  const bool made = pthread_create(&thread, &attributes, &Workers::enter, start.get()) == 0;
  pthread_attr_destroy(&attributes);
  if (!made) return false;
  [[maybe_unused]] const auto* passed_on = start.release();
  ++living_;
  return true;
}

void* Workers::enter(void* start) {
  const std::unique_ptr<Start> mine{static_cast<Start*>(start)};
  mine->workers->work(std::move(mine->job));
  return nullptr;
}

void Workers::work(std::function<void()> job) {
  do {
    job();
    job = nullptr;  // what it holds goes before the wait
  } while (await_job(job));
}

bool Workers::await_job(std::function<void()>& job) {
  std::unique_lock lock(mutex_);
  if (!finishing_) {
    Idle me;
    idle_.push_back(&me);
    me.wake.wait_for(lock, idle_time_, [&] { return me.job || finishing_; });
    std::erase(idle_, &me);
    job = std::move(me.job);
  }
  if (job) return true;
  ended_.push_back(pthread_self());
  if (--living_ == 0) all_ended_.notify_all();
  return false;
}

void Workers::finish() {
  std::vector<pthread_t> ended;
  {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    for (Idle* worker : idle_) worker->wake.notify_one();
    all_ended_.wait(lock, [&] { return living_ == 0; });
    ended.swap(ended_);
  }
  join(ended);
}

}  // namespace muster
