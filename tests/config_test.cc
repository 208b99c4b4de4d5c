#include "server/config.h"

#include <sys/stat.h>

#include "tests/catch.h"
#include "tests/command.h"

// What is said on the command line: addresses, and the folder that holds the data.

namespace muster {
namespace {

TEST_CASE("a listen address is a numeric address and a port") {
  struct Row {
    const char* text;
    const char* host;
    int port;
    const char* shown;
  };
  const auto row = GENERATE(Row{"127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"},
                            Row{"0.0.0.0:443", "0.0.0.0", 443, "0.0.0.0:443"},
                            Row{"[::]:443", "::", 443, "[::]:443"},
                            Row{"[2001:db8::1]:65535", "2001:db8::1", 65535, "[2001:db8::1]:65535"},
                            Row{"localhost:0", "127.0.0.1", 0, "127.0.0.1:0"});
  const ListenAddress address = parse_listen_address(row.text);
  CHECK(address.host == row.host);
  CHECK(address.port == row.port);
  CHECK(address.text() == row.shown);
}

TEST_CASE("what is no listen address is refused") {
  const auto* text = GENERATE("", ":", ":8080", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                              "127.0.0.1:-1", "127.0.0.1:65536", "127.0.0.1: 80", "127.0.0.1/8:80",
                              "example.com:80", "[::1:80", "http://127.0.0.1:80");
  INFO(text);
  CHECK_THROWS_AS(parse_listen_address(text), UsageError);
}

TEST_CASE("loopback and wildcard are told apart from the rest") {
  CHECK(parse_listen_address("127.0.0.1:1").is_loopback());
  CHECK(parse_listen_address("127.9.9.9:1").is_loopback());
  CHECK(parse_listen_address("[::1]:1").is_loopback());
  CHECK(!parse_listen_address("0.0.0.0:1").is_loopback());
  CHECK(!parse_listen_address("192.0.2.7:1").is_loopback());
  CHECK(parse_listen_address("0.0.0.0:1").is_wildcard());
  CHECK(parse_listen_address("[::]:1").is_wildcard());
  CHECK(!parse_listen_address("192.0.2.7:1").is_wildcard());
}

TEST_CASE("off loopback there is TLS, unless a proxy stands in front") {
  ServeConfig config;
  CHECK(!config.is_tls());
  config.listen = {"0.0.0.0", 80};
  CHECK(config.is_tls());
  config.behind_proxy = parse_ip_range("10.0.0.1");
  CHECK(!config.is_tls());
}

TEST_CASE("a public URL is what a browser takes, without a slash at its end") {
  struct Row {
    const char* text;
    const char* url;
    const char* host;
  };
  const auto row = GENERATE(
      Row{"https://muster.example.com", "https://muster.example.com", "muster.example.com"},
      Row{" https://muster.example.com// ", "https://muster.example.com", "muster.example.com"},
      Row{"http://10.0.0.5:8080", "http://10.0.0.5:8080", "10.0.0.5"},
      Row{"https://[2001:db8::1]:8443/muster/", "https://[2001:db8::1]:8443/muster", "2001:db8::1"},
      Row{"https://pi.local/a/b", "https://pi.local/a/b", "pi.local"});
  CHECK(parse_public_url(row.text) == row.url);
  CHECK(host_of_url(row.url) == row.host);
}

TEST_CASE("what is no public URL, or could break a pasted line, is refused") {
  const auto* text = GENERATE(
      "", "muster.example.com", "ftp://muster.example.com", "https://", "https:///a", "https://a b",
      "https://ana@example.com", "https://example.com?x=1", "https://example.com#x",
      "https://example.com:0", "https://example.com:65536", "https://example.com:x",
      "https://example.com:", "https://[::1", "https://[zz]", "https://example.com/'; rm -rf /",
      "https://example.com/$(id)", "https://example.com/`id`", "https://example.com/a\nb",
      "https://example.com/a|b", "https://example.com/\xff", "https://ex\xc3\xa4mple.com");
  INFO(text);
  CHECK_THROWS_AS(parse_public_url(text), UsageError);
}

TEST_CASE("the data folder is made for its owner alone") {
  const ScratchFolder scratch;
  const DataFolder folder{scratch.path() / "a" / "data"};
  struct stat status {};
  REQUIRE(::stat(folder.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  CHECK_THROWS_AS(DataFolder{scratch.put("file", "x")}, UnusableFolder);
}

TEST_CASE("a folder is served once at a time") {
  const ScratchFolder scratch;
  const DataFolder folder{scratch.path()};
  {
    const FolderLock first{folder};
    CHECK_THROWS_AS(FolderLock{folder}, UnusableFolder);
  }
  FolderLock{folder};
}

}  // namespace
}  // namespace muster
