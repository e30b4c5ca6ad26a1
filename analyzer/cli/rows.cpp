#include "analyzer/cli/rows.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace drydock::cli {
namespace {

using Answer = facts::Store::Answer;

// Columns on a terminal, taking each code point as one.
size_t width(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      out += escape;
    }
  }
  return out;
}

std::string rows_as_table(const Answer& answer) {
  std::vector<size_t> widths;
  for (const std::string& column : answer.columns) widths.push_back(width(column));
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : answer.rows) {
    cells.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      cells.back().push_back(printable(row[i].value_or("")));
      widths[i] = std::max(widths[i], width(cells.back().back()));
    }
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& words) {
    std::string text;
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string pad(widths[i] - width(words[i]), ' ');
      const bool right = answer.numeric[i] && !answer.rows.empty();
      text += (i > 0 ? "  " : "") + (right ? pad + words[i] : words[i] + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(answer.columns);
  std::vector<std::string> rule;
  for (const size_t columns : widths) rule.emplace_back(columns, '-');
  line(rule);
  for (const auto& row : cells) line(row);
  return out;
}

std::string rows_as_csv(const Answer& answer) {
  std::string out;
  for (size_t i = 0; i < answer.columns.size(); ++i)
    out += (i > 0 ? "," : "") + csv_field(answer.columns[i]);
  out += "\n";
  for (const auto& row : answer.rows) {
    for (size_t i = 0; i < row.size(); ++i)
      out += (i > 0 ? "," : "") + csv_field(row[i].value_or(""));
    out += "\n";
  }
  return out;
}

std::string rows_as_json(const Answer& answer) {
  std::string out = "[";
  for (const auto& row : answer.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.size(); ++i) {
      auto& value = object[answer.columns[i]];
      if (!row[i]) continue;
      if (answer.numeric[i])
        value = nlohmann::ordered_json::parse(*row[i], nullptr, false);
      else
        value = *row[i];
      if (value.is_discarded()) value = *row[i];  // Inf
    }
    out += (out.size() > 1 ? ",\n " : "\n ") +
           object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  return out + (answer.rows.empty() ? "]\n" : "\n]\n");
}

std::string render_rows(const Answer& answer, std::string_view format) {
  if (format == "json") return rows_as_json(answer);
  if (format == "csv") return rows_as_csv(answer);
  return rows_as_table(answer);
}

}  // namespace drydock::cli
