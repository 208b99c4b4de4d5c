#pragma once

// What the list of install links was asked for, as its address says it. An address that somebody
// edited shows the list all the same.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "server/install_links.h"
#include "web/request.h"

namespace muster::pages {

struct LinkSort {
  std::string_view text;
  LinkOrder order;
  std::string_view label;
};
constexpr std::array kLinkSorts{
    LinkSort{"-created_at", LinkOrder::newest, "Newest first"},
    LinkSort{"created_at", LinkOrder::oldest, "Oldest first"},
    LinkSort{"recipient", LinkOrder::recipient, "By recipient"},
    LinkSort{"expires_at", LinkOrder::expires_first, "Next to expire"},
};

struct LinkAddress {
  explicit LinkAddress(const Request& request);

  // The same list, but for its state and where it begins.
  std::string path(std::string_view state, std::string_view behind = {}) const;
  // The list as it is, and the same choices at another path.
  std::string here() const { return at("/links"); }
  std::string at(std::string_view path) const;

  LinkFilter filter;
  std::string_view sort = kLinkSorts.front().text;
  std::optional<LinkId> after;
};

}  // namespace muster::pages
