#pragma once

// What the pages of install links share.

#include <optional>
#include <string_view>
#include <vector>

#include "server/devices.h"
#include "server/install_links.h"
#include "web/call.h"
#include "web/reply.h"
#include "web/view.h"
#include "web/visitor.h"

namespace muster::pages {

// A link with the device that came in through it.
struct SeenLink {
  InstallLink link;
  std::optional<Device> device;
};

SeenLink see(const Snapshot& snapshot, InstallLink link);
// The link that the address names, or 404.
Result<SeenLink> find_link_of_path(const Call& call);

// `state_word` and `state_class`: the pill.
void set_state(View& view, LinkState state);
// `links/arrival`: what became of the link so far.
void set_arrival(View& view, const Call& call, const SeenLink& seen);
// The choices of `partials/lives`; `chosen` in seconds.
std::vector<View> life_choices(std::int64_t chosen);

// The list; `message`: why what was asked for was not done.
Reply show_link_list(const Call& call, const SignedIn& who, std::string_view message, int status);
// The answer that shows a new link, the only time.
Reply show_created(const Call& call, const SignedIn& who, const CreatedLink& created);
// In its place, when its form comes again.
Reply show_already_created(const Call& call, const SignedIn& who);
// A link's own page; `message`: why what was asked for was not done.
Reply show_facts(const Call& call, const SignedIn& who, const SeenLink& seen,
                 std::string_view message, int status);

}  // namespace muster::pages
