// pam_faillock(8), faillock.conf(5): the file is read first, then the module's arguments replace what
// it says. pam_pwquality(8), pwquality.conf(5): /etc/security/pwquality.conf.d/*.conf in the order
// of their names, then pwquality.conf, then the arguments; the later value wins, and a setting that
// is not understood ends the reading of files. pam_pwhistory(8), pwhistory.conf(5): the file, then
// the arguments. pam_unix(8): arguments only; without one that names a hash method, ENCRYPT_METHOD of
// login.defs(5) counts. pam_faildelay(8): its argument, else FAIL_DELAY of login.defs.
#include "analyzer/facts/collect/pam_option.h"

#include <algorithm>
#include <set>

#include "analyzer/source/tree.h"
#include "parsers/login_defs.h"
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
        "default. A module that no stack calls counts if its file is there.",
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

enum class Form : uint8_t {
  number,    // an integer, as strtol takes it
  positive,  // digits, anything behind them is not looked at (sscanf %u)
  time,      // the same, or "never", which is 0
  word,
  flag,
};

struct Option {
  std::string_view name;
  Form form;
  std::string_view otherwise;  // the default; empty: none
};

// faillock.conf(5), "OPTIONS".
constexpr Option kFaillock[] = {{"deny", Form::positive, "3"},
                                {"fail_interval", Form::time, "900"},
                                {"unlock_time", Form::time, "600"},
                                {"root_unlock_time", Form::time, ""},
                                {"dir", Form::word, "/var/run/faillock"},
                                {"admin_group", Form::word, ""},
                                {"even_deny_root", Form::flag, "no"},
                                {"audit", Form::flag, "no"},
                                {"silent", Form::flag, "no"},
                                {"no_log_info", Form::flag, "no"},
                                {"local_users_only", Form::flag, "no"},
                                {"nodelay", Form::flag, "no"}};
// pwquality.conf(5), "OPTIONS".
constexpr Option kPwquality[] = {
    {"difok", Form::number, "1"},           {"minlen", Form::number, "8"},
    {"dcredit", Form::number, "0"},         {"ucredit", Form::number, "0"},
    {"lcredit", Form::number, "0"},         {"ocredit", Form::number, "0"},
    {"minclass", Form::number, "0"},        {"maxrepeat", Form::number, "0"},
    {"maxsequence", Form::number, "0"},     {"maxclassrepeat", Form::number, "0"},
    {"gecoscheck", Form::number, "0"},      {"dictcheck", Form::number, "1"},
    {"usercheck", Form::number, "1"},       {"usersubstr", Form::number, "0"},
    {"enforcing", Form::number, "1"},       {"retry", Form::number, "1"},
    {"badwords", Form::word, ""},           {"dictpath", Form::word, ""},
    {"enforce_for_root", Form::flag, "no"}, {"local_users_only", Form::flag, "no"}};
// pam_pwhistory(8), "OPTIONS".
constexpr Option kPwhistory[] = {{"remember", Form::positive, "10"},
                                 {"retry", Form::positive, "1"},
                                 {"file", Form::word, "/etc/security/opasswd"},
                                 {"enforce_for_root", Form::flag, "no"},
                                 {"use_authtok", Form::flag, "no"}};
// pam_unix(8), "OPTIONS".
constexpr Option kUnix[] = {
    {"nullok", Form::flag, "no"},       {"nodelay", Form::flag, "no"},
    {"use_authtok", Form::flag, "no"},  {"obscure", Form::flag, "no"},
    {"remember", Form::positive, "0"},  {"rounds", Form::positive, ""},
    {"minlen", Form::positive, "6"},    {"no_pass_expiry", Form::flag, "no"},
    {"broken_shadow", Form::flag, "no"}};
// pam_wheel(8), "OPTIONS".
constexpr Option kWheel[] = {{"group", Form::word, ""},
                             {"use_uid", Form::flag, "no"},
                             {"trust", Form::flag, "no"},
                             {"deny", Form::flag, "no"},
                             {"root_only", Form::flag, "no"}};
constexpr Option kFaildelay[] = {{"delay", Form::positive, ""}};

struct Module {
  std::string_view name;  // "pam_faillock.so"
  std::span<const Option> options;
  std::string_view file;  // empty: none
};
constexpr Module kModules[] = {{"pam_faillock.so", kFaillock, "etc/security/faillock.conf"},
                               {"pam_pwquality.so", kPwquality, "etc/security/pwquality.conf"},
                               {"pam_pwhistory.so", kPwhistory, "etc/security/pwhistory.conf"},
                               {"pam_unix.so", kUnix, ""},
                               {"pam_wheel.so", kWheel, ""},
                               {"pam_faildelay.so", kFaildelay, ""}};

constexpr std::string_view kLoginDefs = "etc/login.defs";
constexpr std::string_view kQualityDirectory = "etc/security/pwquality.conf.d";

