#include "server/install_links.h"

#include "server/clock.h"
#include "web/api/handlers.h"
#include "web/api/link_list.h"
#include "web/api/paging.h"
#include "web/api/shapes.h"
#include "web/exports.h"
#include "web/pasted_line.h"

namespace muster::api {
namespace {

JsonObject commands_shape(const PastedLines& lines) {
  return JsonObject{}
      .set("linux", std::string_view{lines.linux})
      .set("macos", std::string_view{lines.macos})
      .set("windows", lines.windows)
      .set("docker", lines.docker)
      .set("kubernetes", lines.kubernetes);
}

template <class Ids>
JsonArray ids_shape(const Ids& ids) {
  JsonArray array;
  for (const auto id : ids) array.add(to_text(id));
  return array;
}

// All but the secret.
JsonObject link_members(const InstallLink& link) {
  const auto& device = link.device;
  JsonObject shape;
  shape.set("id", link.id)
      .set("setup_key_id", link.setup_key_id)
      .set("recipient", std::string_view{link.recipient})
      .set("note", std::string_view{link.note})
      .set("message", std::string_view{link.message})
      .set("state", text_of(link.state))
      .set("expires_at",
           own_time(link.expires_at == 0 ? std::nullopt : std::optional{link.expires_at}))
      .set("batch_id", link.batch_id ? std::optional{std::to_string(*link.batch_id)} : std::nullopt)
      .set("auto_groups", ids_shape(link.auto_groups))
      .set("networks", ids_shape(link.networks))
      .set("device_name", std::string_view{link.device_name})
      .set("requires_approval", link.requires_approval)
      .set("opened_times", link.opened_times)
      .set("first_opened_at", own_time(link.first_opened_at))
      .set("last_opened_at", own_time(link.last_opened_at))
      .set("sent_at", own_time(link.sent_at))
      .set("sent_by_id", link.sent_by_id)
      .set("sent_via", link.sent_via)
      .set("replaced_by_id", link.replaced_by_id)
      .set("device_id", device ? std::optional{device->id} : std::nullopt)
      .set("used_by", device ? std::optional{device->name} : std::nullopt)
      .set("used_at", device ? own_time(device->enrolled_at) : std::nullopt)
      .set("created_at", std::string_view{rfc3339(link.created_at)})
      .set("created_by_id", link.created_by_id)
      .set("created_by", std::string_view{link.created_by});
  return shape;
}

JsonObject link_shape(const InstallLink& link) {
  return link_members(link).set("url", nullptr).set("key", nullptr).set("commands", nullptr);
}

// The one answer that shows the secret.
Reply created_reply(const Call& call, const CreatedLink& created) {
  const std::string& key = created.secret.reveal();
  return json_reply(link_members(created.link)
                        .set("url", std::string_view{call.app.public_address.url() + "/i/" + key})
                        .set("key", std::string_view{key})
                        .set("commands", commands_shape(pasted_lines(call.app, key))));
}

LinkId link_id(const Call& call) { return LinkId{call.request.id_parameter(0)}; }

// An id that no link has is named as it was sent: it need not be a number.
Refusal named(const Call& call, const Refusal& refusal) {
  if (refusal.kind != Kind::not_found) return refusal;
  return Refusal::not_found("install link: " + call.request.path_parameters.at(0) + " not found");
}

Result<Reply> answer_with_link(const Call& call, const Result<InstallLink>& link) {
  if (!link) return named(call, link.refusal());
  return json_reply(link_shape(*link));
}

// Answers with the new link of resend or replace, `make(tx, by, id, expires_in)`.
template <Right right, class Make>
Result<Reply> answer_with_newer(const Call& call, const Allowed<right>& who, Make make) {
  const Body body{call.request.body};
  const auto expires_in = body.integer("expires_in").value_or(kLinkLife);
  if (auto wrong = body.refusal()) return *wrong;
  const auto created = call.write(who, [&](Transaction& tx, const By& by) -> Result<CreatedLink> {
    auto made = make(tx, by, link_id(call), expires_in);
    if (made && made->removed_device)
      tx.after_commit([&app = call.app, id = *made->removed_device] { app.last_seen.forget(id); });
    return made;
  });
  if (!created) return named(call, created.refusal());
  return created_reply(call, *created);
}

}  // namespace

Result<Reply> list_links(const Call& call, const Allowed<Right::links_read>&) {
  const auto wanted = read_link_query(call.request);
  if (!wanted) return wanted.refusal();
  const auto is_csv = wants_csv(call.request);
  if (!is_csv) return is_csv.refusal();
  if (*is_csv) return links_csv(call, wanted->filter);
  // One more than the page holds tells whether another page follows.
  auto links = call.read([&](const Snapshot& snapshot) {
    return muster::list_links(snapshot, wanted->filter, wanted->after, wanted->limit + 1,
                              call.app.clock.now());
  });
  const bool is_end = links.size() <= static_cast<std::size_t>(wanted->limit);
  if (!is_end) links.pop_back();
  JsonArray array;
  for (const InstallLink& link : links) array.add(link_shape(link));
  Reply reply = json_reply(array);
  if (!is_end) reply.with_header("Link", next_page(call.request, to_text(links.back().id)));
  return reply;
}

Result<Reply> create_link(const Call& call, const Allowed<Right::links_write>& who) {
  const Body body{call.request.body};
  const NewLink wanted{
      .recipient = body.text("recipient").value_or(""),
      .note = body.text("note").value_or(""),
      .message = body.text("message").value_or(""),
      .expires_in = body.integer("expires_in").value_or(kLinkLife),
      .auto_groups = body.texts("auto_groups").value_or(std::vector<std::string>{}),
      .networks = body.texts("networks").value_or(std::vector<std::string>{}),
      .device_name = body.text("device_name").value_or(""),
      .requires_approval = body.boolean("requires_approval").value_or(false)};
  if (auto wrong = body.refusal()) return *wrong;
  const auto created = call.write(
      who, [&](Transaction& tx, const By& by) { return muster::create_link(tx, by, wanted); });
  if (!created) return created.refusal();
  return created_reply(call, *created);
}

Result<Reply> get_link(const Call& call, const Allowed<Right::links_read>&) {
  const auto link = call.read([&](const Snapshot& snapshot) {
    return find_link(snapshot, link_id(call), call.app.clock.now());
  });
  if (!link) return named(call, Refusal::not_found(""));
  return json_reply(link_shape(*link));
}

Result<Reply> patch_link(const Call& call, const Allowed<Right::links_write>& who) {
  const Body body{call.request.body};
  const LinkChange change{.recipient = body.text("recipient"),
                          .note = body.text("note"),
                          .message = body.text("message"),
                          .auto_groups = body.texts("auto_groups"),
                          .networks = body.texts("networks"),
                          .device_name = body.text("device_name"),
                          .requires_approval = body.boolean("requires_approval")};
  if (auto wrong = body.refusal()) return *wrong;
  return answer_with_link(call, call.write(who, [&](Transaction& tx, const By& by) {
    return update_link(tx, by, link_id(call), change);
  }));
}

Result<Reply> withdraw_link(const Call& call, const Allowed<Right::links_write>& who) {
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::withdraw_link(tx, by, link_id(call));
  });
  if (!done) return named(call, done.refusal());
  return json_reply(JsonObject{});
}

Result<Reply> extend_link(const Call& call, const Allowed<Right::links_write>& who) {
  const Body body{call.request.body};
  const auto expires_in = body.integer("expires_in").value_or(kLinkLife);
  if (auto wrong = body.refusal()) return *wrong;
  return answer_with_link(call, call.write(who, [&](Transaction& tx, const By& by) {
    return muster::extend_link(tx, by, link_id(call), expires_in);
  }));
}

Result<Reply> resend_link(const Call& call, const Allowed<Right::links_write>& who) {
  return answer_with_newer(call, who, muster::resend_link);
}

Result<Reply> replace_link(const Call& call, const Allowed<Right::links_write>& who) {
  return answer_with_newer(call, who, muster::replace_link);
}

}  // namespace muster::api
