// OVA: a tar of an OVF description and the disks of one machine (DMTF DSP0243, section 5 and 7).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/source/disk/tar.h"

namespace drydock {

// The files of an OVA; nullopt: no tar, or one that does not start with an OVF description.
std::optional<TarContents> ova_contents(const BlockDevice& file);

// What the archive says about itself.
struct OvaVerdict {
  std::vector<std::string> notes;
  std::vector<std::string> warnings;  // a digest that is wrong, a file that is missing or cut
  bool complete = true;               // false: a file is missing or cut
};

// Compares the digests of the manifest, which reads every disk once, and looks for the files that the
// description names.
OvaVerdict check_ova(const BlockDevice& file, const TarContents& contents);

}  // namespace drydock
