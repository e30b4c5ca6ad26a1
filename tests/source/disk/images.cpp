#include "tests/source/disk/images.h"

#include <gtest/gtest.h>
#include <nettle/sha2.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "tests/paths.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

std::string escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 33 && byte < 127 && c != '%' && c != '=' && c != ';') {
      out += c;
    } else {
      char text[8];
      std::snprintf(text, sizeof text, "%%%02X", byte);
      out += text;
    }
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    char text[4];
    std::snprintf(text, sizeof text, "%02x", static_cast<unsigned char>(c));
    out += text;
  }
  return out;
}

std::string sha256(std::string_view bytes) {
  sha256_ctx context;
  sha256_init(&context);
  sha256_update(&context, bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data()));
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&context, sizeof digest, digest);
  return hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

std::string sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::ranges::sort(lines);
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// `content` is called for files and links only.
std::string line(std::string_view path, const Stat& stat,
                 const std::function<TreeResult<std::string>()>& content, const Xattrs& xattrs) {
  constexpr std::string_view kTypes = "fdlpsbc";
  const bool has_size = stat.type == NodeType::file || stat.type == NodeType::symlink;
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", stat.mode);
  std::ostringstream out;
  out << (path.empty() ? "." : escaped(path)) << '\t' << kTypes[static_cast<size_t>(stat.type)]
      << '\t' << mode << '\t' << stat.uid << '\t' << stat.gid << '\t'
      << (has_size ? std::to_string(stat.size) : "-") << '\t'
      << (stat.type == NodeType::directory ? "-" : std::to_string(stat.links)) << '\t' << stat.mtime
      << '\t';
  if (stat.type == NodeType::char_device || stat.type == NodeType::block_device)
    out << (stat.rdev >> 32) << ':' << (stat.rdev & 0xffffffff);
  else
    out << '-';
  out << '\t';
  if (has_size) {
    const auto bytes = content();
    out << (!bytes                           ? "error: " + escaped(bytes.error().message)
            : stat.type == NodeType::symlink ? escaped(*bytes)
                                             : sha256(*bytes));
  } else {
    out << '-';
  }
  out << '\t';
  std::string shown;
  for (const auto& [name, value] : xattrs)
    shown += (shown.empty() ? "" : ";") + escaped(name) + "=" + hex(value);
  out << (shown.empty() ? "-" : shown) << '\n';
  return out.str();
}

}  // namespace

const std::vector<std::byte>& image_bytes(const std::string& name) {
  static std::map<std::string, std::vector<std::byte>> known;
  const auto [it, is_new] = known.try_emplace(name);
  if (!is_new) return it->second;
  const std::string packed = read_file(source_dir() + "/fixtures/images/" + name + ".img.zst");
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (packed.empty() || size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    ADD_FAILURE() << "no fixture " << name;
    return it->second;
  }
  it->second.resize(size);
  EXPECT_EQ(ZSTD_decompress(it->second.data(), size, packed.data(), packed.size()), size);
  return it->second;
}

BlockDevicePtr image(const std::string& name) {
  return std::make_shared<MemoryDevice>(image_bytes(name));
}

std::string truth(const std::string& file) {
  return sorted_lines(read_file(source_dir() + "/fixtures/images/" + file));
}

std::string manifest(const FileSystem& fs) {
  std::string out;
  const std::function<void(FileSystem::Inode, const std::string&)> visit =
      [&](FileSystem::Inode inode, const std::string& path) {
        const auto stat = fs.stat(inode);
        if (!stat) {
          out += escaped(path) + "\terror: " + stat.error().message + "\n";
          return;
        }
        out += line(
            path, *stat,
            [&] {
              return stat->type == NodeType::symlink ? fs.readlink(inode)
                                                     : fs.read(inode, 0, stat->size);
            },
            fs.xattrs(inode).value());
        if (stat->type != NodeType::directory) return;
        const auto entries = fs.list(inode);
        if (!entries) {
          out += escaped(path) + "\terror: " + entries.error().message + "\n";
          return;
        }
        for (const FileSystem::Entry& entry : *entries)
          visit(entry.inode, path.empty() ? entry.name : path + "/" + entry.name);
      };
  visit(fs.root(), "");
  return sorted_lines(out);
}

std::string manifest(const MountedTree& tree) {
  std::string out;
  const auto add = [&](std::string_view path, const Stat& stat) {
    out += line(
        path, stat,
        [&]() -> TreeResult<std::string> {
          if (stat.type == NodeType::symlink) return tree.readlink(path);
          return tree.read_piece(path, 0, stat.size);
        },
        tree.xattrs(path));
    return true;
  };
  if (const auto root = tree.lstat("")) add("", *root);
  tree.walk("", add);
  return sorted_lines(out);
}

std::string all_bytes(const BlockDevice& device) {
  const auto bytes = device.read(0, static_cast<size_t>(device.size()));
  if (!bytes) {
    ADD_FAILURE() << bytes.error().message;
    return {};
  }
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

BlockDevicePtr device_of(std::string_view bytes) {
  const auto raw = std::as_bytes(std::span(bytes));
  return std::make_shared<MemoryDevice>(std::vector<std::byte>(raw.begin(), raw.end()));
}

void write_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

bool installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null 2>&1").c_str()) == 0;
}

}  // namespace drydock::test
