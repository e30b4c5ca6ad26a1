// What drydock allows one artifact to cost. Every bound that a hostile file could run into is named
// here, so that the sum of them can be read in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace drydock::limits {

inline constexpr size_t kFileContent = size_t{16} << 20;  // bytes of one file that a parser gets
inline constexpr size_t kRetainedContent = size_t{64} << 20;  // bytes of all files kept at once
inline constexpr size_t kEntries = 20'000'000;                // entries of one archive
inline constexpr size_t kPathBytes = 4096;                    // PATH_MAX, as the kernel has it
inline constexpr int kSymlinks = 40;            // links in one path walk, as path_resolution(7)
inline constexpr int kIncludeDepth = 16;        // nested Include directives
inline constexpr int kJsonDepth = 200;          // nested JSON containers
inline constexpr size_t kJsonValues = 200'000;  // values of one JSON document
inline constexpr size_t kFactText = size_t{16} << 10;  // bytes of one text value of a fact
inline constexpr size_t kSyntaxErrors = 100;           // syntax errors reported of one file
inline constexpr size_t kRowsPerRule = 10'000;         // rows one rule may return

}  // namespace drydock::limits
