// Descriptions of tables from their specs.
#pragma once

#include <string>
#include <vector>

#include "analyzer/facts/table.h"

namespace drydock::cli {

using TableSpecs = std::vector<const facts::TableSpec*>;

std::string tables_as_text(const TableSpecs& tables);      // a line each
std::string table_as_text(const facts::TableSpec& table);  // columns and examples
std::string tables_as_json(const TableSpecs& tables);
std::string tables_as_markdown(const TableSpecs& tables);  // docs/reference/tables.md

}  // namespace drydock::cli
