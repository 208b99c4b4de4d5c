#pragma once

// One act over many things: all of it or none.
//
// Things are chosen by their ids, or by the filter of their list. Ids are meant one by one: if one
// is unknown, or the act is not possible with it, nothing is done, and the refusal names the first
// few and why. A filter means those with which the act is possible: a default key that cannot be
// revoked, or a link that is used, is left out and reported. What a token may not touch refuses the
// whole either way: a part done would look like all of it.
// What is as wanted already counts as unchanged. Every thing that changed has its row in the audit
// log, all with one cascade id.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/db.h"
#include "server/devices.h"
#include "server/install_links.h"
#include "server/key_changes.h"
#include "server/key_list.h"

namespace muster {

// Either ids or a filter. `digest`: of what was shown before; when other things are chosen by now,
// nothing is done. Empty: whatever is chosen.
template <class IdType, class Filter>
struct Chosen {
  std::vector<IdType> ids = {};  // each once
  std::optional<Filter> filter = std::nullopt;
  std::string digest = {};
};

// What a filter chose and the act is not possible with.
struct LeftOut {
  std::string id;
  std::string name;
  Refusal why;
};

struct ManyReport {
  std::vector<std::int64_t> changed;  // ids
  std::int64_t unchanged = 0;
  std::vector<LeftOut> left_out;
  std::vector<std::string> names;   // of the first few that changed
  std::int64_t linked_devices = 0;  // living ones of the keys that changed
  std::string digest;               // of all that was chosen
  std::string cascade_id;

  std::int64_t count() const {
    return static_cast<std::int64_t>(changed.size() + left_out.size()) + unchanged;
  }
};

using ChosenKeys = Chosen<KeyId, KeyFilter>;
// A filter for deleted keys is refused. Deleting twice is as once.
Result<ManyReport> act_on_keys(Transaction& tx, const By& by, const ChosenKeys& chosen, KeyAct act);

using ChosenLinks = Chosen<LinkId, LinkFilter>;
Result<ManyReport> withdraw_links(Transaction& tx, const By& by, const ChosenLinks& chosen);
Result<ManyReport> extend_links(Transaction& tx, const By& by, const ChosenLinks& chosen,
                                std::int64_t expires_in);

struct ChosenDevices : Chosen<DeviceId, DeviceFilter> {
  // What the filter cannot say, because memory alone knows it, such as who is online.
  std::function<bool(const Device&)> also = {};
};
// Exactly one of these.
struct DeviceAct {
  bool approve = false;
  bool remove = false;  // twice is as once
  std::vector<std::string> add_tags = {};
  std::vector<std::string> remove_tags = {};
  std::vector<std::string> add_groups = {};  // ids or exact names; protected ones too: by hand
  std::vector<std::string> remove_groups = {};
};
// A filter for removed devices is refused.
Result<ManyReport> act_on_devices(Transaction& tx, const By& by, const ChosenDevices& chosen,
                                  const DeviceAct& act);

}  // namespace muster
