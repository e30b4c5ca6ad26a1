// dockerd(8), "Daemon configuration file": daemon.json at --config-file, else
// /etc/docker/daemon.json, and the flags of the command line are one configuration. "The
// configuration options set through the configuration file must not conflict with options set via
// flags. The Docker daemon fails to start if an option is duplicated between the file and the
// flags, regardless of their value." An empty text, null and an empty list in the file leave the
// default in place. Each claim was tried on dockerd 20.10.24.
#include "analyzer/facts/collect/docker_config.h"

#include <algorithm>
#include <set>

#include "analyzer/facts/collect/docker_command.h"
#include "analyzer/facts/collect/docker_value.h"
#include "parsers/dockerd_args.h"
#include "parsers/json.h"

namespace drydock::facts {
namespace {

namespace json = parsers::json;
using parsers::dockerd_args::find_flag;
using parsers::dockerd_args::find_key;
using parsers::dockerd_args::Flag;

constexpr std::string_view kFile = "etc/docker/daemon.json";
constexpr std::string_view kSnapFile = "var/snap/docker/current/config/daemon.json";

// What dockerd does when nothing says otherwise (its reference, "Usage: dockerd COMMAND"). Keys
// whose default is "nothing" or depends on the host (storage-driver, cgroup-parent, userns-remap)
// have no row.
struct Default {
  std::string_view key, value;
};
constexpr Default kDefaults[] = {
    {"data-root", "/var/lib/docker"},
    {"debug", "false"},
    {"default-ipc-mode", "private"},
    {"default-runtime", "runc"},
    {"exec-root", "/var/run/docker"},
    {"experimental", "false"},
    {"group", "docker"},
    {"hosts", "unix:///var/run/docker.sock"},
    {"icc", "true"},
    {"ip", "0.0.0.0"},
    {"ip-forward", "true"},
    {"ip-masq", "true"},
    {"iptables", "true"},
    {"ipv6", "false"},
    {"live-restore", "false"},
    {"log-driver", "json-file"},
    {"log-level", "info"},
    {"no-new-privileges", "false"},
    {"selinux-enabled", "false"},
    {"tls", "false"},
    {"tlsverify", "false"},
    {"userland-proxy", "true"},
};

// Keys of the file that are no flag, with the type they have.
struct FileKey {
  std::string_view key;
  json::Kind kind;
};
constexpr FileKey kFileKeys[] = {
    {"builder", json::Kind::object},
    {"deprecated-key-path", json::Kind::string},
    {"dns", json::Kind::array},
    {"dns-search", json::Kind::array},
    {"host-gateway-ips", json::Kind::array},
    {"proxies", json::Kind::object},
    {"swarm-raft-election-tick", json::Kind::number},
    {"swarm-raft-heartbeat-tick", json::Kind::number},
    // Flags whose values are no text in the file.
    {"cluster-store-opts", json::Kind::object},
    {"cpu-rt-period", json::Kind::number},
    {"cpu-rt-runtime", json::Kind::number},
    {"default-network-opts", json::Kind::object},
    {"default-ulimits", json::Kind::object},
    {"features", json::Kind::object},
    {"log-opts", json::Kind::object},
    {"max-concurrent-downloads", json::Kind::number},
    {"max-concurrent-uploads", json::Kind::number},
    {"max-download-attempts", json::Kind::number},
    {"mtu", json::Kind::number},
    {"network-control-plane-mtu", json::Kind::number},
    {"network-diagnostic-port", json::Kind::number},
    {"oom-score-adjust", json::Kind::number},
    {"runtimes", json::Kind::object},
    {"shutdown-timeout", json::Kind::number},
};

// Flags that the file has no key for.
bool is_flag_only(std::string_view name) {
  return name == "config-file" || name == "help" || name == "version" || name == "validate";
}

// The type of a key; nullopt: dockerd has no such key.
std::optional<std::vector<json::Kind>> kinds_of(std::string_view key) {
  for (const FileKey& known : kFileKeys)
    if (known.key == key) return std::vector{known.kind};
  const Flag* flag = find_key(key);
  if (flag == nullptr || is_flag_only(flag->name)) return std::nullopt;
  if (flag->is_list) return std::vector{json::Kind::array};
  return std::vector{flag->is_boolean ? json::Kind::boolean : json::Kind::string};
}

// A string's text without its quotes, so that an edit puts a value in their place.
Span inside(const json::Value& value) {
  Span span = value.span;
  if (value.is(json::Kind::string) && span.end_column > span.column + 1)
    ++span.column, --span.end_column;
  return span;
}

class FileReader {
 public:
  FileReader(DockerConfig& config, std::string path) : config_(config), path_(std::move(path)) {}

