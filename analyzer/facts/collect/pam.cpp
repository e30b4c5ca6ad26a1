// pam.d(5): "if this directory is present, the /etc/pam.conf file is ignored". A service's file is
// looked for in /etc/pam.d, then in the vendor's directory; the first one found counts whole. What
// an include names is looked for in the same way.
//
// Measured with libpam 1.5.2 (pam_start_confdir(3)): an include that cannot be read fails where it
// stands; an @include that cannot be read outside of another include makes the service refuse
// everybody, as does a file that ends behind a backslash; a type without a line of its own takes
// those of the service "other".
#include "analyzer/facts/collect/pam.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect/pam_file.h"
#include "analyzer/facts/collect/pam_option.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

using parsers::pam_conf::Action;
using parsers::pam_conf::Answer;
using parsers::pam_conf::Kind;
using parsers::pam_conf::Line;
using parsers::pam_conf::Type;

const TableSpec kPamLineTable{
    .name = "pam_line",
    .kind = TableKind::raw,
    .doc = "A line of a PAM file as it is written, whether or not anything reads it (pam.d(5)).",
    .columns = {{"path", ColumnType::text, "The file."},
                {"service", ColumnType::text, "The name of the file; in pam.conf the first field."},
                {"kind", ColumnType::text,
                 "'module', 'include', 'substack', '@include', or 'broken'."},
                {"type", ColumnType::text,
                 "'auth', 'account', 'password', 'session'; NULL for an @include."},
                {"control", ColumnType::text, "As it is written; empty if there is none."},
                {"module", ColumnType::text,
                 "The module, or the file of an include, as it is written."},
                {"arguments", ColumnType::text, "The module's arguments, separated by blanks."},
                {"is_read", ColumnType::boolean, "0: libpam does not read this file."},
                {"why_not_read", ColumnType::text, "The reason if it is not read; else NULL."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"service"},
    .examples = {"SELECT path, type, module, loc FROM pam_line WHERE module LIKE '%pam_unix%'"}};

const TableSpec kPamTable{
    .name = "pam",
    .kind = TableKind::effective,
    .doc =
        "A module in the stack of a service, with includes in place and 'other' standing in where "
        "the service has no line of the type (pam.conf(5)). What follows from the order is worked "
        "out over all answers that the modules can give.",
    .columns =
        {{"service", ColumnType::text, "The service: login, sshd, su and others."},
         {"type", ColumnType::text, "'auth', 'account', 'password' or 'session'."},
         {"position", ColumnType::integer, "From 0, in the order of calling."},
         {"depth", ColumnType::integer, "How many substacks are around it."},
         {"module", ColumnType::text,
          "The file name: pam_unix.so; empty for a line that is broken: it fails."},
         {"arguments", ColumnType::text, "Separated by blanks."},
         {"control", ColumnType::text, "As it is written."},
         {"on_success", ColumnType::text,
          "What success does: 'ok', 'done', 'ignore', 'bad', 'die', 'reset', or the number of "
          "modules to jump over."},
         {"on_failure", ColumnType::text, "The same for a failure."},
         {"is_reached", ColumnType::boolean,
          "The module can be called at all; NULL if the stack is not fully known."},
         {"decides", ColumnType::boolean,
          "If it is called and fails, the whole stack fails; NULL as is_reached."},
         {"is_skippable", ColumnType::boolean,
          "The stack can succeed without calling it; NULL as is_reached."},
         {"skipped_by", ColumnType::text,
          "The modules whose success lets the stack succeed without calling this one, separated "
          "by commas; NULL: none."},
         {"is_other", ColumnType::boolean, "1: it stands in the file of 'other'."},
         {"loc", ColumnType::location, "The line."},
         {"module_loc", ColumnType::location, "The module's name."},
         {"control_loc", ColumnType::location, "The control."}},
    .indexes = {"service", "module"},
    .examples = {"SELECT position, module, arguments, on_success, on_failure, skipped_by, loc FROM "
                 "pam WHERE service = 'login' AND type = 'auth' ORDER BY position"}};

const TableSpec kPamStackTable{
    .name = "pam_stack",
    .kind = TableKind::effective,
    .doc = "The modules of one type of a service as a whole.",
    .columns =
        {{"service", ColumnType::text, "The service."},
         {"type", ColumnType::text, "'auth', 'account', 'password' or 'session'."},
         {"modules", ColumnType::integer, "How many modules it has; 0: libpam refuses everybody."},
         {"is_open", ColumnType::boolean,
          "It can succeed though no module that asks for something (a password, a key, who calls) "
          "says yes; NULL if the stack is not fully known."},
         {"is_void", ColumnType::boolean,
          "libpam cannot read the service's files and refuses everybody."},
         {"is_other", ColumnType::boolean, "1: the lines are those of 'other'."},
         {"loc", ColumnType::location,
          "The first line; the file if there is none; NULL if there is no file."}},
    .indexes = {"service"},
    .examples = {"SELECT service, loc FROM pam_stack WHERE type = 'auth' AND is_open"}};

namespace {

constexpr std::string_view kMain = "etc/pam.conf";
// The administrator's directory, then those of vendors (Linux-PAM's --enable-vendordir: SUSE).
constexpr std::string_view kDirectories[] = {"etc/pam.d", "usr/lib/pam.d", "usr/etc/pam.d"};
constexpr int kIncludes = 32;       // libpam has no bound on plain includes and crashes on a loop
constexpr size_t kHandlers = 1000;  // of one service
constexpr size_t kServices = 2000;

// Copies that editors and package managers leave behind; no program starts a service of that name.
bool is_left_over(std::string_view name) {
  if (name.ends_with('~') || name.starts_with('.') || name.starts_with('#')) return true;
  for (const std::string_view part : {".dpkg-", ".ucf-", ".rpm", ".bak", ".orig", ".old", ".swp"})
    if (name.find(part) != std::string_view::npos) return true;
  return false;
}

class Loader {
 public:
  explicit Loader(Context& context) : context_(context) {}

  PamConfig run() {
    if (context_.is_fragment())
      load_fragment();
    else
      load_root();
    std::ranges::sort(config_.services, {}, &PamConfig::Service::name);
    for (const PamConfig::Service& service : config_.services)
      if (service.name == "other") config_.other = &service;
    return std::move(config_);
  }

 private:
  void load_root() {
    bool has_directory = false;
    std::set<std::string> names;
    for (const std::string_view directory : kDirectories) {
      const auto stat = context_.tree().stat(directory);
      if (!stat || stat->type != NodeType::directory) continue;
      has_directory = true;
      for (const std::string& path : context_.tree().glob(directory, "*"))
        if (!is_left_over(file_name(path)))
          take_name(names, std::string(file_name(path)), path, Span{});
    }
    if (!has_directory) return load_main(kMain);
    for (const std::string& name : names) {
      const PamConfig::Source* source = find(name);
      if (source) add_service(name, *source);
    }
  }

  void take_name(std::set<std::string>& names, const std::string& name, const std::string& path,
                 Span span) {
    if (names.size() < kServices) {
      names.insert(name);
    } else if (!names.contains(name) && !has_too_many_) {
      has_too_many_ = true;
      context_.issue(path, {"too-many-services", span,
                            "more than " + std::to_string(kServices) +
                                " services: this one and others are not read",
                            parsers::Effect::refused});
    }
  }

  // pam.conf(5): every line names its service.
  void load_main(std::string_view path) {
    const PamConfig::Source* source = open(std::string(path), true);
    if (!source) return;
    main_lines_.clear();
    std::set<std::string> names;
    for (const Line& line : source->file.lines)
      take_name(names, line.service, source->real, line.span);
    for (const std::string& name : names) add_service(name, *source);
  }

  void load_fragment() {
    for (const std::string& path : context_.loose()) {
      if (file_name(path) == "pam.conf") {
        load_main(path);
        continue;
      }
      if (file_name(parent_path(path)) != "pam.d") continue;
      directory_ = std::string(parent_path(path));
      if (is_left_over(file_name(path))) continue;
      if (const PamConfig::Source* source = open(path)) add_service(file_name(path), *source);
    }
  }

  const PamConfig::Source* open(const std::string& path, bool has_service = false) {
    const auto known = config_.sources.find(path);
    if (known != config_.sources.end()) return known->second.get();
    const auto text = context_.read(path);
    if (!text) return config_.sources.emplace(path, nullptr).first->second.get();
    auto source = std::make_unique<PamConfig::Source>();
    source->path = path;
    source->real = text->path;
    source->file = parsers::pam_conf::parse(text->text, has_service);
    context_.issues(source->real, source->file.errors);
    return config_.sources.emplace(path, std::move(source)).first->second.get();
  }

  const PamConfig::Source* find(std::string_view name) {
    if (name.starts_with('/')) return open(normal_path(name));
    if (context_.is_fragment()) return open(normal_path(join_path(directory_, name)));
    for (const std::string_view directory : kDirectories)
      if (const PamConfig::Source* source = open(normal_path(join_path(directory, name))))
        return source;
    return nullptr;
  }

  void add_service(std::string_view name, const PamConfig::Source& source) {
    PamConfig::Service service;
    service.name = std::string(name);
    service.path = source.real;
    handlers_ = 0;
    service.is_void = !expand(service, source, std::nullopt, 0, 0);
    config_.services.push_back(std::move(service));
  }

  // Adds the lines of a file that are of type `wanted`. False: libpam gives the file up.
  bool expand(PamConfig::Service& service, const PamConfig::Source& source,
              std::optional<Type> wanted, int level, int depth) {
    const bool is_main = file_name(source.path) == "pam.conf";
    const bool is_by_service = is_main && depth == 0;
    if (is_by_service && main_lines_.empty())
      for (const Line& line : source.file.lines) main_lines_[line.service].push_back(&line);
    const std::vector<const Line*>& own = main_lines_[is_by_service ? service.name : ""];
    for (size_t i = 0; i < (is_by_service ? own.size() : source.file.lines.size()); ++i) {
      const Line& line = is_by_service ? *own[i] : source.file.lines[i];
      if (handlers_ > kHandlers) {
        // Of what type the rest is, does not matter.
        service.is_partial.fill(true);
        break;
      }
      if (line.kind == Kind::include_all) {
        if (follow(service, source, line, wanted, level, depth)) continue;
        if (!wanted) {
          if (!context_.is_fragment()) return false;
          service.is_partial.fill(true);
        } else {
          add(service, *wanted, {PamHandler::Kind::fails, level, "", &line, &source.real});
        }
        continue;
      }
      // A line without a type it can be is one of the type that is asked for.
      const Type type = line.type ? *line.type : wanted.value_or(Type::auth);
      if (wanted && type != *wanted) continue;
      if (line.kind == Kind::fails) {
        add(service, type, {PamHandler::Kind::fails, level, "", &line, &source.real});
      } else if (line.kind == Kind::module) {
        add(service, type,
            {PamHandler::Kind::module, level, file_name(line.target), &line, &source.real});
      } else {
        const int inside = level + (line.kind == Kind::substack ? 1 : 0);
        if (inside > level)
          add(service, type, {PamHandler::Kind::substack, level, "", &line, &source.real});
        if (inside > kPamSubstacks || !follow(service, source, line, type, inside, depth)) {
          add(service, type,
              {PamHandler::Kind::fails, std::min(level, kPamSubstacks), "", &line, &source.real});
          if (context_.is_fragment()) partial(service, type) = true;
        }
      }
    }
    // What stands before the broken end was taken already.
    return !source.file.is_void;
  }

  bool follow(PamConfig::Service& service, const PamConfig::Source& source, const Line& line,
              std::optional<Type> wanted, int level, int depth) {
    if (depth >= kIncludes || handlers_ > kHandlers) {
      if (too_deep_.insert(&line).second)
        context_.issue(source.real, {"include-too-deep", line.target_span,
                                     "the includes are nested too deeply, or lead in a circle; "
                                     "what they decide is not known",
                                     parsers::Effect::refused});
      return false;
    }
    const PamConfig::Source* target = find(line.target);
    return target && expand(service, *target, wanted, level, depth + 1);
  }

  static bool& partial(PamConfig::Service& service, Type type) {
    return service.is_partial[static_cast<size_t>(type)];
  }

  void add(PamConfig::Service& service, Type type, PamHandler handler) {
    if (++handlers_ > kHandlers) {
      if (!partial(service, type))
        context_.issue(*handler.path, {"stack-too-large", handler.line->span,
                                       "the stacks of " + service.name + " have more than " +
                                           std::to_string(kHandlers) +
                                           " lines; this one and those behind it are not taken",
                                       parsers::Effect::refused});
      partial(service, type) = true;
    } else
      service.stacks[static_cast<size_t>(type)].push_back(handler);
  }

  Context& context_;
  PamConfig config_;
  std::string directory_;  // of a fragment's file
  size_t handlers_ = 0;
  std::set<const Line*> too_deep_;
  std::map<std::string, std::vector<const Line*>> main_lines_;  // of pam.conf, by service
  bool has_too_many_ = false;
};

std::string joined(const Line& line) {
  std::string out;
  for (const auto& argument : line.arguments) {
    if (out.size() > limits::kFactText) break;  // the table has no more of it
    out += (out.empty() ? "" : " ") + argument.text;
  }
  return out;
}

std::string shown(Action action) {
  constexpr std::string_view kNames[] = {"ignore", "ok", "done", "bad", "die", "reset"};
  return action > 0 ? std::to_string(action) : std::string(kNames[-action]);
}

Answer plain_failure(Type type) {
  switch (type) {
    case Type::auth:
      return Answer::auth_err;
    case Type::account:
      return Answer::perm_denied;
    case Type::password:
      return Answer::authtok_err;
    case Type::session:
      return Answer::session_err;
  }
  return Answer::auth_err;
}

class Writer {
 public:
  Writer(Context& context, const PamConfig& config) : context_(context), config_(config) {}

  void write() {
    write_lines();
    for (const PamConfig::Service& service : config_.services)
      for (const Type type : {Type::auth, Type::account, Type::password, Type::session})
        write_stack(service, type);
  }

 private:
  void write_lines() {
    for (const auto& [path, source] : config_.sources)
      if (source) write_file(*source, nullptr);
    if (context_.is_fragment()) return;
    for (const std::string_view directory : kDirectories)
      for (const std::string& path : context_.tree().glob(directory, "*"))
        if (!config_.sources.contains(path))
          write_unread(path, is_left_over(file_name(path))
                                 ? "no program asks for a service of this name"
                                 : "a file of the same name in /etc/pam.d is taken instead");
    if (!config_.sources.contains(std::string(kMain)))
      write_unread(std::string(kMain), "where there is a directory pam.d, pam.conf is not read");
  }

  void write_unread(const std::string& path, std::string_view why) {
    const auto text = context_.read(path);
    if (!text) return;
    const PamConfig::Source source{path, text->path,
                                   parsers::pam_conf::parse(text->text, path == kMain)};
    write_file(source, &why);
    if (const auto winner = config_.sources.find("etc/pam.d/" + std::string(file_name(path)));
        path != kMain && winner != config_.sources.end() && winner->second)
      context_.store().overridden(kPamTable, file_name(path),
                                  context_.store().locate(winner->second->real, Span{}),
                                  context_.store().locate(source.real, Span{}), "", why);
  }

  void write_file(const PamConfig::Source& source, const std::string_view* why) {
    constexpr std::string_view kKinds[] = {"module", "include", "substack", "@include", "broken"};
    for (const Line& line : source.file.lines) {
      const std::string arguments = joined(line);
      context_.store().insert(
          kPamLineTable,
          {std::string_view(source.real),
           line.service.empty() ? file_name(source.path) : std::string_view(line.service),
           kKinds[static_cast<size_t>(line.kind)],
           line.type ? Value(parsers::pam_conf::name(*line.type)) : Value(Null{}),
           std::string_view(line.control), std::string_view(line.target),
           std::string_view(arguments), why == nullptr, why ? Value(*why) : Value(Null{}),
           context_.store().locate(source.real, line.span)});
    }
  }

  void write_stack(const PamConfig::Service& service, Type type) {
    const auto index = static_cast<size_t>(type);
    const bool is_other = service.stacks[index].empty() && config_.other &&
                          config_.other != &service && !context_.is_fragment();
    const std::vector<PamHandler>& stack =
        is_other ? config_.other->stacks[index] : service.stacks[index];
    const bool is_partial = is_other ? config_.other->is_partial[index] : service.is_partial[index];
    if (context_.is_fragment() && stack.empty()) return;
    const std::string_view type_name = parsers::pam_conf::name(type);
    std::optional<PamAnalysis> analysis;
    if (!is_partial) {
      analysis = analyse_pam(stack, type);
      if (!analysis)
        context_.issue(service.path,
                       {"stack-too-large", Span{1, 1, 1, 1},
                        "the " + std::string(type_name) + " stack of " + service.name +
                            " is too large to work out what its order decides",
                        parsers::Effect::refused});
    }
    const bool is_void = service.is_void || (config_.other && config_.other->is_void);
    const LocationId place =
        stack.empty() ? context_.store().locate(service.path, Span{})
                      : context_.store().locate(*stack.front().path, stack.front().line->span);
    int64_t modules = 0;
    for (const PamHandler& entry : stack) modules += entry.kind != PamHandler::Kind::substack;
    context_.store().insert(
        kPamStackTable, {std::string_view(service.name), type_name, modules,
                         analysis ? Value(analysis->is_open && !is_void) : Value(Null{}), is_void,
                         is_other, place});
    int64_t position = 0;
    for (size_t i = 0; i < stack.size(); ++i)
      if (stack[i].kind != PamHandler::Kind::substack)
        write_entry(service, type, stack[i], position++, analysis ? &analysis->entries[i] : nullptr,
                    is_other);
  }

  void write_entry(const PamConfig::Service& service, Type type, const PamHandler& entry,
                   int64_t position, const PamReach* reach, bool is_other) {
    const Line& line = *entry.line;
    const std::string arguments = joined(line);
    const std::string on_success = shown(line.actions[static_cast<size_t>(Answer::success)]);
    const std::string on_failure = shown(line.actions[static_cast<size_t>(plain_failure(type))]);
    std::string skipped_by;
    if (reach)
      for (const std::string_view module : reach->skipped_by)
        skipped_by += (skipped_by.empty() ? "" : ",") + std::string(module);
    const auto known = [&](bool value) { return reach ? Value(value) : Value(Null{}); };
    Store& store = context_.store();
    store.insert(
        kPamTable,
        {std::string_view(service.name), parsers::pam_conf::name(type), position,
         int64_t{entry.level}, entry.module, std::string_view(arguments),
         std::string_view(line.control), std::string_view(on_success), std::string_view(on_failure),
         known(reach && reach->is_reached), known(reach && reach->decides),
         known(reach && reach->is_skippable),
         skipped_by.empty() ? Value(Null{}) : Value(std::string_view(skipped_by)), is_other,
         store.locate(*entry.path, line.span), store.locate(*entry.path, line.target_span),
         store.locate(*entry.path, line.control_span)});
  }

  Context& context_;
  const PamConfig& config_;
};

void collect_pam(Context& context) {
  const PamConfig config = load_pam(context);
  Writer(context, config).write();
  write_pam_files(context, config);
  write_pam_options(context, config);
}

}  // namespace

PamConfig load_pam(Context& context) {
  return Loader(context).run();
}

const Collector kPamCollector{
    .name = "pam",
    .tables = {&kPamLineTable, &kPamTable, &kPamStackTable, &kPamFileTable, &kPamOptionTable},
    .needs = {},
    .hints = {"package"},
    .paths = {"etc/pam.conf", "etc/pam.d/*", "usr/lib/pam.d/*", "usr/etc/pam.d/*",
              // What conf= names lies here as a rule; elsewhere it is read a second time.
              "etc/security/*.conf", "etc/security/pwquality.conf.d/*.conf", "etc/login.defs"},
    .loose = {"pam.d/*", "pam.conf", "faillock.conf", "pwquality.conf", "pwhistory.conf",
              "pwquality.conf.d/*.conf"},
    .collect = collect_pam};

}  // namespace drydock::facts
