#include "web/pages/reminders.h"

#include "server/format.h"
#include "server/key_list.h"
#include "server/text.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr std::int64_t kDay = 24 * 3600;

// What can be done about one of those that are named.
struct Action {
  std::string label = {};  // empty: nothing
  std::string path = {};
  bool is_post = false;
};

// `path` leads to it; `detail` and the time stand beside it.
struct Item {
  std::string name;
  std::string path;
  std::string detail;
  std::int64_t at = 0;
  Action first = {};
  Action second = {};
};

std::vector<View> action_views(const Item& item) {
  std::vector<View> views;
  for (const Action& action : {item.first, item.second})
    if (!action.label.empty())
      views.push_back(View{}
                          .set("action", action.label)
                          .set("action_path", action.path)
                          .set("is_post", action.is_post));
  return views;
}

std::string key_path(KeyId id) { return formatted("/keys/{}", id.value); }

class Reminding {
 public:
  Reminding(const SignedIn& who, std::int64_t now) : who_(who), now_(now) {}

  // `title` is for one; `titles` for more, with {} for how many.
  template <class T, class ToItem>
  void add(const Few<T>& few, std::string_view tone, std::string_view title,
           std::string_view titles, std::string_view note, std::string_view more_path,
           ToItem to_item) {
    if (few.total == 0) return;
    const std::int64_t total = few.total;
    std::vector<View> items;
    for (const T& one : few.named) items.push_back(view_of(to_item(one)));
    views_.push_back(View{}
                         .set("tone", tone)
                         .set("title", total == 1
                                           ? std::string{title}
                                           : format_values(titles, fmt::make_format_args(total)))
                         .set("note", note)
                         .set("items", std::move(items))
                         .set("more", few.more() > 0 ? formatted("and {} more", few.more()) : "")
                         .set("more_path", more_path));
  }
  void add_sentence(std::string_view title, std::string_view note) {
    views_.push_back(View{}
                         .set("tone", "bad")
                         .set("title", title)
                         .set("note", note)
                         .set("items", std::vector<View>{})
                         .set("more", "")
                         .set("more_path", ""));
  }
  // For who may do it only.
  Action action(Right right, std::string label, std::string path, bool is_post = false) const {
    if (!who_.may(right)) return {};
    return {std::move(label), std::move(path), is_post};
  }
  std::vector<View> views() { return std::move(views_); }

 private:
  View view_of(const Item& item) const {
    View view;
    view.set("name", item.name)
        .set("path", item.path)
        .set("detail", item.detail)
        .set("at", time_view(item.at, now_))
        .set("actions", action_views(item));
    return view;
  }

  const SignedIn& who_;
  std::int64_t now_;
  std::vector<View> views_;
};

void add_devices_and_refusals(Reminding& list, const Reminders& reminders) {
  list.add(reminders.waiting, "warn", "A device waits for approval", "{} devices wait for approval",
           "Until somebody approves it, a device has no tunnel.", "/devices?state=waiting",
           [&](const WaitingDevice& device) -> Item {
             const std::string path = formatted("/devices/{}", device.id.value);
             return {device.name, path, "came in", device.enrolled_at,
                     list.action(Right::devices_write, "Approve", path + "/approve", true)};
           });
  list.add(reminders.refused_often, "bad", "A key was refused again and again",
           "{} keys were refused again and again",
           "Somebody may be trying a key that they should not have, or a machine has an old one.",
           "#refusals", [](const RefusedOften& often) -> Item {
             const std::string path = key_path(often.key_id) + "#refusals";
             return {often.key_name,
                     path,
                     formatted("{} times within an hour, last", often.times),
                     often.last_at,
                     {"Look at the key", path}};
           });
  list.add(reminders.used_again, "warn", "A key was used again after a long rest",
           "{} keys were used again after a long rest",
           "If nobody of you did that, remove the device and revoke the key.",
           "/devices?sort=-enrolled_at", [](const UsedAgain& used) -> Item {
             return {used.key_name,
                     key_path(used.key_id),
                     formatted("let in {} after {} quiet days,", used.device_name,
                               used.quiet_seconds / kDay),
                     used.at,
                     {"Look at the device", formatted("/devices/{}", used.device_id.value)}};
           });
}

void add_keys(Reminding& list, const Reminders& reminders) {
  list.add(reminders.ending, "warn", "A key ends within 7 days", "{} keys end within 7 days",
           "Machines that come after that are refused. Those that are in stay.",
           "/keys?state=ending&sort=expires_at", [&](const Key& key) -> Item {
             const std::string path = key_path(key.id);
             return {key.name, path, "ends", key.expires_at,
                     list.action(Right::keys_write, "Extend", path + "/edit")};
           });
  list.add(reminders.endless, "warn", "A key has neither a limit nor an end",
           "{} keys have neither a limit nor an end",
           "Whoever comes upon such a key can bring in machines for years.", "/keys?state=endless",
           [&](const Key& key) -> Item {
             const std::string path = key_path(key.id);
             return {key.name, path, "made", key.created_at,
                     list.action(Right::keys_write, "Give it an end", path + "/edit")};
           });
  list.add(reminders.idle, "hollow", "A reusable key is idle", "{} reusable keys are idle",
           "Nobody came in for 90 days. Pause what may be needed again, and revoke the rest.",
           "/keys?state=idle&sort=last_used_at", [&](const Key& key) -> Item {
             const std::string path = key_path(key.id);
             return {key.name,
                     path,
                     key.last_used_at ? "last used" : "never used, made",
                     key.last_used_at.value_or(key.created_at),
                     list.action(Right::keys_write, "Pause", path + "/pause", true),
                     list.action(Right::keys_write, "Revoke…", path + "#acts")};
           });
}

}  // namespace

std::vector<View> reminder_views(const Reminders& reminders, const SignedIn& who,
                                 std::int64_t now) {
  Reminding list{who, now};
  if (reminders.is_clock_behind)
    list.add_sentence(
        "This server's clock is behind",
        formatted("It shows {}, and the audit log already holds something later. Keys may end at "
                  "the wrong time until it is set right, and nothing old is forgotten meanwhile.",
                  readable_time(now)));
  add_devices_and_refusals(list, reminders);
  add_keys(list, reminders);
  list.add(reminders.lapsed_invites, "hollow", "An invited person did not come in time",
           "{} invited people did not come in time", "The link works for a day. Make a new one.",
           "/people", [&](const LapsedInvite& lapsed) -> Item {
             const std::string path = formatted("/people/{}", lapsed.user_id.value);
             return {lapsed.label, path, "the link ended", lapsed.expired_at,
                     list.action(Right::people_write, "Invite again", path)};
           });
  return list.views();
}

}  // namespace muster::pages
