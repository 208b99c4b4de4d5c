#include "web/api/link_list.h"

#include <algorithm>
#include <array>

#include "web/answer.h"

namespace muster::api {
namespace {

struct SortWord {
  std::string_view text;
  LinkOrder order;
};
constexpr std::array kSortWords{
    SortWord{"created_at", LinkOrder::oldest}, SortWord{"-created_at", LinkOrder::newest},
    SortWord{"recipient", LinkOrder::recipient}, SortWord{"expires_at", LinkOrder::expires_first}};

}  // namespace

Result<LinkQuery> read_link_query(const Request& request) {
  LinkQuery wanted;
  const auto limit = read_limit(request, kLinksAtMost, kLinksAtMost);
  if (!limit) return limit.refusal();
  wanted.limit = *limit;
  if (const auto state = request.query_value("state"); !state.empty()) {
    wanted.filter.state = parse_link_state(state);
    if (!wanted.filter.state)
      return Refusal::invalid("state is used, withdrawn, replaced, expired, opened or not_opened");
  }
  if (const auto sort = request.query_value("sort"); !sort.empty()) {
    const auto word = std::ranges::find(kSortWords, sort, &SortWord::text);
    if (word == kSortWords.end())
      return Refusal::invalid("sort is created_at, -created_at, recipient or expires_at");
    wanted.filter.order = word->order;
  }
  const auto after = read_id(request, "after", 0);
  if (!after) return Refusal::invalid("after is an id");
  if (*after > 0) wanted.after = LinkId{*after};
  wanted.filter.search = request.query_value("search");
  return wanted;
}

}  // namespace muster::api
