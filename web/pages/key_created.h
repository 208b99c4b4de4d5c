#pragma once

// The one answer that shows a key's secret.

#include <optional>
#include <string>

#include "server/format.h"
#include "server/keys.h"
#include "server/sessions.h"
#include "web/call.h"

namespace muster::pages {

struct Shown {
  std::string title;        // "Shop tills is ready"
  DeviceId last_device{};   // devices after this one are those it brings in
  std::string new_group{};  // that was made with it
};

// 200 with the secret, the lines to paste, and what becomes of them.
Reply show_created(const Call& call, const SignedIn& who, const CreatedKey& created,
                   const Shown& shown);
// A page that was reloaded sends its form again.
Reply show_key_already_made(const Call& call, const SignedIn& who);

// Runs `make(tx, by)` once for the form's number. Nothing: that form made its secret already.
template <class Make>
Result<std::optional<CreatedKey>> make_once(const Call& call, const SignedIn& who, Make&& make) {
  const auto number = who.form().value("form_number");
  return call.write(who, [&](Transaction& tx, const By& by) -> Result<std::optional<CreatedKey>> {
    if (!claim_form(tx, who.session().id, number)) return std::optional<CreatedKey>{};
    auto made = make(tx, by);
    if (!made) return made.refusal();
    note_form_result(tx, who.session().id, number, formatted("/keys/{}", made->key.id.value));
    return std::optional{std::move(*made)};
  });
}

}  // namespace muster::pages
