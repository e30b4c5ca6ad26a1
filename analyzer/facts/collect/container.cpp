#include "analyzer/facts/collect/container.h"

#include <algorithm>
#include <set>

#include "analyzer/facts/collect/compose.h"
#include "analyzer/facts/collect/container_model.h"
#include "analyzer/facts/collect/containerd_images.h"
#include "analyzer/facts/collect/containerd_state.h"
#include "analyzer/facts/collect/docker_network.h"
#include "analyzer/facts/collect/docker_state.h"
#include "analyzer/facts/collect/image_rows.h"
#include "analyzer/facts/collect/podman_images.h"
#include "analyzer/facts/collect/podman_state.h"
#include "analyzer/facts/collect/quadlet.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kContainerTable{
    .name = "container",
    .kind = TableKind::effective,
    .doc =
        "A container of this host, running or not: one that Docker keeps (config.v2.json and "
        "hostconfig.json below its data root), one that Podman or containerd keeps in its database "
        "(db.sql, bolt_state.db, meta.db), one that systemd starts with Podman (a Quadlet file, "
        "podman-systemd.unit(5)), and one that a compose file would make, with what is written "
        "there.",
    .columns =
        {{"id", ColumnType::text,
          "Docker's id, the Quadlet file, or compose file and service: what the other container "
          "tables join on."},
         {"name", ColumnType::text, "As `docker ps` shows it: web."},
         {"engine", ColumnType::text, "'docker', 'podman' or 'containerd'."},
         {"source", ColumnType::text,
          "'state': the engine's own files; 'quadlet': a .container file, or a .pod file for what "
          "holds a pod together; 'compose': a compose "
          "file."},
         {"state", ColumnType::text,
          "created, running, paused, restarting, exited, dead or removing, when the artifact was "
          "made; NULL: not known."},
         {"image", ColumnType::text, "The image as it was asked for: registry/app:1.4."},
         {"image_id", ColumnType::text,
          "sha256:…, joins image.id, of which another store may have a copy; NULL: not known."},
         {"store", ColumnType::text,
          "The directory its engine keeps it in: var/lib/docker; joins image.store, unless Docker "
          "keeps its images in containerd. NULL: a unit or compose file."},
         {"user", ColumnType::text, "The user as it is written; empty: none is named, so root."},
         {"uid", ColumnType::integer,
          "Of that user, looked up in the image's own /etc/passwd; NULL: it cannot be told."},
         {"is_host_root", ColumnType::boolean,
          "1: uid 0 inside is uid 0 of the host; 0: user namespaces make it another; NULL: it "
          "cannot "
          "be told."},
         {"created", ColumnType::text, "When it was made, RFC 3339; NULL: not known."},
         {"loc", ColumnType::location,
          "Its name in config.v2.json, the Quadlet file, or the database."}},
    .indexes = {"id"},
    .examples = {"SELECT name, image, state, uid, loc FROM container"}};

const TableSpec kContainerSettingTable{
    .name = "container_setting",
    .kind = TableKind::effective,
    .doc =
        "A setting of a container with the value that counts, as `docker inspect` would tell it: "
        "what the container was made with, what follows from --privileged, the daemon's defaults.",
    .columns =
        {{"container", ColumnType::text, "container.id."},
         {"name", ColumnType::text, "container.name."},
         {"key", ColumnType::text,
          "privileged, network, pid, ipc, uts, userns, cgroupns, read-only, runtime, "
          "cgroup-parent, "
          "publish-all, oom-kill-disable, restart, restart-max, log-driver, memory, "
          "memory-reservation, pids-limit, cpu-shares, cpu-quota, nano-cpus, cpuset, cpu-limit, "
          "apparmor, seccomp, selinux-label, no-new-privileges, user, image, health-check, "
          "health, tls-verify (of fetching its image)."},
         {"value", ColumnType::text,
          "A switch is 'true' or 'false'; a limit that is none '0'; cpu-limit is 'none' or what "
          "limits; health-check 'none' or 'set'; network, ipc and uts 'pod' for what is its pod's; "
          "seccomp 'default' (the engine's own profile), "
          "'unconfined', 'custom' or 'daemon' (a file of daemon.json)."},
         {"because", ColumnType::text,
          "What else decided: 'privileged' or 'daemon'; NULL: the setting itself."},
         {"loc", ColumnType::location,
          "The member of hostconfig.json or config.v2.json; the line of a Quadlet file."}},
    .key = "key",
    .value = "value",
    .indexes = {"container"},
    .examples = {"SELECT name, key, value, loc FROM container_setting WHERE key = 'privileged'"}};

