#include "analyzer/source/disk/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <set>

#include "analyzer/source/disk/image.h"
#include "analyzer/source/disk/ova.h"
#include "analyzer/source/disk/packed.h"
#include "analyzer/source/disk/temporary.h"

namespace drydock {
namespace {

constexpr int kLayers = 3;  // a qcow2.xz in a tar.gz; nobody packs deeper
constexpr size_t kMaxFiles = 16;
constexpr uint64_t kLeastDisk = 32 * 1024;
constexpr std::string_view kRaw = "raw disk image";

using Found = std::optional<Result<FoundDisks>>;

std::string mib(uint64_t bytes) {
  const uint64_t tenths = (bytes * 10 + (uint64_t{1} << 19)) >> 20;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

// "tar", "zip"; inside a compressed stream "tar.gz".
std::string archive_name(archive* handle, const std::string& compression) {
  const int format = archive_format(handle) & ARCHIVE_FORMAT_BASE_MASK;
  const std::string name = format == ARCHIVE_FORMAT_TAR    ? "tar"
                           : format == ARCHIVE_FORMAT_CPIO ? "cpio"
                                                           : "zip";
  return compression.empty() ? name : name + "." + compression;
}

std::string shown(std::string_view name) {
  return "'" + std::string(name.substr(0, 200)) + "'";
}

std::string magic_of(const BlockDevice& file) {
  std::byte raw[8]{};
  const size_t length = std::min<uint64_t>(file.size(), sizeof raw);
  if (!file.read(0, std::span(raw).first(length))) return {};
  return {reinterpret_cast<const char*>(raw), length};
}

// Does an archive with this file hold a host rather than images of one?
bool looks_like_a_root(std::string_view path) {
  static constexpr std::string_view kPlaces[] = {"etc", "usr",   "bin", "sbin",
                                                 "lib", "lib64", "proc"};
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (std::ranges::find(kPlaces, part) != std::end(kPlaces)) return true;
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return false;
}

// A CD beside a machine's disks has what installs or configures it, and is no disk of it (ECMA-119, 8.1).
bool is_cd(const BlockDevice& file) {
  std::byte raw[5];
  return file.read(32769, std::span(raw)).ok() && ByteView{Bytes(raw)}.starts_with("CD001");
}

class Finder {
 public:
  Finder(const OpenBeside& beside, const Unpacking& unpacking)
      : beside_(beside), unpacking_(unpacking), left_(unpacking.limit) {}

  // What `file` holds. `name` is for messages.
  Found find(const BlockDevicePtr& file, const std::string& name, int layers) {
    const std::string magic = magic_of(*file);
    // Three bytes may be there by chance, so what holds no packed disk is looked at as it is.
    if (const char* const compression = compression_of(magic); compression && layers > 0)
      if (Found found = compressed(file, name, compression, layers - 1)) return found;
    if (is_sequence(magic)) {
      DeviceStream stream(file);
      return layers > 0 ? archive(stream, name, "", layers - 1) : std::nullopt;
    }
    if (const auto contents = ova_contents(*file)) return ova(file, *contents, name, layers);
    const TarContents contents = tar_contents(*file, kMaxFiles + 1);
    if (contents.is_tar) return layers > 0 ? tar(file, contents, name, layers - 1) : std::nullopt;
    return disk(file, name, beside_);
  }

 private:
  static bool is_sequence(std::string_view magic) {
    return magic.starts_with("PK\x03\x04") || magic.starts_with("07070");
  }

  static Found disk(const BlockDevicePtr& file, const std::string& name, const OpenBeside& beside) {
    auto disk = open_container(file, beside);
    if (!disk) return Error{shown(name) + ": " + disk.error().message, disk.error().help};
    FoundDisks found{.disks = {},
                     .format = disk->format == "raw" ? std::string(kRaw) : disk->format};
    found.disks.push_back(std::move(disk).value());
    return found;
  }

  // ── compressed ──

  Found compressed(const BlockDevicePtr& file, const std::string& name, const std::string& how,
                   int layers) {
    DeviceStream packed(file);
    const auto stream = DecompressedStream::open(packed, compression_of(magic_of(*file)), false);
    StreamPieces pieces(*stream);
    const auto head = std::make_shared<Head>(pieces);
    const std::string magic = magic_of(*head);
    if (is_sequence(magic) || tar_contents(*head, 0).is_tar) {
      // From the start again: what follows reads in order.
      if (!stream->seek(0)) return std::nullopt;
      return archive(*stream, name, how, layers);
    }
    if (!(compression_of(magic) && layers > 0) && !is_disk(head)) return std::nullopt;
    if (compression_of(magic) && !packed_disk(*head, magic)) return std::nullopt;
    auto unpacked = copy(*head, pieces, name, how);
    if (!unpacked) return unpacked.error();
    Found found = find(unpacked->device, name, layers);
    return found && *found ? noted(std::move(**found), *unpacked, how) : std::move(found);
  }

  // Is a disk in what the head begins, compressed once more?
  bool packed_disk(const Head& head, const std::string& magic) const {
    (void)head.read(0, size_t{1} << 20);  // as much as there is
    const std::string bytes(reinterpret_cast<const char*>(head.bytes().data()),
                            head.bytes().size());
    const auto memory = stream_from_memory(bytes);
    const auto stream = DecompressedStream::open(*memory, compression_of(magic), false);
    StreamPieces pieces(*stream);
    return is_disk(std::make_shared<Head>(pieces));
  }

  struct Copied {
    BlockDevicePtr device;
    std::string note;
    std::string cut;  // why it is not whole; empty: it is
  };

  // All of it in a temporary file.
  Result<Copied> copy(const Head& head, Pieces& pieces, const std::string& name,
                      const std::string& how) {
    const std::string what = shown(name) + " holds a disk image that is packed (" + how + ")";
    if (!unpacking_.allowed)
      return Error{what + ", and --no-temporary forbids unpacking it",
                   "unpack it yourself, or leave --no-temporary away"};
    if (unpacking_.announce)
      unpacking_.announce(what + "; it is unpacked into a temporary file in '" +
                          TemporaryFile::directory() + "'");
    auto file = TemporaryFile::create(left_);
    if (!file) return file.error();
    TemporaryFile& out = **file;
    const auto refused = [&](const Error& error) {
      return Error{what + ": " + error.message, error.help};
    };
    if (auto done = out.append(std::span(head.bytes())); !done) return refused(done.error());
    auto piece = head.rest() ? head.rest() : pieces.next();
    for (; piece; piece = pieces.next()) {
      if (auto done = out.extend(piece->offset); !done) return refused(done.error());
      if (auto done = out.append(std::as_bytes(std::span(piece->bytes))); !done)
        return refused(done.error());
    }
    Copied copied;
    copied.cut = pieces.error();
    const auto stated = pieces.size();
    if (stated && copied.cut.empty())
      if (auto done = out.extend(*stated); !done) return refused(done.error());
    const uint64_t size = out.size(), stored = out.stored();
    auto device = out.finish(name);
    if (!device) return device.error();
    left_ -= std::min(left_, size);
    copied.device = std::move(device).value();
    if (stated && *stated > size)
      copied.device = std::make_shared<SliceDevice>(copied.device, 0, *stated);
    copied.note = shown(name) + " was unpacked (" + how + ") into a temporary file in '" +
                  TemporaryFile::directory() + "': " + mib(size) + ", of which " + mib(stored) +
                  " are not zeros";
    return copied;
  }

  static FoundDisks noted(FoundDisks found, const Copied& copied, const std::string& how) {
    found.format += ", " + how;
    found.notes.insert(found.notes.begin(), copied.note);
    if (!copied.cut.empty()) {
      found.complete = false;
      found.warnings.push_back("it is not whole: " + copied.cut + "; what precedes was read");
    }
    return found;
  }

  // ── archives ──

  // Disks of several files as one find.
  struct Several {
    FoundDisks found;
    bool any = false;

    void add(FoundDisks more, const std::string& file) {
      if (!any) found.format = more.format;
      any = true;
      std::ranges::move(more.disks, std::back_inserter(found.disks));
      for (std::string& note : more.notes) found.notes.push_back(std::move(note));
      for (const std::string& warning : more.warnings)
        found.warnings.push_back(shown(file) + ": " + warning);
      found.complete &= more.complete;
    }
  };

  Found ova(const BlockDevicePtr& file, const TarContents& contents, const std::string& name,
            int layers) {
    Several several;
    if (auto done = members(file, contents, layers, several); !done)
      return Error{shown(name) + ": " + done.error().message, done.error().help};
    if (!several.any) return Error{shown(name) + ": the OVA holds no disk", ""};
    OvaVerdict verdict = check_ova(*file, contents);
    several.found.format = "OVA";
    std::ranges::move(verdict.notes, std::back_inserter(several.found.notes));
    std::ranges::move(verdict.warnings, std::back_inserter(several.found.warnings));
    several.found.complete &= verdict.complete;
    return std::move(several.found);
  }

  // The disks among the files of a plain tar, in their place. Files that a descriptor names are looked up in
  // the archive and nowhere else, and are no disks of their own.
  Result<void> members(const BlockDevicePtr& file, const TarContents& contents, int layers,
                       Several& several) {
    std::set<std::string> used;
    const OpenBeside inside = [&](const std::string& name) -> Result<BlockDevicePtr> {
      const auto member = std::ranges::find(contents.members, name, &TarMember::name);
      if (member == contents.members.end())
        return Error{shown(name) + " is not in the archive", ""};
      used.insert(name);
      return BlockDevicePtr(std::make_shared<SliceDevice>(file, member->offset, member->size));
    };
    std::vector<std::pair<std::string, FoundDisks>> found;
    std::vector<Error> failures;
    Finder finder(inside, unpacking_);
    finder.left_ = left_;
    for (const TarMember& member : contents.members) {
      if (member.size < 512) continue;
      const auto place = std::make_shared<SliceDevice>(file, member.offset, member.size);
      Found disks = finder.find(place, member.name, layers);
      if (!disks) continue;
      if (!*disks) {
        failures.push_back(disks->error());
        continue;
      }
      if ((*disks)->format == kRaw && (is_cd(*place) || !is_disk(place))) continue;
      (*disks)->complete &= place->present() == place->size();
      found.emplace_back(member.name, std::move(**disks));
    }
    left_ = finder.left_;
    for (auto& [name, disks] : found)
      if (!used.contains(name)) several.add(std::move(disks), name);
    if (failures.empty()) return {};
    if (!several.any) return failures.front();
    several.found.complete = false;
    for (Error& failure : failures) several.found.warnings.push_back(std::move(failure.message));
    return {};
  }

  static bool may_hold_images(const TarContents& contents) {
    return contents.only_files && contents.members.size() <= kMaxFiles &&
           std::ranges::none_of(contents.members, [](const TarMember& member) {
             return looks_like_a_root(member.name);
           });
  }

  Found tar(const BlockDevicePtr& file, const TarContents& contents, const std::string& name,
            int layers) {
    if (!may_hold_images(contents)) return std::nullopt;
    if (std::ranges::any_of(contents.members, &TarMember::sparse)) {
      DeviceStream stream(file);
      return archive(stream, name, "", layers);
    }
    Several several;
    if (auto done = members(file, contents, layers, several); !done) return done.error();
    if (!several.any) return std::nullopt;
    several.found.format += ", tar";
    return std::move(several.found);
  }

  // Entry by entry: what is a disk goes to a temporary file.
  Found archive(ByteStream& stream, const std::string& name, const std::string& compression,
                int layers) {
    const Utf8Locale locale;
    FormatReader reader(stream);
    Several several;
    size_t files = 0;
    for (int status = reader.next(); status != ARCHIVE_EOF; status = reader.next()) {
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        if (!several.any) return std::nullopt;
        several.found.complete = false;
        several.found.warnings.push_back("the archive is damaged: " + reader.error());
        break;
      }
      const char* const path = archive_entry_pathname(reader.entry());
      const auto type = archive_entry_filetype(reader.entry());
      if (!several.any &&
          (!path || looks_like_a_root(path) || (type != AE_IFREG && type != AE_IFDIR)))
        return std::nullopt;
      if (type != AE_IFREG || !path) continue;
      if (++files > kMaxFiles) break;
      if (auto done = entry(reader, path, compression, layers, several); !done)
        return Error{shown(name) + ": " + done.error().message, done.error().help};
    }
    if (!several.any) return std::nullopt;
    return std::move(several.found);
  }

  // Judged by the first file of the tar that begins there: unpacking a host's archive would be for nothing.
  static bool is_tar_of_disks(const BlockDevicePtr& head) {
    const TarContents contents = tar_contents(*head, 1);
    if (!may_hold_images(contents) || contents.members.empty()) return false;
    const TarMember& first = contents.members.front();
    return first.name.ends_with(".ovf") ||
           (first.size >= kLeastDisk &&
            is_disk(std::make_shared<SliceDevice>(head, first.offset, first.size)));
  }

  Result<void> entry(FormatReader& reader, const std::string& path, const std::string& compression,
                     int layers, Several& several) {
    EntryPieces pieces(reader);
    if (pieces.size().value_or(kLeastDisk) < kLeastDisk) return {};
    const auto head = std::make_shared<Head>(pieces);
    const std::string magic = magic_of(*head);
    const bool wanted = compression_of(magic)
                            ? layers > 0 && packed_disk(*head, magic)
                            : is_disk(head) || (layers > 0 && is_tar_of_disks(head));
    if (!wanted) return {};
    const std::string how = archive_name(reader.handle(), compression);
    auto unpacked = copy(*head, pieces, path, how);
    if (!unpacked) return unpacked.error();
    // What a descriptor names would have to be unpacked too: it is refused.
    Finder finder(refused_, unpacking_);
    finder.left_ = left_;
    Found found = finder.find(unpacked->device, path, layers);
    left_ = finder.left_;
    if (found && !*found) return found->error();
    if (found) several.add(noted(std::move(**found), *unpacked, how), path);
    return {};
  }

  const OpenBeside& beside_;
  const OpenBeside refused_ = [](const std::string& name) -> Result<BlockDevicePtr> {
    return Error{"it needs the file " + shown(name) + " of the archive",
                 "unpack the archive first"};
  };
  const Unpacking& unpacking_;
  uint64_t left_;  // bytes that may still be unpacked
};

}  // namespace

bool is_disk(const BlockDevicePtr& file) {
  const OpenBeside none = [](const std::string&) -> Result<BlockDevicePtr> { return Error{}; };
  auto disk = open_container(file, none);
  if (!disk) return true;
  std::vector<Disk> disks;
  disks.push_back(std::move(disk).value());
  return looks_like_disk(read_disk_image(std::move(disks)));
}

std::optional<Result<FoundDisks>> find_disks(const BlockDevicePtr& file, const std::string& name,
                                             const OpenBeside& beside, const Unpacking& unpacking) {
  return Finder(beside, unpacking).find(file, name, kLayers);
}

}  // namespace drydock