// pam_unix(8): arguments that choose how passwords are hashed; the last one counts.
constexpr std::string_view kMethods[] = {"md5",      "bigcrypt",      "sha256",  "sha512",
                                         "yescrypt", "gost_yescrypt", "blowfish"};

bool equal_nocase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; };
    return lower(x) == lower(y);
  });
}

// The value as the module takes it; nullopt: it does not, and keeps what it had.
std::optional<std::string> normal(const Option& option, std::string_view value) {
  const auto digits = [](std::string_view text) {
    size_t n = 0;
    while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
    return n;
  };
  switch (option.form) {
    case Form::flag:
      return "yes";
    case Form::word:
      if (value.empty()) return std::nullopt;
      return std::string(value);
    case Form::time:
      if (value == "never") return "0";
      [[fallthrough]];
    case Form::positive: {
      const size_t n = digits(value);
      if (n == 0) return std::nullopt;
      return std::string(value.substr(0, n));
    }
    case Form::number: {
      const bool is_signed = value.starts_with('-') || value.starts_with('+');
      const std::string_view number = value.substr(is_signed ? 1 : 0);
      if (number.empty() || number.size() > 9 || digits(number) != number.size())
        return std::nullopt;
      return std::string(value.starts_with('+') ? number : value);
    }
  }
  return std::nullopt;
}

// pwquality_set_int_value: what is too small or too large becomes the bound.
std::string bounded(std::string_view key, std::string value) {
  if (key == "pam_pwquality.minlen" && std::stol(value) < 6) return "6";
  if (key == "pam_pwquality.minclass" && std::stol(value) > 4) return "4";
  return value;
}

struct Place {
  std::string path;
  Span span;
  Span value_span;
};
struct Found {
  std::optional<std::string> value;
  std::string_view source = "default";
  std::optional<Place> place;
};

class Options {
 public:
  Options(Context& context, const PamConfig& config) : context_(context), config_(config) {}

  void write() {
    read_login_defs();
    for (const Module& module : kModules) {
      load_files(module);
      std::set<const parsers::pam_conf::Line*> seen;
      bool is_used = false;
      for (const PamConfig::Service* service : in_order())
        for (size_t type = 0; type < service->stacks.size(); ++type)
          for (const PamHandler& entry : service->stacks[type])
            if (entry.module == module.name && seen.insert(entry.line).second) {
              is_used = true;
              write_module(module, service, static_cast<Type>(type), &entry);
            }
      if (!is_used && !files_.empty()) write_module(module, nullptr, Type::auth, nullptr);
    }
  }

 private:
  struct Read {
    std::string path;
    parsers::pam_module_conf::File file;
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

  bool read_file(const Module& module, std::string_view path) {
    const auto text = context_.read(path);
    if (!text) return true;
    files_.push_back({text->path, parsers::pam_module_conf::parse(text->text)});
    Read& read = files_.back();
    context_.issues(read.path, read.file.errors, {&kPamOptionTable});
    for (size_t i = 0; i < read.file.settings.size(); ++i) {
      const auto& setting = read.file.settings[i];
      const Option* const option = find(module, setting.name);
      // An empty word of pwquality takes the setting back.
      if (option && (normal(*option, setting.value) || option->form == Form::word)) continue;
      const bool ends = module.name == "pam_pwquality.so";
      context_.issue(read.path,
                     {option ? "bad-value" : "unknown-setting", setting.span,
                      option ? "the value is no number that " + std::string(module.name) + " takes"
                      : ends ? "no setting of this name: nothing behind it is read"
                             : "no setting of this name",
                      parsers::Effect::ignored},
                     {&kPamOptionTable});
      if (ends) {
        read.file.settings.resize(i);
        return false;
      }
    }
    return true;
  }

  void load_files(const Module& module) {
    files_.clear();
    if (module.file.empty()) return;
    if (context_.is_fragment()) {
      const std::string_view name = file_name(module.file);
      for (const std::string& path : context_.loose())
        if (file_name(path) == name ||
            (module.name == "pam_pwquality.so" && parent_path(path).ends_with("pwquality.conf.d")))
          read_file(module, path);
      return;
    }
    if (module.name == "pam_pwquality.so")
      for (const std::string& path : context_.tree().glob(kQualityDirectory, "*.conf"))
        if (!read_file(module, path)) return;
    read_file(module, module.file);
  }

  static const Option* find(const Module& module, std::string_view name) {
    for (const Option& option : module.options)
      if (module.name == "pam_pwquality.so" ? equal_nocase(option.name, name) : option.name == name)
        return &option;
    return nullptr;
  }

