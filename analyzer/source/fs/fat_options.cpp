#include "analyzer/source/fs/fat_options.h"

#include <charconv>

#include "parsers/fstab.h"

namespace drydock {
namespace {

class FatWithOptions : public FileSystem {
 public:
  FatWithOptions(FileSystemPtr fs, std::string_view options) : fs_(std::move(fs)) {
    for (const auto& option : parsers::fstab::split_options(options)) {
      const auto number = [&](int base) -> std::optional<uint32_t> {
        uint32_t out = 0;
        const char* const end = option.value.data() + option.value.size();
        const auto [stop, error] = std::from_chars(option.value.data(), end, out, base);
        return error == std::errc() && stop == end ? std::optional(out) : std::nullopt;
      };
      if (option.name == "uid") uid_ = number(10).value_or(uid_);
      if (option.name == "gid") gid_ = number(10).value_or(gid_);
      if (option.name == "umask") dmask_ = fmask_ = number(8).value_or(fmask_);
      if (option.name == "dmask") dmask_ = number(8).value_or(dmask_);
      if (option.name == "fmask") fmask_ = number(8).value_or(fmask_);
    }
  }

  Inode root() const override { return fs_->root(); }
  TreeResult<Stat> stat(Inode inode) const override {
    auto out = fs_->stat(inode);
    if (!out) return out;
    // A file whose read-only attribute is set may be written by nobody.
    const uint32_t all = (out->mode & 0200) != 0 ? 0777 : 0555;
    const uint32_t mask = out->type == NodeType::directory ? dmask_ : fmask_;
    out->mode = static_cast<uint16_t>(all & ~mask);
    out->uid = uid_;
    out->gid = gid_;
    return out;
  }
  TreeResult<std::vector<Entry>> list(Inode directory) const override {
    return fs_->list(directory);
  }
  TreeResult<Inode> lookup(Inode directory, std::string_view name) const override {
    return fs_->lookup(directory, name);
  }
  TreeResult<std::string> read(Inode file, uint64_t offset, size_t length) const override {
    return fs_->read(file, offset, length);
  }
  TreeResult<std::string> readlink(Inode link) const override { return fs_->readlink(link); }
  TreeResult<Xattrs> xattrs(Inode inode) const override { return fs_->xattrs(inode); }

 private:
  FileSystemPtr fs_;
  uint32_t uid_ = 0, gid_ = 0, dmask_ = 022, fmask_ = 022;
};

}  // namespace

FileSystemPtr with_fat_options(FileSystemPtr fs, std::string_view options) {
  return std::make_shared<FatWithOptions>(std::move(fs), options);
}

}  // namespace drydock
