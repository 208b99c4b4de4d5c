#include "server/json_writer.h"

#include "server/format.h"

namespace muster {

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += formatted("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

JsonObject& JsonObject::set(std::string_view name, std::string_view text) {
  set_raw(name, "");
  append_json_string(text_, text);
  return *this;
}

JsonObject& JsonObject::set(std::string_view name, bool value) {
  return set_raw(name, value ? "true" : "false");
}

JsonObject& JsonObject::set(std::string_view name, const JsonObject& value) {
  return set_raw(name, value.text());
}

JsonObject& JsonObject::set(std::string_view name, const JsonArray& value) {
  return set_raw(name, value.text());
}

JsonObject& JsonObject::set_raw(std::string_view name, std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  append_json_string(text_, name);
  text_ += ':';
  text_ += json;
  return *this;
}

JsonArray& JsonArray::add(std::string_view text) {
  add_raw("");
  append_json_string(text_, text);
  return *this;
}

JsonArray& JsonArray::add_raw(std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += json;
  return *this;
}

}  // namespace muster
