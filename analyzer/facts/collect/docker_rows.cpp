#include "analyzer/facts/collect/docker_rows.h"

#include <set>

#include "analyzer/facts/collect/containerd_config.h"
#include "analyzer/facts/collect/docker.h"
#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {
namespace {

using NullableLocation = std::optional<LocationId>;

Value value(const NullableLocation& loc) {
  return loc ? Value(*loc) : Value(Null{});
}
Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

struct Listener {
  std::string address;
  std::string kind = "unix";
  std::string path, host;
  std::string opened_by = "dockerd";
  int64_t mode = 0660;
  std::string user = "root", group;
  NullableLocation loc, mode_loc, owner_loc;
};

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "[::1]";
}

// "/var/run/docker.sock" and "/run/docker.sock" are one: /var/run is a link to /run wherever
// systemd is.
std::string socket_path(std::string_view written) {
  std::string path = normal_path(written);
  return path.starts_with("var/run/") ? path.substr(4) : path;
}

// The host of "0.0.0.0:2375", "[::]:2375", ":2375": without one dockerd listens on localhost.
std::string host_of(std::string_view address) {
  address = address.substr(0, address.find('/'));
  const size_t colon = address.rfind(':');
  const size_t bracket = address.rfind(']');
  std::string_view host = address;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket))
    host = address.substr(0, colon);
  return host.empty() ? "localhost" : std::string(host);
}

class Listeners {
 public:
  Listeners(Context& context, const DockerConfig& config)
      : context_(context), store_(context.store()), config_(config) {}

  void write() {
    for (const DockerSetting* host : config_.all("hosts")) dockerd(*host);
    if (!context_.is_fragment() && config_.instance == "system") systemd();
  }

 private:
  NullableLocation locate(const DockerSetting* s) {
    if (s == nullptr || s->path.empty()) return std::nullopt;
    return store_.locate(s->path, s->span);
  }

  void dockerd(const DockerSetting& host) {
    Listener out;
    out.loc = locate(&host);
    std::string_view written = host.value;
    // A port or address without "scheme://" is tcp; nothing at all is the default socket.
    const size_t scheme_end = written.find("://");
    const std::string_view scheme =
        scheme_end == std::string_view::npos ? "tcp" : written.substr(0, scheme_end);
    const std::string_view rest =
        scheme_end == std::string_view::npos ? written : written.substr(scheme_end + 3);
    if (written.empty() || scheme == "unix") {
      const std::string_view path = rest.empty() ? "/var/run/docker.sock" : rest;
      out.address = "unix://" + std::string(path);
      out.path = socket_path(path);
      out.group = config_.value("group");
      const DockerSetting* group = config_.find("group");
      out.owner_loc = locate(group);
    } else if (scheme == "tcp") {
      out.kind = "tcp";
      out.host = host_of(rest);
      out.address = scheme_end == std::string_view::npos ? "tcp://" + host.value : host.value;
    } else {
      return;  // fd://: systemd opens it
    }
    row(out);
  }

  // systemd.socket(5): "SocketMode= … Defaults to 0666"; SocketUser= and SocketGroup= "default to
  // the root user and group".
  void systemd() {
    const Unit* socket = units(context_).find("docker.socket");
    if (socket == nullptr || socket->load != Unit::Load::loaded) return;
    report_errors(context_, *socket);
    const UnitSetting mode = socket->setting("Socket", "SocketMode");
    const UnitSetting user = socket->setting("Socket", "SocketUser");
    const UnitSetting group = socket->setting("Socket", "SocketGroup");
    for (const UnitLine* line : socket->setting("Socket", "ListenStream").lines) {
      Listener out;
      out.opened_by = "systemd";
      out.loc = store_.locate(line->path, line->span);
      const std::string& listen = line->value;
      if (listen.starts_with('/')) {
        out.address = "unix://" + listen;
        out.path = socket_path(listen);
        out.mode = 0666;
        if (mode && !mode.value().empty()) {
          out.mode = 0;
          for (const char c : mode.value())
            if (c >= '0' && c <= '7' && out.mode < 010000) out.mode = out.mode * 8 + (c - '0');
          out.mode_loc = store_.locate(mode.lines.back()->path, mode.lines.back()->span);
        }
        out.group = "root";
        for (const UnitSetting* owner : {&user, &group})
          if (*owner) {
            const UnitLine& set = *owner->lines.back();
            (owner == &user ? out.user : out.group) = set.value;
            out.owner_loc = store_.locate(set.path, set.span);
          }
      } else if (listen.starts_with("vsock:")) {
        out.kind = "vsock";
        out.address = listen;
      } else if (!listen.empty() && listen[0] != '@') {
        // "If the address string is a single number, it is read as port number to listen on via
        // IPv6. Depending on BindIPv6Only= this might result in the service being available via
        // both."
        out.kind = "tcp";
        out.address = "tcp://" + listen;
        out.host =
            listen.find_first_not_of("0123456789") == std::string::npos ? "::" : host_of(listen);
      } else {
        out.address = "unix://" + listen;
        out.group = "root";
        out.mode = 0777;  // an abstract socket has no permissions: everybody may connect
      }
      row(out);
    }
  }

