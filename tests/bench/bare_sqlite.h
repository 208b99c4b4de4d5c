#pragma once

// SQLite alone: the rows of an enrollment, written by prepared statements on one connection with
// the settings of the server's writer. What the disk and the library allow.

#include <cstdint>
#include <filesystem>
#include <string>

namespace muster {

// The secret of device `number` of those that were filled in.
std::string filled_secret(std::int64_t number);

// Enrolls devices with the first setup key for so long. Returns devices per second.
double measure_writes(const std::filesystem::path& database, double seconds,
                      std::int64_t to_a_commit);

// Enrolls that many.
void write_devices(const std::filesystem::path& database, std::int64_t devices);

// Adds keys until there are so many, and spreads the devices over them.
void write_keys(const std::filesystem::path& database, std::int64_t keys);

// Adds so many expired keys that let in nobody.
void write_dead_keys(const std::filesystem::path& database, std::int64_t keys);

// Gives so many devices to the first key, and spreads the others over the next 199.
void deal_devices(const std::filesystem::path& database, std::int64_t of_first);

}  // namespace muster
