#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/source/source_tools.h"

namespace drydock::test {

namespace fs = std::filesystem;

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "drydock-test-XXXXXX").string();
  if (!mkdtemp(pattern.data())) ADD_FAILURE() << "no temporary directory";
  path_ = fs::canonical(pattern);
}

TempDir::~TempDir() {
  std::error_code ignored;
  for (auto it = fs::recursive_directory_iterator(
           path_, fs::directory_options::skip_permission_denied, ignored);
       it != fs::recursive_directory_iterator(); it.increment(ignored))
    if (it->is_directory(ignored) && !it->is_symlink(ignored))
      fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  fs::remove_all(path_, ignored);
}

std::string TempDir::path(std::string_view below) const {
  return below.empty() ? path_.string() : (path_ / below).string();
}

TempDir& TempDir::file(const std::string& path, std::string_view content, unsigned mode) {
  fs::create_directories((path_ / path).parent_path());
  std::ofstream(path_ / path, std::ios::binary) << content;
  chmod(this->path(path).c_str(), mode);
  return *this;
}

TempDir& TempDir::directory(const std::string& path, unsigned mode) {
  fs::create_directories(path_ / path);
  chmod(this->path(path).c_str(), mode);
  return *this;
}

TempDir& TempDir::symlink(const std::string& path, const std::string& target) {
  fs::create_directories((path_ / path).parent_path());
  fs::create_symlink(target, path_ / path);
  return *this;
}

std::string run(const std::string& command, const std::string& directory) {
  const std::string line = "cd '" + directory + "' && { " + command + " ; } 2>&1";
  FILE* pipe = popen(line.c_str(), "r");
  std::string out;
  char buffer[4096];
  for (size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
  const int status = pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << "\n" << out;
  return out;
}

std::string read_file(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

ArchiveBuilder::ArchiveBuilder(const char* format, const char* filter)
    : archive_(archive_write_new()) {
  archive_write_set_format_by_name(archive_, format);
  if (filter && filter != std::string_view("none"))
    archive_write_add_filter_by_name(archive_, filter);
  archive_write_set_options(archive_, "hdrcharset=BINARY");
  archive_write_set_bytes_in_last_block(archive_, 1);
  const auto write = [](archive*, void* out, const void* data, size_t size) {
    static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  };
  EXPECT_EQ(archive_write_open(archive_, &out_, nullptr, write, nullptr), ARCHIVE_OK);
}

ArchiveBuilder::~ArchiveBuilder() {
  archive_write_free(archive_);
}

void ArchiveBuilder::put(archive_entry* entry, std::string_view content) {
  archive_entry_set_mtime(entry, 1700000000, 0);
  EXPECT_GE(archive_write_header(archive_, entry), ARCHIVE_WARN) << archive_error_string(archive_);
  if (!content.empty()) archive_write_data(archive_, content.data(), content.size());
  archive_entry_free(entry);
}

namespace {

archive_entry* entry_of(const std::string& path, unsigned type, unsigned mode) {
  archive_entry* entry = archive_entry_new();
  archive_entry_copy_pathname(entry, path.c_str());
  archive_entry_set_filetype(entry, type);
  archive_entry_set_perm(entry, mode);
  return entry;
}

}  // namespace

ArchiveBuilder& ArchiveBuilder::file(const std::string& path, std::string_view content,
                                     unsigned mode) {
  archive_entry* entry = entry_of(path, AE_IFREG, mode);
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  put(entry, content);
  return *this;
}

ArchiveBuilder& ArchiveBuilder::directory(const std::string& path, unsigned mode) {
  put(entry_of(path, AE_IFDIR, mode), {});
  return *this;
}

ArchiveBuilder& ArchiveBuilder::symlink(const std::string& path, const std::string& target) {
  archive_entry* entry = entry_of(path, AE_IFLNK, 0777);
  archive_entry_copy_symlink(entry, target.c_str());
  put(entry, {});
  return *this;
}

ArchiveBuilder& ArchiveBuilder::hard_link(const std::string& path, const std::string& target) {
  archive_entry* entry = entry_of(path, AE_IFREG, 0644);
  archive_entry_copy_hardlink(entry, target.c_str());
  put(entry, {});
  return *this;
}

ArchiveBuilder& ArchiveBuilder::device(const std::string& path, char type, unsigned major,
                                       unsigned minor) {
  archive_entry* entry = entry_of(path,
                                  type == 'c'   ? AE_IFCHR
                                  : type == 'b' ? AE_IFBLK
                                                : AE_IFIFO,
                                  0600);
  archive_entry_set_rdevmajor(entry, major);
  archive_entry_set_rdevminor(entry, minor);
  put(entry, {});
  return *this;
}

ArchiveBuilder& ArchiveBuilder::zeros(const std::string& path, uint64_t size) {
  archive_entry* entry = entry_of(path, AE_IFREG, 0644);
  archive_entry_set_size(entry, static_cast<la_int64_t>(size));
  put(entry, {});
  const std::string block(size_t{1} << 20, '\0');
  for (uint64_t done = 0; done < size; done += block.size())
    archive_write_data(archive_, block.data(), std::min<uint64_t>(block.size(), size - done));
  return *this;
}

ArchiveBuilder& ArchiveBuilder::xattr(const std::string& path, const std::string& name,
                                      std::string_view value) {
  archive_entry* entry = entry_of(path, AE_IFREG, 0755);
  archive_entry_set_size(entry, 0);
  archive_entry_xattr_add_entry(entry, name.c_str(), value.data(), value.size());
  put(entry, {});
  return *this;
}

std::string ArchiveBuilder::bytes() {
  EXPECT_EQ(archive_write_close(archive_), ARCHIVE_OK) << archive_error_string(archive_);
  return out_;
}

OpenOptions options() {
  OpenOptions out;
  for (const char* name :
       {"passwd", "shadow", "group", "fstab", "sysctl.conf", "*/*.conf", "sub/**"})
    out.interest.add(std::string("etc/") + name);
  out.interest.add("usr/lib/os-release");
  out.interest.add_loose("sshd_config");
  out.interest.add_loose("daemon.json");
  out.interest.add_loose("sysctl.conf");
  out.interest.add_loose("sysctl.d/*.conf");
  out.interest.add_loose("audit/rules.d/*.rules");
  out.interest.add_loose("*.service");
  return out;
}

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 60)) {
    const auto byte = static_cast<unsigned char>(c);
    char hex[8];
    if (c == '\n')
      out += "\\n";
    else if (byte < 0x20 || byte >= 0x7f)
      snprintf(hex, sizeof hex, "\\x%02x", byte), out += hex;
    else
      out += c;
  }
  return text.size() > 60 ? out + "…" : out;
}

}  // namespace

