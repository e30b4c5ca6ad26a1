// Files that are larger than what a parser gets at once (limits::kFileContent) and are read piece by piece, by
// Tree::read_piece: RPM's databases (150 MB on a server with many packages), unified kernel images,
// containerd's databases.
#pragma once

#include <cstdint>
#include <string_view>

namespace drydock::limits {

inline constexpr uint64_t kLargeFile = uint64_t{1} << 30;  // bytes of one of them
inline constexpr uint64_t kLargeFiles = uint64_t{2}
                                        << 30;  // bytes of all that are copied out of an archive
inline constexpr uint64_t kPiece = uint64_t{32} << 20;  // bytes of one piece
inline constexpr uint64_t kBlob = uint64_t{1} << 20;    // bytes of a blob that is_blob() names

}  // namespace drydock::limits

namespace drydock {

// Is this the name of such a file? An archive that is read once, front to back, is asked it of what is wanted.
bool may_be_large(std::string_view path);

// Is this a blob of containerd's content store? Manifests and configurations of images, which are JSON and small, lie
// there among the layers, and their names tell nothing. Those alone are wanted of an archive.
bool is_blob(std::string_view path);

}  // namespace drydock
