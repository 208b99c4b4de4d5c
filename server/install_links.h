#pragma once

// Install links: for whom a machine is expected, made around a one-time setup key. The link's
// secret is the key's own, so the page and the pasted line end together, and what the key lets in
// came in through the link.
//
// A link's state is derived: from its key's use, revocation and expiry, and from what became of
// the link itself. A link that a newer one replaces has its key revoked too; the revocation alone
// would say "withdrawn", so a withdrawal that came before a replacement is kept in `withdrawn_at`.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/db.h"
#include "server/keys.h"
#include "server/secret.h"

namespace muster {

// First match wins. While it is `opened` or `not_opened`, it lives.
enum class LinkState { used, withdrawn, replaced, expired, opened, not_opened };
constexpr std::array kLinkStates{LinkState::used,    LinkState::withdrawn, LinkState::replaced,
                                 LinkState::expired, LinkState::opened,    LinkState::not_opened};
std::string_view text_of(LinkState state);
std::optional<LinkState> parse_link_state(std::string_view text);

// The device that came in through a link; it may be removed by now.
struct LinkDevice {
  DeviceId id;
  std::string name;
  std::int64_t enrolled_at = 0;
  std::optional<std::int64_t> removed_at;
};

struct InstallLink {
  LinkId id;
  KeyId setup_key_id;
  std::optional<std::int64_t> batch_id;  // those made together
  std::string recipient;
  std::string note;     // for ourselves
  std::string message;  // for the recipient
  std::int64_t opened_times = 0;
  std::optional<std::int64_t> first_opened_at;
  std::optional<std::int64_t> last_opened_at;
  std::optional<std::int64_t> sent_at;
  std::optional<UserId> sent_by_id;
  std::optional<std::string> sent_via;
  std::optional<LinkId> replaced_by_id;
  std::int64_t created_at = 0;
  LinkState state = LinkState::not_opened;  // at the time it was asked for
  // Of its key:
  std::int64_t expires_at = 0;
  std::string device_name;
  bool requires_approval = false;
  std::vector<GroupId> auto_groups;
  std::vector<NetworkId> networks;  // empty: the default network
  std::optional<UserId> created_by_id;
  std::string created_by;  // whom to ask; empty when nobody's
  std::optional<LinkDevice> device;

  bool is_live() const { return state == LinkState::opened || state == LinkState::not_opened; }
};

constexpr std::int64_t kLinkLife = 7 * 24 * 3600;  // seconds

struct NewLink {
  std::string recipient;
  std::string note = {};
  std::string message = {};
  std::int64_t expires_in = kLinkLife;        // seconds, up to ten years; a link always ends
  std::vector<std::string> auto_groups = {};  // ids or exact names; one may be protected
  std::vector<std::string> networks = {};     // ids or exact names; empty: the default network
  std::string device_name = {};               // empty: the recipient
  bool requires_approval = false;
};

// The only time the secret exists outside the holder's hands.
struct CreatedLink {
  InstallLink link;
  Secret secret;
  std::optional<DeviceId> removed_device{};  // by replace_link
};

Result<CreatedLink> create_link(Transaction& tx, const By& by, const NewLink& wanted);

struct LinkChange {
  std::optional<std::string> recipient;  // its key is renamed with it
  std::optional<std::string> note;
  std::optional<std::string> message;
  // Of its key; for the machine that is still to come.
  std::optional<std::vector<std::string>> auto_groups = {};
  std::optional<std::vector<std::string>> networks = {};
  std::optional<std::string> device_name = {};
  std::optional<bool> requires_approval = {};
};
Result<InstallLink> update_link(Transaction& tx, const By& by, LinkId id, const LinkChange& change);

// Ends it. Again: nothing more happens. 409 once it is used or replaced.
Result<InstallLink> withdraw_link(Transaction& tx, const By& by, LinkId id);
// `expires_in` seconds from now, with the same secret; an expired one lives again. 409 for one that
// is used, withdrawn or replaced.
Result<InstallLink> extend_link(Transaction& tx, const By& by, LinkId id, std::int64_t expires_in);
// A new link with the same contents in place of one that nobody used; the old one ends. 409 for one
// that is used, or has a newer one already.
Result<CreatedLink> resend_link(Transaction& tx, const By& by, LinkId id, std::int64_t expires_in);
// The same for the wrong computer: the device that came in through the old one is removed. 409 when
// it has a newer one already.
Result<CreatedLink> replace_link(Transaction& tx, const By& by, LinkId id, std::int64_t expires_in);

// Its page was opened by a person, not by a mail scanner. False, and not counted, once it is dead.
bool note_opened(Transaction& tx, LinkId id, std::int64_t now);
// `via`: how it went out, such as "mail". The newest counts.
Result<InstallLink> mark_sent(Transaction& tx, const By& by, LinkId id, std::string_view via);

std::optional<InstallLink> find_link(const Snapshot& snapshot, LinkId id, std::int64_t now);
// A dead one too: its page says why it is dead.
std::optional<InstallLink> find_link_by_secret_hash(const Snapshot& snapshot,
                                                    const Hash& secret_hash, std::int64_t now);

enum class LinkOrder { oldest, newest, recipient, expires_first };

struct LinkFilter {
  std::optional<LinkState> state;
  std::string search;  // in recipient, note, or the name of the device that used it
  LinkOrder order = LinkOrder::oldest;
};

// At most `limit` that come behind the link `after` in this order; none: from the beginning.
std::vector<InstallLink> list_links(const Snapshot& snapshot, const LinkFilter& filter,
                                    std::optional<LinkId> after, int limit, std::int64_t now);
// How many there are in each state, in the order of kLinkStates. The filter's own state is left
// aside, so that each chip of a page can show its number.
std::array<std::int64_t, kLinkStates.size()> count_links(const Snapshot& snapshot,
                                                         const LinkFilter& filter,
                                                         std::int64_t now);

Subject subject_of(const InstallLink& link);

}  // namespace muster
