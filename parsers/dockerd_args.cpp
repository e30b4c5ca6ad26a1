#include "parsers/dockerd_args.h"

#include <optional>

namespace drydock::parsers::dockerd_args {
namespace {

constexpr Flag kFlags[] = {
    {"add-runtime", 0, false, true, "runtimes"},
    {"allow-direct-routing", 0, true},
    {"allow-nondistributable-artifacts", 0, false, true},
    {"api-cors-header"},
    {"api-enable-cors", 0, true},
    {"authorization-plugin", 0, false, true, "authorization-plugins"},
    {"bip"},
    {"bip6"},
    {"bridge", 'b'},
    {"bridge-accept-fwmark"},
    {"cdi-spec-dir", 0, false, true, "cdi-spec-dirs"},
    {"cgroup-parent"},
    {"cluster-advertise"},
    {"cluster-store"},
    {"cluster-store-opt", 0, false, true, "cluster-store-opts"},
    {"config-file"},
    {"containerd"},
    {"containerd-namespace"},
    {"containerd-plugins-namespace"},
    {"cpu-rt-period"},
    {"cpu-rt-runtime"},
    {"cri-containerd", 0, true},
    {"data-root"},
    {"debug", 'D', true},
    {"default-address-pool", 0, false, true, "default-address-pools"},
    {"default-cgroupns-mode"},
    {"default-gateway"},
    {"default-gateway-v6"},
    {"default-ipc-mode"},
    {"default-network-opt", 0, false, true, "default-network-opts"},
    {"default-runtime"},
    {"default-shm-size"},
    {"default-ulimit", 0, false, true, "default-ulimits"},
    {"disable-legacy-registry", 0, true},
    {"dns", 0, false, true},
    {"dns-opt", 0, false, true, "dns-opts"},
    {"dns-search", 0, false, true},
    {"exec-opt", 0, false, true, "exec-opts"},
    {"exec-root"},
    {"experimental", 0, true},
    {"feature", 0, false, true, "features"},
    {"firewall-backend"},
    {"fixed-cidr"},
    {"fixed-cidr-v6"},
    {"graph", 'g', false, false, "graph"},
    {"group", 'G'},
    {"help", 'h', true},
    {"host", 'H', false, true, "hosts"},
    {"host-gateway-ip"},
    {"http-proxy"},
    {"https-proxy"},
    {"icc", 0, true},
    {"init", 0, true},
    {"init-path"},
    {"insecure-registry", 0, false, true, "insecure-registries"},
    {"ip"},
    {"ip-forward", 0, true},
    {"ip-forward-no-drop", 0, true},
    {"ip-masq", 0, true},
    {"ip6tables", 0, true},
    {"iptables", 0, true},
    {"ipv6", 0, true},
    {"label", 0, false, true, "labels"},
    {"live-restore", 0, true},
    {"log-driver"},
    {"log-format"},
    {"log-level", 'l'},
    {"log-opt", 0, false, true, "log-opts"},
    {"max-concurrent-downloads"},
    {"max-concurrent-uploads"},
    {"max-download-attempts"},
    {"metrics-addr"},
    {"mtu"},
    {"network-control-plane-mtu"},
    {"network-diagnostic-port"},
    {"no-new-privileges", 0, true},
    {"no-proxy"},
    {"node-generic-resource", 0, false, true, "node-generic-resources"},
    {"oom-score-adjust"},
    {"pidfile", 'p'},
    {"raw-logs", 0, true},
    {"registry-mirror", 0, false, true, "registry-mirrors"},
    {"restart", 'r', true},
    {"rootless", 0, true},
    {"seccomp-profile"},
    {"selinux-enabled", 0, true},
    {"shutdown-timeout"},
    {"storage-driver", 's'},
    {"storage-opt", 0, false, true, "storage-opts"},
    {"swarm-default-advertise-addr"},
    {"tls", 0, true},
    {"tlscacert"},
    {"tlscert"},
    {"tlskey"},
    {"tlsverify", 0, true},
    {"userland-proxy", 0, true},
    {"userland-proxy-path"},
    {"userns-remap"},
    {"validate", 0, true},
    {"version", 'v', true},
};

const Flag* find_shorthand(char c) {
  for (const Flag& flag : kFlags)
    if (flag.shorthand == c && c != 0) return &flag;
  return nullptr;
}

// strconv.ParseBool.
std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == word) return false;
  return std::nullopt;
}

