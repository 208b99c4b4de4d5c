#pragma once

// What the lists share whose rows can be chosen: reading the form, asking before something ends,
// and going back to the list with what was done.

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "server/sessions.h"
#include "web/form.h"
#include "web/many.h"
#include "web/many_notice.h"
#include "web/reply.h"
#include "web/visitor.h"

namespace muster::pages {

// "all that match", not "the chosen ones".
inline bool means_all(const Form& form) { return form.value("which") == "all"; }

// The boxes that were checked; what is no id is passed over.
template <class IdType>
std::vector<IdType> chosen_ids(const Form& form) {
  std::vector<IdType> ids;
  for (const std::string& text : form.values("ids")) {
    IdType id;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (error == std::errc{} && end == text.data() + text.size() && id.value > 0) ids.push_back(id);
  }
  return ids;
}

struct Question {
  std::string_view section;  // of the navigation: `/keys`
  std::string_view button;   // "Revoke"
  std::string what;          // "312 keys"
  std::vector<std::string> sentences;
  std::string action_url;  // of the form that is asked about
  std::string cancel_url;
};
// The page that says what will happen, with the same form once more.
Reply ask_first(const Call& call, const SignedIn& who, const Question& question,
                const ManyReport& report);
inline bool is_confirmed(const Form& form) { return form.value("confirmed") == "yes"; }

// Runs `act(tx, by)` once for the form's number, and sends the browser to `back` with a notice that
// tells the numbers. A form that comes again only leads there.
template <class Act>
Result<Reply> act_once(const Call& call, const SignedIn& who, std::string_view back,
                       std::string_view notice, Act&& act);

// `/keys?state=paused` and `notice=…`
std::string with_notice(std::string_view path, std::string_view notice_query);
Reply go_to(std::string path);

template <class Act>
Result<Reply> act_once(const Call& call, const SignedIn& who, std::string_view back,
                       std::string_view notice, Act&& act) {
  const auto number = who.form().value("form_number");
  auto path = call.write(who, [&](Transaction& tx, const By& by) -> Result<std::string> {
    if (!claim_form(tx, who.session().id, number))
      return find_form_result(tx, who.session().id, number);
    const auto report = act(tx, by);
    if (!report) return report.refusal();
    std::string done = with_notice(back, many_notice_query(notice, *report));
    note_form_result(tx, who.session().id, number, done);
    return done;
  });
  if (!path) return path.refusal();
  return go_to(path->empty() ? std::string{back} : std::move(*path));
}

}  // namespace muster::pages
