#include "server/config.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "server/format.h"
#include "server/text.h"

namespace muster {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_ipv6(std::string_view host) { return host.find(':') != std::string_view::npos; }

// The authority of a URL (host and port) behind its scheme.
std::string_view authority_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  return url.substr(0, url.find('/'));
}

bool is_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']'))
    return parse_ip_range(host.substr(1, host.size() - 2)).has_value();
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host)
    if (!(std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_'))
      return false;
  return true;
}

}  // namespace

bool ListenAddress::is_loopback() const { return host == "::1" || host.starts_with("127."); }

bool ListenAddress::is_wildcard() const { return host == "0.0.0.0" || host == "::"; }

std::string ListenAddress::text() const {
  return is_ipv6(host) ? formatted("[{}]:{}", host, port) : formatted("{}:{}", host, port);
}

ListenAddress parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : parse_port(text.substr(colon + 1));
  std::string host{text.substr(0, colon)};
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  const bool is_numeric = host.find('/') == std::string::npos && parse_ip_range(host).has_value();
  if (!port || !is_numeric)
    throw UsageError(
        formatted("--listen {}: write ADDRESS:PORT with a numeric address, such as 127.0.0.1:8080, "
                  "0.0.0.0:443 or [::]:443",
                  text));
  return {host, *port};
}

std::string parse_public_url(std::string_view text) {
  std::string url = trim(text);
  while (url.ends_with('/')) url.pop_back();
  const bool has_scheme = url.starts_with("https://") || url.starts_with("http://");
  const std::string_view authority = has_scheme ? authority_of(url) : std::string_view{};
  const auto colon = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
  const bool has_port = colon != std::string_view::npos;
  const bool port_fits = !has_port || parse_port(authority.substr(colon + 1)).value_or(0) != 0;
  const bool path_fits = url.find_first_of("?#@\\\"'<> `${}|^;&()") == std::string::npos &&
                         printable_length(url).has_value();
  if (!has_scheme || !is_host(authority.substr(0, colon)) || !port_fits || !path_fits)
    throw UsageError(formatted(
        "{} is no address for a browser: write one such as https://muster.example.com", text));
  return url;
}

std::string host_of_url(std::string_view url) {
  std::string_view authority = authority_of(url);
  if (authority.starts_with('[')) return std::string{authority.substr(1, authority.find(']') - 1)};
  return std::string{authority.substr(0, authority.find(':'))};
}

DataFolder::DataFolder(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST)
    throw UnusableFolder(
        formatted("the folder {} cannot be made: {}", path_.string(), std::strerror(errno)));
  if (!std::filesystem::is_directory(path_, error))
    throw UnusableFolder(formatted("{} is not a folder", path_.string()));
}

FolderLock::FolderLock(const DataFolder& folder) {
  const auto file = (folder.path() / "muster.lock").string();
  file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0)
    throw UnusableFolder(formatted("{} cannot be opened: {}", file, std::strerror(errno)));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    throw UnusableFolder(
        formatted("another muster serves the folder {} already", folder.path().string()));
  }
}

FolderLock::~FolderLock() { ::close(file_); }

}  // namespace muster