// The place of the end of a word from `offset` on: exact if the word stands there as it is, else
// all of it.
Span tail(const Word& word, size_t offset) {
  const Span& s = word.span;
  if (s.line != s.end_line || s.end_column - s.column != word.text.size()) return s;
  return {s.line, s.column + static_cast<uint32_t>(offset), s.end_line, s.end_column};
}

class Parser {
 public:
  explicit Parser(std::span<const Word> words) : words_(words) {}

  CommandLine run() {
    bool flags_end = false;
    while (at_ < words_.size()) {
      const Word& word = words_[at_++];
      const std::string_view text = word.text;
      if (flags_end || text.size() < 2 || text[0] != '-')
        refuse("argument", word, "dockerd takes no argument '" + word.text + "'");
      else if (text == "--")
        flags_end = true;
      else if (text[1] == '-')
        long_flag(word);
      else
        short_flags(word);
    }
    return std::move(out_);
  }

 private:
  void refuse(std::string_view code, const Word& word, std::string message) {
    out_.errors.add(code, word.span, std::move(message), Effect::refused);
  }

  void add(const Word& word, const Flag& flag, std::string value, Span value_span) {
    if (flag.is_boolean) {
      const auto truth = parse_bool(value);
      if (!truth)
        return refuse("bad-boolean", word,
                      "'" + value + "' is neither true nor false, for --" + std::string(flag.name));
      value = *truth ? "true" : "false";
    }
    Span span = word.span;
    const size_t index = static_cast<size_t>(&word - words_.data());
    // Words may come from several files (variables), so two are one place only where they look like
    // it.
    if (value_span.line == span.end_line && value_span.column > span.end_column)
      span.end_line = value_span.end_line, span.end_column = value_span.end_column;
    out_.options.push_back({&flag, std::move(value), span, value_span, index, at_ - 1});
  }

  // The value is the next word, whatever it looks like.
  void take_next(const Word& word, const Flag& flag) {
    if (at_ == words_.size())
      return refuse("missing-value", word, "--" + std::string(flag.name) + " needs a value");
    const Word& next = words_[at_++];
    add(word, flag, next.text, next.span);
  }

  void long_flag(const Word& word) {
    const std::string_view text = std::string_view(word.text).substr(2);
    if (text.starts_with('-') || text.starts_with('='))
      return refuse("bad-flag", word, "'" + word.text + "' is no flag");
    const size_t equals = text.find('=');
    const Flag* flag = find_flag(text.substr(0, equals));
    if (flag == nullptr)
      return refuse("unknown-flag", word,
                    "dockerd has no flag --" + std::string(text.substr(0, equals)));
    if (equals != std::string_view::npos)
      return add(word, *flag, std::string(text.substr(equals + 1)), tail(word, equals + 3));
    if (flag->is_boolean) return add(word, *flag, "true", word.span);
    take_next(word, *flag);
  }

  void short_flags(const Word& word) {
    const std::string_view text = word.text;
    if (text[1] == '=') return refuse("bad-flag", word, "'" + word.text + "' is no flag");
    for (size_t i = 1; i < text.size(); ++i) {
      const Flag* flag = find_shorthand(text[i]);
      if (flag == nullptr)
        return refuse("unknown-flag", word, "dockerd has no flag -" + std::string(1, text[i]));
      // pflag: "-x=value" if there is something behind the '='.
      if (text.size() - i > 2 && text[i + 1] == '=')
        return add(word, *flag, std::string(text.substr(i + 2)), tail(word, i + 2));
      if (flag->is_boolean) {
        add(word, *flag, "true", word.span);
      } else if (i + 1 < text.size()) {
        return add(word, *flag, std::string(text.substr(i + 1)), tail(word, i + 1));
      } else {
        take_next(word, *flag);
      }
    }
  }

  std::span<const Word> words_;
  size_t at_ = 0;
  CommandLine out_;
};

}  // namespace

std::span<const Flag> flags() {
  return kFlags;
}

const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : kFlags)
    if (flag.name == name) return &flag;
  return nullptr;
}

const Flag* find_key(std::string_view key) {
  for (const Flag& flag : kFlags)
    if (flag.config_key() == key) return &flag;
  return nullptr;
}

CommandLine parse(std::span<const Word> arguments) {
  return Parser(arguments).run();
}

}  // namespace drydock::parsers::dockerd_args
