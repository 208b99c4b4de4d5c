// People as NetBird's clients read them, and access tokens: one's own, and those of service users.

#include "server/access_tokens.h"
#include "server/clock.h"
#include "server/format.h"
#include "server/invites.h"
#include "server/people.h"
#include "server/person_changes.h"
#include "server/text.h"
#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

// NetBird has `user` where we say member.
std::string_view netbird_role(Role role) { return role == Role::member ? "user" : text_of(role); }

JsonObject user_shape(const Person& person, UserId current) {
  JsonObject shape;
  shape.set("id", person.id)
      .set("email", std::string_view{person.email})
      .set("name", std::string_view{person.name})
      .set("role", netbird_role(person.role))
      .set("status", std::string_view{person.status})
      .set("auto_groups", JsonArray{})
      .set("is_blocked", person.status == "blocked")
      .set("pending_approval", false)
      .set("is_current", person.id == current)
      .set("is_service_user", person.is_service_user)
      .set("issued", "api")
      .set("last_login", std::string_view{netbird_time(person.last_login_at)});
  shape.set("created_at", std::string_view{rfc3339(person.created_at)});
  return shape;
}

// What role and token allow together, in NetBird's words for them.
JsonObject permissions(const LiveToken& live) {
  const auto may = [&](Right right) {
    return role_allows(live.person.role, right) && scopes_allow(live.token.scopes, right);
  };
  const auto module = [&](bool reads, bool writes) {
    return JsonObject{}
        .set("read", reads)
        .set("create", writes)
        .set("update", writes)
        .set("delete", writes);
  };
  JsonObject modules;
  modules.set("setup_keys", module(may(Right::keys_read), may(Right::keys_write)))
      .set("groups", module(may(Right::groups_read), may(Right::groups_write)))
      .set("peers", module(may(Right::devices_read), may(Right::devices_write)))
      .set("networks", module(may(Right::networks_read), may(Right::networks_write)))
      .set("users", module(may(Right::people_read), may(Right::people_write)))
      .set("events", module(may(Right::audit_read), false));
  return JsonObject{}.set("is_restricted", !may(Right::devices_read)).set("modules", modules);
}

JsonObject token_shape(const AccessToken& token, const TokenUses& uses) {
  JsonArray groups;
  for (const GroupId id : token.group_ids) groups.add(to_text(id));
  JsonObject shape;
  shape.set("id", token.id)
      .set("name", std::string_view{token.name})
      .set("expiration_date", std::string_view{rfc3339(token.expires_at)})
      .set("created_by", token.created_by_id ? to_text(*token.created_by_id) : std::string{})
      .set("created_at", std::string_view{rfc3339(token.created_at)});
  auto used = uses.find_unwritten(token.id);
  if (!used) used = token.last_used_at;
  if (used) shape.set("last_used", std::string_view{rfc3339(*used)});
  shape.set("hint", std::string_view{token.hint})
      .set("scopes", JsonArray::of(split(token.scopes, ' ')))
      .set("group_ids", groups);
  return shape;
}

UserId user_id(const Call& call) { return UserId{call.request.id_parameter(0)}; }
TokenId token_id(const Call& call) { return TokenId{call.request.id_parameter(1)}; }

Refusal unknown_token(const Call& call) {
  return Refusal::not_found("pat: " + call.request.path_parameters.at(1) + " not found");
}

// The person of the path, if the caller may handle their tokens. An id that nobody has is named as
// it was sent: it need not be a number.
Result<Person> read_owner(const Call& call, const Snapshot& snapshot, const LiveToken& live,
                          Right right) {
  auto owner = find_token_owner(snapshot, live, user_id(call), right);
  if (!owner && owner.refusal().kind == Kind::not_found)
    return Refusal::not_found("user: " + call.request.path_parameters.at(0) + " not found");
  return owner;
}

// NetBird's words; network_admin and billing_admin are no roles here.
Result<Role> read_role(const std::string& text) {
  const auto role = text == "user" ? Role::member : parse_role(text);
  if (!role || text == "member") return Refusal::invalid("invalid user role " + text);
  return *role;
}

// Groups of a person's devices: none come in by signing in, so there is nothing to keep.
Result<void> check_no_groups(const Body& body) {
  const auto groups = body.texts("auto_groups");
  if (auto wrong = body.refusal()) return *wrong;
  if (groups && !groups->empty())
    return Refusal::invalid(
        "auto_groups of a user cannot be set here: keys put devices into groups");
  return {};
}

