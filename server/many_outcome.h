#pragma once

// What becomes of each thing of an act over many, collected into its report.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/many.h"

namespace muster {

class ManyOutcome {
 public:
  // `leaves_out`: what the act is not possible with is left out, and does not refuse the whole.
  ManyOutcome(const By& by, bool leaves_out);

  // With the cascade id of this act.
  const By& by() const { return by_; }
  void choose(std::int64_t id);
  // `done`: whether it changed.
  void note(std::int64_t id, const std::string& name, const Result<bool>& done);
  void add_linked_devices(std::int64_t count) { report_.linked_devices += count; }
  // `digest`: as in Chosen.
  Result<ManyReport> finish(std::string_view digest);

 private:
  By by_;
  bool leaves_out_;
  FieldHasher hasher_;
  ManyReport report_;
  std::vector<Refusal> refusals_;  // the first few
  std::int64_t refused_ = 0;
};

}  // namespace muster
