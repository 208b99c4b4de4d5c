#include "tests/browser.h"

#include "server/format.h"
#include "tests/catch.h"
#include "web/form.h"

namespace muster {

std::string encoded(const Fields& fields) {
  std::string body;
  for (const auto& [name, value] : fields)
    body += formatted("{}{}={}", body.empty() ? "" : "&", encode_query(name), encode_query(value));
  return body;
}

std::string input_value(const std::string& html, const std::string& name) {
  const auto input = html.find(formatted("name=\"{}\"", name));
  REQUIRE(input != std::string::npos);
  const std::string value = "value=\"";
  const auto at = html.find(value, input);
  REQUIRE(at < html.find('>', input));
  const auto from = at + value.size();
  return html.substr(from, html.find('"', from) - from);
}

Browser& Browser::sign_in_as(const std::string& role) {
  email_ = formatted("{}-{}@example.com", role, world_.number("SELECT count(*) FROM users"));
  static const std::string hash = hash_password(Secret{std::string{kPassword}});
  world_.run(
      formatted("INSERT INTO users (email, name, role, password_hash, created_at)"
                " VALUES ('{0}', '{0}', '{1}', '{2}', 1)",
                email_, role, hash));
  const Answer answer = sign_in(email_, std::string{kPassword});
  REQUIRE(answer.status == 303);
  return *this;
}

Answer Browser::sign_in(const std::string& email, const std::string& password) {
  csrf_token_.clear();
  return keep_cookie(
      world_.ask("POST", "/sign-in", encoded({{"email", email}, {"password", password}}),
                 {.headers = {{"Host", "muster.test"}, {"Origin", "http://muster.test"}}}));
}

Answer Browser::get(const std::string& path) {
  Sent sent{.headers = {{"Host", "muster.test"}}};
  if (!cookie_.empty()) sent.headers.emplace_back("Cookie", cookie_);
  return keep_cookie(world_.ask("GET", path, "", sent));
}

std::string Browser::csrf_token() {
  if (csrf_token_.empty()) csrf_token_ = input_value(get("/account").body, "csrf_token");
  return csrf_token_;
}

Answer Browser::post(const std::string& path, Fields fields) {
  return post(path, std::move(fields), {{"Origin", "http://muster.test"}});
}

Answer Browser::post(const std::string& path, Fields fields,
                     std::vector<std::pair<std::string, std::string>> headers) {
  const auto has = [&](const std::string& name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const auto& field) { return field.first == name; });
  };
  if (!cookie_.empty() && !has("csrf_token")) fields.emplace_back("csrf_token", csrf_token());
  if (!has("form_number")) fields.emplace_back("form_number", std::to_string(++forms_));
  headers.emplace_back("Host", "muster.test");
  if (!cookie_.empty()) headers.emplace_back("Cookie", cookie_);
  return keep_cookie(world_.ask("POST", path, encoded(fields), {.headers = std::move(headers)}));
}

Answer Browser::keep_cookie(Answer answer) {
  const auto set = answer.headers.find("Set-Cookie");
  if (set != answer.headers.end() && set->second.find("muster-session=") != std::string::npos)
    cookie_ = set->second.substr(0, set->second.find(';'));
  return answer;
}

}  // namespace muster
