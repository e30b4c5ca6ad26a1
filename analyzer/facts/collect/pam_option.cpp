// pam_faillock(8), faillock.conf(5): the file is read first, then the module's arguments replace what
// it says; conf= names another file, and where that is missing or has a line too long, the module answers an error
// before it looks at any argument. pam_pwquality(8), pwquality.conf(5): /etc/security/pwquality.conf.d/*.conf in the
// order of their names, then pwquality.conf, then the arguments; the later value wins, and a setting that
// is not understood ends the reading of files. pam_pwhistory(8), pwhistory.conf(5): the file, of which the first line
// counts, then the arguments. pam_unix(8): arguments only; without one that names a hash method, ENCRYPT_METHOD of
// login.defs(5) counts. pam_faildelay(8): its argument, else FAIL_DELAY of login.defs.
#include "analyzer/facts/collect/pam_option.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/collect/pam_file.h"
#include "analyzer/facts/collect/pam_module.h"
#include "analyzer/source/tree.h"
#include "parsers/characters.h"
#include "parsers/pam_module_conf.h"

namespace drydock::facts {

using parsers::pam_conf::Argument;
using parsers::pam_conf::Type;

const TableSpec kPamOptionTable{
    .name = "pam_option",
    .kind = TableKind::effective,
    .doc =
        "A setting of pam_faillock, pam_pwquality, pam_pwhistory, pam_unix, pam_wheel or "
        "pam_faildelay, with the value that the module ends up with: argument before file before "
        "default. Lines of several services that call a module with other arguments, or with "
        "another "
        "file, each have rows of their own: none of them counts for all. A line whose module "
        "answers an error whatever it is asked, because the file it names cannot be read, has "
        "none: see pam_file. A module that no stack calls counts if its usual file is there.",
    .columns = {{"key", ColumnType::text, "Module and setting: pam_faillock.deny."},
                {"value", ColumnType::text,
                 "A number, a word, 'yes' or 'no' of a switch; NULL: not set, without a default."},
                {"module", ColumnType::text, "The module: pam_faillock.so."},
                {"type", ColumnType::text,
                 "The type of the stack: 'auth', 'password' …; NULL if no stack calls the module."},
                {"source", ColumnType::text, "'argument', 'file' or 'default'."},
                {"service", ColumnType::text,
                 "The first service that has this line; NULL if no stack calls the module."},
                {"loc", ColumnType::location, "The setting; NULL for a default."},
                {"value_loc", ColumnType::location, "Its value; NULL for a default or a switch."},
                {"line_loc", ColumnType::location,
                 "The line of the stack; NULL if no stack calls the module."}},
    .key = "key",
    .value = "value",
    .indexes = {"module"},
    .examples = {"SELECT key, value, source, loc FROM pam_option WHERE key LIKE 'pam_faillock.%'"}};

namespace {

constexpr std::string_view kLoginDefs = "etc/login.defs";
constexpr std::string_view kQuality = "etc/security/pwquality.conf";
constexpr std::string_view kQualityDirectory = "etc/security/pwquality.conf.d";

struct Place {
  std::string path;
  Span span;
  Span value_span;
};
struct Found {
  std::optional<std::string> value;
  std::string_view source = "default";
  std::optional<Place> place;
  bool is_decided = false;  // a line of a file names it
};

class Options {
 public:
  Options(Context& context, const PamConfig& config)
      : context_(context), config_(config), has_history_file_(has_history_file(context)) {}

  void write() {
    read_login_defs();
    for (const PamModule& module : pam_modules()) {
      read_.clear();
      nothing_ = {};
      std::set<const parsers::pam_conf::Line*> seen;
      bool is_used = false;
      for (const PamConfig::Service* service : in_order())
        for (size_t type = 0; type < service->stacks.size(); ++type)
          for (const PamHandler& entry : service->stacks[type])
            if (entry.module == module.name && seen.insert(entry.line).second) {
              is_used = true;
              if (Files* const files = files_of(module, *entry.line))
                write_module(module, *files, service, static_cast<Type>(type), &entry);
            }
      if (is_used) continue;
      Files& files = usual_files(module);
      if (!files.all.empty() && !files.fails)
        write_module(module, files, nullptr, Type::auth, nullptr);
    }
  }

