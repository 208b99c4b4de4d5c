#pragma once

// What the pages about people share.

#include <string>
#include <string_view>
#include <vector>

#include "server/access_tokens.h"
#include "server/invites.h"
#include "web/call.h"
#include "web/view.h"
#include "web/visitor.h"

namespace muster::pages {

std::string_view role_word(Role role);  // "Auditor"
// The roles that this visitor may give, as `people/roles` shows them.
std::vector<View> role_choices(const SignedIn& who, Role chosen);
Result<Role> read_role(std::string_view text);

// The pill: `state` and `tone`.
void set_state(View& view, const Person& person, const std::optional<Invite>& invite,
               std::int64_t now);

// Whether this visitor may change that person: nobody themselves, and only owners an owner.
bool may_change(const SignedIn& who, const Person& person);

// The answer that shows a new invite's link, the only time, and what stands in its place when its
// form comes again.
Reply show_invited(const Call& call, const SignedIn& who, const CreatedInvite& created);
Reply show_already_made(const Call& call, const SignedIn& who, std::string_view what,
                        std::string_view fallback, std::string_view section);

// Rows of `people/tokens`.
std::vector<View> token_rows(const Call& call, const std::vector<AccessToken>& tokens);

std::string person_path(UserId id);

}  // namespace muster::pages
