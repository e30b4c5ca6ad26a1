#include "analyzer/facts/collect/docker.h"

#include <algorithm>

#include "analyzer/facts/collect/docker_command.h"
#include "analyzer/facts/collect/docker_config.h"
#include "analyzer/facts/collect/docker_rows.h"
#include "parsers/json.h"

namespace drydock::facts {

const TableSpec kDockerDaemonTable{
    .name = "docker_daemon",
    .kind = TableKind::effective,
    .doc =
        "A setting of dockerd with the value that counts: daemon.json, the flags of docker.service "
        "with its drop-ins and environment files, and dockerd's own defaults (dockerd(8)). A list "
        "has a row for each element, a map one for each member. A key that the file and a flag "
        "both set has the rows of both: see docker_config_error.",
    .columns =
        {{"key", ColumnType::text,
          "As in daemon.json: icc, hosts, insecure-registries; of a map 'log-opts.max-size', "
          "'default-ulimits.nofile' (soft:hard), 'runtimes.runsc' (the program)."},
         {"value", ColumnType::text, "A switch is 'true' or 'false'."},
         {"source", ColumnType::text,
          "'daemon.json', 'flag', 'environment' (DOCKER_TLS_VERIFY) or 'default'."},
         {"ordinal", ColumnType::integer, "The place in a list; else 0."},
         {"instance", ColumnType::text,
          "'system', 'snap' or 'rootless' (a user's own daemon); the last two have no rows "
          "for defaults."},
         {"loc", ColumnType::location, "The setting; NULL for a default."},
         {"value_loc", ColumnType::location,
          "What an edit can replace; NULL for a default and for a flag without a value."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, source, loc FROM docker_daemon ORDER BY key, ordinal"}};

const TableSpec kDockerConfigErrorTable{
    .name = "docker_config_error",
    .kind = TableKind::effective,
    .doc = "A reason why dockerd does not start as configured, or why a setting has no effect.",
    .columns = {{"kind", ColumnType::text,
                 "'conflict' (the file and a flag set the same), 'unknown-key', 'wrong-type', "
                 "'invalid-value', "
                 "'bad-flag'; 'ignored-key' (dockerd starts, and the key has no effect), "
                 "'ignored-file' (the file, or the "
                 "variable for flags in it, is not read)."},
                {"key", ColumnType::text, "The key; empty for a bad flag."},
                {"message", ColumnType::text, "What is wrong, in one sentence."},
                {"loc", ColumnType::location, "The key or flag."},
                {"other_loc", ColumnType::location, "Of a conflict: the flag; else NULL."}},
    .examples = {"SELECT kind, message, loc FROM docker_config_error"}};

const TableSpec kDockerListenerTable{
    .name = "docker_listener",
    .kind = TableKind::effective,
    .doc =
        "A socket on which the Docker API is served: opened by dockerd (hosts, -H) or by systemd "
        "for it (docker.socket). Who may connect to it may do as root what they like.",
    .columns = {{"address", ColumnType::text, "unix:///run/docker.sock, tcp://0.0.0.0:2375."},
                {"kind", ColumnType::text, "'unix', 'tcp' or 'vsock'."},
                {"path", ColumnType::text, "Of a unix socket: its tree path; else NULL."},
                {"host", ColumnType::text, "Of a tcp socket; else NULL."},
                {"is_loopback", ColumnType::boolean, "Reachable from this host only."},
                {"opened_by", ColumnType::text, "'dockerd' or 'systemd'."},
                {"clients", ColumnType::text,
                 "Of a tcp socket, whom it serves: 'anyone' (no TLS), 'anyone-encrypted' (TLS "
                 "without client certificates) or 'verified'; NULL for a unix socket."},
                {"mode", ColumnType::integer, "Permission bits of a unix socket; else NULL."},
                {"user", ColumnType::text, "Its owner; NULL for tcp."},
                {"group", ColumnType::text, "Its group; NULL for tcp."},
                {"loc", ColumnType::location, "What opens it; NULL if it is dockerd's default."},
                {"mode_loc", ColumnType::location, "What sets the mode; NULL: the default."},
                {"owner_loc", ColumnType::location,
                 "What sets the owner or the group; NULL: the default."}},
    .examples = {"SELECT address, clients, mode, loc FROM docker_listener"}};

const TableSpec kDockerFileTable{
    .name = "docker_file",
    .kind = TableKind::inventory,
    .doc =
        "A file or directory that decides over Docker or containerd, by what it is for, as the "
        "configuration of this host names it. Only what exists.",
    .columns =
        {{"role", ColumnType::text,
          "service, socket (units and their drop-ins), config-directory, config (daemon.json), "
          "default (/etc/default/docker), sysconfig, environment (another EnvironmentFile=), "
          "registry-ca, registry-cert, registry-key, tls-ca, tls-cert, tls-key, seccomp-profile, "
          "data-root, docker-socket, containerd-config, containerd-service, containerd-socket."},
         {"path", ColumnType::text, "Where it really lies: joins `file`."},
         {"named_by", ColumnType::location,
          "The setting that names it; NULL for the usual place."}},
    .indexes = {"role", "path"},
    .examples = {
        "SELECT role, f.path, f.mode_text, f.user, f.\"group\" FROM docker_file JOIN file f "
        "ON f.path = docker_file.path"}};

const TableSpec kSeccompProfileTable{
    .name = "seccomp_profile",
    .kind = TableKind::effective,
    .doc = "A seccomp profile that dockerd is told to give to containers.",
    .columns = {{"path", ColumnType::text, "The file."},
                {"default_action", ColumnType::text,
                 "What happens to a system call that no rule names: SCMP_ACT_ERRNO; NULL if the "
                 "profile has none."},
                {"is_unconfined", ColumnType::boolean,
                 "1: the profile lets every call through that it does not name."},
                {"loc", ColumnType::location, "The default action, or the file."}},
    .examples = {"SELECT path, default_action FROM seccomp_profile"}};

namespace {

void write_settings(Context& context, const DockerConfig& config) {
  Store& store = context.store();
  const auto locate = [&](const DockerSetting& s) {
    return s.path.empty() ? Value(Null{}) : Value(store.locate(s.path, s.span));
  };
  for (const DockerSetting& s : config.settings)
    store.insert(
        kDockerDaemonTable,
        {std::string_view(s.key), std::string_view(s.value), s.source, s.ordinal,
         std::string_view(config.instance), locate(s),
         s.value_span && !s.path.empty() ? Value(store.locate(s.path, *s.value_span)) : Null{}});
  for (const DockerLost& lost : config.lost)
    store.overridden(kDockerDaemonTable, lost.loser.key,
                     store.locate(lost.winner.path, lost.winner.span),
                     store.locate(lost.loser.path, lost.loser.span), lost.loser.value, lost.reason);
  for (const DockerConfigError& error : config.errors)
    store.insert(
        kDockerConfigErrorTable,
        {error.kind, std::string_view(error.key), std::string_view(error.message),
         store.locate(error.path, error.span),
         error.other_path.empty() ? Value(Null{})
                                  : Value(store.locate(error.other_path, error.other_span))});
}

// docs.docker.com/engine/security/seccomp: --seccomp-profile names a file; "unconfined" is no file.
void write_seccomp(Context& context, const DockerConfig& config) {
  namespace json = parsers::json;
  const std::string_view profile = config.value("seccomp-profile");
  if (!profile.starts_with('/')) return;
  const auto text = context.read(normal_path(profile));
  if (!text) return;
  const json::Document document = json::parse(text->text);
  context.issues(text->path, document.errors, {&kSeccompProfileTable});
  if (!document.root) return;
  const json::Value* action = document.root->find("defaultAction");
  const bool is_text = action != nullptr && action->is(json::Kind::string);
  const bool lets_through =
      is_text && (action->text == "SCMP_ACT_ALLOW" || action->text == "SCMP_ACT_LOG");
  context.store().insert(
      kSeccompProfileTable,
      {std::string_view(text->path), is_text ? Value(std::string_view(action->text)) : Null{},
       lets_through, context.store().locate(text->path, action ? action->span : Span{})});
}

void collect_docker(Context& context) {
  for (const DockerConfig& config : docker_configs(context)) {
    write_settings(context, config);
    write_seccomp(context, config);
    write_listeners(context, config);
    write_files(context, config);
  }
}

}  // namespace

const Collector kDockerCollector{
    .name = "docker",
    .tables = {&kDockerDaemonTable, &kDockerConfigErrorTable, &kDockerListenerTable,
               &kDockerFileTable, &kSeccompProfileTable},
    .needs = {},
    .paths = {"etc/docker/**", "etc/default/docker", "etc/sysconfig/docker*", "etc/conf.d/docker",
              "etc/containerd/config.toml", "root/.docker/*", "usr/bin/dockerd", "usr/sbin/dockerd",
              "usr/local/bin/dockerd", "usr/local/sbin/dockerd",
              "var/snap/docker/current/config/daemon.json", "home/*/.config/docker/daemon.json",
              "home/*/.config/systemd/user/docker.service",
              "home/*/.config/systemd/user/docker.service.d/*",
              // docker.service, docker.socket and their drop-ins
              "etc/systemd/**", "run/systemd/**", "usr/local/lib/systemd/**", "usr/lib/systemd/**",
              "lib/systemd/**"},
    .loose = {"daemon.json", "docker.service", "docker.service.d/*.conf"},
    .collect = collect_docker};

}  // namespace drydock::facts