const TableSpec kContainerMountTable{
    .name = "container_mount",
    .kind = TableKind::effective,
    .doc = "A directory or file that a container gets from outside of its image.",
    .columns =
        {{"container", ColumnType::text, "container.id."},
         {"name", ColumnType::text, "container.name."},
         {"type", ColumnType::text, "bind, volume, tmpfs, npipe or cluster."},
         {"source", ColumnType::text,
          "The path on the host, or the volume's name; NULL for tmpfs."},
         {"destination", ColumnType::text, "The path in the container."},
         {"read_only", ColumnType::boolean, "1: the container cannot write to it."},
         {"propagation", ColumnType::text, "rprivate, rslave, shared …; NULL where there is none."},
         {"exposes", ColumnType::text,
          "What of the host a bind mount hands over: 'the whole host', 'configuration', "
          "'programs', "
          "'home directories', 'keys', 'devices', 'the kernel', 'the boot files', 'state of the "
          "host', 'state of containers'; NULL: nothing of note. Links are followed; what everybody "
          "may read (time zones, certificates of authorities) is nothing."},
         {"engine_socket", ColumnType::text,
          "The socket of a container engine that lies on it, also if a directory above it is "
          "mounted: /run/docker.sock; else NULL."},
         {"loc", ColumnType::location, "The mount."}},
    .indexes = {"container"},
    .examples = {"SELECT name, source, destination, exposes FROM container_mount"}};

const TableSpec kContainerPortTable{
    .name = "container_port",
    .kind = TableKind::effective,
    .doc = "A port of a container: published on the host, or only declared (EXPOSE).",
    .columns =
        {{"container", ColumnType::text, "container.id."},
         {"name", ColumnType::text, "container.name."},
         {"port", ColumnType::integer, "Inside the container."},
         {"protocol", ColumnType::text, "tcp, udp or sctp."},
         {"published", ColumnType::boolean,
          "1: it is bound to a port of the host; 0: also with -p on networks that publish nothing "
          "(host, none, internal ones, macvlan, ipvlan)."},
         {"host_ip", ColumnType::text,
          "The address it is bound to. If -p names none, that of the network it is published "
          "through (docker_network.host_binding), for the default bridge the daemon's `ip`; NULL: "
          "not published."},
         {"host_port", ColumnType::text,
          "The port or range on the host; NULL: not published, or chosen at the start."},
         {"host_port_low", ColumnType::integer, "The first of the range; NULL if there is none."},
         {"is_any_address", ColumnType::boolean,
          "1: published on every address of the host (0.0.0.0, ::)."},
         {"families", ColumnType::text,
          "'ip', 'ip6' or 'ip,ip6': by which addresses of the host it is reached, if the "
          "host has such. Without an address in -p both, as far as the container has IPv6 or "
          "docker-proxy (userland-proxy) stands in for it. NULL: not published."},
         {"loc", ColumnType::location, "The binding or the declaration."}},
    .indexes = {"container"},
    .examples = {"SELECT name, port, host_ip, host_port FROM container_port WHERE published"}};

const TableSpec kContainerCapabilityTable{
    .name = "container_capability",
    .kind = TableKind::raw,
    .doc = "A capability that a container is given beyond the engine's default set, or not given.",
    .columns = {{"container", ColumnType::text, "container.id."},
                {"name", ColumnType::text, "container.name."},
                {"capability", ColumnType::text, "CAP_SYS_ADMIN, or ALL."},
                {"change", ColumnType::text, "'add' or 'drop'."},
                {"loc", ColumnType::location, "The element."}},
    .indexes = {"container"},
    .examples = {"SELECT name, capability, change FROM container_capability"}};

const TableSpec kContainerSecurityOptionTable{
    .name = "container_security_option",
    .kind = TableKind::raw,
    .doc = "A --security-opt as it was given.",
    .columns =
        {{"container", ColumnType::text, "container.id."},
         {"name", ColumnType::text, "container.name."},
         {"option", ColumnType::text, "seccomp, apparmor, label, no-new-privileges …."},
         {"value", ColumnType::text,
          "Empty if there is none; 'custom' for a seccomp profile, which stands there whole."},
         {"loc", ColumnType::location, "The element."}},
    .indexes = {"container"},
    .examples = {"SELECT name, option, value FROM container_security_option"}};

