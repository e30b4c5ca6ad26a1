#include "analyzer/cli/table_pages.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analyzer/cli/help.h"

namespace drydock::cli {
namespace {

using facts::Column;
using facts::ColumnType;
using facts::TableKind;
using facts::TableSpec;

constexpr size_t kWidth = 100;

std::string_view name(ColumnType type) {
  switch (type) {
    case ColumnType::text:
      return "text";
    case ColumnType::integer:
      return "integer";
    case ColumnType::boolean:
      return "boolean";
    case ColumnType::location:
      break;
  }
  return "location";
}

std::string_view name(TableKind kind) {
  switch (kind) {
    case TableKind::raw:
      return "raw";
    case TableKind::effective:
      return "effective";
    case TableKind::inventory:
      return "inventory";
    case TableKind::meta:
      break;
  }
  return "meta";
}

std::string_view meaning(TableKind kind) {
  switch (kind) {
    case TableKind::effective:
      return "What the software in question would see: after includes, drop-ins, precedence, masks "
             "and defaults.";
    case TableKind::raw:
      return "The lines of files as they are written.";
    case TableKind::inventory:
      return "What the artifact holds.";
    case TableKind::meta:
      break;
  }
  return "About the scan itself.";
}

std::string padded(std::string text, size_t columns) {
  if (text.size() < columns) text.resize(columns, ' ');
  return text;
}

// '|' would end a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  return out;
}

std::string key_line(const TableSpec& table) {
  if (table.key.empty()) return {};
  return "Keyed for expect: " + std::string(table.key) + " names, " + std::string(table.value) +
         " is judged.";
}

}  // namespace

std::string tables_as_text(const TableSpecs& tables) {
  size_t widest = 0;
  for (const TableSpec* table : tables) widest = std::max(widest, table->name.size());
  std::string out;
  for (const TableSpec* table : tables)
    out += padded(std::string(table->name), widest + 2) +
           padded(std::string(name(table->kind)), 11) +
           wrap(table->doc, widest + 13, kWidth - widest - 13) + "\n";
  return out;
}

std::string table_as_text(const TableSpec& table) {
  std::string out = std::string(table.name) + " (" + std::string(name(table.kind)) + ")\n" +
                    wrap(table.doc, 0, kWidth) + "\n";
  if (!table.key.empty()) out += key_line(table) + "\n";
  size_t widest = 0;
  for (const Column& column : table.columns) widest = std::max(widest, column.name.size());
  out += "\n";
  for (const Column& column : table.columns)
    out += "  " + padded(std::string(column.name), widest + 2) +
           padded(std::string(name(column.type)), 10) +
           wrap(column.doc, widest + 14, kWidth - widest - 14) + "\n";
  if (!table.examples.empty()) out += "\n";
  for (const std::string_view example : table.examples) out += "  " + std::string(example) + ";\n";
  return out;
}

std::string tables_as_json(const TableSpecs& tables) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const TableSpec* table : tables) {
    nlohmann::ordered_json columns = nlohmann::ordered_json::array();
    for (const Column& column : table->columns)
      columns.push_back({{"name", column.name}, {"type", name(column.type)}, {"doc", column.doc}});
    nlohmann::ordered_json one = {
        {"name", table->name}, {"kind", name(table->kind)}, {"doc", table->doc}};
    if (!table->key.empty()) one.update({{"key", table->key}, {"value", table->value}});
    one.update({{"columns", columns}, {"examples", table->examples}});
    out.push_back(std::move(one));
  }
  return out.dump(2) + "\n";
}

std::string tables_as_markdown(const TableSpecs& tables) {
  std::string out =
      "# Tables\n\n"
      "Written by `drydock tables --format md`; do not edit.\n\n"
      "Facts are rows of these tables. Rules judge them, `drydock query ARTIFACT 'SELECT …'` shows "
      "them, "
      "`drydock dump ARTIFACT -o facts.sqlite` writes them to a file. A column of type *location* "
      "is a place in a file, "
      "shown as `etc/fstab:3:1`.\n";
  for (const TableKind kind :
       {TableKind::effective, TableKind::inventory, TableKind::raw, TableKind::meta}) {
    std::string section;
    for (const TableSpec* table : tables) {
      if (table->kind != kind) continue;
      section += "\n### " + std::string(table->name) + "\n\n" + std::string(table->doc) + "\n\n";
      if (!table->key.empty())
        section += "Keyed for `expect`: `" + std::string(table->key) + "` names, `" +
                   std::string(table->value) + "` is judged.\n\n";
      section += "| column | type | |\n|---|---|---|\n";
      for (const Column& column : table->columns)
        section += "| `" + std::string(column.name) + "` | " + std::string(name(column.type)) +
                   " | " + cell(column.doc) + " |\n";
      if (!table->examples.empty()) {
        section += "\n```sql\n";
        for (const std::string_view example : table->examples)
          section += std::string(example) + ";\n";
        section += "```\n";
      }
    }
    if (section.empty()) continue;
    std::string title(name(kind));
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    out += "\n## " + title + "\n\n" + std::string(meaning(kind)) + "\n" + section;
  }
  return out;
}

}  // namespace drydock::cli
