#include "analyzer/facts/collect/docker_value.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace drydock::facts {
namespace {

namespace json = parsers::json;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string quoted(std::string_view value, std::string_view what) {
  return "'" + std::string(value) + "' is " + std::string(what);
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// strconv.ParseInt with base 0: 0x, 0o, 0b and underscores are allowed.
bool is_integer(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  std::string_view digits = "0123456789";
  size_t most = 19;
  const std::string head = lower(text.substr(0, 2));
  if (head == "0x") digits = "0123456789abcdefABCDEF", most = 16;
  if (head == "0b") digits = "01", most = 64;
  if (head == "0o") digits = "01234567", most = 22;
  const bool has_prefix = digits.size() != 10;
  if (has_prefix)
    text.remove_prefix(2);
  else if (text.size() > 1 && text[0] == '0')
    digits = "01234567", most = 23;
  std::string plain;
  for (const char c : text)
    if (c != '_') plain += c;
  return !plain.empty() && plain.size() <= most &&
         plain.find_first_not_of(digits) == std::string::npos && (has_prefix || text[0] != '_') &&
         text.back() != '_';
}

// net.ParseIP.
bool is_address(std::string_view text) {
  const std::string address(trimmed(text));
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

// opts.ValidateDNSSearch: names of letters, digits and hyphens, with a letter somewhere.
bool is_domain(std::string_view text) {
  text = trimmed(text);
  if (text == ".") return true;
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  if (text.size() >= 255 || std::ranges::none_of(text, is_letter)) return false;
  for (size_t at = 0; at <= text.size();) {
    const size_t dot = std::min(text.find('.', at), text.size());
    const std::string_view label = text.substr(at, dot - at);
    if (label.empty() || label.front() == '-' || label.back() == '-' ||
        !std::ranges::all_of(label, [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
        }))
      return false;
    at = dot + 1;
  }
  return true;
}

std::string label_problem(std::string_view label) {
  const size_t equals = label.find('=');
  if (equals == std::string_view::npos) return quoted(label, "no label: dockerd wants name=value");
  const std::string name = lower(label.substr(0, equals));
  for (const std::string_view space : {"com.docker.", "io.docker.", "org.dockerproject."})
    if (name.starts_with(space))
      return quoted(label, "a label of a name that Docker keeps for itself");
  return {};
}

// The host and port of an URL; what net/url refuses.
bool is_authority(std::string_view text) {
  text = text.substr(0, text.find_first_of("/?#"));
  if (const size_t user = text.rfind('@'); user != std::string_view::npos)
    text.remove_prefix(user + 1);
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    port = text.substr(end + 1);
  } else if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    port = text.substr(colon);
  }
  return port.empty() || port == ":" || (port[0] == ':' && is_digits(port.substr(1)));
}

// opts.ValidateHost.
std::string host_problem(std::string_view written) {
  const std::string_view host = trimmed(written);
  const size_t sign = host.find("://");
  if (host.empty()) return {};
  const std::string_view scheme = sign == std::string_view::npos ? "tcp" : host.substr(0, sign);
  if (scheme == "unix" || scheme == "fd" || scheme == "npipe") return {};
  if (scheme != "tcp")
    return quoted(written, "nothing dockerd listens on: it wants unix://, tcp:// or fd://");
  const std::string_view rest = sign == std::string_view::npos ? host : host.substr(sign + 3);
  return is_authority(rest) ? "" : quoted(written, "no address and port");
}

// registry.ValidateMirror; a path behind the host is refused by old releases only.
std::string mirror_problem(std::string_view mirror) {
  const size_t sign = mirror.find("://");
  const std::string scheme =
      lower(sign == std::string_view::npos ? std::string_view{} : mirror.substr(0, sign));
  if (scheme != "http" && scheme != "https")
    return quoted(mirror, "no mirror: dockerd wants http:// or https://");
  const std::string_view rest = mirror.substr(sign + 3);
  if (rest.find_first_of("?#") < rest.size() - std::min<size_t>(rest.size(), 1))
    return quoted(mirror, "no mirror: it goes on behind the path");
  if (!is_authority(rest)) return quoted(mirror, "no mirror: that is no host and port");
  if (rest.substr(0, rest.find('/')).find('@') != std::string_view::npos)
    return "a mirror has no user and password in its address";
  return {};
}

// units.RAMInBytes.
bool is_size(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at > begin;
  };
  if (text.starts_with('.') || !digits()) return false;
  while (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && text[at] == ' ') ++at;
  const std::string unit = lower(text.substr(at));
  std::string_view rest = unit;
  if (!rest.empty() && std::string_view("kmgtp").find(rest[0]) != std::string_view::npos)
    rest.remove_prefix(1);
  if (rest.starts_with('i')) rest.remove_prefix(1);
  if (rest.starts_with('b')) rest.remove_prefix(1);
  return rest.empty();
}

