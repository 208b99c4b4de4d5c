#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/json_writer.h"
#include "server/result.h"

namespace muster {

// The JSON object of a request. Read as NetBird's clients expect it to be read: unknown members
// are ignored, names match in any case, null stands for absent, and what follows the first value
// is not looked at. Anything that cannot be read makes the whole body refused, once:
//
//   const Body body{request.body};
//   const auto name = body.text("name");
//   if (auto wrong = body.refusal()) return *wrong;
class Body {
 public:
  explicit Body(std::string_view bytes);
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  bool is_null(std::string_view name) const;  // there, and null
  std::optional<std::string> text(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<std::vector<std::string>> texts(std::string_view name) const;
  // The members of an object, each a text, number or boolean, as they stand in a query; null ones
  // are left out.
  std::optional<std::vector<std::pair<std::string, std::string>>> fields(
      std::string_view name) const;
  // An object inside, as JSON for a Body of its own.
  std::optional<std::string> object(std::string_view name) const;

  // Set once the body, or a member asked for so far, could not be read.
  std::optional<Refusal> refusal() const;

 private:
  struct Document;
  std::unique_ptr<Document> document_;
  mutable bool is_wrong_ = false;
};

// The same answer as `name=value` lines, made for sh: a list repeats its line, a member of an
// object stands behind its name and a dot. Values hold no line breaks.
std::string lines_of(const std::string& json);

}  // namespace muster
