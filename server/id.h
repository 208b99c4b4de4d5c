#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace muster {

// A row's id that does not mix with ids of other nouns. 0 is no row's id.
// Outside the program ids are decimal strings.
template <class Tag>
struct Id {
  std::int64_t value = 0;

  explicit operator bool() const { return value != 0; }
  friend auto operator<=>(const Id&, const Id&) = default;
};

template <class Tag>
std::string to_text(Id<Tag> id) {
  return std::to_string(id.value);
}

// Ids as a JSON array, which a statement takes as one value:
// `… IN (SELECT value FROM json_each(?))`.
template <class Ids>
std::string json_ids(const Ids& ids) {
  std::string list = "[";
  for (const auto id : ids) {
    if (list.size() > 1) list += ',';
    list += to_text(id);
  }
  return list + "]";
}

using KeyId = Id<struct KeyTag>;
using GroupId = Id<struct GroupTag>;
using NetworkId = Id<struct NetworkTag>;
using LinkId = Id<struct LinkTag>;
using DeviceId = Id<struct DeviceTag>;
using UserId = Id<struct UserTag>;
using TokenId = Id<struct TokenTag>;
using SessionId = Id<struct SessionTag>;
using InviteId = Id<struct InviteTag>;

}  // namespace muster

template <class Tag>
struct std::hash<muster::Id<Tag>> {
  std::size_t operator()(muster::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
