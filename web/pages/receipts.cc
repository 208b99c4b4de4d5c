// What fell together, when, and by whom, read from the audit log.

#include "server/receipts.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "server/format.h"
#include "web/json.h"
#include "web/page.h"
#include "web/pages/handlers.h"
#include "web/pages/plan_view.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr int kRows = 30;
constexpr std::int64_t kOpenAtMost = 8;

struct FellWords {
  std::string_view code;
  std::string_view one;
  std::string_view many;  // behind the number
};
constexpr std::array kFell{
    FellWords{"user.delete", "1 person was removed", "people were removed"},
    FellWords{"user.session.end", "1 browser was signed out", "browsers were signed out"},
    FellWords{"personal.access.token.delete", "1 access token was revoked",
              "access tokens were revoked"},
    FellWords{"setupkey.revoke", "1 key was revoked", "keys were revoked"},
    FellWords{"setupkey.delete", "1 default key was deleted", "default keys were deleted"},
    FellWords{"setupkey.group.delete", "1 key lost the group", "keys lost the group"},
    FellWords{"setupkey.network.delete", "1 key lost the network", "keys lost the network"},
    FellWords{"installlink.withdraw", "1 install link was withdrawn",
              "install links were withdrawn"},
    FellWords{"user.peer.delete", "1 device was removed", "devices were removed"},
    FellWords{"peer.group.delete", "1 device lost the group", "devices lost the group"},
    FellWords{"peer.network.delete", "1 device lost its address in the network",
              "devices lost their address in the network"},
    FellWords{"group.delete", "1 group was deleted", "groups were deleted"},
    FellWords{"network.delete", "1 network was deleted", "networks were deleted"},
};

std::string fell_words(const std::string& code, std::int64_t count) {
  const auto words = std::ranges::find(kFell, code, &FellWords::code);
  if (words == kFell.end()) return formatted("{} {}", readable_number(count), code);
  return count == 1 ? std::string{words->one}
                    : formatted("{} {}", readable_number(count), words->many);
}

// Sessions and tokens are written under their person; what they are called stands beside.
std::string name_of(const AuditRow& row) {
  const Body details{row.details};
  if (row.code == "personal.access.token.delete") return details.text("name").value_or("");
  if (row.code == "user.session.end")
    return formatted("{} {}", details.text("browser").value_or(""),
                     details.text("session_from").value_or(""));
  return row.target.name;
}

View part_view(const ReceiptPart& part) {
  std::vector<View> rows;
  for (const AuditRow& row : part.rows) {
    const std::string because =
        Subject::parse(Body{row.details}.text("because_of").value_or("")).name;
    rows.push_back(View{}
                       .set("name", name_of(row))
                       .set("path", page_of(row.target.kind, std::atoll(row.target.id.c_str())))
                       .set("because", because));
  }
  const auto more = part.count - static_cast<std::int64_t>(part.rows.size());
  View view;
  view.set("words", fell_words(part.code, part.count))
      .set("is_open", part.count <= kOpenAtMost)
      .set("more", more == 0 ? "" : readable_number(more));
  view.set("rows", std::move(rows));
  return view;
}

}  // namespace

Result<Reply> show_receipt(const Call& call, const Visitor<Right::audit_read>& who) {
  const auto receipt = call.read([&](const Snapshot& snapshot) {
    return find_receipt(snapshot, call.request.path_parameters.at(0), kRows);
  });
  if (!receipt) return Refusal::not_found("There is no such receipt.");
  std::vector<View> parts;
  for (const ReceiptPart& part : receipt->parts) parts.push_back(part_view(part));
  View view;
  view.set("root", receipt->root.name)
      .set("actor", receipt->actor.name)
      .set("from", receipt->from)
      .set("at", time_view(receipt->at, call.app.clock.now()))
      .set("count", readable_number(receipt->count))
      .set("is_one", receipt->count == 1)
      .set("parts", std::move(parts))
      .set("head_id", readable_number(receipt->head.id))
      .set("head", receipt->head.hash)
      .set("cascade_id", receipt->cascade_id);
  return page(call, who,
              {"receipts/show", "What went with " + receipt->root.name, std::move(view), "/audit"});
}

}  // namespace muster::pages
