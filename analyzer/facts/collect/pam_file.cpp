// pam_faillock(8), pam_limits(8), pam_pwhistory(8): conf=; pam_access(8): accessfile=; pam_env(8): conffile=;
// pam_listfile(8): file=. Measured with Linux-PAM 1.5.2: of several the last one counts. Without the file that an
// argument names, pam_faillock answers service_err, pam_limits session_err and pam_access abort before they look at
// anything else; pam_listfile answers what onerr= says, service_err if it says nothing.
#include "analyzer/facts/collect/pam_file.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>

#include "analyzer/facts/collect/outside.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

using parsers::pam_conf::Argument;
using parsers::pam_conf::Line;
using parsers::pam_conf::Type;

const TableSpec kPamFileTable{
    .name = "pam_file",
    .kind = TableKind::effective,
    .doc =
        "A file that PAM modules take settings from: the usual one, or what an argument of a "
        "stack's line names instead (conf= of pam_faillock, pam_limits and pam_pwhistory, "
        "accessfile= of pam_access, conffile= of pam_env, file= of pam_listfile).",
    .columns =
        {{"module", ColumnType::text, "The module: pam_faillock.so."},
         {"argument", ColumnType::text, "The argument that names the file: conf; NULL: none does."},
         {"path", ColumnType::text, "The file, without '/' before it."},
         {"state", ColumnType::text,
          "'read'; 'absent'; 'empty': a directory or /dev/null, which is read as a file without "
          "lines; 'unknown': a device, a link out of what is here, or outside of it; 'unread': it "
          "is there, and no module of this host reads it."},
         {"fails", ColumnType::boolean,
          "1: the module answers an error without it. A usual file may be missing."},
         {"services", ColumnType::text,
          "The services whose stacks read it, separated by commas; NULL: none does."},
         {"types", ColumnType::text, "The types of those stacks: auth,account; NULL: none."},
         {"why", ColumnType::text, "Why an 'unread' one is not read; else NULL."},
         {"loc", ColumnType::location,
          "The argument; without one the first line that reads it; NULL if no stack does."}},
    .indexes = {"module"},
    .examples = {"SELECT module, path, state, services, loc FROM pam_file WHERE argument IS NOT "
                 "NULL",
                 "SELECT path, why FROM pam_file WHERE state = 'unread'"}};

namespace {

constexpr std::array<bool, 4> kAll{true, true, true, true};
constexpr PamModuleFile kFiles[] = {
    {"pam_faillock.so", "conf=", "etc/security/faillock.conf", {true, true, false, false}, true},
    {"pam_limits.so", "conf=", "etc/security/limits.conf", {false, false, false, true}, true},
    {"pam_pwhistory.so", "conf=", "etc/security/pwhistory.conf", {false, false, true, false}},
    {"pam_access.so", "accessfile=", "etc/security/access.conf", kAll, true},
    {"pam_env.so", "conffile=", "etc/security/pam_env.conf", {true, false, false, true}},
    {"pam_listfile.so", "file=", "", kAll, true}};

class Files {
 public:
  Files(Context& context, const PamConfig& config) : context_(context), config_(config) {}

  void write() {
    for (const PamModuleFile& file : kFiles) {
      if (file.module == "pam_pwhistory.so" && !has_history_file(context_)) {
        write_unread(file, "pam_pwhistory takes settings from a file only since Linux-PAM 1.5.3");
        continue;
      }
      find(file);
      if (!file.usual.empty() && !found_.contains(std::string(file.usual)) && !found_.empty())
        write_unread(file, "each line that calls " + std::string(file.module) +
                               " names another, first /" + found_.begin()->first);
      for (const auto& [path, found] : found_) write_found(file, path, found);
      if (found_.empty() && !file.usual.empty())
        context_.store().insert(kPamFileTable, {file.module, Null{}, file.usual, state(file.usual),
                                                false, Null{}, Null{}, Null{}, Null{}});
    }
  }

 private:
  struct Found {
    const PamHandler* first = nullptr;
    const Argument* argument = nullptr;  // of the first
    std::string services;
    std::set<Type> types;
    bool fails = false;
  };
  struct Named {
    PamFileName file;
    bool lets_in = false;
  };

  // The files that the lines of a module read, by path.
  void find(const PamModuleFile& file) {
    found_.clear();
    named_ = 0;
    for (const PamConfig::Service& service : config_.services)
      for (size_t type = 0; type < service.stacks.size(); ++type)
        for (const PamHandler& entry : service.stacks[type]) {
          if (entry.module != file.module || !file.types[type]) continue;
          const Named& named = name_of(file, *entry.line);
          const PamFileName& name = named.file;
          if (name.path.empty() && file.usual.empty()) continue;
          const bool is_new = !found_.contains(name.path);
          if (is_new && name.argument && ++named_ > kPamFiles) {
            too_many(file, entry, *name.argument);
            continue;
          }
          Found& found = found_[name.path];
          if (!found.first) {
            found.first = &entry;
            found.argument = name.argument;
          }
          found.fails |= file.fails && name.argument && !named.lets_in;
          found.types.insert(static_cast<Type>(type));
          if (found.services != service.name && !found.services.ends_with("," + service.name))
            found.services += (found.services.empty() ? "" : ",") + service.name;
        }
  }

