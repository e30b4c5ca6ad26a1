// bbolt databases (go.etcd.io/bbolt, page.go, db.go, bucket.go): the key-value store in which Podman before 5 keeps
// its containers and containerd its metadata.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/base/random_bytes.h"
#include "parsers/syntax_error.h"

namespace drydock::parsers::bolt {

// The names of the buckets on the way, the outermost first, and last the key.
using Path = std::span<const std::string>;

struct Visitor {
  // Shall the bucket at this path be read?
  std::function<bool(Path bucket)> enter;
  // A key with its value, valid during the call.
  std::function<void(Path key, std::string_view value)> take;
};

bool is_bolt(RandomBytes& file);

// Hands over the keys of the last transaction that was written whole, sorted in each bucket. Codes of syntax
// errors (effect `refused`; bbolt would panic there), at line 1, column 1, the message names the page:
//   not-a-database   neither of its first two pages is a meta page with the right checksum
//   broken-page      a page lies outside the file, is of another kind than where it stands, or its elements do
//                    not fit into it or overlap over and over; what hangs below it is missing
//   too-deep         buckets or pages inside each other beyond what an honest database has
SyntaxErrors read(RandomBytes& file, const Visitor& visitor);

}  // namespace drydock::parsers::bolt