// units.ParseUlimit: name=soft[:hard].
std::string ulimit_problem(std::string_view text) {
  constexpr std::array<std::string_view, 15> kNames = {
      "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
      "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos)
    return quoted(text, "no limit: dockerd wants name=soft:hard");
  const std::string_view name = text.substr(0, equals);
  if (std::ranges::find(kNames, name) == kNames.end()) return quoted(name, "no limit of a process");
  std::vector<std::string_view> limits;
  for (std::string_view rest = text.substr(equals + 1);; rest.remove_prefix(rest.find(':') + 1)) {
    limits.push_back(rest.substr(0, rest.find(':')));
    if (rest.find(':') == std::string_view::npos) break;
  }
  std::vector<long long> numbers;
  for (const std::string_view limit : limits) {
    std::string_view plain = limit;
    if (plain.starts_with('-') || plain.starts_with('+')) plain.remove_prefix(1);
    if (!is_digits(plain) || plain.size() > 18) return quoted(limit, "no number");
    numbers.push_back(std::atoll(std::string(limit).c_str()));
  }
  if (limits.size() > 2) return quoted(text, "no limit: it has more than a soft and a hard one");
  if (limits.size() == 2 && numbers[1] != -1 && (numbers[0] == -1 || numbers[0] > numbers[1]))
    return "the soft limit of " + std::string(name) + " is beyond the hard one";
  return {};
}

std::string pool_problem(std::string_view text) {
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view field = text.substr(0, comma);
    const size_t equals = field.find('=');
    if (equals == std::string_view::npos) return quoted(field, "not of the form name=value");
    const std::string key = lower(field.substr(0, equals));
    if (key != "base" && key != "size") return quoted(key, "unknown: a pool has base and size");
    if (key == "size" && !is_digits(trimmed(field.substr(equals + 1))))
      return quoted(field.substr(equals + 1), "no number");
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

std::string one_of(std::string_view value, std::initializer_list<std::string_view> words) {
  if (value.empty() || std::ranges::find(words, value) != words.end()) return {};
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  return quoted(value, "none of " + list);
}

constexpr std::array<std::string_view, 12> kIntegers = {"cpu-rt-period",
                                                        "cpu-rt-runtime",
                                                        "max-concurrent-downloads",
                                                        "max-concurrent-uploads",
                                                        "max-download-attempts",
                                                        "mtu",
                                                        "network-control-plane-mtu",
                                                        "network-diagnostic-port",
                                                        "oom-score-adjust",
                                                        "shutdown-timeout",
                                                        "swarm-raft-election-tick",
                                                        "swarm-raft-heartbeat-tick"};

bool is_address_key(std::string_view key) {
  return key == "ip" || key == "default-gateway" || key == "default-gateway-v6" ||
         key == "host-gateway-ip" || key == "host-gateway-ips" || key == "dns";
}

bool is_map_of_strings(std::string_view key) {
  return key == "log-opts" || key == "cluster-store-opts";
}

class Member {
 public:
  explicit Member(const json::Value& member) : member_(member), key_(member.key) {}

  std::vector<DockerValueError> check() {
    if (member_.is(json::Kind::number)) number();
    if (member_.is(json::Kind::string) && !member_.text.empty()) value(member_);
    if (member_.is(json::Kind::array))
      for (const json::Value& item : member_.items) element(item);
    if (member_.is(json::Kind::object))
      for (const json::Value& item : member_.items)
        if (member_.find(item.key) == &item) entry(item);
    return std::move(out_);
  }

 private:
  void refuse(const json::Value& at, std::string message) {
    out_.push_back({&at, false, std::move(message)});
  }

  // null is like nothing to Go.
  bool want(const json::Value& at, json::Kind kind) {
    if (at.is(kind)) return true;
    if (!at.is(json::Kind::null))
      out_.push_back({&at, true,
                      "'" + (at.key.empty() ? key_ : key_ + "." + at.key) + "' holds a " +
                          std::string(name(at.kind)) + "; dockerd wants a " +
                          std::string(name(kind))});
    return false;
  }

  void value(const json::Value& at) {
    if (std::string problem = docker_value_problem(key_, at.text); !problem.empty())
      refuse(at, std::move(problem));
  }

  void number() {
    if (std::ranges::find(kIntegers, key_) == kIntegers.end()) return;
    const auto number = member_.integer();
    if (!number || (key_.starts_with("swarm-raft-") && *number < 0))
      refuse(member_, quoted(member_.text, "no number dockerd takes for " + key_));
    else
      value(member_);
  }

  void element(const json::Value& item) {
    if (key_ != "default-address-pools") {
      if (want(item, json::Kind::string)) value(item);
    } else if (want(item, json::Kind::object)) {
      for (const json::Value& part : item.items) {
        if (lower(part.key) == "base") want(part, json::Kind::string);
        if (lower(part.key) == "size" && want(part, json::Kind::number) && !part.integer())
          refuse(part, quoted(part.text, "no number of bits"));
      }
    }
  }

  void entry(const json::Value& item) {
    if (is_map_of_strings(key_)) want(item, json::Kind::string);
    if (key_ == "features") want(item, json::Kind::boolean);
    if (key_ == "default-ulimits" && want(item, json::Kind::object))
      for (const json::Value& part : item.items) {
        const std::string part_name = lower(part.key);
        if (part_name == "name") want(part, json::Kind::string);
        if ((part_name == "soft" || part_name == "hard") && want(part, json::Kind::number) &&
            !part.integer())
          refuse(part, quoted(part.text, "no limit"));
      }
    if (key_ == "runtimes") runtime(item);
    if (key_ == "builder" && lower(item.key) == "gc" && want(item, json::Kind::object))
      for (const json::Value& part : item.items) {
        if (lower(part.key) == "enabled") want(part, json::Kind::boolean);
        if (lower(part.key) == "defaultkeepstorage") want(part, json::Kind::string);
        if (lower(part.key) == "policy") want(part, json::Kind::array);
      }
  }

  void runtime(const json::Value& item) {
    if (item.key == "runc") refuse(item, "the runtime runc is dockerd's own and not to be changed");
    if (!want(item, json::Kind::object)) return;
    for (const json::Value& part : item.items) {
      const std::string part_name = lower(part.key);
      if (part_name == "path") want(part, json::Kind::string);
      if (part_name == "runtimeargs" && want(part, json::Kind::array))
        for (const json::Value& word : part.items) want(word, json::Kind::string);
    }
  }

  const json::Value& member_;
  const std::string key_;
  std::vector<DockerValueError> out_;
};

void add_error(DockerConfig& config, const DockerSetting& setting, std::string message,
               const DockerSetting* other = nullptr) {
  config.errors.push_back({"invalid-value", setting.key, std::move(message), setting.path,
                           setting.span, other ? other->path : "", other ? other->span : Span{}});
}

// config.GetConflictFreeLabels.
void check_labels(DockerConfig& config) {
  std::map<std::string, const DockerSetting*> known;
  for (const DockerSetting* label : config.all("labels")) {
    const std::string name = label->value.substr(0, label->value.find('='));
    const auto [first, is_new] = known.emplace(name, label);
    if (is_new || first->second->value == label->value) continue;
    const DockerSetting at = *label, other = *first->second;
    return add_error(config, at, "the label '" + name + "' has two values", &other);
  }
}

// api/types/swarm GenericResource: of one kind either names or one count.
void check_resources(DockerConfig& config) {
  std::map<std::string, bool> counts;
  for (const DockerSetting* resource : config.all("node-generic-resources")) {
    const size_t equals = resource->value.find('=');
    if (equals == std::string::npos) continue;  // said already
    const std::string value = resource->value.substr(equals + 1);
    const DockerSetting at = *resource;
    const bool is_negative = value.starts_with('-') && is_digits(value.substr(1));
    const auto [first, is_new] =
        counts.emplace(at.value.substr(0, equals), is_digits(value) || is_negative);
    if (is_negative) return add_error(config, at, quoted(value, "no count of a resource"));
    if (!is_new)
      if (first->second || is_digits(value))
        return add_error(config, at, "'" + first->first + "' has a count and names, or two counts");
  }
}

void check_runtime(DockerConfig& config) {
  const DockerSetting* chosen = config.find("default-runtime");
  if (chosen == nullptr || chosen->value.empty() || chosen->value == "runc") return;
  if (config.find("runtimes." + chosen->value) != nullptr) return;
  // A shim of containerd: "io.containerd.kata.v2".
  const size_t dot = chosen->value.rfind('.');
  if (chosen->value.find('/') == std::string::npos && dot != std::string::npos && dot > 0) return;
  const DockerSetting at = *chosen;
  add_error(config, at, "there is no runtime '" + at.value + "'");
}

}  // namespace

std::string docker_value_problem(std::string_view key, std::string_view value) {
  if (is_address_key(key)) return is_address(value) ? "" : quoted(value, "no IP address");
  if (key == "dns-search") return is_domain(value) ? "" : quoted(value, "no name of a domain");
  if (key == "labels") return label_problem(value);
  if (key == "hosts") return host_problem(value);
  if (key == "registry-mirrors") return mirror_problem(value);
  if (key == "insecure-registries" || key == "allow-nondistributable-artifacts") {
    if (value.starts_with('-') || value.ends_with('-'))
      return quoted(value, "no name of a registry");
    return {};
  }
  if (key == "default-shm-size") return is_size(value) ? "" : quoted(value, "no size");
  if (key == "default-ipc-mode") return one_of(value, {"private", "shareable"});
  if (key == "default-cgroupns-mode") return one_of(value, {"private", "host"});
  if (key == "log-level")
    return one_of(lower(value),
                  {"trace", "debug", "info", "warn", "warning", "error", "fatal", "panic"});
  if (key == "node-generic-resources" && value.find('=') == std::string_view::npos)
    return quoted(value, "no resource: dockerd wants name=value");
  if ((key.starts_with("max-concurrent-") || key == "max-download-attempts") &&
      value.starts_with('-') && value != "-0")
    return quoted(value, "less than none");
  return {};
}

std::string docker_flag_problem(std::string_view key, std::string_view value) {
  if (std::ranges::find(kIntegers, key) != kIntegers.end() && !is_integer(value))
    return quoted(value, "no number");
  if (key == "default-ulimits") return ulimit_problem(value);
  if (key == "default-address-pools") return pool_problem(value);
  if (key == "runtimes") {
    const size_t equals = value.find('=');
    if (equals == std::string_view::npos || trimmed(value.substr(0, equals)).empty() ||
        trimmed(value.substr(equals + 1)).empty())
      return quoted(value, "no runtime: dockerd wants name=program");
    if (lower(trimmed(value.substr(0, equals))) == "runc")
      return "the runtime runc is dockerd's own and not to be changed";
  }
  return docker_value_problem(key, value);
}

std::vector<DockerValueError> docker_member_problems(const json::Value& member) {
  return Member(member).check();
}

void check_joined(DockerConfig& config, bool knows_flags) {
  check_labels(config);
  check_resources(config);
  if (knows_flags) check_runtime(config);
}

}  // namespace drydock::facts
