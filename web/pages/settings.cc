// The server's settings: where it is reached, how long what is dead is kept, its certificate.

#include "server/settings.h"

#include <array>

#include "server/format.h"
#include "server/text.h"
#include "web/certificate.h"
#include "web/page.h"
#include "web/pages/field_errors.h"
#include "web/pages/handlers.h"
#include "web/words.h"

namespace muster::pages {
namespace {

constexpr std::array<std::string_view, 3> kFields{"public_url", "second_url", "purge_days"};
constexpr std::int64_t kEndsSoon = 30 * 24 * 3600;

// What stands in the forms: as it was typed, or as it is.
struct Typed {
  std::optional<std::string> public_url = std::nullopt;
  std::optional<std::string> second_url = std::nullopt;
  std::optional<std::string> purge_days = std::nullopt;
};

void set_certificate(View& view, const Call& call) {
  const std::string pem = call.app.certificate.pem();
  view.set("has_certificate", !pem.empty())
      .set("is_behind_proxy", call.app.config.behind_proxy.has_value())
      .set("listens_on", call.app.config.behind_proxy ? call.app.config.listen.text()
                                                      : call.app.public_address.own_url());
  std::vector<View> shown;
  if (!pem.empty()) {
    const std::int64_t now = call.app.clock.now();
    const CertificateFacts facts = read_certificate_facts(pem);
    std::vector<View> names;
    for (const std::string& name : facts.names) names.push_back(View{}.set("word", name));
    View certificate;
    certificate.set("is_self_made", call.app.config.tls_cert.empty())
        .set("pin", pin_of_certificate(pem))
        .set("valid_until", time_view(facts.valid_until, now))
        .set("has_ended", facts.valid_until <= now)
        .set("ends_soon", facts.valid_until > now && facts.valid_until - now < kEndsSoon)
        .set("names", std::move(names));
    shown.push_back(std::move(certificate));
  }
  view.set("certificate", std::move(shown));
}

Reply show(const Call& call, const SignedIn& who, const Typed& typed = {},
           const FieldErrors& errors = {}) {
  const std::string& fixed = call.app.config.public_url;
  View view;
  call.read([&](const Snapshot& snapshot) {
    const std::int64_t days = find_purge_days(snapshot);
    const std::string url = fixed.empty() ? find_public_url(snapshot) : fixed;
    const std::string second = find_second_url(snapshot);
    view.set("public_url", typed.public_url.value_or(url))
        .set("second_url", typed.second_url.value_or(second))
        .set("stored_url", url)
        .set("stored_second", second)
        .set("purge_days", typed.purge_days.value_or(std::to_string(days)))
        .set("never_purges", days == 0)
        .set("days_words", counted(days, "day"));
  });
  view.set("is_fixed", !fixed.empty())
      .set("own_url", call.app.public_address.own_url())
      .set("may_write", who.may(Right::settings_write));
  set_certificate(view, call);
  errors.show(view, kFields);
  return page(
      call, who,
      {"settings", "Settings", std::move(view), "/settings", errors.is_empty() ? 200 : 422});
}

}  // namespace

Result<Reply> settings(const Call& call, const Visitor<Right::settings_read>& who) {
  return show(call, who);
}

Result<Reply> save_addresses(const Call& call, const Visitor<Right::settings_write>& who) {
  const std::string& fixed = call.app.config.public_url;
  const std::string first{who.form().value("public_url")};
  const std::string second{who.form().value("second_url")};
  TypedAddresses wanted{.second_url = second};
  if (fixed.empty()) wanted.public_url = first;
  FieldErrors errors;
  constexpr std::string_view wrong =
      "This is no address for a browser: write one such as https://muster.example.com";
  if (fixed.empty() && !check_url(first)) errors.add("public_url", wrong);
  if (!check_url(second)) errors.add("second_url", wrong);
  if (errors.is_empty()) {
    const auto saved = call.write(who, [&](Transaction& tx, const By& by) {
      auto addresses = set_addresses(tx, by, wanted, fixed);
      if (addresses)
        tx.after_commit([&app = call.app, now = *addresses] {
          app.public_address.set_stored(now.public_url);
          app.public_address.set_second(now.second_url);
        });
      return addresses;
    });
    if (saved) return redirect("/settings?notice=addresses-saved");
    errors.add("second_url", saved.refusal().message);
  }
  return show(call, who, {.public_url = wanted.public_url, .second_url = second}, errors);
}

Result<Reply> save_purge_days(const Call& call, const Visitor<Right::settings_write>& who) {
  const std::string typed{who.form().value("purge_days")};
  FieldErrors errors;
  const auto days = read_number("The time", typed, 0);
  if (!days) errors.add("purge_days", days.refusal().message);
  if (trim(typed).empty()) errors.add("purge_days", "Type a number of days; 0 is never");
  if (errors.is_empty()) {
    const auto saved = call.write(
        who, [&](Transaction& tx, const By& by) { return set_purge_days(tx, by, *days); });
    if (saved) return redirect("/settings?notice=purge-days-saved");
    errors.add("purge_days", saved.refusal().message);
  }
  return show(call, who, {.purge_days = typed}, errors);
}

}  // namespace muster::pages