  void read(const json::Value& root) {
    if (!root.is(json::Kind::object)) {
      // "null" is an empty configuration to Go.
      if (!root.is(json::Kind::null))
        error("wrong-type", "", "dockerd wants an object, not " + article(root.kind), root.span);
      return;
    }
    for (const json::Value& member : root.items)
      if (root.find(member.key) == &member)
        key(member);
      else if (has_type(
                   member))  // lost against the same key further down, and looked at all the same
        check(member);
  }

 private:
  static std::string article(json::Kind kind) {
    const std::string_view word = name(kind);
    return (word[0] == 'a' || word[0] == 'o' ? "an " : "a ") + std::string(word);
  }

  static Span whole(const json::Value& member) {
    return {member.key_span.line, member.key_span.column, member.span.end_line,
            member.span.end_column};
  }

  static Span whole_or_value(const json::Value& value) {
    return value.key_span.line == 0 ? value.span : whole(value);
  }

  void error(std::string_view kind, const std::string& key, std::string message, Span span) {
    config_.errors.push_back({kind, key, std::move(message), path_, span, "", {}});
  }

  void add(std::string key, std::string value, const json::Value& at, int64_t ordinal = 0,
           bool editable = true) {
    const bool is_member = at.key_span.line != 0;
    config_.settings.push_back({std::move(key), std::move(value), "daemon.json", ordinal, path_,
                                is_member ? whole(at) : at.span,
                                editable ? std::optional(inside(at)) : std::nullopt});
  }

  // dockerd takes the name of a flag for one of its keys, and then does not find a value in it: "host" instead of
  // "hosts".
  static bool is_other_name(std::string_view key) {
    return find_flag(key) != nullptr && !kinds_of(key);
  }

  void ignored(const json::Value& member) {
    const std::string key(find_flag(member.key)->config_key());
    error("ignored-key", member.key,
          "'" + member.key + "' has no effect" +
              (key == member.key ? "" : ": the key is '" + key + "'"),
          member.key_span);
  }

  // Is the value of a known key of the type it takes? If not, that is said.
  bool has_type(const json::Value& member) {
    const auto kinds = kinds_of(member.key);
    if (!kinds || member.is(json::Kind::null) ||
        std::ranges::find(*kinds, member.kind) != kinds->end())
      return true;
    error("wrong-type", member.key,
          "'" + member.key + "' is " + article(member.kind) + "; dockerd wants " +
              article(kinds->front()),
          member.span);
    return false;
  }

  void check(const json::Value& member) {
    for (const DockerValueError& problem : docker_member_problems(member))
      error(problem.is_type ? "wrong-type" : "invalid-value", member.key, problem.message,
            problem.at == &member ? member.span : whole_or_value(*problem.at));
  }

  void key(const json::Value& member) {
    config_.file_keys.try_emplace(member.key, path_, whole(member));
    if (!kinds_of(member.key)) {
      if (is_other_name(member.key)) return ignored(member);
      if (member.is(json::Kind::object)) return unknown_object(member);
      return error("unknown-key", member.key, "dockerd knows no key '" + member.key + "'",
                   member.key_span);
    }
    if (member.is(json::Kind::null) || !has_type(member)) return;
    check(member);
    // "graph" is what "data-root" was called before 17.05.
    const std::string key = member.key == "graph" ? "data-root" : member.key;
    if (member.is(json::Kind::array)) {
      int64_t ordinal = 0;
      for (const json::Value& item : member.items) {
        if (item.is(json::Kind::object))
          object(key + "." + std::to_string(ordinal), item);
        else
          add(key, item.text, item, ordinal);
        ++ordinal;
      }
    } else if (member.is(json::Kind::object)) {
      object(key, member);
    } else if (!member.text.empty()) {
      add(key, member.text, member);
    }
  }

