// Networks: the list, a new one, and one with its addresses and what names it.

#include "server/networks.h"

#include <array>

#include "server/format.h"
#include "server/ip.h"
#include "server/key_list.h"
#include "web/page.h"
#include "web/pages/field_errors.h"
#include "web/pages/handlers.h"
#include "web/pages/key_words.h"
#include "web/pages/list_address.h"
#include "web/pages/once.h"
#include "web/pasted_line.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr int kRows = 50;
constexpr std::array<std::string_view, 2> kFields{"name", "cidr"};

NetworkId network_id(const Call& call) { return NetworkId{call.request.id_parameter(0)}; }
std::string path_of(NetworkId id) { return "/networks/" + to_text(id); }
Refusal unknown_network() { return Refusal::not_found("There is no such network."); }

// "4,194,302"
std::string grouped(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

// `all`, `used`, `free`, `resting`: numbers for people; `used_plain`, `all_plain`: for the bar.
void set_use(View& view, const AddressUse& use) {
  const std::int64_t unused = use.all - use.held;
  view.set("all", grouped(use.all))
      .set("used", grouped(use.held))
      .set("unused", grouped(unused))
      .set("resting", use.resting == 0 ? "" : grouped(use.resting))
      .set("is_full", unused == 0)
      .set("used_plain", use.held)
      .set("all_plain", use.all)
      .set("devices_words", use.held == 1 ? "1 device" : grouped(use.held) + " devices");
}

struct Typed {
  std::string name;
  std::string cidr;
  std::string devices_reach = "everyone";
};
Typed typed_in(const Form& form) {
  const bool alone = form.value("devices_reach") == "gateways";
  return {std::string{form.value("name")}, std::string{form.value("cidr")},
          alone ? "gateways" : "everyone"};
}

// Each field by itself; the act decides again.
FieldErrors check(const Call& call, const Typed& typed, NetworkId self) {
  return call.read([&](const Snapshot& snapshot) {
    FieldErrors errors;
    errors.add("name", check_network_name(snapshot, typed.name, self));
    errors.add("cidr", check_network_range(snapshot, typed.cidr, self));
    return errors;
  });
}

void set_typed(View& view, const Typed& typed) {
  view.set("entered_name", typed.name)
      .set("entered_cidr", typed.cidr)
      .set("entered_alone", typed.devices_reach == "gateways");
}

Reply show_new(const Call& call, const SignedIn& who, const Typed& typed,
               const FieldErrors& errors = {}, std::string_view message = {}) {
  View view;
  set_typed(view, typed);
  view.set("is_new", true);
  errors.show(view, kFields, message);
  const int status = errors.is_empty() && message.empty() ? 200 : 422;
  return page(call, who, {"networks/new", "New network", std::move(view), "/networks", status});
}

struct Made {
  Network network;
  CreatedKey key;
};

Reply show_created(const Call& call, const SignedIn& who, const Made& made) {
  const std::string& secret = made.key.secret.reveal();
  View view;
  view.set("id", to_text(made.network.id))
      .set("name", made.network.name)
      .set("cidr", made.network.cidr)
      .set("key_id", to_text(made.key.key.id))
      .set("secret", secret)
      .set("line", pasted_lines(call.app, secret).linux);
  return page(call, who, {"networks/created", "Network made", std::move(view), "/networks"});
}

// Devices by address, and the keys that name it; the first of each, devices further by `after`.
void set_contents(View& view, const Call& call, const Snapshot& snapshot, const Network& network) {
  constexpr std::array<std::string_view, 1> choices{"after"};
  const auto after = static_cast<std::uint32_t>(ListAddress{call.request, choices}.number("after"));
  auto holders = list_holders(snapshot, network.id, after, kRows + 1);
  const bool has_more = holders.size() > kRows;
  if (has_more) holders.pop_back();
  std::vector<View> devices;
  for (const AddressHolder& holder : holders)
    devices.push_back(View{}
                          .set("device_id", to_text(holder.device_id))
                          .set("device_name", holder.name)
                          .set("address", ipv4_text(holder.address)));
  view.set("has_devices", !devices.empty())
      .set("next", has_more ? formatted("{}?after={}", path_of(network.id), holders.back().address)
                            : std::string{})
      .set("is_first_page", after == 0)
      .set("devices", std::move(devices));

  const std::int64_t now = call.app.clock.now();
  KeyFilter naming;
  naming.state = KeyState::valid;
  naming.network_id = network.id;
  const auto keys = list_keys(snapshot, naming, {.by = KeySort::name}, 0, kRows, now);
  std::vector<View> rows;
  for (const Key& key : keys.keys)
    rows.push_back(View{}
                       .set("key_id", to_text(key.id))
                       .set("key_name", key.name)
                       .set("is_its_default", key.id == network.default_key_id)
                       .set("is_one_time", key.is_one_time()));
  view.set("keys", std::move(rows))
      .set("has_keys", keys.total > 0)
      .set("keys_count", keys.total)
      .set("has_more_keys", keys.total > kRows);
}

std::string falling_words(const FallingWithNetwork& falling) {
  if (falling.keys == 0) return counted(falling.devices, "device");
  if (falling.devices == 0) return counted(falling.keys, "key");
  return formatted("{} and {}", counted(falling.devices, "device"), counted(falling.keys, "key"));
}

void set_network(View& view, const Snapshot& snapshot, const Network& network, std::int64_t now) {
  const auto falling = count_falling(snapshot, network.id, now);
  view.set("id", to_text(network.id))
      .set("name", network.name)
      .set("cidr", network.cidr)
      .set("is_default", network.is_default)
      .set("is_alone", network.devices_reach == "gateways")
      .set("default_key_id", network.default_key_id ? to_text(*network.default_key_id) : "")
      .set("has_falling", falling.devices + falling.keys > 0)
      .set("falling_words", falling_words(falling))
      .set("created", time_view(network.created_at, now));
  set_use(view, count_addresses(snapshot, network.id, now));
}

// `typed`: what a refused form held; else the network's own.
Result<Reply> show_one(const Call& call, const SignedIn& who, const std::optional<Typed>& typed,
                       const FieldErrors& errors = {}, std::string_view message = {}) {
  View view;
  std::string title;
  const bool is_found = call.read([&](const Snapshot& snapshot) {
    const auto network = find_network(snapshot, network_id(call));
    if (!network) return false;
    title = network->name;
    set_network(view, snapshot, *network, call.app.clock.now());
    set_typed(view, typed.value_or(Typed{network->name, network->cidr, network->devices_reach}));
    set_contents(view, call, snapshot, *network);
    return true;
  });
  if (!is_found) return unknown_network();
  errors.show(view, kFields, message);
  view.set("is_new", false).set("may_write", who.may(Right::networks_write));
  const int status = errors.is_empty() && message.empty() ? 200 : 422;
  return page(call, who, {"networks/show", title, std::move(view), "/networks", status});
}

}  // namespace