// An id that nobody has is named as it was sent: it need not be a number.
Refusal named(const Call& call, const Refusal& refusal) {
  if (refusal.kind != Kind::not_found) return refusal;
  return Refusal::not_found("user: " + call.request.path_parameters.at(0) + " not found");
}

// An account that an invite opens may do more than a token with some scopes.
Result<void> check_invites(const Snapshot& snapshot, const Call& call,
                           const Allowed<Right::people_write>& who) {
  const auto live = find_still_live(snapshot, who.caller(), call.app.clock.now());
  if (!live) return live.refusal();
  return check_makes_tokens(*live);
}

Reply invited_reply(const Call& call, const CreatedInvite& created, UserId current) {
  const std::string url = call.app.public_address.url() + "/invite/" + created.secret.reveal();
  return json_reply(
      user_shape(created.person, current)
          .set("invite_url", std::string_view{url})
          .set("invite_expires_at", std::string_view{rfc3339(created.invite.expires_at)}));
}

Result<std::optional<bool>> read_service(const Request& request) {
  const auto text = request.query_value("service_user");
  if (text.empty()) return std::optional<bool>{};
  if (text == "true" || text == "false") return std::optional{text == "true"};
  return Refusal::invalid("invalid service_user query parameter");
}

}  // namespace

// Who may not read people sees only themselves.
Result<Reply> list_users(const Call& call, const Known& who) {
  const LiveToken& live = who.caller().live;
  if (!scopes_allow(live.token.scopes, Right::people_read))
    return Refusal::forbidden("permission denied");
  const auto service = read_service(call.request);
  if (!service) return service.refusal();
  const bool sees_all = role_allows(live.person.role, Right::people_read);
  const auto people =
      call.read([&](const Snapshot& snapshot) { return list_people(snapshot, *service); });
  JsonArray array;
  for (const Person& person : people)
    if (sees_all || person.id == live.person.id) array.add(user_shape(person, live.person.id));
  return json_reply(array);
}

// A service user, or a person with an invite: `invite_url` is the only way to their account.
Result<Reply> create_user(const Call& call, const Allowed<Right::people_write>& who) {
  const Body body{call.request.body};
  const std::string name = body.text("name").value_or("");
  const std::string email = body.text("email").value_or("");
  const std::string role_text = body.text("role").value_or("");
  const bool is_service_user = body.boolean("is_service_user").value_or(false);
  if (auto checked = check_no_groups(body); !checked) return checked.refusal();
  const auto role = read_role(role_text);
  if (!role) return role.refusal();
  const UserId current = who.caller().live.person.id;
  if (is_service_user) {
    const auto made = call.write(who, [&](Transaction& tx, const By& by) {
      return create_service_user(tx, by, {.name = name, .role = *role});
    });
    if (!made) return made.refusal();
    return json_reply(user_shape(*made, current));
  }
  const auto made = call.write(who, [&](Transaction& tx, const By& by) -> Result<CreatedInvite> {
    if (auto checked = check_invites(tx, call, who); !checked) return checked.refusal();
    return invite_person(tx, by, {.email = email, .name = name, .role = *role});
  });
  if (!made) return made.refusal();
  return invited_reply(call, *made, current);
}

// What is left out stays as it is.
Result<Reply> put_user(const Call& call, const Allowed<Right::people_write>& who) {
  const Body body{call.request.body};
  const auto role_text = body.text("role");
  const auto is_blocked = body.boolean("is_blocked");
  if (auto checked = check_no_groups(body); !checked) return checked.refusal();
  std::optional<Role> role;
  if (role_text) {
    const auto known = read_role(*role_text);
    if (!known) return known.refusal();
    role = *known;
  }
  const auto done = call.write(who, [&](Transaction& tx, const By& by) -> Result<Person> {
    auto person = find_person(tx, user_id(call));
    if (!person) return person_not_found(user_id(call));
    if (role && *role != person->role) {
      auto changed = change_role(tx, by, person->id, *role);
      if (!changed) return changed.refusal();
      person = std::move(*changed);
    }
    if (!is_blocked || *is_blocked == (person->status == "blocked")) return std::move(*person);
    return *is_blocked ? block_person(tx, by, person->id) : unblock_person(tx, by, person->id);
  });
  if (!done) return named(call, done.refusal());
  return json_reply(user_shape(*done, who.caller().live.person.id));
}

