// How many files that include one another are read, for the collectors that follow includes.
#pragma once

#include <cstddef>
#include <string>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect.h"

namespace drydock::facts {

class IncludeLimit {
 public:
  IncludeLimit(Context& context, size_t files) : context_(context), left_(files) {}

  // May one more file be read, `depth` includes below the first? The first that may not becomes a parse_issue of
  // effect `refused`: what it and those behind it say is unknown.
  bool admits(const std::string& path, int depth = 0) {
    if (depth <= limits::kIncludeDepth && left_ > 0) {
      --left_;
      return true;
    }
    if (!said_)
      context_.issue(path, {"too-many-includes", Span{1, 1, 1, 1},
                            "more files include one another than are read; this one is not",
                            parsers::Effect::refused});
    said_ = true;
    return false;
  }

 private:
  Context& context_;
  size_t left_;
  bool said_ = false;
};

}  // namespace drydock::facts