  // dockerd takes the members of an object it does not know for keys of the file: unknown ones it
  // refuses, switches of the command line have their effect, and the rest has none, without a word.
  void unknown_object(const json::Value& object) {
    for (const json::Value& member : object.items) {
      if (object.find(member.key) != &member) continue;
      config_.file_keys.try_emplace(member.key, path_, whole(member));
      const Flag* flag = find_key(member.key);
      if (is_other_name(member.key))
        ignored(member);
      else if (!kinds_of(member.key))
        error("unknown-key", member.key,
              "dockerd knows neither '" + object.key + "' nor '" + member.key + "'",
              member.key_span);
      else if (flag != nullptr && flag->is_boolean && member.is(json::Kind::boolean))
        add(member.key, member.text, member);
      else
        error("ignored-key", member.key,
              "'" + member.key + "' has no effect inside '" + object.key + "'", member.key_span);
    }
  }

  // The members of a map, flattened: "log-opts.max-size". Three levels are enough for every map of
  // dockerd; json bounds the depth in any case.
  void object(const std::string& key, const json::Value& map) {
    for (const json::Value& member : map.items) {
      if (map.find(member.key) != &member) continue;
      // Proxies are keys of their own one level deeper.
      const bool is_proxy = key == "proxies";
      if (is_proxy) config_.file_keys.try_emplace(member.key, path_, whole(member));
      const std::string name = is_proxy ? member.key : key + "." + member.key;
      if (key == "default-ulimits" && member.is(json::Kind::object))
        add(name, ulimit(member), member, 0, false);
      else if (key == "runtimes" && member.is(json::Kind::object))
        runtime(name, member);
      else if (member.is(json::Kind::object))
        object(name, member);
      else if (member.is(json::Kind::array))
        list(name, member);
      else if (!member.is(json::Kind::null))
        add(name, member.text, member);
    }
  }

  void list(const std::string& key, const json::Value& array) {
    int64_t ordinal = 0;
    for (const json::Value& item : array.items) {
      if (!item.is(json::Kind::object) && !item.is(json::Kind::array))
        add(key, item.text, item, ordinal);
      ++ordinal;
    }
  }

  // As --default-ulimit has it: soft:hard.
  static std::string ulimit(const json::Value& value) {
    const json::Value* soft = value.find("Soft");
    const json::Value* hard = value.find("Hard");
    const std::string low = soft ? soft->text : "0";
    const std::string high = hard ? hard->text : "0";
    return low + ":" + high;
  }

  // The program of a runtime; "runtimeType" names a shim instead.
  void runtime(const std::string& key, const json::Value& value) {
    for (const std::string_view member : {"path", "runtimeType"})
      if (const json::Value* at = value.find(member); at && at->is(json::Kind::string))
        return add(key, at->text, *at);
    add(key, "", value, 0, false);
  }

