#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "server/ip.h"

namespace muster {

// A sentence for the person at the command line about options that cannot be meant.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The same about a folder that cannot be used, or not at this moment.
struct UnusableFolder : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Where it listens: `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:443`; a name is not resolved.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;

  bool is_loopback() const;
  bool is_wildcard() const;
  // `host:port` as it stands in a URL.
  std::string text() const;
};
ListenAddress parse_listen_address(std::string_view text);

// `https://muster.example.com` or with a port and a path in front of ours; never with a trailing
// slash, query or user. Throws UsageError.
std::string parse_public_url(std::string_view text);
// The host of such a URL, without port and brackets.
std::string host_of_url(std::string_view url);

struct ServeConfig {
  ListenAddress listen{"127.0.0.1", 8080};
  std::string public_url;  // empty: not set
  std::string tls_cert;    // files; both or none
  std::string tls_key;
  std::optional<IpRange> behind_proxy;
  std::size_t max_connections = 1024;
  bool dev = false;

  bool is_tls() const { return (!listen.is_loopback() && !behind_proxy) || !tls_cert.empty(); }
};

// The folder that holds the database. Made, for its owner alone, when missing. Throws
// UnusableFolder.
class DataFolder {
 public:
  explicit DataFolder(std::filesystem::path path);
  std::string database_path() const { return (path_ / "muster.db").string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Held while a server runs on the folder: a second one, or a restore under its feet, is refused
// with UnusableFolder.
class FolderLock {
 public:
  explicit FolderLock(const DataFolder& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

}  // namespace muster
