// containerd-config.toml(5). containerd does not start with a file that is no TOML; without a file,
// or for what the file leaves out, it has its own defaults.
#include "analyzer/facts/collect/containerd.h"

#include <algorithm>

#include "analyzer/facts/collect/containerd_config.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kContainerdConfigTable{
    .name = "containerd_config",
    .kind = TableKind::effective,
    .doc =
        "A setting of containerd: /etc/containerd/config.toml with its imports, and the defaults "
        "of "
        "its socket (containerd-config.toml(5)).",
    .columns = {{"key", ColumnType::text,
                 "The path of tables and key: grpc.address, "
                 "plugins.'io.containerd.grpc.v1.cri'.sandbox_image; parts with dots are quoted."},
                {"value", ColumnType::text, "Text unquoted, numbers decimal, 'true' or 'false'."},
                {"ordinal", ColumnType::integer, "The place in an array; else 0."},
                {"source", ColumnType::text, "'config.toml' or 'default'."},
                {"loc", ColumnType::location, "The setting; NULL for a default."},
                {"value_loc", ColumnType::location, "Its value; NULL for a default."}},
    .key = "key",
    .value = "value",
    .examples = {"SELECT key, value, source FROM containerd_config WHERE key GLOB 'grpc.*'"}};

const TableSpec kContainerdConfigProblemTable{
    .name = "containerd_config_problem",
    .kind = TableKind::effective,
    .doc = "A reason why containerd does not start as configured, or why a setting has no effect.",
    .columns = {{"kind", ColumnType::text,
                 "containerd does not start: 'wrong-type', 'bad-plugin-name', 'missing-import'. It "
                 "starts, and the "
                 "setting has no effect: 'unknown-key', 'unread-section' (version = 2 is missing; "
                 "containerd before "
                 "2.0), 'relative-pattern' (a pattern among the imports that containerd before 2.0 "
                 "looks for in its "
                 "working directory)."},
                {"message", ColumnType::text, "What is wrong, in one sentence."},
                {"loc", ColumnType::location, "The setting."}},
    .examples = {"SELECT kind, message, loc FROM containerd_config_problem"}};

const TableSpec kRegistryHostTable{
    .name = "registry_host",
    .kind = TableKind::effective,
    .doc = "A registry that containerd or dockerd reaches as a hosts.toml file below certs.d says.",
    .columns = {{"registry", ColumnType::text,
                 "The directory: 'registry.example:5000', '_default'."},
                {"host", ColumnType::text,
                 "The [host.\"…\"] it is about; empty: the registry itself."},
                {"skip_verify", ColumnType::boolean, "1: its certificate is not checked."},
                {"read_by", ColumnType::text, "'containerd' or 'docker'."},
                {"loc", ColumnType::location, "The setting."},
                {"value_loc", ColumnType::location, "Its value."}},
    .examples = {"SELECT registry, host FROM registry_host WHERE skip_verify"}};

namespace {

namespace toml = parsers::toml;

// The defaults that matter here: defaults.DefaultAddress, and root as owner of the socket.
constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"grpc.address", "/run/containerd/containerd.sock"}, {"grpc.uid", "0"}, {"grpc.gid", "0"}};

bool is_installed(const Tree& tree) {
  for (const std::string_view path :
       {"usr/bin/containerd", "usr/sbin/containerd", "usr/local/bin/containerd",
        "etc/containerd/config.toml", "etc/containerd"})
    if (tree.exists(path)) return true;
  return false;
}

void write_entry(Store& store, std::string_view path, const toml::Entry& e) {
  store.insert(kContainerdConfigTable,
               {std::string_view(toml::dotted(e.path)), std::string_view(e.value),
                static_cast<int64_t>(std::max(0, e.ordinal)), std::string_view("config.toml"),
                store.locate(path, e.span), store.locate(path, e.value_span)});
}

// docs/hosts.md of containerd: skip_verify at the top for the registry, or in [host."URL"] for a
// mirror.
void write_hosts(Context& context, const std::string& path, std::string_view read_by) {
  const auto text = context.read(path);
  if (!text) return;
  const toml::File file = toml::parse(text->text);
  context.issues(text->path, file.errors, {&kRegistryHostTable});
  Store& store = context.store();
  for (const toml::Entry& e : file.entries) {
    if (e.path.back() != "skip_verify" || e.kind != toml::Kind::boolean) continue;
    const bool of_host = e.path.size() == 3 && e.path[0] == "host";
    if (!of_host && e.path.size() != 1) continue;
    store.insert(kRegistryHostTable, {file_name(parent_path(path)),
                                      of_host ? std::string_view(e.path[1]) : std::string_view(),
                                      e.value == "true", read_by, store.locate(text->path, e.span),
                                      store.locate(text->path, e.value_span)});
  }
}

void collect_containerd(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      if (file_name(path) == "hosts.toml") {
        write_hosts(context, path, "containerd");
      } else if (const auto text = context.read(path)) {
        const toml::File file = toml::parse(text->text);
        context.issues(text->path, file.errors,
                       {&kContainerdConfigTable, &kContainerdConfigProblemTable});
        for (const toml::Entry& e : file.entries) write_entry(context.store(), text->path, e);
      }
    }
    return;
  }
  const Tree& tree = context.tree();
  const ContainerdConfig& config = containerd_config(context);
  Store& store = context.store();
  for (const auto& [path, errors] : config.errors)
    context.issues(path, errors, {&kContainerdConfigTable, &kContainerdConfigProblemTable});
  for (const ContainerdEntry& e : config.entries) write_entry(store, e.path, e.entry);
  for (const ContainerdConfig::Lost& lost : config.lost)
    store.overridden(kContainerdConfigTable, toml::dotted(lost.loser.entry.path),
                     store.locate(lost.winner_path, lost.winner),
                     store.locate(lost.loser.path, lost.loser.entry.span), lost.loser.entry.value,
                     lost.reason);
  for (const ContainerdConfig::Problem& p : config.problems)
    store.insert(kContainerdConfigProblemTable,
                 {p.kind, std::string_view(p.message), store.locate(p.path, p.span)});
  if (is_installed(tree))
    for (const auto& [key, fallback] : kDefaults)
      if (config.find(key) == nullptr)
        store.insert(kContainerdConfigTable,
                     {key, fallback, int64_t{0}, std::string_view("default"), Null{}, Null{}});
  for (const auto& [directory, read_by] :
       {std::pair{"etc/containerd/certs.d", "containerd"}, {"etc/docker/certs.d", "docker"}})
    if (const auto registries = tree.list(directory))
      for (const std::string& registry : *registries)
        write_hosts(context, std::string(directory) + "/" + registry + "/hosts.toml", read_by);
}

}  // namespace

const Collector kContainerdCollector{
    .name = "containerd",
    .tables = {&kContainerdConfigTable, &kContainerdConfigProblemTable, &kRegistryHostTable},
    .needs = {},
    .paths = {"etc/containerd/config.toml", "etc/containerd/*.toml", "etc/containerd/*/*.toml",
              "etc/containerd/certs.d/*/hosts.toml", "etc/docker/certs.d/*/hosts.toml"},
    .loose = {"containerd/config.toml", "hosts.toml"},
    .collect = collect_containerd};

}  // namespace drydock::facts
