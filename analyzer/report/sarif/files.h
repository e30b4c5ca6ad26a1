// The files that one run's results point to: their URIs, the places in them, their hashes.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/engine/result.h"
#include "analyzer/report/sarif/json.h"

namespace drydock::report::sarif_log {

// One file that results name. Its text is indexed and hashed once, when first asked for.
class File {
 public:
  File(std::string uri, int index, std::optional<std::string_view> text)
      : uri_(std::move(uri)), index_(index), text_(text) {}

  const std::string& uri() const { return uri_; }
  int index() const { return index_; }

  // The region of `span` in UTF-16 columns. Without a text that may be quoted it is the line alone;
  // a span without a line, or beyond the text, is taken as near as it gets and never below line 1.
  Json region(Span span, bool with_snippet) const;
  // Region and, where more of the text than the region is worth seeing, the lines around it.
  Json physical_location(Span span) const;
  // Exactly the bytes of `span`, for a change of the text; null when they cannot be named.
  std::optional<Json> exact_region(Span span) const;
  // GitHub's hash of a line; empty when there is no such line.
  std::string line_hash(uint32_t line) const;

  void mark_result() { is_result_ = true; }
  Json artifact() const;

 private:
  struct Bytes {
    size_t begin, end;
  };
  const LineIndex& lines() const;
  uint32_t text_lines() const;  // without the empty one behind a last newline
  Bytes line_bytes(uint32_t line) const;
  std::optional<size_t> offset(uint32_t line, uint32_t column) const;
  std::optional<Bytes> bytes_of(Span span) const;
  size_t utf16_column(uint32_t line, size_t offset) const;

  std::string uri_;
  int index_;
  std::optional<std::string_view> text_;
  bool is_result_ = false;
  mutable std::optional<LineIndex> lines_;
  mutable std::vector<std::string> hashes_;
  mutable bool all_hashed_ = false;
};

class Files {
 public:
  explicit Files(const engine::ScanResult& result) : result_(result) {}

  // The file at `path` of `target`; takes its place among the run's artifacts when first asked for.
  File& file(const engine::TargetResult& target, std::string_view path);

  // The analysed artifact itself: the first of run.artifacts.
  std::string artifact_uri() const;
  Json analysed() const;
  const std::deque<File>& all() const { return files_; }

 private:
  const engine::ScanResult& result_;
  std::deque<File> files_;  // the address of a file stays
  std::unordered_map<std::string, size_t> by_uri_;
};

}  // namespace drydock::report::sarif_log
