// Whether the main files of a program include a directory. They are not taken apart for it: a line that names the
// directory includes it, whatever the directive is called, so that what is doubtful counts as included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/unread_directory.h"

namespace drydock::facts {

// What the main files of a program say of a directory.
struct Included {
  bool is_known = false;  // else: the files are not there, or lead elsewhere
  bool as_a_whole = false;
  std::vector<std::string> patterns;
  size_t bytes = 0;  // of those
  std::string by;    // the first of the main files that is there
};

// By the last component of `directory`, so that relative paths count as well. A line that names `right` leads where
// all know; of others with a word of `conditions.words` nobody knows whether they lead to the directory.
Included included(Context& context, const Conditions& conditions, std::string_view directory,
                  std::string_view right = {});

}  // namespace drydock::facts
