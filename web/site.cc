#include "web/site.h"

#include <algorithm>
#include <charconv>

#include "server/format.h"
#include "server/log.h"
#include "server/text.h"
#include "web/proxy.h"
#include "web/refusals.h"
#include "web/routes.h"

namespace muster {
namespace {

bool has_control_characters(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

// Nothing of the request is believed before these hold.
std::optional<Refusal> check_head(const Request& head) {
  for (const auto& [name, value] : head.headers)
    if (has_control_characters(value))
      return Refusal::bad_request("a header holds control characters");
  if (!printable_length(head.path))
    return Refusal::bad_request("the address holds control characters, or is not UTF-8");
  for (const auto& [name, value] : head.query)
    if (!printable_length(name) || !printable_length(value))
      return Refusal::bad_request("the query holds control characters, or is not UTF-8");
  return std::nullopt;
}

// Bodies come with their length, within the row's limit: nothing is read to find out.
std::optional<Refusal> check_length(const Request& head, std::size_t limit) {
  if (head.find_header("Transfer-Encoding"))
    return Refusal{Kind::length_required, Reason::bad_request,
                   "send the body with Content-Length, not in chunks"};
  if (head.find_header("Content-Encoding"))
    return Refusal::bad_request("send the body as it is, without Content-Encoding");
  const auto text = head.find_header("Content-Length");
  if (!text) {
    if (head.method != "POST" && head.method != "PUT" && head.method != "PATCH")
      return std::nullopt;
    return Refusal{Kind::length_required, Reason::bad_request, "Content-Length is missing"};
  }
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
  const bool is_number = error == std::errc{} && end == text->data() + text->size();
  if (!is_number && error != std::errc::result_out_of_range)
    return Refusal::bad_request("Content-Length is no number");
  if (!is_number || length > limit)
    return Refusal{Kind::too_large, Reason::too_large,
                   formatted("the body is larger than {} bytes", limit)};
  return std::nullopt;
}

Reply not_routed(const Request& request, const Match& match) {
  if (match.allowed_methods.empty())
    return reply_for(Refusal::not_found("404 page not found"), request);
  Reply reply = reply_for(
      Refusal{Kind::wrong_method, Reason::bad_request,
              formatted("{} is not possible here; use {}", request.method, match.allowed_methods)},
      request);
  return reply.with_header("Allow", match.allowed_methods);
}

Reply fault(const Request& request, std::string_view what) {
  log_line(formatted("request {}: {}", request.id, what));
  return reply_for(
      Refusal{Kind::internal, Reason::internal,
              formatted("internal server error; the log names it as request {}", request.id)},
      request);
}

// One catch for all handlers. What went wrong stands in the log; outside goes only the request id.
Reply run(const Call& call, const Route& route) {
  try {
    auto reply = route.handle(call);
    return reply ? std::move(*reply) : reply_for(reply.refusal(), call.request);
  } catch (const Unavailable&) {
    return reply_for(
        Refusal{Kind::unavailable, Reason::unavailable,
                "Nothing could be stored just now; nothing was changed. Try again.", 5},
        call.request);
  } catch (const std::exception& error) {
    return fault(call.request, error.what());
  } catch (...) {
    return fault(call.request, "unknown fault");
  }
}

}  // namespace

std::optional<Reply> Site::before_body(const Request& head) {
  if (auto refusal = check_head(head)) return reply_for(*refusal, head);
  const Match match = find_route(head.method, head.path);
  if (match.route == nullptr) return not_routed(head, match);
  if (auto refusal = check_length(head, match.route->body_limit)) return reply_for(*refusal, head);
  return std::nullopt;
}

Reply Site::answer(Request& request) {
  Match match = find_route(request.method, request.path);
  if (match.route == nullptr) return not_routed(request, match);
  request.path_parameters = std::move(match.path_parameters);
  trust_proxy(request, app_.config.behind_proxy);
  Reply reply = run(Call{app_, request}, *match.route);
  const bool has_cache_rule = std::ranges::any_of(
      reply.headers, [](const auto& header) { return header.first == "Cache-Control"; });
  if (!has_cache_rule) reply.with_header("Cache-Control", "no-store");
  return reply.with_header("X-Content-Type-Options", "nosniff");
}

}  // namespace muster
