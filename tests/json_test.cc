#include "web/json.h"

#include "tests/catch.h"

// How bodies are read: as clients of the API that this follows lean on it.

namespace muster {
namespace {

TEST_CASE("unknown members are ignored, and names match in any case") {
  const Body body{R"({"NAME": "n", "Usage_Limit": 3, "x": {"y": [1]}})"};
  CHECK(body.text("name") == "n");
  CHECK(body.integer("usage_limit") == 3);
  CHECK(!body.refusal());
}

TEST_CASE("a name as it is written comes before one in another case") {
  CHECK(Body{R"({"NAME": "a", "name": "b", "Name": "c"})"}.text("name") == "b");
}

TEST_CASE("null stands for absent") {
  const Body body{R"({"a": null})"};
  CHECK(!body.text("a"));
  CHECK(!body.boolean("a"));
  CHECK(!body.integer("a"));
  CHECK(!body.texts("a"));
  CHECK(!body.text("b"));
  CHECK(body.is_null("a"));
  CHECK(!body.is_null("b"));
  CHECK(!body.refusal());
}

TEST_CASE("what follows the first value is not looked at") {
  const Body body{"{\"a\": \"x\"} and then some \x01"};
  CHECK(body.text("a") == "x");
  CHECK(!body.refusal());
}

TEST_CASE("what is no JSON object is refused") {
  const std::string bytes = GENERATE(
      std::string{}, std::string{" "}, std::string{"{"}, std::string{"null"}, std::string{"[]"},
      std::string{"\"a\""}, std::string{"1"}, std::string{"{a: 1}"}, std::string{"{'a': 1}"},
      std::string{"{\"a\": }"}, std::string{"{\"a\": 1,}"}, std::string{"{\"a\": 01}"},
      std::string{"{\"a\": NaN}"}, std::string{"{\"a\": 1e999}"}, std::string{"{\"a\": \"\xff\"}"},
      std::string{"{\"a\": \"\\ud800\"}"}, std::string{"{\"a\": \"\n\"}"},
      std::string("{\"a\": \"\0\"}", 10), std::string("\0{}", 3), std::string{"\xff\xfe{\0}"});
  INFO(bytes);
  const Body body{bytes};
  REQUIRE(body.refusal());
  CHECK(body.refusal()->kind == Kind::bad_request);
  CHECK(body.refusal()->message == "couldn't parse JSON request");
}

TEST_CASE("deep nesting is refused before it is parsed, brackets in texts are not counted") {
  const auto nested = [](int depth) {
    const auto count = static_cast<std::size_t>(depth);
    return "{\"a\": " + std::string(count, '[') + std::string(count, ']') + "}";
  };
  CHECK(!Body{nested(31)}.refusal());
  CHECK(Body{nested(32)}.refusal());
  CHECK(Body{std::string(1'000'000, '[')}.refusal());
  CHECK(!Body{"{\"a\": \"" + std::string(1000, '[') + "\\\"[[[\"}"}.refusal());
}

TEST_CASE("a member of the wrong type makes the whole body refused") {
  const std::string value =
      GENERATE("1", "true", "\"x\"", "[]", "{}", "[1]", "[null]", "[[\"x\"]]", "1.5", "1e2");
  const Body body{R"({"a": )" + value + "}"};
  CHECK(!body.refusal());
  if (value != "\"x\"") CHECK((!body.text("a") && body.refusal()));
  const Body flags{R"({"a": )" + value + "}"};
  if (value != "true") CHECK((!flags.boolean("a") && flags.refusal()));
  const Body numbers{R"({"a": )" + value + "}"};
  if (value != "1") CHECK((!numbers.integer("a") && numbers.refusal()));
  const Body lists{R"({"a": )" + value + "}"};
  if (value != "[]") CHECK((!lists.texts("a") && lists.refusal()));
}

TEST_CASE("integers are whole and fit") {
  CHECK(Body{R"({"a": 9223372036854775807})"}.integer("a") == INT64_MAX);
  CHECK(Body{R"({"a": -9223372036854775808})"}.integer("a") == INT64_MIN);
  CHECK(Body{R"({"a": 0})"}.integer("a") == 0);
  for (const char* bytes : {R"({"a": 9223372036854775808})", R"({"a": 99999999999999999999})",
                            R"({"a": -9223372036854775809})", R"({"a": 1.0})", R"({"a": "1"})"}) {
    const Body body{bytes};
    CHECK(!body.integer("a"));
    CHECK(body.refusal());
  }
}

TEST_CASE("an answer as lines: a list repeats its line, inner members stand behind a dot") {
  CHECK(lines_of(R"({"b":"x","a":1,"t":true,"n":null,"l":["p","q"],"o":{"i":"1","m":[{"k":2}]},)"
                 R"("e":[]})") == "b=x\na=1\nt=true\nn=\nl=p\nl=q\no.i=1\no.m.k=2\n");
}

TEST_CASE("values of lines hold no line breaks or other control characters") {
  CHECK(lines_of("{\"a\":\"one\\ntwo\\r\\u0000\\u001b[2J\\u007f\"}") == "a=one two   [2J \n");
}

}  // namespace
}  // namespace muster
