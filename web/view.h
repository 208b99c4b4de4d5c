#pragma once

// What a template is filled with. The names are the template's; every one that it mentions must be
// set, also where the value is "no": render() throws on a name it does not know, so that a
// misspelled variable fails a test and does not leave a hole in a page.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace muster {

class View {
 public:
  // A section of an empty text, of `false` and of an empty list is left out.
  View& set(std::string name, std::string_view text) { return put(name, std::string{text}); }
  View& set(std::string name, std::string text) { return put(name, std::move(text)); }
  View& set(std::string name, const char* text) { return put(name, std::string{text}); }
  View& set(std::string name, bool value) { return put(name, value); }
  View& set(std::string name, std::int64_t number) { return put(name, std::to_string(number)); }
  View& set(std::string name, int number) { return put(name, std::to_string(number)); }
  View& set(std::string name, std::vector<View> list) { return put(name, std::move(list)); }
  View& set(std::string name, View inner) { return put(name, std::vector{std::move(inner)}); }
  View& set(std::string name, std::optional<View> inner) {
    std::vector<View> list;
    if (inner) list.push_back(std::move(*inner));
    return put(name, std::move(list));
  }

  using Value = std::variant<std::string, bool, std::vector<View>>;
  const std::vector<std::pair<std::string, Value>>& values() const { return values_; }

 private:
  View& put(std::string& name, Value value) {
    values_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  std::vector<std::pair<std::string, Value>> values_;
};

}  // namespace muster
