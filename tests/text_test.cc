#include "server/text.h"

#include <nlohmann/json.hpp>

#include "server/clock.h"
#include "server/json_writer.h"
#include "tests/catch.h"

// What counts as text that people can read, and how names become labels.

namespace muster {
namespace {

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("length is counted in characters, not in bytes") {
  CHECK(printable_length("") == 0);
  CHECK(printable_length("till") == 4);
  CHECK(printable_length("Zürich") == 6);
  CHECK(printable_length("東京") == 2);
  CHECK(printable_length("👩‍💻") == 3);  // woman, joiner, computer
  CHECK(printable_length("\xf4\x8f\xbf\xbf") == 1);
}

TEST_CASE("what is not UTF-8 is no text") {
  const std::string_view text = GENERATE("\xff", "a\x80", "\xc3", "\xc3(", "\xe2\x82", "\xe2(\xa1",
                                         "\xf0\x9f\x98",      // cut off
                                         "\xc0\x80",          // NUL in two bytes
                                         "\xc1\xbf",          // a letter in two bytes
                                         "\xe0\x80\xaf",      // a slash in three
                                         "\xf0\x80\x80\xaf",  // and in four
                                         "\xed\xa0\x80",      // half of a pair
                                         "\xf4\x90\x80\x80",  // above the last character
                                         "\xf5\x80\x80\x80", "\xfe");
  CHECK(!printable_length(text));
  CHECK(!check_text("the name", text, 200));
}

TEST_CASE("control characters are refused, those of ISO 8859 too") {
  for (char c = 0; c < 0x20; ++c) CHECK(!printable_length(std::string{"a"} + c));
  CHECK(!printable_length("\x7f"));
  for (int c = 0x80; c < 0xa0; ++c)
    CHECK(!printable_length(std::string{"\xc2"} + static_cast<char>(c)));
  CHECK(printable_length("\xc2\xa0") == 1);  // a blank that does not break is printable
}

TEST_CASE("a name may have 200 characters and not one more") {
  CHECK(check_text("the name", repeated("ü", 200), kNameLength));
  const auto longer = check_text("the name", repeated("ü", 201), kNameLength);
  REQUIRE(!longer);
  CHECK(longer.refusal().message == "the name is longer than 200 characters");
}

TEST_CASE("line breaks and tabs pass in notes, other control characters do not") {
  CHECK(check_text("the note", "one\r\n\ttwo", kNoteLength, true));
  CHECK(!check_text("the note", "one\x1b[2Jtwo", kNoteLength, true));
  CHECK(!check_text("the name", "one\ntwo", kNameLength));
}

TEST_CASE("a label is made of any text") {
  CHECK(make_label("raspberrypi") == "raspberrypi");
  CHECK(make_label("Ana's MacBook Pro") == "ana-s-macbook-pro");
  CHECK(make_label("till_1.shop.example.com") == "till-1-shop-example-com");
  CHECK(make_label("--a--b--") == "a-b");
  CHECK(make_label("Zürich") == "z-rich");
  CHECK(make_label("東京") == "device");
  CHECK(make_label("") == "device");
  CHECK(make_label("\xff\x01") == "device");
}

TEST_CASE("a label made of any text is a label") {
  for (int length = 0; length < 200; ++length) {
    CHECK(is_label(make_label(std::string(static_cast<std::size_t>(length), 'a'))));
    CHECK(is_label(make_label(repeated("a-", length))));
    CHECK(is_label(make_label(repeated("-", length) + "a")));
  }
  CHECK(make_label(std::string(200, 'a')) == std::string(63, 'a'));
}

TEST_CASE("a label is 1 to 63 of a-z, 0-9 and hyphens between") {
  CHECK(is_label("a"));
  CHECK(is_label("till-1"));
  CHECK(is_label(std::string(63, 'a')));
  CHECK(!is_label(std::string(64, 'a')));
  for (const auto* text : {"", "-a", "a-", "A", "a.b", "a_b", "a b", "\xc3\xbc", "a\n"}) {
    INFO(text);
    CHECK(!is_label(text));
  }
}

TEST_CASE("text is split at each separator, and joined again") {
  CHECK(split("", ' ').empty());
  CHECK(split("a", ' ') == std::vector<std::string>{"a"});
  CHECK(split("a b", ' ') == std::vector<std::string>{"a", "b"});
  CHECK(join({"a", "b", "c"}, ", ") == "a, b, c");
  CHECK(trim(" \t\r\n a b \n") == "a b");
}

TEST_CASE("times read as a person and as a program expects") {
  CHECK(readable_time(1'795'248'189) == "21 November 2026, 08:03 UTC");
  CHECK(rfc3339(1'795'248'189) == "2026-11-21T08:03:09Z");
  CHECK(rfc3339(951'782'400) == "2000-02-29T00:00:00Z");
  CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
}

TEST_CASE("any text comes back from JSON as it went in") {
  std::string all;
  for (char c = 0; c < 0x7f; ++c) all += c;
  all += "\x7fü東👩";
  const std::string json = JsonObject{}.set(all, std::string_view{all}).text();
  CHECK(nlohmann::json::parse(json) == nlohmann::json{{all, all}});
}

}  // namespace
}  // namespace muster
