#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

// An IPv4 address in host order: what devices get in a network.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
std::string ipv4_text(std::uint32_t address);

// A range of addresses, IPv4 or IPv6, for rules about who calls. IPv4 is kept as ::ffff:a.b.c.d,
// so that a caller over a dual-stack socket matches all the same.
struct IpRange {
  std::array<std::uint8_t, 16> address{};
  int prefix = 128;  // bits, counted in the 128 of IPv6

  bool contains(std::string_view numeric_address) const;
};

// `10.0.0.0/8`, `2001:db8::/32`, or a single address. Bits behind the prefix must be zero.
std::optional<IpRange> parse_ip_range(std::string_view text);

// Whose guesses are counted together: the IPv4 address, or the /64 of an IPv6 one, since a
// household has a whole /64 to call from.
std::string counting_address(std::string_view numeric_address);

}  // namespace muster