 private:
  struct Read {
    std::string path;
    parsers::pam_module_conf::File file;
  };
  struct Files {
    std::vector<Read> all;  // in the order of reading
    bool fails = false;     // the module answers an error because of them, and looks at no argument
    std::string name;
    std::map<std::string_view, Found> settings;  // what they say, worked out once; empty before
  };

  // The services that everybody knows first, so that a line of many is named after one of them.
  std::vector<const PamConfig::Service*> in_order() const {
    std::vector<const PamConfig::Service*> out;
    for (const PamConfig::Service& service : config_.services) out.push_back(&service);
    std::ranges::stable_partition(out, [](const PamConfig::Service* service) {
      return service->name == "login" || service->name == "passwd" || service->name == "sshd";
    });
    return out;
  }

  // False: pwquality reads no further.
  bool read_file(const PamModule& module, std::string_view path, Files& files) {
    const auto text = context_.read(path);
    if (!text) return true;
    const bool is_history = module.name == "pam_pwhistory.so";
    const bool is_quality = module.name == "pam_pwquality.so";
    using parsers::pam_module_conf::Lines;
    files.all.push_back({text->path, parsers::pam_module_conf::parse(
                                         text->text, is_history ? Lines::any : Lines::bounded)});
    Read& read = files.all.back();
    context_.issues(read.path, read.file.errors, {&kPamOptionTable});
    files.fails |= read.file.is_broken && module.name == "pam_faillock.so";
    for (size_t i = 0; i < read.file.settings.size(); ++i) {
      const auto& setting = read.file.settings[i];
      const PamOption* const option = pam_setting(module, setting.name);
      // An empty word of pwquality takes the setting back.
      if (option && (pam_value(module, *option, setting.value, false) ||
                     option->form == PamOption::Form::word))
        continue;
      if (is_history && setting.name == "debug") continue;
      context_.issue(read.path,
                     {option ? "bad-value" : "unknown-setting", setting.span,
                      option       ? "the value is none that " + std::string(module.name) + " takes"
                      : is_quality ? "no setting of this name: nothing behind it is read"
                                   : "no setting of this name",
                      parsers::Effect::ignored},
                     {&kPamOptionTable});
      if (is_quality) {
        read.file.settings.resize(i);
        return false;
      }
    }
    return !read.file.is_broken;
  }

  Files& usual_files(const PamModule& module) {
    const PamModuleFile* const file = pam_module_file(module.name);
    const std::string_view usual = module.name == "pam_pwquality.so" ? kQuality
                                   : file                            ? file->usual
                                                                     : std::string_view();
    const auto [known, is_new] = read_.try_emplace(std::string(usual));
    Files& files = known->second;
    if (!is_new || usual.empty()) return files;
    if (context_.is_fragment()) {
      for (const std::string& path : context_.loose())
        if (file_name(path) == file_name(usual) ||
            (usual == kQuality && parent_path(path).ends_with("pwquality.conf.d")))
          read_file(module, path, files);
      return files;
    }
    if (module.name == "pam_pwhistory.so" && !has_history_file_) return files;
    if (usual == kQuality)
      for (const std::string& path : context_.tree().glob(kQualityDirectory, "*.conf"))
        if (!read_file(module, path, files)) return files;
    read_file(module, usual, files);
    return files;
  }

  // What a line reads; nullptr: the module answers an error, or it is not known what it reads.
  Files* files_of(const PamModule& module, const parsers::pam_conf::Line& line) {
    const PamModuleFile* const file = pam_module_file(module.name);
    const PamFileName name = file ? pam_file_of(*file, line) : PamFileName{};
    if (!name.argument || (file->module == "pam_pwhistory.so" && !has_history_file_)) {
      Files& usual = usual_files(module);
      return usual.fails ? nullptr : &usual;
    }
    // What it names lies on a host that is not known here, unless the fragment has it at the same place.
    if (context_.is_fragment() && !context_.tree().exists(name.path)) return &nothing_;
    const size_t named = read_.size() - read_.count(std::string(file->usual));
    if (!read_.contains(name.path) && named >= kPamFiles) return nullptr;
    const auto [known, is_new] = read_.try_emplace(name.path);
    Files& files = known->second;
    if (is_new) {
      files.name = name.path;
      const std::string_view state = pam_file_state(context_, name.path);
      // Of a device it is not known what comes out of it; a directory is an empty file.
      if (state != "empty") read_file(module, name.path, files);
      files.fails |=
          files.all.empty() && state != "empty" && file->fails && name.path != file->usual;
    }
    return files.fails ? nullptr : &files;
  }

