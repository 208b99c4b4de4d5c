#pragma once

// How a setup key stands in its tables: reading a row with its lists, and writing the lists.

#include <string>
#include <string_view>
#include <vector>

#include "server/keys.h"

namespace muster {

// Lists inside a key are read in the same statement: one look at a long list of keys, not five
// for each of them. The separator of tags is a character that no tag can hold. To be followed by
// more tables or conditions; the key is `k`, who made it `u`, its install link
// `l`.
extern const std::string_view kKeySelect;
extern const std::string_view kKeyFrom;

Key read_key(Query& row);

void write_groups(Transaction& tx, KeyId id, const std::vector<Group>& groups);
void write_networks(Transaction& tx, KeyId id, const std::vector<NetworkId>& networks);
void write_tags(Transaction& tx, KeyId id, const std::vector<std::string>& tags);

}  // namespace muster