  void set(std::string_view key, Found& found, std::string value, std::string_view source,
           Place place, std::string_view reason) {
    if (found.place)
      context_.store().overridden(kPamOptionTable, key, locate(place.path, place.span),
                                  locate(found.place->path, found.place->span),
                                  found.value ? std::string_view(*found.value) : "", reason);
    found = {std::move(value), source, std::move(place)};
  }

  void write_module(const Module& module, const PamConfig::Service* service, Type type,
                    const PamHandler* entry) {
    const std::string stem(module.name.substr(0, module.name.find('.')));
    for (const Option& option : module.options) {
      const std::string key = stem + "." + std::string(option.name);
      Found found;
      if (!option.otherwise.empty()) found.value = std::string(option.otherwise);
      for (const Read& read : files_)
        for (const auto& setting : read.file.settings)
          if (find(module, setting.name) == &option)
            if (auto value = normal(option, setting.value))
              set(key, found, bounded(key, std::move(*value)), "file",
                  {read.path, setting.span, setting.value_span}, "read later");
      if (entry) take_arguments(module, option, key, *entry, found);
      if (key == "pam_faildelay.delay" && !found.value) delay_of_login_defs(found);
      emit(key, module, found, service, type, entry);
    }
    if (module.name == "pam_unix.so") write_method(module, service, type, entry);
  }

  void take_arguments(const Module& module, const Option& option, const std::string& key,
                      const PamHandler& entry, Found& found) {
    for (const Argument& argument : entry.line->arguments) {
      const size_t equals = argument.text.find('=');
      const std::string_view name = std::string_view(argument.text).substr(0, equals);
      const std::string_view value =
          equals == std::string::npos ? "" : std::string_view(argument.text).substr(equals + 1);
      // pam_unix(8) of Debian: nullok_secure is an old name of nullok.
      const bool is_it =
          find(module, name) == &option || (key == "pam_unix.nullok" && name == "nullok_secure");
      if (!is_it) continue;
      Span value_span = argument.span;
      value_span.column += static_cast<uint32_t>(name.size() + 1);
      if (auto taken = normal(option, value))
        set(key, found, bounded(key, std::move(*taken)), "argument",
            {*entry.path, argument.span, value_span},
            "the module's argument counts before its file");
    }
  }

  void write_method(const Module& module, const PamConfig::Service* service, Type type,
                    const PamHandler* entry) {
    if (!entry || type != Type::password) return;
    const std::string key = "pam_unix.method";
    Found found;
    found.value = "des";
    if (login_method_)
      found = {lower(login_method_->value), "file",
               Place{login_path_, login_method_->span, login_method_->value_span}};
    for (const Argument& argument : entry->line->arguments)
      if (std::ranges::find(kMethods, argument.text) != std::end(kMethods))
        set(key, found, argument.text, "argument", {*entry->path, argument.span, argument.span},
            "the module's argument counts before login.defs");
    emit(key, module, found, service, type, entry);
  }

  void delay_of_login_defs(Found& found) {
    if (!login_delay_) return;
    const Option seconds{"FAIL_DELAY", Form::positive, ""};
    if (const auto value = normal(seconds, login_delay_->value); value && value->size() < 7)
      found = {std::to_string(std::stol(*value) * 1'000'000), "file",
               Place{login_path_, login_delay_->span, login_delay_->value_span}};
  }

  static std::string lower(std::string text) {
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return text;
  }

  void read_login_defs() {
    if (context_.is_fragment()) return;
    const auto text = context_.read(kLoginDefs);
    if (!text) return;
    login_path_ = text->path;
    for (auto& setting : parsers::login_defs::parse(text->text).settings) {
      if (setting.name == "ENCRYPT_METHOD") login_method_ = setting;
      if (setting.name == "FAIL_DELAY") login_delay_ = setting;
    }
  }

  void emit(const std::string& key, const Module& module, const Found& found,
            const PamConfig::Service* service, Type type, const PamHandler* entry) {
    if (context_.is_fragment() && !found.place) return;
    // Several lines that end up with the same setting of the same file are one fact.
    const std::string same = key + '\0' + std::string(parsers::pam_conf::name(type)) + '\0' +
                             (found.source == "argument" ? std::to_string(rows_) : "");
    if (!written_.insert(same).second) return;
    ++rows_;
    const bool has_value = found.place && found.place->span != found.place->value_span &&
                           found.place->value_span.column < found.place->value_span.end_column;
    context_.store().insert(
        kPamOptionTable,
        {std::string_view(key), found.value ? Value(std::string_view(*found.value)) : Value(Null{}),
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
  std::vector<Read> files_;  // of the module at hand
  std::string login_path_;
  std::optional<parsers::login_defs::Setting> login_method_;
  std::optional<parsers::login_defs::Setting> login_delay_;
  std::set<std::string> written_;
  size_t rows_ = 0;
};

}  // namespace

void write_pam_options(Context& context, const PamConfig& config) {
  Options(context, config).write();
}

}  // namespace drydock::facts
