#pragma once

#include <functional>
#include <string>

#include "web/call.h"
#include "web/visitor.h"

namespace muster::pages {

// What must still hold, or is spent, in the act that begins a session.
using SignInCondition = std::function<Result<void>(Transaction&, const By&)>;

// Begins a session for a person who proved a moment ago who they are, and sends the browser to
// `path` with its cookie. Refused when the condition is, or when they are blocked or gone by now.
Result<Reply> begin_session(const Call& call, const Person& person, std::string path,
                            const SignInCondition& condition = {});

// Whether that is the password of whoever is signed in. Tries are counted by the caller.
bool is_own_password(const Call& call, const SignedIn& who, std::string_view typed);

// Counts a try at a code of the second factor; 0: it may be looked at, else so many seconds are
// left. Counted apart from passwords, whose right one would forget it.
int claim_code_try(const Call& call, const Person& person);
void forget_code_tries(const Call& call, const Person& person);

}  // namespace muster::pages