const TableSpec kContainerDeviceTable{
    .name = "container_device",
    .kind = TableKind::raw,
    .doc = "A device of the host that a container may use.",
    .columns = {{"container", ColumnType::text, "container.id."},
                {"name", ColumnType::text, "container.name."},
                {"kind", ColumnType::text,
                 "'device' (--device), 'request' (--gpus), 'cgroup-rule' (--device-cgroup-rule)."},
                {"host_path", ColumnType::text,
                 "/dev/sda; of a request the driver; of a cgroup rule the rule ('b 8:* rwm')."},
                {"container_path", ColumnType::text, "Its name inside; NULL for the other kinds."},
                {"permissions", ColumnType::text, "Of r, w, m; NULL for the other kinds."},
                {"loc", ColumnType::location, "The element."}},
    .indexes = {"container"},
    .examples = {"SELECT name, host_path, permissions FROM container_device"}};

const TableSpec kContainerUlimitTable{
    .name = "container_ulimit",
    .kind = TableKind::raw,
    .doc = "A resource limit that a container has instead of the daemon's default (--ulimit).",
    .columns = {{"container", ColumnType::text, "container.id."},
                {"name", ColumnType::text, "container.name."},
                {"limit", ColumnType::text, "nofile, nproc, core …, as in getrlimit(2)."},
                {"soft", ColumnType::integer, "-1: unlimited."},
                {"hard", ColumnType::integer, "-1: unlimited."},
                {"loc", ColumnType::location, "The element."}},
    .indexes = {"container"},
    .examples = {"SELECT name, \"limit\", soft, hard FROM container_ulimit"}};

const TableSpec kContainerVariableTable{
    .name = "container_variable",
    .kind = TableKind::raw,
    .doc = "A variable of a container's environment; values are not kept.",
    .columns = {{"container", ColumnType::text, "container.id."},
                {"name", ColumnType::text, "container.name."},
                {"variable", ColumnType::text, "POSTGRES_PASSWORD."},
                {"is_secret", ColumnType::boolean,
                 "1: by its name it holds a password, token or key, and its value is neither empty "
                 "nor a file's name."},
                {"loc", ColumnType::location, "The variable."}},
    .indexes = {"container"},
    .examples = {"SELECT name, variable FROM container_variable WHERE is_secret"}};

const TableSpec kContainerNetworkTable{
    .name = "container_network",
    .kind = TableKind::raw,
    .doc = "A network that a container is on.",
    .columns = {{"container", ColumnType::text, "container.id."},
                {"name", ColumnType::text, "container.name."},
                {"network", ColumnType::text,
                 "bridge (the default one, docker0), host, none, or a network's name."},
                {"network_id", ColumnType::text,
                 "Joins docker_network.id; NULL: not known, as of other engines."},
                {"loc", ColumnType::location, "The entry."}},
    .indexes = {"container"},
    .examples = {"SELECT name, network FROM container_network"}};

namespace {

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

class Rows {
 public:
  explicit Rows(Context& context) : context_(context), store_(context.store()) {}

  void write(const ContainerModel& c) {
    using std::string_view;
    const string_view id = c.id, name = c.name;
    store_.insert(kContainerTable,
                  {id, name, string_view(c.engine), string_view(c.source), text_or_null(c.state),
                   string_view(c.image), text_or_null(c.image_id), text_or_null(c.store),
                   string_view(c.user), c.uid ? Value(*c.uid) : Value(Null{}),
                   c.is_host_root ? Value(*c.is_host_root) : Value(Null{}), text_or_null(c.created),
                   at(c.place)});
    for (const ContainerSetting& s : c.settings)
      store_.insert(kContainerSettingTable,
                    {id, name, s.key, string_view(s.value),
                     s.because.empty() ? Value(Null{}) : Value(s.because), at(s.place)});
    for (const ContainerMount& m : c.mounts) mount(c, m);
    for (const ContainerPort& p : c.ports) port(c, p);
    declared(c);
    for (const ContainerWord& w : c.capabilities)
      store_.insert(kContainerCapabilityTable,
                    {id, name, string_view(w.name), string_view(w.value), at(w.place)});
    for (const ContainerWord& w : c.security_options)
      store_.insert(kContainerSecurityOptionTable,
                    {id, name, string_view(w.name), string_view(w.value), at(w.place)});
    for (const ContainerDevice& d : c.devices)
      store_.insert(kContainerDeviceTable,
                    {id, name, string_view(d.kind), string_view(d.host_path),
                     text_or_null(d.container_path), text_or_null(d.permissions), at(d.place)});
    for (const ContainerUlimit& u : c.ulimits)
      store_.insert(kContainerUlimitTable,
                    {id, name, string_view(u.name), u.soft, u.hard, at(u.place)});
    for (const ContainerWord& w : c.variables)
      store_.insert(kContainerVariableTable,
                    {id, name, string_view(w.name), !w.value.empty(), at(w.place)});
    for (const ContainerWord& w : c.networks)
      store_.insert(kContainerNetworkTable,
                    {id, name, string_view(w.name), text_or_null(w.value), at(w.place)});
  }

