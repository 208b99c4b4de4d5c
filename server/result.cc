#include "server/result.h"

#include <array>

namespace muster {
namespace {

struct Word {
  Reason reason;
  std::string_view text;
};

constexpr std::array kWords{
    Word{Reason::bad_request, "bad_request"},
    Word{Reason::invalid, "invalid"},
    Word{Reason::unauthorized, "unauthorized"},
    Word{Reason::forbidden, "forbidden"},
    Word{Reason::not_found, "not_found"},
    Word{Reason::conflict, "conflict"},
    Word{Reason::too_large, "too_large"},
    Word{Reason::too_many_requests, "too_many_requests"},
    Word{Reason::unavailable, "unavailable"},
    Word{Reason::internal, "internal"},
    Word{Reason::key_unknown, "key_unknown"},
    Word{Reason::key_expired, "key_expired"},
    Word{Reason::key_revoked, "key_revoked"},
    Word{Reason::key_paused, "key_paused"},
    Word{Reason::key_used_up, "key_used_up"},
    Word{Reason::group_protected, "group_protected"},
    Word{Reason::group_not_allowed, "group_not_allowed"},
    Word{Reason::source_not_allowed, "source_not_allowed"},
    Word{Reason::dns_labels_not_allowed, "dns_labels_not_allowed"},
    Word{Reason::wireguard_key_taken, "wireguard_key_taken"},
    Word{Reason::address_range_full, "address_range_full"},
    Word{Reason::device_already_enrolled, "device_already_enrolled"},
    Word{Reason::device_removed, "device_removed"},
    Word{Reason::device_unknown, "device_unknown"},
    Word{Reason::default_key, "default_key"},
    Word{Reason::plan_required, "plan_required"},
    Word{Reason::plan_changed, "plan_changed"},
};

}  // namespace

std::string_view text_of(Reason reason) {
  for (const Word& word : kWords)
    if (word.reason == reason) return word.text;
  return "internal";
}

}  // namespace muster
