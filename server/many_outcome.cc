#include "server/many_outcome.h"

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

constexpr std::size_t kNamed = 10;  // what changed
constexpr std::size_t kRefusalsTold = 3;

}  // namespace

ManyOutcome::ManyOutcome(const By& by, bool leaves_out) : by_(by), leaves_out_(leaves_out) {
  if (by_.cascade_id.empty()) by_.cascade_id = new_cascade_id();
  report_.cascade_id = by_.cascade_id;
}

void ManyOutcome::choose(std::int64_t id) { hasher_.add(std::to_string(id)); }

void ManyOutcome::note(std::int64_t id, const std::string& name, const Result<bool>& done) {
  if (done && *done) {
    report_.changed.push_back(id);
    if (report_.names.size() < kNamed) report_.names.push_back(name);
    return;
  }
  if (done) {
    ++report_.unchanged;
    return;
  }
  const Refusal& why = done.refusal();
  if (leaves_out_ && (why.kind == Kind::invalid || why.kind == Kind::conflict)) {
    report_.left_out.push_back({std::to_string(id), name, why});
    return;
  }
  ++refused_;
  if (refusals_.size() < kRefusalsTold) refusals_.push_back(why);
}

Result<ManyReport> ManyOutcome::finish(std::string_view digest) {
  if (refused_ > 0) {
    std::vector<std::string> sentences;
    for (const Refusal& refusal : refusals_) sentences.push_back(refusal.message);
    const auto more = refused_ - static_cast<std::int64_t>(refusals_.size());
    return Refusal{refusals_.front().kind, refusals_.front().reason,
                   formatted("nothing was done: {}{}", join(sentences, "; "),
                             more > 0 ? formatted("; and {} more", more) : "")};
  }
  report_.digest = hex_of(hasher_.finish());
  if (!digest.empty() && digest != report_.digest)
    return Refusal::conflict(
        "Meanwhile something came into this list, or went. Nothing was done: look again.");
  return std::move(report_);
}

}  // namespace muster
