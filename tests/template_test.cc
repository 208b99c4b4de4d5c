#include "server/embedded.h"
#include "tests/catch.h"
#include "web/render.h"

// Templates are strict: a hole in a page is a fault, not an empty place.

namespace muster {
namespace {

TEST_CASE("a variable that is not set is a fault that names it") {
  View view;
  view.set("message", "x").set("status", 404).set("is_unknown", true).set("is_ours", true);
  view.set("offers_sign_in", false);
  CHECK_THROWS_WITH(render("error", view, false), "template error: 'request_id' is not set");
  view.set("request_id", "r1");
  CHECK_NOTHROW(render("error", view, false));
}

TEST_CASE("a template or partial that is not there is a fault") {
  CHECK_THROWS_WITH(render("nothing", View{}, false), "there is no template nothing");
}

TEST_CASE("every value is escaped") {
  View view;
  view.set("message", "<script>\"'&");
  CHECK(render("partials/alert", view, false).find("&lt;script&gt;&quot;&apos;&amp;") !=
        std::string::npos);
}

TEST_CASE("what is empty, false or an empty list is left out") {
  View view;
  view.set("message", "");
  CHECK(render("partials/alert", view, false).find("<p") == std::string::npos);
}

TEST_CASE("only the layouts take HTML as it is") {
  for (const EmbeddedFile& file : web_files()) {
    if (!file.name.starts_with("templates/")) continue;
    INFO(file.name);
    const bool is_raw = file.content.find("{{{") != std::string_view::npos ||
                        file.content.find("{{&") != std::string_view::npos;
    CHECK(is_raw == (file.name == "templates/layout.html" || file.name == "templates/plain.html"));
  }
}

}  // namespace
}  // namespace muster
