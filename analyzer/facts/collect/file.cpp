#include "analyzer/facts/collect/file.h"

#include "analyzer/facts/virtual_tables.h"

namespace drydock::facts {

const Collector kFileCollector{
    .name = "file",
    .tables = {&kFileTable},
    .needs = {},
    .paths = {"etc/passwd", "etc/group"},  // the names of owners
    .loose = {},
    // The target's own tree: the context is gone when the first query looks at a file.
    .collect = [](Context& context) { context.store().attach(*context.target().tree); }};

}  // namespace drydock::facts
