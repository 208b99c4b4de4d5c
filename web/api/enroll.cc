#include "server/enrollment.h"

#include "web/api/handlers.h"
#include "web/api/shapes.h"

namespace muster::api {
namespace {

constexpr int kHeartbeatSeconds = 60;

Attempt read_attempt(const Body& body, const Request& request) {
  Attempt attempt;
  if (const auto key = body.text("key"))
    if (const auto secret = parse_secret(SecretKind::setup_key, *key))
      attempt.key_hash = hash_of(*secret);
  attempt.device_hash = hash_of(body.text("device_secret").value_or(""));
  attempt.facts = {.hostname = body.text("hostname").value_or(""),
                   .os = body.text("os").value_or(""),
                   .os_version = body.text("os_version").value_or(""),
                   .arch = body.text("arch").value_or(""),
                   .agent_version = body.text("agent_version").value_or(""),
                   .machine_id = body.text("machine_id").value_or("")};
  attempt.wireguard_public_key = body.text("wireguard_public_key");
  attempt.group = body.text("group").value_or("");
  attempt.dns_labels = body.texts("dns_labels").value_or(std::vector<std::string>{});
  attempt.from = request.client_address;
  return attempt;
}

Result<void> check_present(const Body& body) {
  if (!body.text("key")) return Refusal::invalid("key is missing");
  if (!is_device_secret(body.text("device_secret").value_or("")))
    return Refusal::invalid("device_secret is mdev_ and 64 hexadecimal digits, made by the device");
  return {};
}

// Unknown keys count as guesses; a genuine key's refusal is noted on its page.
Refusal noted(const Call& call, const Attempt& attempt, const Refusal& refusal) {
  if (refusal.reason == Reason::key_unknown) {
    const int seconds = call.app.guesses.count(call.request.client_address);
    if (seconds == 0) return refusal;
    return {Kind::too_many_requests, Reason::too_many_requests,
            "Too many unknown keys came from this address. Wait a minute, copy the whole line once "
            "more and try again.",
            seconds};
  }
  if (!attempt.key_hash) return refusal;
  const auto key = call.read(
      [&](const Snapshot& snapshot) { return find_key_by_hash(snapshot, *attempt.key_hash); });
  if (key)
    call.app.refusals.note({call.app.clock.now(), key->id, std::string{text_of(refusal.reason)},
                            attempt.from, attempt.facts.hostname});
  return refusal;
}

// Reads first: whoever asks again, or guesses, costs no write.
Result<Enrolled> decide(const Call& call, const Attempt& attempt) {
  auto known = call.read([&](const Snapshot& snapshot) { return recognize(snapshot, attempt); });
  if (!known) return known.refusal();
  if (*known) return std::move(**known);
  return call.app.database.write(
      [&](Transaction& tx) { return muster::enroll(tx, attempt, call.app.clock.now()); });
}

}  // namespace

Result<Reply> enroll(const Call& call) {
  const Body body{call.request.body};
  const Attempt attempt = read_attempt(body, call.request);
  if (auto wrong = body.refusal()) return *wrong;
  if (auto checked = check_present(body); !checked) return checked.refusal();
  if (auto checked = check_attempt(attempt); !checked) return checked.refusal();

  const auto enrolled = decide(call, attempt);
  if (!enrolled) return noted(call, attempt, enrolled.refusal());
  const Device& device = enrolled->device;
  call.app.last_seen.note_call(device.id, device.setup_key_id, device.is_gateway);
  return answer_with(call.request,
                     JsonObject{}
                         .set("device_id", device.id)
                         .set("name", std::string_view{device.name})
                         .set("status", text_of(device.status()))
                         .set("created", enrolled->created)
                         .set("addresses", device_addresses(device))
                         .set("groups", device_groups(device))
                         .set("revision", device.revision)
                         .set("heartbeat_seconds", kHeartbeatSeconds)
                         .set("control_urls", JsonArray::of(call.app.public_address.control_urls()))
                         .set("pins", JsonArray::of(call.app.pins)));
}

}  // namespace muster::api
