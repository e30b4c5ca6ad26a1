#include "analyzer/facts/collect/file.h"

#include "analyzer/facts/virtual_tables.h"

namespace drydock::facts {

const Collector kFileCollector{
    .name = "file",
    .tables = {&kFileTable},
    .needs = {},
    .paths = {"etc/passwd", "etc/group"},  // the names of owners
    .loose = {},
    .collect = [](Context& context) { context.store().attach(context.tree()); }};

}  // namespace drydock::facts
