#include "web/identity.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "server/format.h"
#include "server/settings.h"
#include "server/text.h"
#include "web/certificate.h"

namespace muster {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  const std::string text = name.data();
  return make_label(text.substr(0, text.find('.')));
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> addresses;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list{first, ::freeifaddrs};
  for (const ifaddrs* it = first; it != nullptr; it = it->ifa_next) {
    if (it->ifa_addr == nullptr) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* address = nullptr;
    if (it->ifa_addr->sa_family == AF_INET)
      address = &reinterpret_cast<const sockaddr_in*>(it->ifa_addr)->sin_addr;
    else if (it->ifa_addr->sa_family == AF_INET6)
      address = &reinterpret_cast<const sockaddr_in6*>(it->ifa_addr)->sin6_addr;
    if (address != nullptr &&
        ::inet_ntop(it->ifa_addr->sa_family, address, text.data(), text.size()) != nullptr)
      addresses.emplace_back(text.data());
  }
  return addresses;
}

CertificateNames names_for(const std::vector<std::string>& urls) {
  CertificateNames names{{host_name(), local_name(), "localhost"}, own_addresses()};
  for (const std::string& url : urls) {
    const std::string host = host_of_url(url);
    (parse_ip_range(host) ? names.addresses : names.dns_names).push_back(host);
  }
  return names;
}

}  // namespace

std::string local_name() { return host_name() + ".local"; }

std::string keep_tls_key(Database& database) {
  return keep_server_secret(database, "tls_key", make_tls_key);
}

std::string read_pem(const std::string& file) {
  std::ifstream stream{file};
  std::stringstream text;
  text << stream.rdbuf();
  if (!stream || text.str().empty()) throw std::runtime_error(formatted("{} cannot be read", file));
  return text.str();
}

Identity make_identity(const ServeConfig& config, const std::vector<std::string>& urls,
                       Database& database, std::int64_t now) {
  if (!config.tls_cert.empty()) {
    TlsIdentity tls{read_pem(config.tls_cert), read_pem(config.tls_key)};
    try {
      check_identity(tls.certificate, tls.key);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(formatted("--tls-cert and --tls-key: {}", error.what()));
    }
    return {std::move(tls), ""};
  }
  std::string key = keep_tls_key(database);
  std::string certificate = make_certificate(key, names_for(urls), now);
  std::string pin = pin_of_key(key);
  return {{std::move(certificate), std::move(key)}, std::move(pin)};
}

}  // namespace muster
