#include "analyzer/facts/file_bytes.h"

#include <algorithm>

#include "analyzer/source/large_file.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

namespace {

constexpr size_t kWindow = size_t{128} << 10;

}  // namespace

std::unique_ptr<FileBytes> FileBytes::open(Context& context, std::string_view path) {
  const Tree& tree = context.tree();
  const auto real = tree.resolve(path);
  const auto info = real ? tree.lstat(*real) : std::nullopt;
  if (!info || info->type != NodeType::file) {
    context.read(path);  // says what is to be said of links and of what is no file
    return nullptr;
  }
  if (info->size > limits::kLargeFile) {
    context.issue(*real, {"too-large", Span{},
                          "'" + *real + "' is larger than " +
                              std::to_string(limits::kLargeFile >> 20) + " MiB",
                          parsers::Effect::refused});
    return nullptr;
  }
  return std::unique_ptr<FileBytes>(new FileBytes(tree, *real, info->size));
}

std::string_view FileBytes::at(uint64_t offset, size_t length) {
  if (offset >= size_ || failed_) return {};
  length = static_cast<size_t>(std::min<uint64_t>({length, size_ - offset, limits::kPiece}));
  ++requests_;
  for (Window& window : windows_)
    if (offset >= window.begin && offset + length <= window.begin + window.bytes.size()) {
      window.used = requests_;
      return std::string_view(window.bytes).substr(offset - window.begin, length);
    }
  Window& oldest = *std::ranges::min_element(windows_, {}, &Window::used);
  auto piece = tree_.read_piece(path_, offset, std::max(length, kWindow));
  if (!piece) {
    failed_ = true;  // the tree remembers it for the collector that runs
    return {};
  }
  oldest = {offset, std::move(piece).value(), requests_};
  return std::string_view(oldest.bytes).substr(0, length);
}

}  // namespace drydock::facts
