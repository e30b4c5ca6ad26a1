// Quadlet's units before they become services: which file counts, its drop-ins, and how a key is looked up.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/container_model.h"
#include "parsers/unit.h"

namespace drydock::facts {

// A value or a word of one, and where it stands.
struct QuadletText {
  std::string text;
  Place place;
};

class QuadletUnit {
 public:
  QuadletUnit(std::string path, bool is_rootless)
      : path_(std::move(path)), is_rootless_(is_rootless) {}

  // Reads its file; false if Podman refuses it, which is said.
  bool read(Context& context);
  // Merges a drop-in, unless Podman refuses that.
  void merge(Context& context, const std::string& path);

  const std::string& path() const { return path_; }
  size_t assignments() const { return assignments_; }  // of all its files
  std::string_view name() const;                       // "web.container"
  std::string_view type() const;                       // "container"
  // "Container": the group of the type's own keys.
  std::string_view group() const;
  bool is_rootless() const { return is_rootless_; }

  // The last assignment, without white space and quotes around it; empty if it is so. Nothing: there is none.
  std::optional<QuadletText> value(std::string_view group, std::string_view key) const;
  // As value(), but an empty one is none.
  std::optional<QuadletText> text(std::string_view key) const;
  std::optional<std::pair<bool, Place>> boolean(std::string_view key) const;
  // All assignments since the last empty one; whole, as words of a list, as words of a command.
  std::vector<QuadletText> all(std::string_view group, std::string_view key) const;
  std::vector<QuadletText> list(std::string_view group, std::string_view key) const;
  std::vector<QuadletText> list(std::string_view key) const;
  std::vector<QuadletText> arguments(std::string_view key) const;
  // The words of the last assignment (Exec=).
  std::vector<QuadletText> last_arguments(std::string_view key) const;

  // A key of `group` that is none of `known`; nothing: there is none.
  std::optional<QuadletText> unknown(std::string_view group,
                                     std::span<const std::string_view> known) const;

  // The service: "web", with ServiceName= what that says.
  std::string service() const;
  // %N, %n, %p, %i, %j, %% of systemd.unit(5) as they are for that service; others stay. What no column of a
  // table holds is cut off.
  std::string expand(std::string_view text) const;

 private:
  struct Line {
    parsers::unit::Assignment assignment;
    std::shared_ptr<const std::string> path;
  };
  const std::vector<Line>* lines(std::string_view group, std::string_view key) const;
  void add(parsers::unit::File file, std::string path);
  template <class Split>
  static std::vector<QuadletText> words(const Line* begin, const Line* end, Split split);

  std::string path_;
  bool is_rootless_;
  size_t assignments_ = 0;
  std::map<std::pair<std::string, std::string>, std::vector<Line>> lines_;
};

}  // namespace drydock::facts
