#include "web/public_address.h"

#include "server/format.h"
#include "web/identity.h"

namespace muster {

void PublicAddress::set_port(std::uint16_t port) {
  const std::lock_guard lock{mutex_};
  port_ = port;
}

void PublicAddress::set_stored(std::string url) {
  const std::lock_guard lock{mutex_};
  stored_ = std::move(url);
}

void PublicAddress::set_second(std::string url) {
  const std::lock_guard lock{mutex_};
  second_ = std::move(url);
}

std::string PublicAddress::chosen() const {
  if (!config_.public_url.empty()) return config_.public_url;
  const std::lock_guard lock{mutex_};
  return stored_;
}

std::string PublicAddress::url() const {
  auto url = chosen();
  return url.empty() ? own_url() : url;
}

std::string PublicAddress::own_url() const {
  ListenAddress at = config_.listen;
  {
    const std::lock_guard lock{mutex_};
    at.port = port_;
  }
  if (at.is_wildcard()) return formatted("https://{}:{}", local_name(), at.port);
  return formatted("{}://{}", config_.is_tls() ? "https" : "http", at.text());
}

std::vector<std::string> PublicAddress::control_urls() const {
  auto url = chosen();
  if (url.empty()) return {};
  const std::lock_guard lock{mutex_};
  if (second_.empty() || second_ == url) return {std::move(url)};
  return {std::move(url), second_};
}

}  // namespace muster
