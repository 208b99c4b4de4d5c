#include "web/pages/many.h"

#include "server/format.h"
#include "web/page.h"
#include "web/words.h"

namespace muster::pages {
namespace {

std::vector<View> lines(const std::vector<std::string>& texts) {
  std::vector<View> views;
  for (const std::string& text : texts) views.push_back(View{}.set("text", text));
  return views;
}

}  // namespace

Reply ask_first(const Call& call, const SignedIn& who, const Question& question,
                const ManyReport& report) {
  const Form& form = who.form();
  const auto more = static_cast<std::int64_t>(report.changed.size() - report.names.size());
  std::vector<View> left_out;
  for (const LeftOut& one : report.left_out)
    if (left_out.size() < report.names.size() + 1)
      left_out.push_back(View{}.set("name", one.name).set("why", one.why.message));
  const std::string heading = formatted("{} {}", question.button, question.what);
  View view;
  view.set("heading", heading)
      .set("sentences", lines(question.sentences))
      .set("names", lines(report.names))
      .set("more", more > 0 ? formatted("{} more", more) : "")
      .set("unchanged", report.unchanged > 0 ? std::to_string(report.unchanged) : "")
      .set("has_left_out", !left_out.empty())
      .set("button", question.button)
      .set("action_url", question.action_url)
      .set("cancel_url", question.cancel_url)
      .set("action", form.value("action"))
      .set("which", form.value("which"))
      .set("ids", lines(means_all(form) ? std::vector<std::string>{} : form.values("ids")))
      .set("digest", report.digest)
      .set("working", formatted("Working on {}…", question.what));
  view.set("left_out", std::move(left_out));
  return page(call, who, {"many/confirm", heading, std::move(view), question.section});
}

std::string with_notice(std::string_view path, std::string_view notice_query) {
  return formatted("{}{}{}", path, path.find('?') == std::string_view::npos ? "?" : "&",
                   notice_query);
}

Reply go_to(std::string path) { return redirect(std::move(path)); }

}  // namespace muster::pages
