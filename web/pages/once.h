#pragma once

// A form that makes a secret does so once: the answer shows the secret, and a reload of that answer
// sends the form again.

#include <optional>
#include <string>
#include <utility>

#include "server/sessions.h"
#include "web/call.h"
#include "web/visitor.h"

namespace muster::pages {

// Runs `make(tx, by)` once for the form's number, and keeps `path_of(made)` for the reload.
// Nothing: that form made its secret already.
template <class Made, class Make, class PathOf>
Result<std::optional<Made>> once(const Call& call, const SignedIn& who, Make&& make,
                                 PathOf&& path_of) {
  const auto number = who.form().value("form_number");
  return call.write(who, [&](Transaction& tx, const By& by) -> Result<std::optional<Made>> {
    if (!claim_form(tx, who.session().id, number)) return std::optional<Made>{};
    Result<Made> made = make(tx, by);
    if (!made) return made.refusal();
    const std::string path = path_of(*made);
    note_form_result(tx, who.session().id, number, path);
    return std::optional<Made>{std::move(*made)};
  });
}

// Where that form's number led, or `fallback`.
std::string made_before(const Call& call, const SignedIn& who, std::string_view fallback);

}  // namespace muster::pages