 private:
  LocationId at(const Place& place) { return store_.locate(place.path, place.span); }

  void mount(const ContainerModel& c, const ContainerMount& m) {
    std::string_view exposes;
    std::string socket;
    if (m.type == "bind") {
      const std::string real = host_path(context_.tree(), m.source);
      exposes = exposed_by(real, m.read_only);
      socket = engine_socket_in(real);
    }
    store_.insert(kContainerMountTable,
                  {std::string_view(c.id), std::string_view(c.name), std::string_view(m.type),
                   text_or_null(m.source), std::string_view(m.destination), m.read_only,
                   text_or_null(m.propagation), exposes.empty() ? Value(Null{}) : Value(exposes),
                   text_or_null(socket), at(m.place)});
  }

  void port(const ContainerModel& c, const ContainerPort& p) {
    if (!c.is_publishing) {
      store_.insert(kContainerPortTable, {std::string_view(c.id), std::string_view(c.name), p.port,
                                          std::string_view(p.protocol), false, Null{}, Null{},
                                          Null{}, false, Null{}, at(p.place)});
      return;
    }
    const std::string ip = published_address(c, p);
    int64_t low = 0;
    for (const char digit : p.host_port) {
      if (digit < '0' || digit > '9' || low > 65535) break;
      low = low * 10 + (digit - '0');
    }
    const bool any = ip == "0.0.0.0" || ip == "::" || ip == "[::]";
    store_.insert(kContainerPortTable,
                  {std::string_view(c.id), std::string_view(c.name), p.port,
                   std::string_view(p.protocol), true, std::string_view(ip),
                   text_or_null(p.host_port), low > 0 ? Value(low) : Value(Null{}), any,
                   text_or_null(published_families(context_, c, p)), at(p.place)});
  }

  // What is declared and not published.
  void declared(const ContainerModel& c) {
    for (const ContainerWord& exposed : c.exposed) {
      const size_t slash = exposed.name.find('/');
      const std::string protocol =
          slash == std::string::npos ? "tcp" : exposed.name.substr(slash + 1);
      const int64_t port = std::atoll(exposed.name.substr(0, std::min<size_t>(slash, 6)).c_str());
      if (std::any_of(c.ports.begin(), c.ports.end(), [&](const ContainerPort& p) {
            return p.port == port && p.protocol == protocol;
          }))
        continue;
      store_.insert(kContainerPortTable, {std::string_view(c.id), std::string_view(c.name), port,
                                          std::string_view(protocol), false, Null{}, Null{}, Null{},
                                          false, Null{}, at(exposed.place)});
    }
  }

