#include "web/pages/field_errors.h"

#include "server/format.h"

namespace muster::pages {

void FieldErrors::add(std::string_view field, std::string_view message) {
  errors_.try_emplace(std::string{field}, as_sentence(message));
}

void FieldErrors::add(std::string_view field, const Result<void>& checked) {
  if (!checked) add(field, checked.refusal().message);
}

void FieldErrors::set_one(View& view, std::string_view field) const {
  std::vector<View> wrong;
  const auto found = errors_.find(field);
  if (found != errors_.end())
    wrong.push_back(View{}.set("field", field).set("sentence", found->second));
  view.set(formatted("wrong_{}", field), std::move(wrong));
}

std::string as_sentence(std::string_view message) {
  std::string sentence{message};
  if (sentence.empty()) return sentence;
  const char first = sentence.front();
  if (first >= 'a' && first <= 'z') sentence.front() = static_cast<char>(first - 'a' + 'A');
  if (!sentence.ends_with('.') && !sentence.ends_with('?')) sentence += '.';
  return sentence;
}

}  // namespace muster::pages