  void set(std::string_view key, Found& found, std::string value, std::string_view source,
           Place place, std::string_view reason) {
    if (found.place) lost(key, place, *found.place, found.value.value_or(""), reason);
    found = {std::move(value), source, std::move(place), found.is_decided};
  }

  // A line that is read, and is too late.
  void lose(std::string_view key, const Found& found, std::string_view value, const Place& place) {
    lost(key, *found.place, place, value, "the first line counts");
  }

  // Once, though many services have the line.
  void lost(std::string_view key, const Place& winner, const Place& loser, std::string_view value,
            std::string_view reason) {
    const LocationId at = locate(winner.path, winner.span);
    const LocationId other = locate(loser.path, loser.span);
    if (lost_.emplace(std::string(key), std::pair(at, other)).second)
      context_.store().overridden(kPamOptionTable, key, at, other, value, reason);
  }

  void write_module(const PamModule& module, Files& files, const PamConfig::Service* service,
                    Type type, const PamHandler* entry) {
    const std::string stem(module.name.substr(0, module.name.find('.')));
    std::map<std::string_view, Found> all = settings_of(module, files);
    for (const PamOption& option : module.options) {
      Found& found = all[option.name];
      if (entry)
        take_arguments(module, option, stem + "." + std::string(option.name), *entry, found);
      if (option.name == "delay" && !found.value) delay_of_login_defs(found);
    }
    if (const auto root = all.find("root_unlock_time"); root != all.end() && !root->second.value)
      root->second = all["unlock_time"];
    if (module.name == "pam_unix.so") finish_unix(type, entry, all);
    for (const auto& [name, found] : all)
      if (!name.empty())
        emit(stem + "." + std::string(name), module, found, files.name, service, type, entry);
  }

  // Of many lines of many stacks that read the same files.
  const std::map<std::string_view, Found>& settings_of(const PamModule& module, Files& files) {
    if (!files.settings.empty()) return files.settings;
    const std::string stem(module.name.substr(0, module.name.find('.')));
    for (const PamOption& option : module.options)
      if (Found& found = files.settings[option.name]; !option.otherwise.empty())
        found.value = std::string(option.otherwise);
    for (const Read& read : files.all)
      for (const auto& setting : read.file.settings)
        if (const PamOption* const option = pam_setting(module, setting.name))
          take_setting(module, *option, stem + "." + std::string(option->name), read.path, setting,
                       files.settings[option->name]);
    return files.settings;
  }

  void take_setting(const PamModule& module, const PamOption& option, const std::string& key,
                    const std::string& path, const parsers::pam_module_conf::Setting& setting,
                    Found& found) {
    auto value = pam_value(module, option, setting.value, false);
    const bool is_late = module.first_counts && found.is_decided;
    // The first one counts, even if its value is none.
    found.is_decided = true;
    if (!value) return;
    const Place place{path, setting.span, setting.value_span};
    if (is_late && !found.place) return;
    if (is_late)
      lose(key, found, *value, place);
    else
      set(key, found, std::move(*value), "file", place, "read later");
  }

  void take_arguments(const PamModule& module, const PamOption& option, const std::string& key,
                      const PamHandler& entry, Found& found) {
    for (const Argument& argument : entry.line->arguments) {
      const auto value = pam_argument(module, option, argument.text);
      if (!value) continue;
      Span value_span = argument.span;
      if (option.form != PamOption::Form::flag)
        value_span.column += static_cast<uint32_t>(argument.text.size() - value->size());
      if (auto taken = pam_value(module, option, *value, true))
        set(key, found, std::move(*taken), "argument", {*entry.path, argument.span, value_span},
            found.source == "argument" ? "the last of the module's arguments counts"
                                       : "the module's argument counts before its file");
    }
  }

