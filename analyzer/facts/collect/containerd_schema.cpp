// containerd-config.toml(5) and what containerd 1.6 does: it ignores a key that it does not know, and does not
// start with one of the wrong type, in its own sections as in those of its plugins, nor with the name of a plugin
// that has no four parts.
#include "analyzer/facts/collect/containerd_schema.h"

#include <algorithm>

namespace drydock::facts {
namespace {

namespace toml = parsers::toml;

enum class Wanted : uint8_t { string, integer, boolean, strings, table };

struct Known {
  std::string_view path;  // its parts, '*' for any
  Wanted wanted;
};

constexpr Known kOwn[] = {
    {"version", Wanted::integer},
    {"root", Wanted::string},
    {"state", Wanted::string},
    {"temp", Wanted::string},
    {"plugin_dir", Wanted::string},
    {"oom_score", Wanted::integer},
    {"imports", Wanted::strings},
    {"disabled_plugins", Wanted::strings},
    {"required_plugins", Wanted::strings},
    {"grpc/address", Wanted::string},
    {"grpc/tcp_address", Wanted::string},
    {"grpc/tcp_tls_ca", Wanted::string},
    {"grpc/tcp_tls_cert", Wanted::string},
    {"grpc/tcp_tls_key", Wanted::string},
    {"grpc/tcp_tls_common_name", Wanted::string},
    {"grpc/uid", Wanted::integer},
    {"grpc/gid", Wanted::integer},
    {"grpc/max_recv_message_size", Wanted::integer},
    {"grpc/max_send_message_size", Wanted::integer},
    {"ttrpc/address", Wanted::string},
    {"ttrpc/uid", Wanted::integer},
    {"ttrpc/gid", Wanted::integer},
    {"debug/address", Wanted::string},
    {"debug/uid", Wanted::integer},
    {"debug/gid", Wanted::integer},
    {"debug/level", Wanted::string},
    {"debug/format", Wanted::string},
    {"metrics/address", Wanted::string},
    {"metrics/grpc_histogram", Wanted::boolean},
    {"cgroup/path", Wanted::string},
    {"timeouts/*", Wanted::string},
    {"proxy_plugins/*/type", Wanted::string},
    {"proxy_plugins/*/address", Wanted::string},
    {"proxy_plugins/*/platform", Wanted::string},
    {"stream_processors/*/accepts", Wanted::strings},
    {"stream_processors/*/returns", Wanted::string},
    {"stream_processors/*/path", Wanted::string},
    {"stream_processors/*/args", Wanted::strings},
    {"stream_processors/*/env", Wanted::strings},
    {"plugins/*", Wanted::table},
};

// The settings of the CRI plugin, of the versions 1 and 2 of the file.
constexpr Known kCri[] = {
    {"device_ownership_from_security_context", Wanted::boolean},
    {"disable_apparmor", Wanted::boolean},
    {"disable_cgroup", Wanted::boolean},
    {"disable_hugetlb_controller", Wanted::boolean},
    {"disable_proc_mount", Wanted::boolean},
    {"disable_tcp_service", Wanted::boolean},
    {"enable_selinux", Wanted::boolean},
    {"enable_tls_streaming", Wanted::boolean},
    {"enable_unprivileged_icmp", Wanted::boolean},
    {"enable_unprivileged_ports", Wanted::boolean},
    {"ignore_image_defined_volumes", Wanted::boolean},
    {"max_concurrent_downloads", Wanted::integer},
    {"max_container_log_line_size", Wanted::integer},
    {"netns_mounts_under_state_dir", Wanted::boolean},
    {"restrict_oom_score_adj", Wanted::boolean},
    {"sandbox_image", Wanted::string},
    {"selinux_category_range", Wanted::integer},
    {"stats_collect_period", Wanted::integer},
    {"stream_idle_timeout", Wanted::string},
    {"stream_server_address", Wanted::string},
    {"stream_server_port", Wanted::string},
    {"systemd_cgroup", Wanted::boolean},
    {"tolerate_missing_hugetlb_controller", Wanted::boolean},
    {"unset_seccomp_profile", Wanted::string},
    {"cni/bin_dir", Wanted::string},
    {"cni/conf_dir", Wanted::string},
    {"cni/conf_template", Wanted::string},
    {"cni/ip_pref", Wanted::string},
    {"cni/max_conf_num", Wanted::integer},
    {"containerd/default_runtime_name", Wanted::string},
    {"containerd/disable_snapshot_annotations", Wanted::boolean},
    {"containerd/discard_unpacked_layers", Wanted::boolean},
    {"containerd/ignore_rdt_not_enabled_errors", Wanted::boolean},
    {"containerd/no_pivot", Wanted::boolean},
    {"containerd/snapshotter", Wanted::string},
    {"containerd/runtimes/*/base_runtime_spec", Wanted::string},
    {"containerd/runtimes/*/cni_conf_dir", Wanted::string},
    {"containerd/runtimes/*/cni_max_conf_num", Wanted::integer},
    {"containerd/runtimes/*/container_annotations", Wanted::strings},
    {"containerd/runtimes/*/pod_annotations", Wanted::strings},
    {"containerd/runtimes/*/privileged_without_host_devices", Wanted::boolean},
    {"containerd/runtimes/*/runtime_engine", Wanted::string},
    {"containerd/runtimes/*/runtime_path", Wanted::string},
    {"containerd/runtimes/*/runtime_root", Wanted::string},
    {"containerd/runtimes/*/runtime_type", Wanted::string},
    {"containerd/runtimes/*/options", Wanted::table},
    {"image_decryption/key_model", Wanted::string},
    {"registry/config_path", Wanted::string},
    {"registry/mirrors/*/endpoint", Wanted::strings},
    {"registry/configs/*/tls/insecure_skip_verify", Wanted::boolean},
    {"registry/configs/*/tls/ca_file", Wanted::string},
    {"registry/configs/*/tls/cert_file", Wanted::string},
    {"registry/configs/*/tls/key_file", Wanted::string},
    {"x509_key_pair_streaming/tls_cert_file", Wanted::string},
    {"x509_key_pair_streaming/tls_key_file", Wanted::string},
};

enum class Relation : uint8_t { other, same, above, below };

// How the path from `begin` on lies to that of a known setting: the same, a table above it, or below it.
Relation relation(const std::vector<std::string>& path, size_t begin, std::string_view known) {
  for (size_t i = begin;; ++i) {
    if (i == path.size()) return Relation::above;
    const size_t slash = known.find('/');
    const std::string_view part = known.substr(0, slash);
    if (part != "*" && part != path[i]) return Relation::other;
    if (slash == std::string_view::npos)
      return i + 1 == path.size() ? Relation::same : Relation::below;
    known.remove_prefix(slash + 1);
  }
}

std::string_view words(Wanted wanted) {
  switch (wanted) {
    case Wanted::string:
      return "a text";
    case Wanted::integer:
      return "a whole number";
    case Wanted::boolean:
      return "true or false";
    case Wanted::strings:
      return "a list of texts";
    case Wanted::table:
      break;
  }
  return "a table";
}

bool fits(const toml::Entry& e, Wanted wanted) {
  const bool is_list = e.ordinal >= 0 || e.kind == toml::Kind::array;
  switch (wanted) {
    case Wanted::string:
      return !is_list && e.kind == toml::Kind::string;
    case Wanted::integer:
      return !is_list && e.kind == toml::Kind::integer;
    case Wanted::boolean:
      return !is_list && e.kind == toml::Kind::boolean;
    case Wanted::strings:
      return is_list && (e.kind == toml::Kind::string || e.kind == toml::Kind::array);
    case Wanted::table:
      break;
  }
  return false;
}

// nullopt: no known setting is there, above or below.
template <size_t kSize>
std::optional<Wanted> wanted_at(const Known (&list)[kSize], const toml::Entry& e, size_t begin,
                                bool& fitting) {
  for (const Known& known : list) {
    const Relation r = relation(e.path, begin, known.path);
    if (r == Relation::other) continue;
    fitting = (r == Relation::same && fits(e, known.wanted)) ||
              (r == Relation::below && known.wanted == Wanted::table);
    return r == Relation::above ? Wanted::table : known.wanted;
  }
  return std::nullopt;
}

std::optional<ContainerdMistake> bad_name(std::string_view what, std::string_view name) {
  if (std::count(name.begin(), name.end(), '.') >= 3) return std::nullopt;
  return ContainerdMistake{"bad-plugin-name",
                           std::string(what) + " '" + std::string(name) +
                               "' is no plugin's name; wanted io.containerd.x.vx.name"};
}

}  // namespace

bool is_containerd_own(const toml::Entry& e) {
  return e.path[0] != "plugins" && e.path[0] != "proxy_plugins" &&
         e.path[0] != "stream_processors" && e.path[0] != "timeouts";
}

std::optional<ContainerdMistake> containerd_mistake(const toml::Entry& e, int version) {
  const bool of_plugin = e.path[0] == "plugins" && e.path.size() > 1;
  if (version > 1) {
    if (of_plugin)
      if (auto bad = bad_name("section", e.path[1])) return bad;
    if ((e.path[0] == "disabled_plugins" || e.path[0] == "required_plugins") && e.ordinal >= 0)
      if (auto bad = bad_name(e.path[0], e.value)) return bad;
  } else if (of_plugin && e.path[1].find('.') != std::string::npos) {
    return ContainerdMistake{
        "unread-section", "section '" + e.path[1] +
                              "' is not read: without version = 2 the file is of version 1, where "
                              "plugins have short names"};
  }
  // A list of tables, [[grpc]], where a table is wanted.
  static constexpr std::string_view kTables[] = {"grpc", "ttrpc", "debug", "metrics", "cgroup"};
  if (e.path.size() > 2 && e.path[1] == "0" &&
      std::count(std::begin(kTables), std::end(kTables), e.path[0]) > 0)
    return ContainerdMistake{"wrong-type", e.path[0] + " is not a table"};
  bool fitting = false;
  std::optional<Wanted> wanted;
  const bool is_cri = of_plugin && e.path[1] == (version > 1 ? "io.containerd.grpc.v1.cri" : "cri");
  if (is_cri && e.path.size() > 2)
    wanted = wanted_at(kCri, e, 2, fitting);
  else
    wanted = wanted_at(kOwn, e, 0, fitting);
  if (wanted && !fitting)
    return ContainerdMistake{"wrong-type",
                             toml::dotted(e.path) + " is not " + std::string(words(*wanted))};
  if (!wanted && is_containerd_own(e))
    return ContainerdMistake{"unknown-key", "containerd knows no " + toml::dotted(e.path)};
  return std::nullopt;
}

}  // namespace drydock::facts
