// systemd.service(5) "COMMAND LINES".
#include "analyzer/facts/collect/unit_command.h"

#include <algorithm>
#include <array>

#include "analyzer/facts/collect/unit_activation.h"
#include "analyzer/facts/collect/unit_name.h"
#include "analyzer/facts/collect/unit_sandbox.h"
#include "analyzer/facts/collect/unit_specifier.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kUnitCommandTable{
    .name = "unit_command",
    .kind = TableKind::effective,
    .doc =
        "A program that a service or socket unit runs (systemd.service(5), ExecStart= and the "
        "like), "
        "or another file of a name that its command line gives to a shell or interpreter.",
    .columns =
        {{"unit", ColumnType::text, "The unit: ssh.service; templates as such."},
         {"key", ColumnType::text, "ExecStart, ExecStartPre, ExecReload and so on."},
         {"role", ColumnType::text,
          "program, or script: the first argument of an interpreter that is a path."},
         {"program", ColumnType::text,
          "As systemd takes it: prefixes off, specifiers replaced where files tell them."},
         {"path", ColumnType::text,
          "Where that file lies when links are followed; NULL if it is not there or cannot be "
          "told."},
         {"user", ColumnType::text,
          "Who runs it: User= of the unit, root if none or with the prefix '+' or '!'; of "
          "DynamicUser= the unit's own."},
         {"activated", ColumnType::boolean,
          "Whether something starts the unit, see unit_activation.reached; in a fragment 1."},
         {"loc", ColumnType::location, "The assignment."},
         {"value_loc", ColumnType::location, "The program in it."}},
    .indexes = {"unit"},
    .examples = {
        "SELECT unit, program FROM unit_command WHERE path IS NULL AND key = 'ExecStart'"}};

namespace {

// In the order in which they run.
constexpr std::array<std::string_view, 8> kKeys = {"ExecCondition", "ExecStartPre", "ExecStart",
                                                   "ExecStartPost", "ExecReload",   "ExecStopPre",
                                                   "ExecStop",      "ExecStopPost"};

// "If the command is not a full (absolute) path, it will be resolved to a full path using a fixed
// search path determined at compilation time."
constexpr std::string_view kSearchPath[] = {"usr/local/sbin", "usr/local/bin", "usr/sbin",
                                            "usr/bin",        "sbin",          "bin"};

bool is_interpreter(std::string_view program) {
  const std::string_view name = file_name(program);
  for (const std::string_view known :
       {"sh", "bash", "dash", "ksh", "zsh", "python", "python2", "python3", "perl", "ruby", "node",
        "nodejs", "php", "lua", "tclsh"})
    if (name == known) return true;
  return name.starts_with("python3.") || name.starts_with("perl5.");
}

class Commands {
 public:
  explicit Commands(Context& context) : context_(context), tree_(context.tree()) {
    for (const UnitActivation& one : unit_activations(context).all)
      if (one.reached) {
        activated_.insert(one.unit);
        activated_.insert(unit_template(one.unit));
      }
  }

  void write(const Unit& unit) {
    const std::string_view type = unit_type(unit.id);
    if (unit.load != Unit::Load::loaded || (type != "service" && type != "socket")) return;
    const std::string_view section = type == "service" ? "Service" : "Socket";
    const std::string user = user_of(unit, section);
    for (const std::string_view key : kKeys)
      for (const UnitLine* line : unit.setting(section, key).lines)
        for (const parsers::unit::Command& command :
             parsers::unit::split_commands(line->value).commands)
          one(unit, *line, command, user);
  }

 private:
  std::string user_of(const Unit& unit, std::string_view section) const {
    const std::string_view written = unit.setting(section, "User").value();
    if (const auto name = expand_specifiers(tree_, unit, written); name && !name->empty())
      return *name;
    if (!written.empty()) return std::string(written);
    const bool dynamic =
        parsers::unit::boolean(unit.setting(section, "DynamicUser").value()).value_or(false);
    return dynamic ? unit.id.substr(0, unit.id.find_first_of("@.")) : "root";
  }

  void one(const Unit& unit, const UnitLine& line, const parsers::unit::Command& command,
           const std::string& user) {
    if (command.words.empty()) return;
    const bool as_root = command.prefixes.find_first_of("+!") != std::string::npos;
    const std::string_view runs_as = as_root ? std::string_view("root") : user;
    const parsers::unit::Word& program = command.words[0];
    row(unit, line, "program", program, runs_as);
    if (!is_interpreter(program.text)) return;
    const size_t first = command.prefixes.find('@') == std::string::npos ? 1 : 2;
    for (size_t i = first; i < command.words.size(); ++i) {
      const std::string& word = command.words[i].text;
      if (word.starts_with('/')) row(unit, line, "script", command.words[i], runs_as);
      if (!word.starts_with('-') || word == "-c") break;
    }
  }

  void row(const Unit& unit, const UnitLine& line, std::string_view role,
           const parsers::unit::Word& word, std::string_view user) {
    const auto program = expand_specifiers(tree_, unit, word.text);
    std::string path;
    if (program) path = find(*program);
    Store& store = context_.store();
    store.insert(
        kUnitCommandTable,
        {std::string_view(unit.id), std::string_view(line.key), role,
         std::string_view(program ? *program : word.text),
         path.empty() ? Value(Null{}) : Value(std::string_view(path)), user,
         context_.is_fragment() || activated_.contains(unit.id), store.locate(line.path, line.span),
         store.locate(line.path, parsers::unit::place(line, word.begin, word.end))});
  }

  std::string find(std::string_view program) const {
    if (program.starts_with('/')) {
      const auto real = tree_.resolve(program.substr(1));
      return real && tree_.lstat(*real) ? *real : std::string();
    }
    if (program.empty() || program.find('/') != std::string_view::npos) return {};
    for (const std::string_view directory : kSearchPath)
      if (const auto real = tree_.resolve(join_path(directory, program));
          real && tree_.lstat(*real))
        return *real;
    return {};
  }

  Context& context_;
  const Tree& tree_;
  std::set<std::string, std::less<>> activated_;
};

void collect_commands(Context& context) {
  const UnitFiles& files = units(context);
  Commands commands(context);
  for (const auto& unit : files.loose()) commands.write(*unit);
  for (const std::string& name : files.names())
    if (const Unit* unit = files.find(name); unit && unit->id == name) commands.write(*unit);
}

}  // namespace

const Collector kUnitCommandCollector{
    .name = "unit-command",
    .tables = {&kUnitCommandTable},
    .needs = {},
    .hints = {"boot_argument"},
    .paths = unit_paths({std::begin(kActivationPaths), std::end(kActivationPaths)}),
    .loose = unit_loose(),
    .collect = collect_commands};

}  // namespace drydock::facts
