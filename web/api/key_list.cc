#include "web/api/key_list.h"

#include "web/answer.h"

namespace muster::api {
namespace {

Result<std::optional<bool>> read_switch(const Request& request, std::string_view name) {
  const auto text = request.query_value(name);
  if (text.empty()) return std::optional<bool>{};
  if (text == "true" || text == "false") return std::optional{text == "true"};
  return Refusal::invalid(std::string{name} + " is true or false");
}

Result<std::optional<KeyState>> read_state(const Request& request) {
  const auto text = request.query_value("state");
  if (text.empty()) return std::optional<KeyState>{};
  for (const auto state : {KeyState::expired, KeyState::revoked, KeyState::paused,
                           KeyState::overused, KeyState::valid})
    if (text == text_of(state)) return std::optional{state};
  return Refusal::invalid("state is valid, paused, overused, revoked or expired");
}

}  // namespace

Result<KeyFilter> read_key_filter(const Request& request) {
  KeyFilter filter;
  const auto state = read_state(request);
  if (!state) return state.refusal();
  filter.state = *state;
  const auto dead = read_switch(request, "dead");
  if (!dead) return dead.refusal();
  filter.is_dead = *dead;
  const auto deleted = read_switch(request, "deleted");
  if (!deleted) return deleted.refusal();
  filter.is_deleted = deleted->value_or(false);
  const auto group = read_id(request, "group");
  const auto network = read_id(request, "network");
  const auto creator = read_id(request, "created_by_id");
  if (!group || !network || !creator)
    return Refusal::invalid("group, network and created_by_id are ids");
  if (*group > 0) filter.group_id = GroupId{*group};
  if (*network > 0) filter.network_id = NetworkId{*network};
  if (*creator > 0) filter.created_by_id = UserId{*creator};
  filter.search = request.query_value("search");
  return filter;
}

Result<KeyQuery> read_key_query(const Request& request, int limit) {
  KeyQuery wanted;
  auto filter = read_key_filter(request);
  if (!filter) return filter.refusal();
  wanted.filter = std::move(*filter);
  const auto order = parse_key_order(request.find_query("sort").value_or("id"));
  if (!order)
    return Refusal::invalid(
        "sort is id, name, created_at, last_used_at, expires_at, used_times or devices_count, with "
        "- before it for the other way round");
  wanted.order = *order;
  const auto at_most = read_limit(request, limit, INT32_MAX);
  if (!at_most) return at_most.refusal();
  wanted.limit = static_cast<std::size_t>(*at_most);
  const auto offset = read_id(request, "offset", 0);
  if (!offset) return Refusal::invalid("offset is a number from 0 on");
  wanted.offset = static_cast<std::size_t>(*offset);
  return wanted;
}

}  // namespace muster::api