  std::string clients() const {
    if (config_.value("tls") != "true") return "anyone";
    return config_.value("tlsverify") == "true" ? "verified" : "anyone-encrypted";
  }

  void row(const Listener& l) {
    const bool is_unix = l.kind == "unix";
    const std::string who = clients();
    store_.insert(
        kDockerListenerTable,
        {std::string_view(l.address), std::string_view(l.kind), text_or_null(l.path),
         text_or_null(l.host), is_unix || is_loopback(l.host), std::string_view(l.opened_by),
         l.kind == "tcp" ? Value(std::string_view(who)) : Value(Null{}),
         is_unix ? Value(l.mode) : Value(Null{}), is_unix ? text_or_null(l.user) : Value(Null{}),
         is_unix ? text_or_null(l.group) : Value(Null{}), value(l.loc), value(l.mode_loc),
         value(l.owner_loc)});
  }

  Context& context_;
  Store& store_;
  const DockerConfig& config_;
};

class Files {
 public:
  Files(Context& context, const DockerConfig& config)
      : context_(context), tree_(context.tree()), config_(config) {}

  void write() {
    if (config_.instance == "system") {
      unit("docker.service", "service");
      unit("docker.socket", "socket");
      unit("containerd.service", "containerd-service");
      add("config-directory", "etc/docker");
      add("default", "etc/default/docker");
      add("sysconfig", "etc/sysconfig/docker");
      certificates();
      tls();
      containerd();
      for (const DockerSetting* host : config_.all("hosts"))
        if (host->value.starts_with("unix://"))
          add("docker-socket", socket_path(host->value.substr(7)), host);
      add("docker-socket", "run/docker.sock");
      named("data-root", "data-root");
    }
    add("config", config_.config_path);
    named("seccomp-profile", "seccomp-profile");
  }

 private:
  void add(std::string_view role, std::string_view path, NullableLocation named_by) {
    const auto real = tree_.resolve(normal_path(path));
    if (!real || real->empty() || !tree_.lstat(*real)) return;
    if (!seen_.insert(std::string(role) + " " + *real).second) return;
    context_.store().insert(kDockerFileTable, {role, std::string_view(*real), value(named_by)});
  }
  void add(std::string_view role, std::string_view path, const DockerSetting* named_by = nullptr) {
    add(role, path,
        named_by && !named_by->path.empty()
            ? NullableLocation(context_.store().locate(named_by->path, named_by->span))
            : std::nullopt);
  }
  // The absolute path that a setting names.
  void named(std::string_view role, std::string_view key) {
    if (const DockerSetting* s = config_.find(key); s && s->value.starts_with('/'))
      add(role, s->value, s);
  }

  void unit(std::string_view name, std::string_view role) {
    const Unit* found = units(context_).find(name);
    if (found == nullptr || found->load == Unit::Load::masked) return;
    if (!found->path.empty()) add(role, found->path);
    for (const std::string& drop_in : found->drop_ins) add(role, drop_in);
    for (const UnitLine* line : found->setting("Service", "EnvironmentFile").lines) {
      std::string_view path = line->value;
      if (path.starts_with('-')) path.remove_prefix(1);
      const std::string file = normal_path(path);
      if (role == "service" && file != "etc/default/docker" && file != "etc/sysconfig/docker" &&
          file.find_first_of("*?[") == std::string::npos)
        add("environment", file, context_.store().locate(line->path, line->span));
    }
  }

  // "/etc/docker/certs.d/<registry>/": .crt is a CA, .cert a client's certificate, .key its key.
  void certificates() {
    const auto registries = tree_.list("etc/docker/certs.d");
    if (!registries) return;
    for (const std::string& registry : *registries) {
      const std::string directory = "etc/docker/certs.d/" + registry;
      for (const auto& [glob, role] : {std::pair{"*.crt", "registry-ca"},
                                       {"*.cert", "registry-cert"},
                                       {"*.key", "registry-key"}})
        for (const std::string& file : tree_.glob(directory, glob)) add(role, file);
    }
  }

  // Without an option: ca.pem, cert.pem and key.pem in ~/.docker of root, if TLS is on.
  void tls() {
    const bool is_on = config_.value("tls") == "true";
    for (const auto& [key, role, fallback] : {std::tuple{"tlscacert", "tls-ca", "ca.pem"},
                                              {"tlscert", "tls-cert", "cert.pem"},
                                              {"tlskey", "tls-key", "key.pem"}}) {
      if (config_.find(key) != nullptr)
        named(role, key);
      else if (is_on)
        add(role, "root/.docker/" + std::string(fallback));
    }
  }

  void containerd() {
    add("containerd-config", kContainerdFile);
    add("containerd-socket", socket_path(containerd_address(context_)));
  }

  Context& context_;
  const Tree& tree_;
  const DockerConfig& config_;
  std::set<std::string> seen_;
};

}  // namespace

void write_listeners(Context& context, const DockerConfig& config) {
  Listeners(context, config).write();
}

void write_files(Context& context, const DockerConfig& config) {
  if (!context.is_fragment()) Files(context, config).write();
}

}  // namespace drydock::facts
