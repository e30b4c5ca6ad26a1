// Images that no program at hand makes, written by the specifications.
#pragma once

#include <string>
#include <string_view>

namespace drydock::test {

// A VMDK stream as VMware writes it and qemu-img does not: the header says that the directory is at the end,
// each grain stands behind a marker, tables behind theirs, then a footer ("Virtual Disk Format 5.0").
std::string vmdk_stream(std::string_view disk);

// `vhdx`, whose first block has a place in the file, as if its host had crashed ([MS-VHDX] 2.3): two entries of
// its log write 'A' into the third sector of 4 KiB of that block and 'B' into the fourth, and zeros into the
// fifth and the seventeenth. With `wrapped` the first of them lies across the end of the log, and behind both
// is one of an older life, which counts no more.
std::string with_live_log(std::string vhdx, bool wrapped);

}  // namespace drydock::test
