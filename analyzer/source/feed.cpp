#include "analyzer/source/feed.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "analyzer/base/limits.h"

namespace drydock {
namespace {

using Visit = std::function<void(std::string_view, std::string_view)>;
namespace fs = std::filesystem;

constexpr size_t kBlock = size_t{1} << 16;

Error too_large(const std::string& name) {
  return {"'" + name + "' is larger than " + std::to_string(limits::kFileContent >> 20) + " MiB",
          ""};
}

Result<void> read_file(const fs::path& path, const std::string& name, const Visit& visit) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!error && size > limits::kFileContent) return too_large(name);
  std::ifstream in(path, std::ios::binary);
  std::string content(error ? 0 : size, '\0');
  if (error || !in.read(content.data(), static_cast<std::streamsize>(content.size())))
    return Error{"'" + name + "' cannot be read", ""};
  visit(name, content);
  return {};
}

Result<void> read_directory(const fs::path& directory, std::string_view suffix,
                            const Visit& visit) {
  std::error_code error;
  std::vector<fs::path> files;
  auto at = fs::recursive_directory_iterator(directory, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (at->path().native().ends_with(suffix) && at->is_regular_file(ignored))
      files.push_back(at->path());
  }
  if (error) return Error{"'" + directory.string() + "' cannot be read: " + error.message(), ""};
  std::ranges::sort(files);
  for (const fs::path& file : files)
    if (auto read = read_file(file, file.lexically_relative(directory).string(), visit); !read)
      return read;
  return {};
}

struct Close {
  void operator()(archive* a) const { archive_read_free(a); }
};

Result<void> read_archive(const std::string& path, std::string_view suffix, const Visit& visit) {
  const std::unique_ptr<archive, Close> in(archive_read_new());
  archive_read_support_format_zip(in.get());
  archive_read_support_format_tar(in.get());
  archive_read_support_filter_all(in.get());
  const auto broken = [&](const std::string& what) {
    const char* why = archive_error_string(in.get());
    return Error{"'" + path + "' " + what + (why ? std::string(": ") + why : ""), ""};
  };
  if (archive_read_open_filename(in.get(), path.c_str(), kBlock) != ARCHIVE_OK)
    return broken("is neither a directory nor a ZIP or tar archive");
  std::string content;
  for (archive_entry* entry = nullptr;;) {
    const int status = archive_read_next_header(in.get(), &entry);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return broken("is damaged");
    const char* raw = archive_entry_pathname(entry);
    const std::string name = raw ? raw : "";
    if (!name.ends_with(suffix) || archive_entry_filetype(entry) != AE_IFREG) continue;
    content.clear();
    char buffer[kBlock];
    for (;;) {
      const la_ssize_t got = archive_read_data(in.get(), buffer, sizeof buffer);
      if (got == 0) break;
      if (got < 0) return broken("is damaged in '" + name + "'");
      if (content.size() + static_cast<size_t>(got) > limits::kFileContent) return too_large(name);
      content.append(buffer, static_cast<size_t>(got));
    }
    visit(name, content);
  }
}

}  // namespace

Result<void> read_feed(const std::string& path, std::string_view suffix, const Visit& visit) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error || !fs::exists(status)) return Error{"there is no '" + path + "'", ""};
  if (fs::is_directory(status)) return read_directory(path, suffix, visit);
  if (path.ends_with(suffix)) return read_file(path, fs::path(path).filename().string(), visit);
  return read_archive(path, suffix, visit);
}

}  // namespace drydock