  Context& context_;
  Store& store_;
};

// What is read below each place that dockerd keeps its state in by default.
std::vector<std::string_view> state_paths() {
  static const std::vector<std::string> kPaths = [] {
    std::vector<std::string> out;
    for (const std::string root :
         {"var/lib/docker", "var/lib/docker/[0-9]*.[0-9]*", "home/*/.local/share/docker",
          "var/snap/docker/common/var-lib-docker"})
      for (const std::string_view file :
           {"containers/*/config.v2.json", "containers/*/hostconfig.json",
            "image/*/repositories.json", "image/*/imagedb/content/sha256/*",
            "image/*/layerdb/sha256/*/cache-id", "image/*/layerdb/sha256/*/diff",
            "image/*/layerdb/sha256/*/parent", "overlay2/*/diff/etc/passwd",
            "network/files/local-kv.db"})
        out.push_back(root + "/" + std::string(file));
    return out;
  }();
  std::vector<std::string_view> out = quadlet_paths();
  for (const std::string_view path : compose_paths()) out.push_back(path);
  for (const std::string_view path : podman_state_paths()) out.push_back(path);
  for (const std::string_view path : podman_image_paths()) out.push_back(path);
  for (const std::string_view path : containerd_image_paths()) out.push_back(path);
  out.insert(out.end(), kPaths.begin(), kPaths.end());
  return out;
}

// In a fragment the files that define containers; and what lies below data roots somewhere else, kept of an archive
// before the configuration says where that is.
std::vector<std::string_view> loose_paths() {
  std::vector<std::string_view> out = {"containers/*/config.v2.json",
                                       "containers/*/hostconfig.json",
                                       "hostconfig.json",
                                       "config.v2.json",
                                       "*.container",
                                       "*.container.d/*.conf",
                                       "*.pod",
                                       "*.pod.d/*.conf",
                                       "*.volume",
                                       "compose.yaml",
                                       "compose.yml",
                                       "compose.*.yaml",
                                       "compose.*.yml",
                                       "docker-compose.yaml",
                                       "docker-compose.yml",
                                       "docker-compose.*.yaml",
                                       "docker-compose.*.yml",
                                       "image/*/repositories.json",
                                       "image/*/imagedb/content/sha256/*",
                                       "image/*/layerdb/sha256/*/cache-id",
                                       "image/*/layerdb/sha256/*/diff",
                                       "image/*/layerdb/sha256/*/parent",
                                       "network/files/local-kv.db"};
  for (const std::string_view path : podman_image_tails()) out.push_back(path);
  for (const std::string_view path : containerd_image_tails()) out.push_back(path);
  return out;
}

void collect_containers(Context& context) {
  Rows rows(context);
  for (const ContainerModel& container : containers(context)) rows.write(container);
  write_images(context);
  write_docker_networks(context);
  write_quadlet(context);
}

struct AllContainers {
  std::vector<ContainerModel> list;
};

}  // namespace

const std::vector<ContainerModel>& containers(Context& context) {
  return context
      .shared<AllContainers>([&] {
        AllContainers all{docker_containers(context)};
        for (ContainerModel& container : podman_containers(context))
          all.list.push_back(std::move(container));
        for (ContainerModel& container : containerd_containers(context))
          all.list.push_back(std::move(container));
        for (const ContainerModel& container : quadlet_containers(context))
          all.list.push_back(container);
        for (ContainerModel& container : compose_containers(context))
          all.list.push_back(std::move(container));
        return all;
      })
      .list;
}

std::string published_address(const ContainerModel& container, const ContainerPort& port) {
  if (!port.host_ip.empty()) return port.host_ip;
  return container.default_address.empty() ? "0.0.0.0" : container.default_address;
}

std::string default_bridge_address(Context& context) {
  for (const DockerConfig& config : docker_configs(context))
    if (config.instance == "system") return std::string(config.value("ip"));
  return "";
}

// docs.docker.com/engine/network/port-publishing: without an address "for all addresses, both IPv4 and IPv6".
std::string published_families(Context& context, const ContainerModel& container,
                               const ContainerPort& port) {
  const std::string address = published_address(container, port);
  bool proxy = container.engine == "docker";
  if (container.engine == "docker") {
    for (const DockerConfig& config : docker_configs(context))
      if (config.instance == "system" && config.value("userland-proxy") == "false") proxy = false;
  } else if (container.is_host_root == false) {
    proxy = true;  // rootlessport and pasta listen for both
  }
  const bool ip6 = proxy || container.has_ipv6;
  const bool is_any = address == "0.0.0.0" || address == "::" || address == "[::]";
  if (port.host_ip.empty() && is_any) return ip6 ? "ip,ip6" : "ip";
  if (address.find(':') == std::string::npos) return "ip";
  return ip6 ? "ip6" : "";
}

const Collector kContainerCollector{
    .name = "container",
    .tables = {&kContainerTable, &kContainerSettingTable, &kContainerMountTable,
               &kContainerPortTable, &kContainerCapabilityTable, &kContainerSecurityOptionTable,
               &kContainerDeviceTable, &kContainerUlimitTable, &kContainerVariableTable,
               &kContainerNetworkTable, &kDockerNetworkTable, &kImageTable, &kImageReferenceTable,
               &kImageHistoryTable, &kImageVariableTable, &kImagePortTable, &kQuadletUnitTable},
    .needs = {"docker_daemon"},
    .paths = state_paths(),
    .loose = loose_paths(),
    .collect = collect_containers};

}  // namespace drydock::facts