  // Once, however many services include the line.
  const Named& name_of(const PamModuleFile& file, const Line& line) {
    const auto [known, is_new] = names_.try_emplace(&line);
    if (!is_new) return known->second;
    known->second = {pam_file_of(file, line), lets_in(line)};
    // pam_access opens each while it reads its arguments.
    if (file.module == "pam_access.so") take_first_absent(file, line, known->second.file);
    return known->second;
  }

  void take_first_absent(const PamModuleFile& file, const Line& line, PamFileName& name) const {
    for (const Argument& argument : line.arguments) {
      if (!argument.text.starts_with(file.argument)) continue;
      std::string path = normal_path(std::string_view(argument.text).substr(file.argument.size()));
      if (state(path) != "absent") continue;
      name = {std::move(path), &argument};
      return;
    }
  }

  // pam_listfile(8): what it answers if something weird happens.
  static bool lets_in(const Line& line) {
    return std::ranges::any_of(line.arguments,
                               [](const Argument& one) { return one.text == "onerr=succeed"; });
  }

  void too_many(const PamModuleFile& file, const PamHandler& entry, const Argument& argument) {
    if (named_ > kPamFiles + 1) return;
    context_.issue(
        *entry.path,
        {"too-many-files", argument.span,
         "the lines of " + std::string(file.module) + " name more than " +
             std::to_string(kPamFiles) + " files; this one and those behind it are not read",
         parsers::Effect::refused},
        {&kPamFileTable, &kPamOptionTable});
  }

  std::string_view state(std::string_view path) const { return pam_file_state(context_, path); }

  void write_found(const PamModuleFile& file, const std::string& path, const Found& found) {
    std::string types;
    for (const Type type : found.types)
      types += (types.empty() ? "" : ",") + std::string(parsers::pam_conf::name(type));
    const std::string_view state = this->state(path);
    if (state == "unknown")
      context_.issue(
          *found.first->path,
          {"file-unknown", found.argument ? found.argument->span : found.first->line->span,
           "what " + std::string(file.module) + " reads from /" + path +
               " cannot be told from what is here",
           parsers::Effect::refused},
          {&kPamFileTable, &kPamOptionTable});
    const Span span = found.argument ? found.argument->span : found.first->line->span;
    context_.store().insert(
        kPamFileTable,
        {file.module,
         found.argument ? Value(file.argument.substr(0, file.argument.size() - 1)) : Value(Null{}),
         std::string_view(path), state, found.fails, std::string_view(found.services),
         std::string_view(types), Null{}, context_.store().locate(*found.first->path, span)});
  }

  void write_unread(const PamModuleFile& file, std::string_view why) {
    if (state(file.usual) != "read") return;
    context_.store().insert(kPamFileTable,
                            {file.module, Null{}, file.usual, "unread", false, Null{}, Null{}, why,
                             context_.store().locate(std::string(file.usual), Span{})});
  }

  Context& context_;
  const PamConfig& config_;
  std::map<std::string, Found> found_;
  std::map<const Line*, Named> names_;  // a line has one module
  size_t named_ = 0;
};

}  // namespace

const PamModuleFile* pam_module_file(std::string_view module) {
  const auto* const found = std::ranges::find(kFiles, module, &PamModuleFile::module);
  return found == std::end(kFiles) ? nullptr : found;
}

PamFileName pam_file_of(const PamModuleFile& file, const Line& line) {
  PamFileName out{std::string(file.usual)};
  for (const Argument& argument : line.arguments)
    if (argument.text.starts_with(file.argument)) {
      out.path = normal_path(std::string_view(argument.text).substr(file.argument.size()));
      out.argument = &argument;
    }
  return out;
}

std::string_view pam_file_state(Context& context, std::string_view path) {
  const Tree& tree = context.tree();
  if (path.empty()) return "absent";
  if (lies_outside(context, path)) return "unknown";
  const auto real = tree.resolve(path);
  if (real && *real == "dev/null") return "empty";
  const auto stat = tree.stat(path);
  if (!stat) {
    const bool is_absent = stat.error().kind == TreeError::Kind::not_found ||
                           stat.error().kind == TreeError::Kind::not_directory;
    return is_absent ? path == "dev/null" ? "empty" : "absent" : "unknown";
  }
  if (stat->type == NodeType::directory) return "empty";
  return stat->type == NodeType::file ? "read" : "unknown";
}

bool has_history_file(Context& context) {
  const auto answer = context.store().select(
      "SELECT version FROM package WHERE name = 'libpam-modules' AND status = 'installed' LIMIT 1");
  if (!answer || answer->rows.empty() || !answer->rows[0][0]) return true;
  const std::string& version = *answer->rows[0][0];
  int numbers[3] = {};
  if (std::sscanf(version.c_str(), "%d.%d.%d", &numbers[0], &numbers[1], &numbers[2]) < 2)
    return true;
  return std::tie(numbers[0], numbers[1], numbers[2]) >= std::tuple(1, 5, 3);
}

void write_pam_files(Context& context, const PamConfig& config) {
  if (!context.is_fragment()) Files(context, config).write();
}

}  // namespace drydock::facts
