#include "web/many_notice.h"

#include <algorithm>
#include <array>

#include "server/format.h"
#include "web/answer.h"
#include "web/words.h"

namespace muster {
namespace {

struct Words {
  std::string_view word;
  std::string_view noun;
  std::string_view done;
  std::string_view why_left;  // ends the sentence about those that were left out
};
constexpr std::string_view kDefaultKey = "a default key goes only with its network or group";
constexpr std::string_view kEndedLink = "that is not possible with a link that ended";
constexpr std::array kWords{Words{"keys-paused", "key", "paused", ""},
                            Words{"keys-resumed", "key", "resumed", ""},
                            Words{"keys-revoked", "key", "revoked", kDefaultKey},
                            Words{"keys-deleted", "key", "deleted", kDefaultKey},
                            Words{"links-withdrawn", "link", "withdrawn", kEndedLink},
                            Words{"links-extended", "link", "extended", kEndedLink},
                            Words{"devices-approved", "device", "approved", ""},
                            Words{"devices-removed", "device", "removed", ""},
                            Words{"devices-tagged", "device", "tagged anew", ""},
                            Words{"devices-grouped", "device", "grouped anew", ""},
                            Words{"devices-applied", "device", "changed like its key", ""}};

std::int64_t number_of(const Request& request, std::string_view name) {
  return read_id(request, name, 0).value_or(0);
}

}  // namespace

std::string many_notice_query(std::string_view word, const ManyReport& report) {
  return formatted("notice={}&changed={}&unchanged={}&left={}", word, report.changed.size(),
                   report.unchanged, report.left_out.size());
}

std::string many_notice(const Request& request) {
  const auto* const words = std::ranges::find(kWords, request.query_value("notice"), &Words::word);
  if (words == kWords.end()) return {};
  const auto changed = number_of(request, "changed");
  const auto unchanged = number_of(request, "unchanged");
  const auto left = number_of(request, "left");
  const std::string_view were = unchanged == 1 ? "was" : "were";
  if (changed + unchanged + left == 0) return "Nothing matched any more, so nothing was changed.";
  std::string sentence = changed == 0
                             ? formatted("No {} was changed", words->noun)
                             : formatted("{} {}", counted(changed, words->noun), words->done);
  if (unchanged > 0) sentence += formatted(", {} {} already", unchanged, were);
  sentence += '.';
  if (left > 0)
    sentence +=
        formatted(" {} {} left as before: {}.", left, left == 1 ? "was" : "were", words->why_left);
  return sentence;
}

}  // namespace muster
