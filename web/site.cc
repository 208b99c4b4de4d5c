#include "web/site.h"

#include <algorithm>
#include <charconv>

#include "server/format.h"
#include "server/log.h"
#include "server/text.h"
#include "web/origin.h"
#include "web/page.h"
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

// People read pages, programs read the rest.
Reply refuse(const Call& call, const Refusal& refusal) {
  return is_page_path(call.request.path) ? error_page(call, refusal)
                                         : reply_for(refusal, call.request);
}

// The same where no route tells who reads: browsers say that they take HTML, programs do not.
Reply refuse_early(const Call& call, const Refusal& refusal) {
  const bool is_browser = call.request.header("Accept").find("text/html") != std::string_view::npos;
  return is_browser ? refuse(call, refusal) : reply_for(refusal, call.request);
}

Reply not_routed(const Call& call, const Match& match) {
  if (match.allowed_methods.empty())
    return refuse_early(call, Refusal::not_found("404 page not found"));
  Reply reply = refuse_early(
      call, Refusal{Kind::wrong_method, Reason::bad_request,
                    formatted("that is not possible here; use {}", match.allowed_methods)});
  return reply.with_header("Allow", match.allowed_methods);
}

Reply fault(const Call& call, std::string_view what) {
  const std::string& id = call.request.id;
  log_line(formatted("request {}: {}", id, what));
  return refuse(call,
                Refusal{Kind::internal, Reason::internal,
                        formatted("internal server error; the log names it as request {}", id)});
}

// One catch for all handlers. What went wrong stands in the log; outside goes only the request id.
Reply run(const Call& call, const Route& route) {
  try {
    if (call.request.method == "POST" && is_page_path(call.request.path))
      if (auto sender = check_origin(call.app, call.request); !sender)
        return refuse(call, sender.refusal());
    auto reply = route.handle(call);
    return reply ? std::move(*reply) : refuse(call, reply.refusal());
  } catch (const Unavailable&) {
    return refuse(call,
                  Refusal{Kind::unavailable, Reason::unavailable,
                          "Nothing could be stored just now; nothing was changed. Try again.", 5});
  } catch (const std::exception& error) {
    return fault(call, error.what());
  } catch (...) {
    return fault(call, "unknown fault");
  }
}

}  // namespace

std::optional<Reply> Site::before_body(const Request& head) {
  const Call call{app_, head};
  if (auto refusal = check_head(head)) return refuse_early(call, *refusal);
  const Match match = find_route(head.method, head.path);
  if (match.route == nullptr) return not_routed(call, match);
  if (auto refusal = check_length(head, match.route->body_limit))
    return refuse_early(call, *refusal);
  return std::nullopt;
}

Reply Site::answer(Request& request) {
  Match match = find_route(request.method, request.path);
  if (match.route == nullptr) return not_routed(Call{app_, request}, match);
  request.path_parameters = std::move(match.path_parameters);
  trust_proxy(request, app_.config.behind_proxy);
  Reply reply = run(Call{app_, request}, *match.route);
  const bool has_cache_rule = std::ranges::any_of(
      reply.headers, [](const auto& header) { return header.first == "Cache-Control"; });
  if (!has_cache_rule) reply.with_header("Cache-Control", "no-store");
  return reply.with_header("X-Content-Type-Options", "nosniff");
}

}  // namespace muster