Result<Reply> invite_user(const Call& call, const Allowed<Right::people_write>& who) {
  const auto made = call.write(who, [&](Transaction& tx, const By& by) -> Result<CreatedInvite> {
    auto renewed = renew_invite(tx, by, user_id(call));
    if (!renewed) return renewed.refusal();
    if (auto checked = check_invites(tx, call, who); !checked) return checked.refusal();
    return renewed;
  });
  if (!made) return named(call, made.refusal());
  return invited_reply(call, *made, who.caller().live.person.id);
}

// By itself this ends a person alone; what came in through their keys has a plan of its own.
Result<Reply> delete_user(const Call& call, const Allowed<Right::people_write>& who) {
  const auto done = call.write(who, [&](Transaction& tx, const By& by) -> Result<Person> {
    const UserId id = user_id(call);
    const auto person = find_person(tx, id);
    if (!person) return person_not_found(id);
    if (id == by.user_id) return Refusal::conflict("nobody removes themselves");
    if (const auto devices = count_devices_of(tx, id); devices > 0)
      return Refusal::conflict(
          formatted("{} devices came in through keys of {}: POST /api/revocations shows what goes "
                    "with them, and POST /api/users/{}/hand-over gives all to another",
                    devices, person->label(), id.value),
          Reason::plan_required);
    return remove_person(tx, by, id);
  });
  if (!done) return named(call, done.refusal());
  return json_reply(JsonObject{});
}

Result<Reply> get_current_user(const Call&, const Known& who) {
  const LiveToken& live = who.caller().live;
  return json_reply(user_shape(live.person, live.person.id).set("permissions", permissions(live)));
}

Result<Reply> list_tokens(const Call& call, const Known& who) {
  return call.read([&](const Snapshot& snapshot) -> Result<Reply> {
    const auto owner = read_owner(call, snapshot, who.caller().live, Right::people_read);
    if (!owner) return owner.refusal();
    JsonArray array;
    for (const AccessToken& token : muster::list_tokens(snapshot, owner->id))
      array.add(token_shape(token, call.app.token_uses));
    return json_reply(array);
  });
}

Result<Reply> create_token(const Call& call, const Known& who) {
  const Body body{call.request.body};
  const NewToken wanted{.name = body.text("name").value_or(""),
                        .days = body.integer("expires_in").value_or(0),
                        .scopes = body.texts("scopes").value_or(std::vector<std::string>{}),
                        .groups = body.texts("group_ids").value_or(std::vector<std::string>{})};
  const auto wrong = body.refusal();
  const auto created = call.write(
      who, [&](Transaction& tx, const By& by, const LiveToken& live) -> Result<CreatedToken> {
        if (auto checked = check_makes_tokens(live); !checked) return checked.refusal();
        const auto owner = read_owner(call, tx, live, Right::people_write);
        if (!owner) return owner.refusal();
        if (wrong) return *wrong;
        return muster::create_token(tx, by, *owner, wanted);
      });
  if (!created) return created.refusal();
  return json_reply(
      JsonObject{}
          .set("plain_token", created->secret.reveal())
          .set("personal_access_token", token_shape(created->token, call.app.token_uses)));
}

Result<Reply> get_token(const Call& call, const Known& who) {
  return call.read([&](const Snapshot& snapshot) -> Result<Reply> {
    const auto owner = read_owner(call, snapshot, who.caller().live, Right::people_read);
    if (!owner) return owner.refusal();
    const auto token = find_token(snapshot, owner->id, token_id(call));
    if (!token) return unknown_token(call);
    return json_reply(token_shape(*token, call.app.token_uses));
  });
}

Result<Reply> delete_token(const Call& call, const Known& who) {
  const auto done =
      call.write(who, [&](Transaction& tx, const By& by, const LiveToken& live) -> Result<void> {
        const auto owner = read_owner(call, tx, live, Right::people_write);
        if (!owner) return owner.refusal();
        if (!find_token(tx, owner->id, token_id(call))) return unknown_token(call);
        return revoke_token(tx, by, *owner, token_id(call));
      });
  if (!done) return done.refusal();
  return json_reply(JsonObject{});
}

}  // namespace muster::api
