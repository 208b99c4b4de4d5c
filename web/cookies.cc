#include "web/cookies.h"

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

std::string full_name(const Request& request, std::string_view name) {
  return formatted("{}muster-{}", request.is_secure ? "__Host-" : "", name);
}

}  // namespace

std::string_view find_cookie(const Request& request, std::string_view name) {
  const std::string wanted = full_name(request, name) + "=";
  for (const auto& [header, value] : request.headers) {
    if (!equals_ignoring_case(header, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      auto pair = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.starts_with(wanted)) return pair.substr(wanted.size());
    }
  }
  return {};
}

void set_cookie(Reply& reply, const Request& request, std::string_view name, std::string_view value,
                long long seconds) {
  std::string cookie =
      formatted("{}={}; Path=/; HttpOnly; SameSite=Strict", full_name(request, name), value);
  if (request.is_secure) cookie += "; Secure";
  if (seconds != 0) cookie += formatted("; Max-Age={}", seconds > 0 ? seconds : 0);
  reply.with_header("Set-Cookie", std::move(cookie));
}

}  // namespace muster
