#include "server/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "server/format.h"

namespace muster {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

std::optional<Bytes> parse_any(std::string_view text) {
  const std::string copy{text.substr(0, text.find('%'))};  // fe80::1%eth0
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  Bytes bytes{};
  if (const auto ipv4 = parse_ipv4(copy)) {
    bytes[10] = bytes[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i)
      bytes[12 + i] = static_cast<std::uint8_t>(*ipv4 >> (24 - 8 * i));
    return bytes;
  }
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) != 1) return std::nullopt;
  return bytes;
}

// The address with every bit behind the prefix cleared.
Bytes masked(Bytes bytes, int prefix) {
  for (int bit = prefix; bit < 128; ++bit)
    bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  return bytes;
}

bool is_mapped_ipv4(const Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // where inet_pton stops
  in_addr address{};
  if (inet_pton(AF_INET, std::string{text}.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string ipv4_text(std::uint32_t address) {
  return formatted("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                   address & 255);
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  if (address.find('%') != std::string_view::npos) return std::nullopt;
  const auto bytes = parse_any(address);
  if (!bytes) return std::nullopt;
  const int offset = address.find(':') == std::string_view::npos ? 96 : 0;
  int prefix = 128 - offset;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc{} || end != digits.data() + digits.size() || prefix < 0 ||
        prefix > 128 - offset)
      return std::nullopt;
  }
  const IpRange range{*bytes, prefix + offset};
  if (masked(range.address, range.prefix) != range.address) return std::nullopt;
  return range;
}

bool IpRange::contains(std::string_view numeric_address) const {
  const auto bytes = parse_any(numeric_address);
  return bytes && masked(*bytes, prefix) == address;
}

std::string counting_address(std::string_view numeric_address) {
  const auto bytes = parse_any(numeric_address);
  if (!bytes) return std::string{numeric_address};
  const Bytes counted = is_mapped_ipv4(*bytes) ? *bytes : masked(*bytes, 64);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, counted.data(), text.data(), text.size());
  return text.data();
}

}  // namespace muster
