#include "server/ip.h"

#include "tests/catch.h"

// Ranges of addresses, IPv4 and IPv6, and whom they hold.

namespace muster {
namespace {

TEST_CASE("a range holds its addresses and no others") {
  struct Row {
    const char* range;
    const char* inside;
    const char* outside;
  };
  const auto row = GENERATE(
      Row{"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
      Row{"10.0.0.0/8", "10.0.0.0", "9.255.255.255"}, Row{"192.0.2.7", "192.0.2.7", "192.0.2.8"},
      Row{"192.0.2.7/32", "192.0.2.7", "192.0.2.6"}, Row{"192.0.2.4/31", "192.0.2.5", "192.0.2.6"},
      Row{"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
      Row{"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"},
      Row{"2001:db8::1", "2001:DB8:0:0::1", "2001:db8::2"}, Row{"::1/128", "::1", "127.0.0.1"},
      Row{"fe80::/10", "fe80::1%eth0", "fec0::1"}, Row{"::/0", "2001:db8::1", "nobody"});
  INFO(row.range);
  const auto range = parse_ip_range(row.range);
  REQUIRE(range);
  CHECK(range->contains(row.inside));
  CHECK(!range->contains(row.outside));
}

TEST_CASE("an IPv4 caller over a dual-stack socket is in the IPv4 range") {
  CHECK(parse_ip_range("10.0.0.0/8")->contains("::ffff:10.1.2.3"));
  CHECK(!parse_ip_range("10.0.0.0/8")->contains("::ffff:11.1.2.3"));
  CHECK(parse_ip_range("::ffff:10.0.0.0/104")->contains("10.1.2.3"));
}

TEST_CASE("what is no range is refused") {
  const auto* text =
      GENERATE("", "/", "10.0.0.0/", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
               "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.256", "010.0.0.1",
               "10.0.0.1/8", "2001:db8::1/32", "2001:db8::/129", "2001:db8::/x", ":::1",
               "fe80::%eth0/10", "example.com", "10.0.0.0-10.0.0.9", "10.0.0.0/99999999999");
  INFO(text);
  CHECK(!parse_ip_range(text));
}

TEST_CASE("an address ends where its text ends, not at a NUL in it") {
  CHECK(!parse_ipv4({"10.0.0.1\0x", 10}));
  CHECK(!parse_ip_range({"10.0.0.1\0x", 10}));
  CHECK(!parse_ip_range({"2001:db8::1\0x", 13}));
  CHECK(!parse_ip_range("10.0.0.1")->contains({"10.0.0.1\0x", 10}));
}

TEST_CASE("an IPv4 address comes back as it was written") {
  CHECK(parse_ipv4("100.64.0.1") == 0x64400001U);
  CHECK(ipv4_text(0x64400001U) == "100.64.0.1");
  CHECK(ipv4_text(0xffffffffU) == "255.255.255.255");
  CHECK(!parse_ipv4("100.64.0"));
  CHECK(!parse_ipv4("::1"));
}

TEST_CASE("guesses of one IPv6 household are counted together, IPv4 addresses apart") {
  CHECK(counting_address("2001:db8:1:2::3") == counting_address("2001:db8:1:2:ffff::9"));
  CHECK(counting_address("2001:db8:1:2::3") != counting_address("2001:db8:1:3::3"));
  CHECK(counting_address("192.0.2.7") != counting_address("192.0.2.8"));
  CHECK(counting_address("192.0.2.7") == counting_address("::ffff:192.0.2.7"));
}

}  // namespace
}  // namespace muster
