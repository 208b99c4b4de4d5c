#pragma once

#include <string_view>

namespace muster {

// Written into each file's header, so that another program's file is never taken for ours: "Mstr".
constexpr int kApplicationId = 0x4d737472;

// The script that brings a file from version `number` - 1 to `number`, 1 to schema_version().
std::string_view migration(int number);

// What all migrations add up to; a test holds the two equal.
std::string_view schema_text();

}  // namespace muster