  // What depends on how the password is hashed: of login.defs and of the arguments the last method counts.
  void finish_unix(Type type, const PamHandler* entry, std::map<std::string_view, Found>& all) {
    if (!entry) return;
    if (type != Type::password) {
      all.erase("rounds");
      return;
    }
    Found method;
    method.value = "des";
    if (login_method_)
      if (const auto known = pam_hash_method(parsers::lower(login_method_->value)); !known.empty())
        method = {std::string(known), "file",
                  Place{login_path_, login_method_->span, login_method_->value_span}};
    if (login_rounds_ && method.value->starts_with("sha") && !all["rounds"].place)
      all["rounds"] = {login_rounds_->value, "file",
                       Place{login_path_, login_rounds_->span, login_rounds_->value_span}};
    for (const Argument& argument : entry->line->arguments)
      if (const auto known = pam_hash_method(argument.text); !known.empty())
        set("pam_unix.method", method, std::string(known), "argument",
            {*entry->path, argument.span, argument.span},
            method.source == "argument" ? "the last of the module's arguments counts"
                                        : "the module's argument counts before login.defs");
    Found& rounds = all["rounds"];
    rounds.value = pam_rounds(*method.value, rounds.value);
    Found& least = all["minlen"];
    // Of a password more than eight characters do not count then.
    if (*method.value == "des" && least.value && least.value->size() < 10 &&
        std::stol(*least.value) > 8)
      least.value = "8";
    all["method"] = std::move(method);
  }

  void delay_of_login_defs(Found& found) {
    if (!login_delay_) return;
    const std::string& text = login_delay_->value;
    size_t digits = 0;
    while (digits < text.size() && parsers::is_digit(text[digits])) ++digits;
    if (digits > 0 && digits < 7)
      found = {std::to_string(std::stol(text.substr(0, digits)) * 1'000'000), "file",
               Place{login_path_, login_delay_->span, login_delay_->value_span}};
  }

  // pam_modutil_search_key(): "NAME=value" is taken, a '#' begins a comment anywhere, and the first line of a name
  // counts, all otherwise than for shadow's own programs.
  void read_login_defs() {
    if (context_.is_fragment()) return;
    const auto text = context_.read(kLoginDefs);
    if (!text) return;
    login_path_ = text->path;
    using parsers::pam_module_conf::Lines;
    for (auto& setting : parsers::pam_module_conf::parse(text->text, Lines::any).settings)
      for (const auto& [name, kept] : {std::pair("encrypt_method", &login_method_),
                                       std::pair("sha_crypt_max_rounds", &login_rounds_),
                                       std::pair("fail_delay", &login_delay_)})
        if (!*kept && parsers::lower(setting.name) == name) *kept = setting;
  }

  void emit(const std::string& key, const PamModule& module, const Found& found,
            const std::string& file, const PamConfig::Service* service, Type type,
            const PamHandler* entry) {
    if (context_.is_fragment() && !found.place) return;
    // Several lines that end up with the same setting of the same file are one fact.
    const std::string same = key + '\0' + std::string(parsers::pam_conf::name(type)) + '\0' + file +
                             '\0' + (found.source == "argument" ? std::to_string(rows_) : "");
    if (!written_.insert(same).second) return;
    ++rows_;
    const bool has_value = found.place && found.place->span != found.place->value_span &&
                           found.place->value_span.column < found.place->value_span.end_column;
    context_.store().insert(
        kPamOptionTable,
        {std::string_view(key),
         found.value && !found.value->empty() ? Value(std::string_view(*found.value))
                                              : Value(Null{}),
         module.name, entry ? Value(parsers::pam_conf::name(type)) : Value(Null{}), found.source,
         service ? Value(std::string_view(service->name)) : Value(Null{}),
         found.place ? Value(locate(found.place->path, found.place->span)) : Value(Null{}),
         has_value ? Value(locate(found.place->path, found.place->value_span)) : Value(Null{}),
         entry ? Value(locate(*entry->path, entry->line->span)) : Value(Null{})});
  }

  LocationId locate(const std::string& path, Span span) {
    return context_.store().locate(path, span);
  }

  Context& context_;
  const PamConfig& config_;
  const bool has_history_file_;
  std::map<std::string, Files> read_;  // of the module at hand, by the path that is named
  Files nothing_;
  std::string login_path_;
  std::optional<parsers::pam_module_conf::Setting> login_method_;
  std::optional<parsers::pam_module_conf::Setting> login_rounds_;
  std::optional<parsers::pam_module_conf::Setting> login_delay_;
  std::set<std::string> written_;
  std::set<std::pair<std::string, std::pair<LocationId, LocationId>>> lost_;
  size_t rows_ = 0;
};

}  // namespace

void write_pam_options(Context& context, const PamConfig& config) {
  Options(context, config).write();
}

}  // namespace drydock::facts
