#include "web/render.h"

#include <kainjow/mustache.hpp>
#include <map>
#include <stdexcept>

#include "server/format.h"
#include "web/assets.h"

namespace muster {
namespace {

using Data = kainjow::mustache::data;

std::string read_template(std::string_view name, bool from_disk) {
  auto text = find_asset(formatted("templates/{}.html", name), from_disk);
  if (!text) throw std::logic_error(formatted("there is no template {}", name));
  return std::move(*text);
}

Data data_of(const View& view);

struct ToData {
  // An empty text prints as nothing and its section is left out: just what `false` does.
  Data operator()(const std::string& text) const { return text.empty() ? Data{false} : Data{text}; }
  Data operator()(bool value) const { return Data{value}; }
  Data operator()(const std::vector<View>& list) const {
    Data data{Data::type::list};
    for (const View& item : list) data.push_back(data_of(item));
    return data;
  }
};

Data data_of(const View& view) {
  Data data{Data::type::object};
  for (const auto& [name, value] : view.values()) data.set(name, std::visit(ToData{}, value));
  return data;
}

// The engine prints nothing for a name it does not find; here it is a fault.
class StrictContext : public kainjow::mustache::context<std::string> {
 public:
  StrictContext(std::string_view name, const Data* data, bool from_disk)
      : context(data), name_(name), from_disk_(from_disk) {}

  const Data* get(const std::string& name) const override {
    if (const Data* found = context::get(name)) return found;
    throw std::logic_error(formatted("template {}: '{}' is not set", name_, name));
  }
  const Data* get_partial(const std::string& name) const override {
    const auto known = partials_.find(name);
    if (known != partials_.end()) return &known->second;
    auto text = read_template(name, from_disk_);
    if (text.ends_with('\n')) text.pop_back();  // a partial stands within a line
    const kainjow::mustache::partial partial{[text = std::move(text)] { return text; }};
    return &partials_.emplace(name, Data{partial}).first->second;
  }

 private:
  std::string_view name_;
  bool from_disk_;
  mutable std::map<std::string, Data> partials_;
};

}  // namespace

std::string render(std::string_view name, const View& view, bool from_disk) {
  kainjow::mustache::mustache engine{read_template(name, from_disk)};
  const Data data = data_of(view);
  StrictContext context{name, &data, from_disk};
  std::string page;
  if (engine.is_valid()) page = engine.render(context);
  if (!engine.is_valid())
    throw std::logic_error(formatted("template {}: {}", name, engine.error_message()));
  return page;
}

}  // namespace muster
