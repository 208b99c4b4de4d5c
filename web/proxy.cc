#include "web/proxy.h"

#include <string_view>

#include "server/text.h"

namespace muster {
namespace {

// Some proxies extend the header, others add a line of their own below it: one list either way.
std::string forwarded_for(const Request& request) {
  std::string list;
  for (const auto& [name, value] : request.headers) {
    if (lower_ascii(name) != "x-forwarded-for") continue;
    if (!list.empty()) list += ',';
    list += value;
  }
  return list;
}

}  // namespace

void trust_proxy(Request& request, const std::optional<IpRange>& proxies) {
  request.client_address = request.peer_address;
  if (!proxies || !proxies->contains(request.peer_address)) return;
  request.is_secure = lower_ascii(request.header("X-Forwarded-Proto")) == "https";
  const std::string joined = forwarded_for(request);
  std::string_view list = joined;
  while (!list.empty()) {
    const auto comma = list.rfind(',');
    const std::string address =
        trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
    const bool is_range = address.find('/') != std::string::npos;
    if (is_range || !parse_ip_range(address)) return;
    request.client_address = address;
    if (!proxies->contains(address)) return;
  }
}

}  // namespace muster
