#include "tests/source/disk/crafted.h"

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
#include <zlib.h>

#include <algorithm>

namespace drydock::test {

std::string vmdk_stream(std::string_view disk) {
  constexpr uint64_t kGrain = 128, kTable = 512, kSector = 512;
  std::string out;
  const auto number = [](std::string& at, size_t place, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) at[place + i] = static_cast<char>(value >> (8 * i));
  };
  const auto header = [&](uint64_t directory) {
    std::string text(kSector, '\0');
    text.replace(0, 4, "KDMV");
    number(text, 4, 3, 4), number(text, 8, 0x30001, 4), number(text, 12, disk.size() / kSector, 8);
    number(text, 20, kGrain, 8), number(text, 28, 1, 8), number(text, 36, 20, 8);
    number(text, 44, kTable, 4), number(text, 56, directory, 8), number(text, 64, 128, 8);
    text.replace(73, 4, "\n \r\n");
    number(text, 77, 1, 2);
    return text;
  };
  const auto pad = [&] { out.resize((out.size() + kSector - 1) / kSector * kSector, '\0'); };
  const auto marker = [&](uint64_t value, uint32_t size, uint32_t type) {
    std::string text(kSector, '\0');
    number(text, 0, value, 8), number(text, 8, size, 4), number(text, 12, type, 4);
    out += text;
  };
  out = header(UINT64_MAX) +
        "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
        "createType=\"streamOptimized\"\nRW " +
        std::to_string(disk.size() / kSector) + " SPARSE \"made\"\nddb.adapterType = \"ide\"\n";
  out.resize(128 * kSector, '\0');
  std::string directory;
  for (uint64_t table = 0; table * kTable * kGrain * kSector < disk.size(); ++table) {
    std::string entries(kTable * 4, '\0');
    for (uint64_t n = 0; n < kTable; ++n) {
      const uint64_t start = (table * kTable + n) * kGrain * kSector;
      if (start >= disk.size()) break;
      const std::string_view grain = disk.substr(start, kGrain * kSector);
      if (grain.find_first_not_of('\0') == grain.npos) continue;
      uLongf length = compressBound(grain.size());
      std::string packed(length, '\0');
      compress(reinterpret_cast<Bytef*>(packed.data()), &length,
               reinterpret_cast<const Bytef*>(grain.data()), grain.size());
      number(entries, n * 4, out.size() / kSector, 4);
      std::string head(12, '\0');
      number(head, 0, start / kSector, 8), number(head, 8, length, 4);
      out += head + packed.substr(0, length);
      pad();
    }
    marker(entries.size() / kSector, 0, 1);
    std::string place(4, '\0');
    number(place, 0, out.size() / kSector, 4);
    directory += place;
    out += entries;
  }
  marker(1, 0, 2);
  const uint64_t at = out.size() / kSector;
  out += directory;
  pad();
  marker(1, 0, 3);
  out += header(at);
  marker(0, 0, 0);
  return out;
}

std::string with_live_log(std::string file, bool wrapped) {
  const auto get = [&](size_t at, size_t width) {
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(file[at + i]);
    return value;
  };
  const auto seal = [&](std::string& bytes, size_t at, size_t length) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 4, 4, '\0');
    const uint32_t crc =
        ~ext2fs_crc32c_le(~0u, reinterpret_cast<const unsigned char*>(bytes.data()) + at, length);
    for (size_t i = 0; i < 4; ++i) bytes[at + 4 + i] = static_cast<char>(crc >> (8 * i));
  };
  const std::string guid = "0123456789abcdef";
  const size_t log = get(65536 + 72, 8), log_length = get(65536 + 68, 4);
  // Where the first block of the disk lies: the first entry of the block table that has a place.
  size_t bat = 0;
  for (size_t entry = 192 * 1024 + 16; entry < 192 * 1024 + 16 + 64; entry += 32)
    if (get(entry, 8) == 0x4200F6232DC27766) bat = get(entry + 16, 8);
  const uint64_t block = get(bat, 8) >> 20 << 20;

  // An entry of one data and one zero descriptor: its header sector and one data sector.
  const auto entry = [&](uint64_t sequence, uint32_t tail, uint64_t data_to, char fill,
                         uint64_t zeros_to) {
    std::string out(8192, '\0');
    const auto set = [&](size_t at, uint64_t value, size_t width) {
      for (size_t i = 0; i < width; ++i) out[at + i] = static_cast<char>(value >> (8 * i));
    };
    out.replace(0, 4, "loge");
    set(8, out.size(), 4), set(12, tail, 4), set(16, sequence, 8), set(24, 2, 4);
    out.replace(32, 16, guid);
    set(48, file.size(), 8), set(56, file.size(), 8);
    out.replace(64, 4, "desc");
    out.replace(68, 4, std::string(4, fill));  // the sector's last four bytes
    out.replace(72, 8, std::string(8, fill));  // and its first eight
    set(80, data_to, 8), set(88, sequence, 8);
    out.replace(96, 4, "zero");
    set(104, 4096, 8), set(112, zeros_to, 8), set(120, sequence, 8);
    out.replace(4096, 4096, std::string(4096, fill));
    out.replace(4096, 4, "data");
    set(4100, sequence >> 32, 4), set(8188, sequence & 0xffffffff, 4);
    seal(out, 0, out.size());
    return out;
  };
  const auto put_in_log = [&](size_t at, const std::string& bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) file[log + (at + i) % log_length] = bytes[i];
  };
  const auto tail = static_cast<uint32_t>(wrapped ? log_length - 4096 : 0);
  put_in_log(tail, entry(7, tail, block + 8192, 'A', block + 16384));
  put_in_log(tail + 8192, entry(8, tail, block + 12288, 'B', block + 65536));
  if (wrapped) put_in_log(12288, entry(5, 12288, block, 'C', block + 4096));
  for (const size_t at : {size_t{65536}, size_t{131072}}) {
    file.replace(at + 48, 16, guid);
    seal(file, at, 4096);
  }
  return file;
}

}  // namespace drydock::test
