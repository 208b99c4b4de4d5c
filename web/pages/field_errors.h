#pragma once

// What is wrong with the fields of a form that was sent: each sentence stands beside its field, and
// all of them at once, so that nobody corrects one only to be told of the next.

#include <map>
#include <string>
#include <string_view>

#include "server/result.h"
#include "web/view.h"

namespace muster::pages {

class FieldErrors {
 public:
  // The first one of each field is kept.
  void add(std::string_view field, std::string_view message);
  // Takes the refusal, if it is one.
  void add(std::string_view field, const Result<void>& checked);
  bool has(std::string_view field) const { return errors_.find(field) != errors_.end(); }
  bool is_empty() const { return errors_.empty(); }

  // Sets `wrong_FIELD` for each of the form's fields, for `partials/wrong`; an error whose field
  // the form does not have goes to `message`.
  template <class Fields>
  void show(View& view, const Fields& fields, std::string_view message = {}) const {
    std::string above{message};
    for (const auto& [field, sentence] : errors_)
      if (!is_one_of(field, fields)) above = sentence;
    if (above.empty() && !errors_.empty())
      above = "Nothing is saved yet: see what is marked below.";
    for (const std::string_view field : fields) set_one(view, field);
    view.set("message", above);
  }

  const std::map<std::string, std::string, std::less<>>& all() const { return errors_; }

 private:
  template <class Fields>
  static bool is_one_of(std::string_view wanted, const Fields& fields) {
    for (const std::string_view field : fields)
      if (field == wanted) return true;
    return false;
  }
  void set_one(View& view, std::string_view field) const;

  std::map<std::string, std::string, std::less<>> errors_;
};

// The words of a refusal as a sentence for people: capital letter, full stop.
std::string as_sentence(std::string_view message);

}  // namespace muster::pages
