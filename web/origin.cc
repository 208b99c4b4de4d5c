#include "web/origin.h"

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

// `https://muster.example.com:8443`: lower case, without path and the scheme's own port, as
// browsers write it.
std::string origin_of(std::string_view url) {
  const auto host = url.find("://") + 3;
  std::string origin = lower_ascii(url.substr(0, url.find('/', host)));
  const std::string_view own_port = origin.starts_with("https:") ? ":443" : ":80";
  if (origin.ends_with(own_port)) origin.resize(origin.size() - own_port.size());
  return origin;
}

bool is_own(const App& app, const Request& request, std::string_view origin) {
  for (const std::string& url : app.public_address.control_urls())
    if (origin == origin_of(url)) return true;
  if (app.config.behind_proxy || request.header("Host").empty()) return false;
  return origin == origin_of(formatted("{}://{}", request.is_secure ? "https" : "http",
                                       request.header("Host")));
}

Refusal refused() {
  return Refusal::forbidden(
      "This form was sent from another page or address, so nothing was done. Open Muster under "
      "its own address and try again.");
}

}  // namespace

Result<void> check_origin(const App& app, const Request& request) {
  const auto origin = request.find_header("Origin");
  if (origin && !is_own(app, request, lower_ascii(*origin))) return refused();
  return {};
}

Result<void> check_form_sender(const App& app, const Request& request) {
  if (!request.find_header("Origin")) return refused();
  return check_origin(app, request);
}

}  // namespace muster
