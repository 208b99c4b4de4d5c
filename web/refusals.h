#pragma once

#include "server/result.h"
#include "web/reply.h"
#include "web/request.h"

namespace muster {

int status_of(Kind kind);

// The one place that turns a refusal into an answer: `{"message", "code", "reason"}`, or the same
// as lines for an agent that asked for them.
Reply reply_for(const Refusal& refusal, const Request& request);

}  // namespace muster
