#include "web/json.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "server/text.h"

namespace muster {
namespace {

constexpr int kDepthAtMost = 32;

// Looked at before parsing: no parser then has to survive a body of brackets.
bool is_too_deep(std::string_view bytes) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthAtMost) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

void append_lines(std::string& out, const std::string& name, const nlohmann::ordered_json& value) {
  if (value.is_object()) {
    const std::string before = name.empty() ? "" : name + ".";
    for (const auto& [member, inner] : value.items()) append_lines(out, before + member, inner);
    return;
  }
  if (value.is_array()) {
    for (const auto& item : value) append_lines(out, name, item);
    return;
  }
  std::string text = value.is_null()     ? ""
                     : value.is_string() ? value.get<std::string>()
                                         : value.dump();
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  out += name;
  out += '=';
  out += text;
  out += '\n';
}

}  // namespace

struct Body::Document {
  nlohmann::json json;

  const nlohmann::json* find(std::string_view name) const {
    if (const auto exact = json.find(name); exact != json.end()) return &*exact;
    for (const auto& [member, value] : json.items())
      if (lower_ascii(member) == name) return &value;
    return nullptr;
  }
  // Absent and null alike.
  const nlohmann::json* find_value(std::string_view name) const {
    const auto* value = find(name);
    return value != nullptr && value->is_null() ? nullptr : value;
  }
};

Body::Body(std::string_view bytes) : document_(std::make_unique<Document>()) {
  try {
    if (is_too_deep(bytes)) {
      is_wrong_ = true;
      return;
    }
    std::istringstream stream{std::string{bytes}};
    stream >> document_->json;
    is_wrong_ = !document_->json.is_object();
  } catch (const nlohmann::json::exception&) {
    is_wrong_ = true;
  }
  if (is_wrong_) document_->json = nlohmann::json::object();
}

Body::~Body() = default;

bool Body::is_null(std::string_view name) const {
  const auto* value = document_->find(name);
  return value != nullptr && value->is_null();
}

std::optional<std::string> Body::text(std::string_view name) const {
  const auto* value = document_->find_value(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  is_wrong_ = true;
  return std::nullopt;
}

std::optional<bool> Body::boolean(std::string_view name) const {
  const auto* value = document_->find_value(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  is_wrong_ = true;
  return std::nullopt;
}

std::optional<std::int64_t> Body::integer(std::string_view name) const {
  const auto* value = document_->find_value(name);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX);
  if (fits) return value->get<std::int64_t>();
  is_wrong_ = true;
  return std::nullopt;
}

std::optional<std::vector<std::string>> Body::texts(std::string_view name) const {
  const auto* value = document_->find_value(name);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  if (value->is_array()) {
    for (const auto& item : *value)
      if (item.is_string()) texts.push_back(item.get<std::string>());
    if (texts.size() == value->size()) return texts;
  }
  is_wrong_ = true;
  return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, std::string>>> Body::fields(
    std::string_view name) const {
  const auto* value = document_->find_value(name);
  if (value == nullptr) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> fields;
  is_wrong_ = is_wrong_ || !value->is_object();
  for (const auto& [member, content] : value->items()) {
    if (content.is_null()) continue;
    is_wrong_ = is_wrong_ || content.is_structured();
    fields.emplace_back(member, content.is_string() ? content.get<std::string>() : content.dump());
  }
  if (is_wrong_) return std::nullopt;
  return fields;
}

std::optional<std::string> Body::object(std::string_view name) const {
  const auto* value = document_->find_value(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return value->dump();
  is_wrong_ = true;
  return std::nullopt;
}

std::optional<Refusal> Body::refusal() const {
  if (!is_wrong_) return std::nullopt;
  return Refusal::bad_request("couldn't parse JSON request");
}

std::string lines_of(const std::string& json) {
  std::string lines;
  append_lines(lines, "", nlohmann::ordered_json::parse(json));
  return lines;
}

}  // namespace muster
