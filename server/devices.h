#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/db.h"

namespace muster {

enum class DeviceStatus { connected, waiting, removed };
std::string_view text_of(DeviceStatus status);

struct DeviceAddress {
  NetworkId network_id;
  std::string network;
  std::string address;  // dotted
  std::string cidr;     // of the network
};

struct DeviceGroup {
  GroupId id;
  std::string name;
};

struct Device {
  DeviceId id;
  std::string name;
  std::string hostname;
  std::string os;
  std::string os_version;
  std::string arch;
  std::string agent_version;
  std::string machine_id;
  std::optional<std::string> wireguard_public_key;
  KeyId setup_key_id;
  std::string setup_key_name;
  std::optional<LinkId> install_link_id;  // through which it came
  std::optional<std::string> recipient;   // of that link
  Hash enrolled_with_hash{};
  std::int64_t enrolled_at = 0;
  std::string enrolled_from;
  std::optional<std::int64_t> approved_at;
  bool ephemeral = false;
  std::int64_t ephemeral_seconds = 600;
  bool is_gateway = false;
  std::int64_t revision = 1;
  std::optional<std::int64_t> removed_at;
  std::optional<std::string> removed_because;
  std::optional<std::int64_t> stored_last_seen_at;
  std::vector<DeviceAddress> addresses;
  std::vector<DeviceGroup> groups;  // begins with `All` while it lives
  std::vector<std::string> tags;
  std::vector<std::string> dns_labels;
  bool ssh_enabled = false;  // NetBird's clients set it and want it back; nothing follows from it

  DeviceStatus status() const;
  // Its first address; empty when it has none.
  std::string address() const { return addresses.empty() ? "" : addresses.front().address; }
  // `till-1.default.internal`; without an address the bare label.
  std::string full_name() const;
};

// The facts a machine tells of itself.
struct MachineFacts {
  std::string hostname;
  std::string os;
  std::string os_version;
  std::string arch;
  std::string agent_version;
  std::string machine_id;
};

// One of linux, macos, windows, freebsd, other.
bool is_known_os(std::string_view os);

struct NewDevice {
  std::string name;  // a label that is free
  MachineFacts facts;
  Hash secret_hash;
  std::optional<std::string> wireguard_public_key;
  KeyId setup_key_id;
  Hash enrolled_with_hash;
  std::string enrolled_from;
  std::int64_t enrolled_at;
  bool is_approved;
  bool ephemeral;
  std::int64_t ephemeral_seconds;
};

DeviceId insert_device(Transaction& tx, const NewDevice& device);
void set_tags(Transaction& tx, DeviceId id, const std::vector<std::string>& tags);
void add_dns_labels(Transaction& tx, DeviceId id, const std::vector<std::string>& labels);

// `label`, or `label-2`, `label-3`, … whichever is free among living devices. Looks up a handful
// of names even when ten thousand machines are called the same.
std::string free_device_name(const Snapshot& snapshot, std::string_view label);

bool is_wireguard_key_taken(const Snapshot& snapshot, std::string_view public_key,
                            DeviceId except = {});

// Removed ones too: their rows stay.
std::optional<Device> find_device(const Snapshot& snapshot, DeviceId id);
std::optional<Device> find_device_by_secret(const Snapshot& snapshot, const Hash& secret_hash);
// The device that came in last through a key, for the sentence that says who used it up.
std::optional<Device> find_last_enrolled(const Snapshot& snapshot, KeyId key);

struct DeviceFilter {
  std::optional<DeviceStatus> status = {};  // absent: all that live
  std::optional<KeyId> setup_key_id = {};
  std::optional<GroupId> group_id = {};
  std::optional<std::string> os = {};
  std::string search = {};        // in name, host name or address
  std::string name_part = {};     // in the name
  std::string address_part = {};  // in one of the addresses
};

// By id, whatever the order they are asked for in.
std::vector<Device> find_devices(const Snapshot& snapshot, std::span<const DeviceId> ids);
// At most `limit` with an id above `after`, by id.
std::vector<Device> list_devices(const Snapshot& snapshot, const DeviceFilter& filter,
                                 DeviceId after, int limit);

struct DeviceChange {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> groups;  // ids or exact names; `All` may be among them
  std::optional<std::vector<std::string>> tags;
  std::optional<bool> approved;
  std::optional<bool> ssh_enabled = {};
  std::optional<std::string> address = {};  // in one of its networks, free and rested
};

Result<Device> update_device(Transaction& tx, const By& by, DeviceId id,
                             const DeviceChange& change);

// What a heartbeat reports as changed.
struct FactsChange {
  std::optional<std::string> hostname;
  std::optional<std::string> os_version;
  std::optional<std::string> agent_version;
  std::optional<std::string> wireguard_public_key;

  bool is_empty() const;
};
Result<void> update_facts(Transaction& tx, DeviceId id, const FactsChange& change);

// Marks it removed, frees its addresses and its places in groups. `because`: removed, left,
// ephemeral. Its next call is answered "removed", never revived.
Result<Device> remove_device(Transaction& tx, const By& by, DeviceId id, std::string_view because);

// One of many that fall together. `because_of`: as By has it.
struct FallingDevice {
  DeviceId id;
  std::string because_of;
};
// The same for many at once: a few statements for all of them, and a row of the audit log for each.
// All of them live.
void remove_devices(Transaction& tx, const By& by, std::span<const FallingDevice> devices,
                    std::string_view because);
// For audit rows about many: each device's id, name, enrollment, key and first address, by id.
std::vector<Device> list_for_audit(const Snapshot& snapshot,
                                   std::span<const FallingDevice> devices);

Subject subject_of(const Device& device);
// What the audit log keeps of a device: name, fqdn, ip, created_at, and where it called from.
std::vector<std::pair<std::string, std::string>> audit_details(const Device& device);

// 44 characters of base64 that stand for 32 bytes.
bool is_wireguard_key(std::string_view text);

}  // namespace muster