  DockerConfig& config_;
  std::string path_;
};

void read_file(Context& context, DockerConfig& config) {
  const auto text = context.read(config.config_path);
  if (!text) return;
  const json::Document document = json::parse(text->text);
  context.issues(text->path, document.errors);
  if (document.root) FileReader(config, text->path).read(*document.root);
}

void join_flags(DockerConfig& config, const DockerCommand& command) {
  std::map<std::string, DockerSetting> single;
  std::map<std::string, int64_t> ordinals;
  std::set<std::string> said;
  std::map<std::string, DockerSetting> runtimes;
  std::map<std::string, std::string_view> spellings;
  for (const DockerOption& option : command.options) {
    std::string key(option.flag->config_key());
    if (key == "graph") key = "data-root";
    if (is_flag_only(option.flag->name)) continue;
    DockerSetting setting{key,         option.value, "flag",           0,
                          option.path, option.span,  option.value_span};
    const auto other = config.file_keys.find(option.flag->config_key());
    if (other != config.file_keys.end() && key != "runtimes" && said.insert(key).second)
      config.errors.push_back(
          {"conflict", key,
           "'" + other->first + "' is set here and by the flag --" + std::string(option.flag->name),
           other->second.first, other->second.second, option.path, option.span});
    if (std::string problem = docker_flag_problem(option.flag->config_key(), option.value);
        !problem.empty())
      config.errors.push_back({"invalid-value",
                               key,
                               std::move(problem) + ", for --" + std::string(option.flag->name),
                               option.path,
                               option.span,
                               "",
                               {}});
    if (option.flag->is_list) {
      // Maps take name=value: log-opt, default-ulimit, add-runtime, feature.
      const size_t equals = setting.value.find('=');
      if ((key == "log-opts" || key == "default-ulimits" || key == "runtimes" ||
           key == "features" || key == "cluster-store-opts") &&
          equals != std::string::npos) {
        setting.key += "." + setting.value.substr(0, equals);
        setting.value = setting.value.substr(equals + 1);
        setting.value_span.reset();
      }
      if (key == "runtimes") {  // dockerd makes small letters of their names
        for (char& c : setting.key)
          c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (const auto [first, is_new] = runtimes.emplace(setting.key, setting); !is_new)
          config.errors.push_back(
              {"conflict", key, "the runtime '" + setting.key.substr(9) + "' is defined twice",
               first->second.path, first->second.span, option.path, option.span});
      }
      setting.ordinal = ordinals[key]++;
      config.settings.push_back(std::move(setting));
      continue;
    }
    // pflag: of a flag that holds one value the last one counts.
    const auto [known, first] = single.try_emplace(key, setting);
    const auto [spelling, is_first] = spellings.emplace(key, option.flag->name);
    if (!is_first && spelling->second != option.flag->name)
      config.errors.push_back({"conflict", key,
                               "--graph and --data-root are the same and exclude each other",
                               known->second.path, known->second.span, option.path, option.span});
    if (!first) {
      config.lost.push_back({setting, known->second, "the flag stands again later"});
      known->second = std::move(setting);
    }
  }
  for (auto& [key, setting] : single) config.settings.push_back(std::move(setting));
  for (const DockerCommandError& error : command.errors)
    config.errors.push_back({"bad-flag", "", error.message, error.path, error.span, "", {}});
}

void add_implied(DockerConfig& config, const DockerCommand& command) {
  // DOCKER_TLS_VERIFY in the daemon's environment is the default of --tlsverify.
  if (const auto found = command.environment.find("DOCKER_TLS_VERIFY");
      found != command.environment.end() && !found->second.value.empty() &&
      config.find("tlsverify") == nullptr)
    config.settings.push_back({"tlsverify", "true", "environment", 0, found->second.path,
                               found->second.span, std::nullopt});
  // "Regardless of whether the user sets it to true or false, if they specify --tlsverify at all
  // then we need to turn on TLS", says dockerd.
  const DockerSetting* verify = config.find("tlsverify");
  const DockerSetting* tls = config.find("tls");
  if (verify != nullptr && (tls == nullptr || tls->value != "true")) {
    DockerSetting on = *verify;
    on.key = "tls";
    on.value = "true";
    on.value_span.reset();
    std::erase_if(config.settings, [](const DockerSetting& s) { return s.key == "tls"; });
    config.settings.push_back(std::move(on));
  } else if (tls != nullptr && tls->value == "true" && verify == nullptr) {
    // --tls alone asks clients for a certificate, too; "tls" in the file did not before 23.0.
    DockerSetting implied = *tls;
    implied.key = "tlsverify";
    implied.value = tls->source == "flag" ? "true" : "false";
    implied.value_span.reset();
    config.settings.push_back(std::move(implied));
  }
}

void add_defaults(DockerConfig& config) {
  for (const Default& fallback : kDefaults)
    if (config.find(fallback.key) == nullptr)
      config.settings.push_back({std::string(fallback.key), std::string(fallback.value), "default",
                                 0, "", Span{}, std::nullopt});
}

bool is_installed(const Tree& tree) {
  for (const std::string_view path :
       {"usr/bin/dockerd", "usr/sbin/dockerd", "usr/local/bin/dockerd", "usr/local/sbin/dockerd",
        "bin/dockerd", "etc/docker", "etc/default/docker", "etc/sysconfig/docker"})
    if (tree.exists(path)) return true;
  return false;
}

// Files that people write flags of dockerd into, which only the script of the old init reads by itself: their
// variable has a meaning where the unit reads the file and has the variable on its command line.
void add_unread_options(Context& context, const DockerCommand& command, DockerConfig& config) {
  constexpr std::string_view kVariables[] = {"DOCKER_OPTS", "OPTIONS", "other_args"};
  for (const std::string_view path : {"etc/default/docker", "etc/sysconfig/docker"}) {
    const auto text = context.read(path);
    if (!text) continue;
    if (std::any_of(command.options.begin(), command.options.end(),
                    [&](const DockerOption& option) { return option.path == text->path; }))
      continue;
    const LineIndex lines(text->text);
    std::optional<DockerConfigError> last;
    for (uint32_t line = 1; line <= lines.line_count(); ++line) {
      const auto [begin, end] = lines.line_bounds(line);
      std::string_view rest = text->text.substr(begin, end - begin);
      const size_t first = rest.find_first_not_of(" \t");
      if (first == std::string_view::npos) continue;
      rest.remove_prefix(first);
      if (rest.starts_with("export ")) rest.remove_prefix(7);
      const size_t sign = rest.find('=');
      const std::string_view name = rest.substr(0, sign);
      if (sign == std::string_view::npos ||
          std::find(std::begin(kVariables), std::end(kVariables), name) == std::end(kVariables))
        continue;
      if (last && last->key == name) last.reset();
      if (rest.find('-', sign) != std::string_view::npos)
        last = DockerConfigError{
            "ignored-file",
            std::string(name),
            "'" + std::string(name) + "' is not read: docker.service starts dockerd without it",
            text->path,
            lines.span(begin + first, end),
            "",
            {}};
    }
    if (last) config.errors.push_back(std::move(*last));
  }
}

std::vector<DockerConfig> load(Context& context) {
  std::vector<DockerConfig> configs;
  const Tree& tree = context.tree();
  if (context.is_fragment()) {
    for (const std::string& path : context.loose(kDockerLooseFiles)) {
      DockerConfig& config = configs.emplace_back();
      config.instance = "system";
      config.config_path = path;
      read_file(context, config);
    }
    for (const DockerCommand& command : loose_docker_commands(context)) {
      DockerConfig& config = configs.emplace_back();
      config.instance = "system";
      join_flags(config, command);
    }
    for (DockerConfig& config : configs) add_implied(config, {});
    return configs;
  }

  const std::optional<DockerCommand> command = docker_command(context);
  if (command || is_installed(tree)) {
    DockerConfig& config = configs.emplace_back();
    config.instance = "system";
    config.config_path = kFile;
    if (command)
      for (const DockerOption& option : command->options)
        if (option.flag->name == "config-file") config.config_path = normal_path(option.value);
    read_file(context, config);
    if (command) join_flags(config, *command);
    check_joined(config, !command || command->is_dockerd);
    if (command && command->is_dockerd) add_unread_options(context, *command, config);
    if (config.config_path != kFile && tree.exists(kFile))
      config.errors.push_back(
          {"ignored-file",
           "",
           "the file is not read: dockerd is told to read '/" + config.config_path + "'",
           std::string(kFile),
           Span{},
           "",
           {}});
    add_implied(config, command.value_or(DockerCommand{}));
    add_defaults(config);
  }
  const auto add = [&](std::string_view instance, std::string path,
                       const std::optional<DockerCommand>& started) {
    if (!started && !tree.exists(path)) return;
    DockerConfig& config = configs.emplace_back();
    config.instance = instance;
    config.config_path = std::move(path);
    if (started)
      for (const DockerOption& option : started->options)
        if (option.flag->name == "config-file") config.config_path = normal_path(option.value);
    read_file(context, config);
    if (started) join_flags(config, *started);
    check_joined(config, started.has_value());
    add_implied(config, started.value_or(DockerCommand{}));
  };
  add("snap", std::string(kSnapFile), std::nullopt);
  // Rootless mode, docs "Run the Docker daemon as a non-root user": ~/.config/docker/daemon.json.
  if (const auto homes = tree.list("home"))
    for (const std::string& home : *homes)
      add("rootless", "home/" + home + "/.config/docker/daemon.json",
          rootless_docker_command(context, "home/" + home));
  return configs;
}

struct DockerConfigs {
  std::vector<DockerConfig> list;
};

}  // namespace

const DockerSetting* DockerConfig::find(std::string_view key) const {
  for (const DockerSetting& setting : settings)
    if (setting.key == key) return &setting;
  return nullptr;
}

std::vector<const DockerSetting*> DockerConfig::all(std::string_view key) const {
  std::vector<const DockerSetting*> out;
  for (const DockerSetting& setting : settings)
    if (setting.key == key) out.push_back(&setting);
  return out;
}

std::string_view DockerConfig::value(std::string_view key) const {
  const DockerSetting* found = find(key);
  return found ? std::string_view(found->value) : std::string_view{};
}

const std::vector<DockerConfig>& docker_configs(Context& context) {
  return context.shared<DockerConfigs>([&] { return DockerConfigs{load(context)}; }).list;
}

}  // namespace drydock::facts
