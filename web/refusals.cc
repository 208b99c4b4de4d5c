#include "web/refusals.h"

#include <algorithm>
#include <array>

#include "web/answer.h"

namespace muster {
namespace {

struct Status {
  Kind kind;
  int status;
};
constexpr std::array kStatuses{
    Status{Kind::bad_request, 400},
    Status{Kind::unauthorized, 401},
    Status{Kind::forbidden, 403},
    Status{Kind::not_found, 404},
    Status{Kind::wrong_method, 405},
    Status{Kind::conflict, 409},
    Status{Kind::gone, 410},
    Status{Kind::length_required, 411},
    Status{Kind::precondition_failed, 412},
    Status{Kind::too_large, 413},
    Status{Kind::invalid, 422},
    Status{Kind::too_many_requests, 429},
    Status{Kind::internal, 500},
    Status{Kind::unavailable, 503},
};

}  // namespace

int status_of(Kind kind) { return std::ranges::find(kStatuses, kind, &Status::kind)->status; }

Reply reply_for(const Refusal& refusal, const Request& request) {
  const int status = status_of(refusal.kind);
  JsonObject body;
  if (wants_lines(request))  // the message last, where sh can take the rest
    body.set("code", status)
        .set("reason", text_of(refusal.reason))
        .set("message", std::string_view{refusal.message});
  else
    body.set("message", std::string_view{refusal.message})
        .set("code", status)
        .set("reason", text_of(refusal.reason));
  Reply reply = answer_with(request, body);
  reply.status = status;
  if (refusal.kind == Kind::unauthorized) reply.with_header("WWW-Authenticate", "Token");
  if (refusal.retry_after_seconds > 0)
    reply.with_header("Retry-After", std::to_string(refusal.retry_after_seconds));
  return reply;
}

}  // namespace muster
