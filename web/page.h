#pragma once

// HTML answers: a template inside one of two layouts. `page` is for people who are signed in, with
// the navigation beside it; `plain_page` for everybody else, and for what must be read alone.

#include <string>
#include <string_view>

#include "server/result.h"
#include "web/call.h"
#include "web/view.h"
#include "web/visitor.h"

namespace muster {

struct Page {
  std::string_view name;  // of the template: `keys/list`
  std::string title;
  View view = {};
  std::string_view section = {};  // the path that the navigation marks: `/keys`
  int status = 200;
};

// Every template finds `csrf_token` and `form_number` set, beside what its own view sets.
Reply page(const Call& call, const SignedIn& who, Page page);
Reply plain_page(const Call& call, const Page& page);
// A part of a page, for its renewal. `view` as for the page's own include of the partial.
Reply fragment(const Call& call, std::string_view name, const View& view);

// What went wrong, in words, with the request's id where it is our fault.
Reply error_page(const Call& call, const Refusal& refusal);

// After a form: the browser asks for `path` next. `path` is our own, never from outside.
Reply redirect(std::string path);
// A path of ours out of a query or form, else `fallback`: never somebody else's site.
std::string own_path(std::string_view path, std::string_view fallback);

// Whether refusals at this path are read by people.
bool is_page_path(std::string_view path);

// `/static/app-1f3c9d20.css`: the name changes with the content, so browsers keep it for a year.
std::string static_url(std::string_view file, bool from_disk);

}  // namespace muster