Result<Reply> list_networks(const Call& call, const Visitor<Right::networks_read>& who) {
  View view;
  std::vector<View> rows;
  call.read([&](const Snapshot& snapshot) {
    for (const Network& network : muster::list_networks(snapshot)) {
      View row;
      row.set("id", to_text(network.id))
          .set("name", network.name)
          .set("cidr", network.cidr)
          .set("is_default", network.is_default)
          .set("is_alone", network.devices_reach == "gateways")
          .set("default_key_id", network.default_key_id ? to_text(*network.default_key_id) : "");
      set_use(row, count_addresses(snapshot, network.id, call.app.clock.now()));
      rows.push_back(std::move(row));
    }
  });
  view.set("is_only_one", rows.size() == 1).set("has_rows", !rows.empty());
  view.set("rows", std::move(rows)).set("may_write", who.may(Right::networks_write));
  return page(call, who, {"networks/list", "Networks", std::move(view), "/networks"});
}

Result<Reply> show_new_network(const Call& call, const Visitor<Right::networks_write>& who) {
  return show_new(call, who, {.name = "", .cidr = call.read(&suggest_range)});
}

Result<Reply> make_network(const Call& call, const Visitor<Right::networks_write>& who) {
  const Typed typed = typed_in(who.form());
  const auto made = once<Made>(
      call, who,
      [&](Transaction& tx, const By& by) -> Result<Made> {
        auto network = create_network(
            tx, by, {.name = typed.name, .cidr = typed.cidr, .devices_reach = typed.devices_reach});
        if (!network) return network.refusal();
        auto key = create_default_key(tx, by, {.network = network->id}, network->name);
        return Made{std::move(*network), std::move(key)};
      },
      [](const Made& done) { return path_of(done.network.id); });
  if (!made) {
    const FieldErrors errors = check(call, typed, NetworkId{});
    return show_new(call, who, typed, errors,
                    errors.is_empty() ? as_sentence(made.refusal().message) : "");
  }
  if (*made) return show_created(call, who, **made);
  View view;
  view.set("path", made_before(call, who, "/networks"));
  return page(call, who, {"networks/already", "Already created", std::move(view), "/networks"});
}

Result<Reply> show_network(const Call& call, const Visitor<Right::networks_read>& who) {
  return show_one(call, who, std::nullopt);
}

Result<Reply> save_network(const Call& call, const Visitor<Right::networks_write>& who) {
  const Typed typed = typed_in(who.form());
  const auto saved = call.write(who, [&](Transaction& tx, const By& by) {
    return update_network(
        tx, by, network_id(call),
        {.name = typed.name, .cidr = typed.cidr, .devices_reach = typed.devices_reach});
  });
  if (saved) return redirect(path_of(saved->id) + "?notice=network-saved");
  if (saved.refusal().kind == Kind::not_found) return unknown_network();
  const FieldErrors errors = check(call, typed, network_id(call));
  return show_one(call, who, typed, errors,
                  errors.is_empty() ? as_sentence(saved.refusal().message) : "");
}

Result<Reply> delete_network(const Call& call, const Visitor<Right::networks_write>& who) {
  const auto done = call.write(who, [&](Transaction& tx, const By& by) {
    return muster::delete_network(tx, by, network_id(call));
  });
  if (done) return redirect("/networks?notice=network-deleted");
  if (done.refusal().kind == Kind::not_found) return unknown_network();
  // Since the page was shown something came in that would go with it: that is to be seen first.
  if (done.refusal().reason == Reason::plan_required)
    return redirect("/revocations/network/" + to_text(network_id(call)));
  return show_one(call, who, std::nullopt, {}, as_sentence(done.refusal().message));
}

}  // namespace muster::pages
