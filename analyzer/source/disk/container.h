// Containers of virtual machines: files that hold a disk. Each opener looks at the content and
// takes the file only if it recognizes it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/source/disk/block.h"

namespace drydock {

// A disk inside a container file.
struct Disk {
  BlockDevicePtr device;  // what the guest sees
  std::string format;     // "qcow2 v3, zstd", "VMDK streamOptimized", "raw"
  std::vector<std::string> notes =
      {};  // what a person should know: "internal snapshots are not read"
  // What the container says it holds and has no more, for the file was cut: ranges of the device in
  // rising order. Reading there fails; everything else reads as ever.
  std::vector<ByteRange> missing = {};
};

// Files beside the image that a container names (a backing file, a flat VMDK extent). The names
// come from the image and are hostile: the default refuses every one. See beside.h.
using OpenBeside = std::function<Result<BlockDevicePtr>(const std::string& name)>;

// nullopt: not this format. An Error: it is, and cannot be opened (damaged, encrypted, a feature
// that is not known), with words that name the image's own field.
using ContainerResult = std::optional<Result<Disk>>;

// qcow2, versions 2 and 3 (QEMU docs/interop/qcow2.txt): zlib and zstd clusters, zero clusters,
// extended L2 entries. Refuses encryption, the corrupt bit, unknown incompatible features; a
// backing file or external data file only through `beside`.
// `chain` is how many backing files may still follow.
ContainerResult open_qcow2(const BlockDevicePtr& file, const OpenBeside& beside, int chain);
// qcow version 1 (QEMU block/qcow.c is its only description). Refuses encryption and backing files.
ContainerResult open_qcow1(const BlockDevicePtr& file);
// Parallels (QEMU docs/interop/parallels.txt), expandable disks. Refuses what was not closed.
ContainerResult open_parallels(const BlockDevicePtr& file);
// VMware VMDK 5.0: monolithicSparse, streamOptimized, monolithicFlat, twoGbMaxExtent{Sparse,Flat}. A
// stream that was cut before its footer is read by its grain markers.
ContainerResult open_vmdk(const BlockDevicePtr& file, const OpenBeside& beside);
// Microsoft VHD 1.0: fixed and dynamic. Differencing disks are refused.
ContainerResult open_vhd(const BlockDevicePtr& file);
// [MS-VHDX]: fixed and dynamic; a dirty log is replayed in memory. Differencing disks are refused.
ContainerResult open_vhdx(const BlockDevicePtr& file);
// VirtualBox VDI 1.1: dynamic and static. Differencing disks are refused.
ContainerResult open_vdi(const BlockDevicePtr& file);

// As long a chain of backing files is followed, no longer.
inline constexpr int kBackingChain = 8;

// The first opener that recognizes `file`; a file that none knows is a raw disk.
Result<Disk> open_container(const BlockDevicePtr& file, const OpenBeside& beside,
                            int chain = kBackingChain);

}  // namespace drydock
