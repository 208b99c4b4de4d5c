#include "web/pages/plan_view.h"

#include <algorithm>
#include <array>

#include "server/format.h"

namespace muster::pages {
namespace {

constexpr std::size_t kRowsOfBranch = 30;
constexpr std::size_t kRowsOfPage = 240;
constexpr std::size_t kOpenAtMost = 8;  // longer lists begin folded

struct EffectWords {
  std::string_view kind;
  Effect effect;
  std::string_view one;
  std::string_view many;  // behind the number
};
constexpr std::array kWords{
    EffectWords{"session", Effect::ended, "1 browser is signed out", "browsers are signed out"},
    EffectWords{"access_token", Effect::revoked, "1 access token is revoked",
                "access tokens are revoked"},
    EffectWords{"access_token", Effect::already_ended, "1 access token that ended before",
                "access tokens that ended before"},
    EffectWords{"setup_key", Effect::revoked, "1 key is revoked", "keys are revoked"},
    EffectWords{"setup_key", Effect::deleted, "Its default key is deleted",
                "default keys are deleted"},
    EffectWords{"setup_key", Effect::already_ended, "1 key that ended before",
                "keys that ended before"},
    EffectWords{"setup_key", Effect::loses_group, "1 key stays and loses the group",
                "keys stay and lose the group"},
    EffectWords{"setup_key", Effect::loses_network, "1 key stays and loses the network",
                "keys stay and lose the network"},
    EffectWords{"install_link", Effect::withdrawn, "1 install link is withdrawn",
                "install links are withdrawn"},
    EffectWords{"device", Effect::removed, "1 device is removed", "devices are removed"},
    EffectWords{"device", Effect::loses_group, "1 device stays connected and loses the group",
                "devices stay connected and lose the group"},
    EffectWords{"device", Effect::loses_address,
                "1 device stays in other networks and loses its address here",
                "devices stay in other networks and lose their address here"},
    EffectWords{"user", Effect::removed, "1 person is removed", "people are removed"},
    EffectWords{"group", Effect::deleted, "1 group is deleted", "groups are deleted"},
    EffectWords{"network", Effect::deleted, "1 network is deleted", "networks are deleted"},
};

class Tree {
 public:
  explicit Tree(const RevocationPlan& plan) : plan_(plan), below_(plan.items.size()) {
    for (std::size_t i = 1; i < plan.items.size(); ++i)
      if (const auto above = plan.items[i].because_of) below_.at(*above).push_back(i);
  }

  std::vector<View> branches(std::size_t item) {
    std::vector<std::vector<std::size_t>> sorts;
    for (const std::size_t below : below_[item]) {
      const auto known = std::ranges::find_if(
          sorts, [&](const auto& sort) { return is_same_sort(sort.front(), below); });
      if (known == sorts.end())
        sorts.push_back({below});
      else
        known->push_back(below);
    }
    std::vector<View> views;
    for (const auto& sort : sorts) views.push_back(branch(sort));
    return views;
  }

 private:
  bool is_same_sort(std::size_t a, std::size_t b) const {
    return plan_.items[a].kind == plan_.items[b].kind &&
           plan_.items[a].effect == plan_.items[b].effect;
  }

  View branch(const std::vector<std::size_t>& sort) {
    const RevocationItem& first = plan_.items[sort.front()];
    std::vector<View> rows;
    for (const std::size_t item : sort) {
      if (rows.size() == kRowsOfBranch || rows_ == kRowsOfPage) break;
      ++rows_;
      rows.push_back(row(item));
    }
    const auto more = sort.size() - rows.size();
    View view;
    view.set("words",
             effect_words(first.kind, first.effect, static_cast<std::int64_t>(sort.size())))
        .set("has_rows", !rows.empty())
        .set("is_open", sort.size() <= kOpenAtMost)
        .set("more", more == 0 ? "" : readable_number(static_cast<std::int64_t>(more)));
    view.set("rows", std::move(rows));
    return view;
  }

  View row(std::size_t item) {
    const RevocationItem& shown = plan_.items[item];
    auto inner = branches(item);
    View view;
    view.set("has_branches", !inner.empty())
        .set("name", shown.name.empty() ? "without a name" : shown.name)
        .set("path", page_of(shown.kind, shown.id))
        .set("branches", std::move(inner));
    return view;
  }

  const RevocationPlan& plan_;
  std::vector<std::vector<std::size_t>> below_;
  std::size_t rows_ = 0;
};

}  // namespace

std::string readable_number(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string effect_words(std::string_view kind, Effect effect, std::int64_t count) {
  for (const EffectWords& words : kWords)
    if (words.kind == kind && words.effect == effect)
      return count == 1 ? std::string{words.one}
                        : formatted("{} {}", readable_number(count), words.many);
  return formatted("{} {} {}", readable_number(count), kind, text_of(effect));
}

std::string page_of(std::string_view kind, std::int64_t id) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> folders{
      {{"setup_key", "keys"},
       {"device", "devices"},
       {"group", "groups"},
       {"install_link", "links"}}};
  for (const auto& [known, folder] : folders)
    if (known == kind) return formatted("/{}/{}", folder, id);
  return {};
}

std::vector<View> branches_of(const RevocationPlan& plan) { return Tree{plan}.branches(0); }

}  // namespace muster::pages
