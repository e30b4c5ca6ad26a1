// Turns the rules into C++: compile_catalogue RULES-DIRECTORY OUTPUT.cpp. Runs while drydock is
// built; a rule that does not load, or does not fit the tables, ends the build with its place.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/codec.h"
#include "analyzer/engine/evaluate.h"
#include "analyzer/facts/collect.h"

using drydock::Diagnostic;
using drydock::engine::Catalogue;
using drydock::engine::Plan;
using drydock::engine::Rule;
using drydock::engine::RuleFile;

namespace {

// A string literal, broken into lines. Bytes that are no plain character are written in octal,
// always with three digits, so that what follows never becomes part of them.
void write_literal(std::ostream& out, std::string_view name, std::string_view bytes) {
  out << "constexpr char " << name << "[] =";
  for (size_t begin = 0; begin < bytes.size() || begin == 0; begin += 96) {
    out << "\n    \"";
    for (const char byte : bytes.substr(begin, 96)) {
      if (byte == '"' || byte == '\\') {
        out << '\\' << byte;
      } else if (byte == '?' || byte < ' ' || byte > '~') {
        char octal[5];
        std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned char>(byte));
        out << octal;
      } else {
        out << byte;
      }
    }
    out << '"';
  }
  out << ";\n";
}

// The rules with the tables they read, which preparing them has shown.
std::vector<std::shared_ptr<const Rule>> with_tables(const Catalogue& catalogue, const Plan& plan) {
  std::vector<std::shared_ptr<const Rule>> rules;
  for (const auto& rule : catalogue.rules()) {
    auto copy = std::make_shared<Rule>(*rule);
    copy->tables = plan.tables_of(rule->id);
    rules.push_back(std::move(copy));
  }
  return rules;
}

std::string generate(const std::vector<std::shared_ptr<const Rule>>& rules) {
  std::ostringstream out;
  out << "// Written by compile_catalogue from rules/.\n"
         "#include \"analyzer/engine/catalogue.h\"\n#include \"analyzer/engine/codec.h\"\n\n"
         "namespace drydock::engine {\nnamespace {\n\n";
  write_literal(out, "kRules", encode_rules(rules));
  write_literal(out, "kExamples", encode_examples(rules));
  out << "\n}  // namespace\n\n"
         "Catalogue Catalogue::built_in() {\n  Catalogue catalogue;\n"
         "  catalogue.rules_ = decode_rules({kRules, sizeof kRules - 1});\n  return "
         "catalogue;\n}\n\n"
         "std::vector<Example> Catalogue::built_in_examples(std::string_view id) {\n"
         "  return decode_examples({kExamples, sizeof kExamples - 1}, id);\n}\n\n"
         "}  // namespace drydock::engine\n";
  return out.str();
}

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: compile_catalogue RULES-DIRECTORY OUTPUT.cpp\n";
    return 2;
  }
  const auto files = drydock::engine::load_directory(argv[1]);
  if (!files) {
    std::cerr << files.error().message << "\n";
    return 2;
  }
  bool broken = false;
  const auto tell = [&](const Diagnostic& diagnostic, std::string_view text) {
    std::cerr << drydock::render(diagnostic, text);
    broken = true;
  };
  Catalogue catalogue;
  for (const RuleFile& file : *files) {
    for (const Diagnostic& diagnostic : file.loaded.diagnostics) tell(diagnostic, file.text);
    if (file.loaded.rule && !catalogue.add(file.loaded.rule)) {
      std::cerr << "error: '" << file.path << "': its id belongs to another rule\n";
      broken = true;
    }
  }
  const auto tables = drydock::facts::all_tables();
  const auto store = drydock::facts::Store::create(tables);
  if (!store) {
    std::cerr << store.error().message << "\n";
    return 2;
  }
  std::vector<Diagnostic> diagnostics;
  const Plan plan(catalogue.rules(), **store, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) {
    const auto file = std::ranges::find(*files, diagnostic.path, &RuleFile::path);
    tell(diagnostic, file == files->end() ? std::string_view() : file->text);
  }
  if (broken) return 1;

  // An output that did not change keeps its time, so that nothing is compiled for it.
  const std::string text = generate(with_tables(catalogue, plan));
  if (std::filesystem::exists(argv[2]) && read(argv[2]) == text) return 0;
  std::ofstream out(argv[2], std::ios::binary);
  out << text;
  return out.flush() ? 0 : 2;
}
