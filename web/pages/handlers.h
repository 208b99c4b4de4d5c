#pragma once

// The pages' handlers, by noun. A GET shows, a POST acts and sends the browser on.

#include "web/call.h"
#include "web/visitor.h"

namespace muster::pages {

Result<Reply> static_file(const Call& call);

Result<Reply> show_first_run(const Call& call);
Result<Reply> first_run(const Call& call);

Result<Reply> show_sign_in(const Call& call);
Result<Reply> sign_in(const Call& call);
Result<Reply> sign_out(const Call& call, const SignedIn& who);
Result<Reply> set_theme(const Call& call, const SignedIn& who);

Result<Reply> home(const Call& call, const SignedIn& who);
Result<Reply> start(const Call& call, const SignedIn& who);

Result<Reply> account(const Call& call, const SignedIn& who);
Result<Reply> change_password(const Call& call, const SignedIn& who);

Result<Reply> audit_log(const Call& call, const Visitor<Right::audit_read>& who);

}  // namespace muster::pages
