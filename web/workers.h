#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace muster {

// Threads for jobs that mostly wait: one per open connection. They are made when a job finds none
// idle, have small stacks, and end after a while without work, so that a quiet server is a small
// one. The longest idle are left alone: the one that worked last works next.
//
// Signals are blocked in them: those that mean the process are for the main thread, and a write to
// a connection that is gone must not kill anything.
class Workers {
 public:
  explicit Workers(std::size_t most, std::chrono::milliseconds idle_time = std::chrono::seconds{10})
      : most_(most), idle_time_(idle_time) {}
  ~Workers() { finish(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False when `most` jobs are running, no thread can be made, or finish() was called. A job must
  // not throw.
  bool run(std::function<void()> job);
  // Waits until the jobs are done and all threads have ended.
  void finish();

 private:
  struct Idle {
    std::condition_variable wake;
    std::function<void()> job;
  };
  struct Start {
    Workers* workers;
    std::function<void()> job;
  };

  static void* enter(void* start);
  bool make_thread(std::function<void()> job);
  void work(std::function<void()> job);
  bool await_job(std::function<void()>& job);

  const std::size_t most_;
  const std::chrono::milliseconds idle_time_;
  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::vector<Idle*> idle_;  // the last one slept least
  std::vector<pthread_t> ended_;
  std::size_t living_ = 0;
  bool finishing_ = false;
};

}  // namespace muster
