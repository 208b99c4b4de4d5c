#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "server/id.h"

namespace muster {

// Writes JSON straight into a string, member by member, so that large answers need no document in
// memory and no file needs the JSON library's header just to write. Texts must be valid UTF-8.

void append_json_string(std::string& out, std::string_view text);

class JsonArray;

class JsonObject {
 public:
  JsonObject& set(std::string_view name, std::string_view text);
  JsonObject& set(std::string_view name, const char* text) {
    return set(name, std::string_view{text});
  }
  JsonObject& set(std::string_view name, bool value);
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonObject& set(std::string_view name, T value) {
    return set_raw(name, std::to_string(value));
  }
  JsonObject& set(std::string_view name, std::nullptr_t) { return set_raw(name, "null"); }
  template <class Tag>
  JsonObject& set(std::string_view name, Id<Tag> id) {
    return set(name, std::string_view{to_text(id)});
  }
  template <class T>
  JsonObject& set(std::string_view name, const std::optional<T>& value) {
    return value ? set(name, *value) : set(name, nullptr);
  }
  JsonObject& set(std::string_view name, const JsonObject& value);
  JsonObject& set(std::string_view name, const JsonArray& value);
  // `json` must be a JSON value already.
  JsonObject& set_raw(std::string_view name, std::string_view json);

  std::string text() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

class JsonArray {
 public:
  JsonArray& add(std::string_view text);
  JsonArray& add(const JsonObject& value) { return add_raw(value.text()); }
  JsonArray& add_raw(std::string_view json);
  template <class Texts>
  static JsonArray of(const Texts& texts) {
    JsonArray array;
    for (const auto& text : texts) array.add(std::string_view{text});
    return array;
  }

  std::string text() const { return text_ + "]"; }

 private:
  std::string text_ = "[";
};

}  // namespace muster
