#pragma once

// What a browser does with our pages, without one: it keeps the cookie, sends Origin, and fills in
// the token of the page's forms.

#include <string>
#include <utility>
#include <vector>

#include "tests/world.h"

namespace muster {

using Fields = std::vector<std::pair<std::string, std::string>>;

class Browser {
 public:
  static constexpr std::string_view kPassword = "a long enough password";

  // Nobody is signed in.
  explicit Browser(World& world) : world_(world) {}

  // Makes a person of this role and signs them in.
  Browser& sign_in_as(const std::string& role = "owner");
  Answer sign_in(const std::string& email, const std::string& password);

  Answer get(const std::string& path);
  // A form of one of our pages: `csrf_token` and `form_number` are added unless fields hold them.
  Answer post(const std::string& path, Fields fields = {});
  // The same with headers of the test's own in place of Origin.
  Answer post(const std::string& path, Fields fields,
              std::vector<std::pair<std::string, std::string>> headers);

  std::string csrf_token();
  const std::string& cookie() const { return cookie_; }
  std::string email() const { return email_; }

 private:
  Answer keep_cookie(Answer answer);

  World& world_;
  std::string cookie_;
  std::string csrf_token_;
  std::string email_;
  int forms_ = 0;
};

// The value of the first input of that name in a page.
std::string input_value(const std::string& html, const std::string& name);
// `a=1&b=x%20y`
std::string encoded(const Fields& fields);

}  // namespace muster