std::string listing(const Tree& tree, std::string_view with) {
  std::string out;
  tree.walk("", [&](std::string_view path, const Stat& stat) {
    char mode[8];
    snprintf(mode, sizeof mode, "%04o", stat.mode);
    out += std::string(name(stat.type)) + " " + mode;
    if (with.find('u') == std::string_view::npos)
      out += " " + std::to_string(stat.uid) + ":" + std::to_string(stat.gid);
    out += " " + escaped(path);
    if (stat.type == NodeType::file) out += " " + std::to_string(stat.size);
    if (stat.rdev)
      out += " " + std::to_string(stat.rdev >> 32) + ":" + std::to_string(stat.rdev & UINT32_MAX);
    if (with.find('l') != std::string_view::npos) out += " links " + std::to_string(stat.links);
    if (with.find('m') != std::string_view::npos) out += " @" + std::to_string(stat.mtime);
    if (stat.type == NodeType::symlink) out += " -> " + *tree.readlink(path);
    if (stat.type == NodeType::file) {
      const auto content = tree.read(path);
      out += content ? " \"" + escaped(*content) + "\"" : " (" + content.error().message + ")";
    }
    for (const auto& [key, value] : tree.xattrs(path)) out += " " + key + "=" + escaped(value);
    out += "\n";
    return true;
  });
  return out;
}

std::string summary(const Result<Artifact>& artifact) {
  if (!artifact) return "error: " + artifact.error().message + "\n";
  std::string out;
  for (const Target& target : artifact->targets) {
    out += std::string(name(target.scope)) + " \"" + target.name + "\"";
    if (!target.prefix.empty()) out += " at " + target.prefix;
    if (!target.place.empty()) out += " inside " + target.place;
    out += ": " + target.scope_reason + "\n";
    for (const std::string& path : target.loose_files) out += "  " + escaped(path) + "\n";
  }
  if (!artifact->complete) out += "incomplete\n";
  for (const Diagnostic& diagnostic : artifact->diagnostics)
    out += std::string(name(diagnostic.kind)) + ": " + diagnostic.message + "\n";
  return out;
}

}  // namespace drydock::test
