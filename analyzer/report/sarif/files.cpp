#include "analyzer/report/sarif/files.h"

#include <algorithm>
#include <array>

#include "analyzer/report/line_hash.h"
#include "analyzer/report/places.h"
#include "analyzer/report/unicode.h"
#include "analyzer/report/uri.h"

namespace drydock::report::sarif_log {
namespace {

constexpr size_t kSnippetBytes = 1024;  // a longer region is named, not quoted

std::string_view mime_type(std::string_view format) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kTypes{
      {{"tar", "application/x-tar"},
       {"tar.gz", "application/gzip"},
       {"tar.bz2", "application/x-bzip2"},
       {"tar.xz", "application/x-xz"},
       {"tar.zst", "application/zstd"},
       {"tar.lz4", "application/x-lz4"},
       {"cpio", "application/x-cpio"},
       {"zip", "application/zip"}}};
  for (const auto& [name, type] : kTypes)
    if (name == format) return type;
  return {};
}

}  // namespace

const LineIndex& File::lines() const {
  if (!lines_) lines_.emplace(*text_);
  return *lines_;
}

uint32_t File::text_lines() const {
  const uint32_t count = lines().line_count();
  return text_->ends_with('\n') ? count - 1 : count;
}

File::Bytes File::line_bytes(uint32_t line) const {
  const auto [begin, end] = lines().line_bounds(line);
  return {begin, end};
}

std::optional<size_t> File::offset(uint32_t line, uint32_t column) const {
  if (line == 0 || line > lines().line_count() || column == 0) return std::nullopt;
  const auto [begin, end] = line_bytes(line);
  return std::min(begin + column - 1, end);
}

std::optional<File::Bytes> File::bytes_of(Span span) const {
  const auto begin = offset(span.line, span.column);
  const auto end = offset(span.end_line, span.end_column);
  if (!begin || !end || *end < *begin) return std::nullopt;
  return Bytes{*begin, *end};
}

size_t File::utf16_column(uint32_t line, size_t at) const {
  const size_t begin = line_bytes(line).begin;
  return utf16_length(text_->substr(begin, at - begin)) + 1;
}

Json File::region(Span span, bool with_snippet) const {
  Json out = line_region(span.line);
  if (!text_ || span.line == 0 || span.line > lines().line_count()) return out;
  const auto bytes = bytes_of(span);
  if (!bytes) return out;
  out.set("startColumn", utf16_column(span.line, bytes->begin));
  if (bytes->begin == bytes->end) return out;  // a point: consumers mark to the end of the line
  out.set("endLine", span.end_line);
  out.set("endColumn", utf16_column(span.end_line, bytes->end));
  if (with_snippet && bytes->end - bytes->begin <= kSnippetBytes)
    out.set("snippet", Json{{"text", text_->substr(bytes->begin, bytes->end - bytes->begin)}});
  return out;
}

Json File::physical_location(Span span) const {
  Json out = sarif_log::physical_location(uri_, index_, region(span, true));
  if (!text_ || span.line == 0 || span.line > text_lines()) return out;
  const auto bytes = bytes_of(span);
  if (!bytes) return out;
  uint32_t first = span.line > 1 ? span.line - 1 : 1;
  uint32_t last = std::min(span.end_line + 1, text_lines());
  if (line_bytes(last).end - line_bytes(first).begin > kSnippetBytes)
    first = span.line, last = span.end_line;
  const Bytes around{line_bytes(first).begin, line_bytes(last).end};
  // A context must be more than the region itself (SARIF 3.29.5).
  const bool more = around.begin < bytes->begin || around.end > bytes->end;
  if (around.end - around.begin > kSnippetBytes || !more) return out;
  out.set(
      "contextRegion",
      Json{{"startLine", first},
           {"endLine", last},
           {"snippet", Json{{"text", text_->substr(around.begin, around.end - around.begin)}}}});
  return out;
}

std::optional<Json> File::exact_region(Span span) const {
  if (!text_ || span.line == 0 || !bytes_of(span)) return std::nullopt;
  const auto column_fits = [&](uint32_t line, uint32_t column) {
    const auto [begin, end] = line_bytes(line);
    return begin + column - 1 <= end;
  };
  if (!column_fits(span.line, span.column) || !column_fits(span.end_line, span.end_column))
    return std::nullopt;
  const Bytes bytes = *bytes_of(span);
  if (!is_utf8(text_->substr(bytes.begin, bytes.end - bytes.begin))) return std::nullopt;
  return Json{{"startLine", span.line},
              {"startColumn", utf16_column(span.line, bytes.begin)},
              {"endLine", span.end_line},
              {"endColumn", utf16_column(span.end_line, bytes.end)}};
}

std::string File::line_hash(uint32_t line) const {
  if (!text_) return {};
  line = std::max(line, uint32_t{1});
  if (line > hashes_.size() && !all_hashed_) {
    // Not the whole of a large file for a result near its start; doubling keeps the sum linear.
    const uint32_t wanted = line > UINT32_MAX / 2 ? UINT32_MAX : std::max(2 * line, uint32_t{256});
    hashes_ = line_hashes(*text_, wanted);
    all_hashed_ = hashes_.size() < wanted;
  }
  return line <= hashes_.size() ? hashes_[line - 1] : std::string();
}

Json File::artifact() const {
  Json out{{"location", Json{{"uri", uri_}, {"index", index_}}},
           {"roles", Json::array({is_result_ ? "resultFile" : "tracedFile"})}};
  if (text_) {
    out.set("mimeType", "text/plain");
    out.set("length", text_->size());
    if (is_utf8(*text_)) out.set("encoding", "utf-8");
  }
  return out;
}

File& Files::file(const engine::TargetResult& target, std::string_view path) {
  std::string uri = place_uri(result_, target, path);
  const auto [found, is_new] = by_uri_.emplace(uri, files_.size());
  if (is_new)
    files_.emplace_back(std::move(uri), static_cast<int>(files_.size()) + 1,
                        quotable(target, path));
  return files_[found->second];
}

std::string Files::artifact_uri() const {
  return uri_of(result_.artifact_name);
}

Json Files::analysed() const {
  Json roles = Json::array({"analysisTarget"});
  if (result_.artifact_format == "directory") roles.push_back("directory");
  Json out{{"location", Json{{"uri", artifact_uri()}, {"index", 0}}}, {"roles", roles}};
  if (const auto type = mime_type(result_.artifact_format); !type.empty())
    out.set("mimeType", type);
  if (result_.artifact_size > 0) out.set("length", result_.artifact_size);
  if (!result_.artifact_format.empty())
    out.set("properties", Json{{"format", result_.artifact_format}});
  return out;
}

}  // namespace drydock::report::sarif_log
