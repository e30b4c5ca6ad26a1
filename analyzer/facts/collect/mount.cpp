// What the host mounts at boot, from fstab(5):
//
// systemd-fstab-generator(8) turns every line into a mount unit, named after the mount point with
// its symbolic links followed. Where two lines have the same mount point the first one counts
// ("Failed to create unit file …, as it already exists. Duplicate entry in '/etc/fstab'?"). Lines
// for swap, for mount points that are no path and of type autofs make no mount. It reads with
// getmntent(3), which takes lines that mount(8) drops. What systemd mounts by itself (/proc, /dev/shm …)
// is remounted with the options of its line by systemd-remount-fs.service(8).
// A mount unit (systemd.mount(5)) in /etc or /run takes the place of a line, for "unit files … in
// generator.normal" count less than those (systemd.unit(5)); a line takes the place of a unit in
// /usr/lib. Drop-ins (var-log.mount.d/) change both. A unit that nothing pulls in is not mounted.
// Without systemd `mount -a` mounts every line, so the last one lies on top.
#include "analyzer/facts/collect/mount.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "analyzer/facts/collect/kernel_unit.h"
#include "analyzer/facts/collect/mount_systemd.h"
#include "analyzer/facts/collect/rows.h"
#include "analyzer/facts/collect/systemd_release.h"
#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_specifier.h"
#include "analyzer/source/tree.h"
#include "parsers/fstab.h"

namespace drydock::facts {

const TableSpec kFstabLineTable{
    .name = "fstab_line",
    .kind = TableKind::raw,
    .doc = "A line of fstab(5) as it is written.",
    .columns = {{"file", ColumnType::text, "The file."},
                {"source", ColumnType::text,
                 "The first field: device, UUID=, LABEL=, tmpfs and so on."},
                {"mount_point", ColumnType::text, "The second field."},
                {"fstype", ColumnType::text, "The third field."},
                {"options", ColumnType::text, "The fourth field; empty if there is none."},
                {"dump", ColumnType::integer, "The fifth field; 0 if there is none."},
                {"pass", ColumnType::integer, "The sixth field; 0 if there is none."},
                {"is_used", ColumnType::boolean, "It makes a row of `mount`."},
                {"why_not_used", ColumnType::text, "The reason if it does not; else NULL."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT mount_point, why_not_used FROM fstab_line WHERE NOT is_used"}};

const TableSpec kMountTable{
    .name = "mount",
    .kind = TableKind::effective,
    .doc =
        "A file system that the host mounts, from fstab(5), mount units (systemd.mount(5)) and "
        "what "
        "systemd mounts by itself. The options nosuid, nodev, noexec and ro are decided as "
        "mount(8) "
        "does: the last word counts, user implies three of them.",
    .columns =
        {{"path", ColumnType::text,
          "The mount point with symbolic links followed: /var/log; / itself."},
         {"source", ColumnType::text, "Device, UUID=, tmpfs, or the directory of a bind mount."},
         {"fstype", ColumnType::text, "ext4, tmpfs …; none for bind mounts."},
         {"options", ColumnType::text, "As written, separated by commas; see `mount_option`."},
         {"source_kind", ColumnType::text,
          "'fstab', 'unit', 'kernel-argument' (systemd.mount-extra=, systemd.volatile=), or "
          "'systemd' "
          "for what it mounts without being told."},
         {"at_boot", ColumnType::boolean, "Mounted at boot, or on first access (automount)."},
         {"is_bind", ColumnType::boolean, "A bind mount: a directory shown in a second place."},
         {"nosuid", ColumnType::boolean, "set-user-id bits and file capabilities do nothing."},
         {"nodev", ColumnType::boolean, "Device nodes do nothing."},
         {"noexec", ColumnType::boolean, "Nothing on it can be executed."},
         {"read_only", ColumnType::boolean, "Mounted read-only."},
         {"loc", ColumnType::location, "The line or unit; NULL for what systemd mounts by itself."},
         {"options_loc", ColumnType::location, "The options; NULL where `loc` is."}},
    .key = "path",
    .value = "options",
    .examples = {"SELECT path, fstype, options, loc FROM mount ORDER BY path"}};

const TableSpec kMountOptionTable{
    .name = "mount_option",
    .kind = TableKind::effective,
    .doc = "One option of a row of `mount`, in the order they are written.",
    .columns = {{"path", ColumnType::text, "The mount point, as in `mount`."},
                {"option", ColumnType::text, "The name: nosuid, size, x-systemd.requires."},
                {"value", ColumnType::text, "Behind the '='; NULL if there is none."},
                {"loc", ColumnType::location,
                 "The option; NULL for what systemd mounts by itself."}},
    .key = "option",
    .value = "value",
    .indexes = {"path"},
    .examples = {"SELECT path, value FROM mount_option WHERE option = 'size'"}};

const TableSpec kPathMountTable{
    .name = "path_mount",
    .kind = TableKind::effective,
    .doc =
        "The file system on which a well-known directory, or Docker's data-root, lies after boot.",
    .columns = {{"path", ColumnType::text, "The directory as programs name it: /var/lib/docker."},
                {"real_path", ColumnType::text, "The same with symbolic links followed."},
                {"mount_path", ColumnType::text,
                 "Where the file system it lies on is mounted; / in the end."},
                {"separate", ColumnType::boolean, "The directory is the mount point itself."},
                {"loc", ColumnType::location,
                 "The line or unit that mounts it; NULL if nothing on the host says so."}},
    .key = "path",
    .value = "mount_path",
    .examples = {"SELECT path, mount_path, loc FROM path_mount WHERE NOT separate"}};

namespace {

using parsers::fstab::Entry;
using parsers::fstab::Option;

constexpr std::string_view kPathsOfInterest[] = {"/boot",
                                                 "/dev/shm",
                                                 "/home",
                                                 "/opt",
                                                 "/srv",
                                                 "/tmp",
                                                 "/usr",
                                                 "/var",
                                                 "/var/lib",
                                                 "/var/lib/containerd",
                                                 "/var/lib/containers",
                                                 "/var/lib/docker",
                                                 "/var/log",
                                                 "/var/log/audit",
                                                 "/var/tmp"};

// What systemd mounts before anything else, and with which options (systemd,
// src/shared/mount-setup.c).
struct ApiMount {
  std::string_view path, type, options;
};
constexpr ApiMount kApiMounts[] = {
    {"/dev", "devtmpfs", "nosuid,mode=755"},
    {"/dev/pts", "devpts", "nosuid,noexec,mode=620,gid=tty"},
    {"/dev/shm", "tmpfs", "nosuid,nodev,mode=1777"},
    {"/proc", "proc", "nosuid,nodev,noexec"},
    {"/run", "tmpfs", "nosuid,nodev,mode=755"},
    {"/sys", "sysfs", "nosuid,nodev,noexec"},
};

struct Mount {
  std::string path = {};
  std::string source = {};
  std::string type = {};
  std::string options = {};
  std::vector<Option> option_list = {};
  std::string_view kind = {};
  bool at_boot = true;
  bool can_load = true;   // false: the unit in its place is masked or refused
  std::string file = {};  // empty: no place
  Span span = {};
  Span options_span = {};
  std::string options_file = {};  // empty: `file`
  // What the generator has it require: the line's x-systemd.requires=, whatever drop-ins make of its options.
  std::vector<std::string> requires_paths = {};
};

bool has_option(const std::vector<Option>& options, std::string_view name) {
  return std::ranges::any_of(options, [&](const Option& o) { return o.name == name; });
}

struct Flags {
  bool nosuid = false, nodev = false, noexec = false, read_only = false;
};

// mount(8), "FILESYSTEM-INDEPENDENT MOUNT OPTIONS": "user … implies the options noexec, nosuid, and
// nodev (unless overridden by subsequent options …)"; owner and group imply nosuid and nodev.
Flags flags_of(const std::vector<Option>& options) {
  Flags f;
  for (const Option& o : options) {
    if (o.name == "nosuid") f.nosuid = true;
    if (o.name == "suid") f.nosuid = false;
    if (o.name == "nodev") f.nodev = true;
    if (o.name == "dev") f.nodev = false;
    if (o.name == "noexec") f.noexec = true;
    if (o.name == "exec") f.noexec = false;
    if (o.name == "ro") f.read_only = true;
    if (o.name == "rw") f.read_only = false;
    if (o.name == "user" || o.name == "users") f.nosuid = f.nodev = f.noexec = true;
    if (o.name == "owner" || o.name == "group") f.nosuid = f.nodev = true;
  }
  return f;
}

// The path with its links followed, also those that lead to what is not there: "/lnk/new" -> "/real/new". After
// too many of them the path stays as it is.
std::string real_path(const Tree& tree, std::string_view path) {
  std::string normal = normal_path(path);
  for (int links = 0; links < 40; ++links) {
    // The longest part that exists, and the name behind it.
    size_t end = normal.size();
    std::optional<std::string> real;
    while (end > 0) {
      if (const auto found = tree.resolve(std::string_view(normal).substr(0, end))) {
        real = *found;
        break;
      }
      const size_t slash = normal.rfind('/', end - 1);
      end = slash == std::string::npos ? 0 : slash;
    }
    const std::string head = real.value_or("");
    if (end == normal.size()) return "/" + head;
    const size_t begin = end == 0 ? 0 : end + 1;
    const size_t next = std::min(normal.find('/', begin), normal.size());
    const std::string name = normal.substr(begin, next - begin);
    const auto target = tree.readlink(join_path(head, name));
    if (!target) return "/" + join_path(head, normal.substr(begin));
    const std::string rest = normal.substr(next);
    normal = normal_path(
        (target->starts_with('/') ? std::string(*target) : join_path(head, *target)) + rest);
  }
  return "/" + normal_path(path);
}

bool has_systemd(const Context& context) {
  const Tree& tree = context.tree();
  return tree.exists("usr/lib/systemd/systemd") || tree.exists("lib/systemd/systemd") ||
         (context.scope() == Scope::etc && tree.exists("etc/systemd"));
}

class Mounts {
 public:
  explicit Mounts(Context& context)
      : context_(context),
        systemd_(!context.is_fragment() && has_systemd(context)),
        is_ignored_(systemd_ && !fstab_switches(context).fstab) {
    if (!systemd_) return;
    const KernelUnits kernel = kernel_units(context);
    for (const KernelUnit& one : kernel.masked) masked_.insert(one.name);
    for (const KernelUnit& one : kernel.wanted) wanted_.insert(one.name);
  }

  // kernel-command-line(7): systemd.mount-extra= (since v254), behind the lines of fstab; systemd.volatile=state, which
  // counts less than all else.
  void read_kernel_arguments() {
    if (!systemd_) return;
    const auto rows = context_.store().select(
        "SELECT name, value, loc + 0 FROM boot_argument WHERE boots AND name IN "
        "('systemd.mount-extra', 'systemd.mount_extra', 'systemd.volatile') ORDER BY rowid");
    if (!rows) return;
    const unsigned release = systemd_release(context_);
    std::optional<Mount> var;
    for (const auto& row : rows->rows) {
      const std::string value = row[1].value_or("");
      const Location place = place_of(context_, row[2]).value_or(Location{});
      Mount mount{.kind = "kernel-argument",
                  .file = place.path,
                  .span = place.span,
                  .options_span = place.span};
      if (row[0] == "systemd.volatile") {
        // Any other mode that it knows is about the root, which the initramfs mounts.
        if (value == "state") {
          mount.path = "/var";
          mount.source = mount.type = "tmpfs";
          mount.options = "mode=0755,size=25%,nr_inodes=1m";
          var = std::move(mount);
        } else if (value == "overlay" || parsers::unit::boolean(value) || value.empty()) {
          var.reset();
        }
        continue;
      }
      if (release != 0 && release < 254) continue;
      std::string parts[4];
      size_t at = 0;
      for (std::string& part : parts) {
        if (at > value.size()) break;
        const size_t end =
            &part == &parts[3] ? value.size() : std::min(value.find(':', at), value.size());
        part = value.substr(at, end - at);
        at = end + 1;
      }
      if (parts[0].empty() || !parts[1].starts_with('/') || is_api_mount_point(parts[1]) ||
          is_ignored_mount_point(parts[1]))
        continue;
      mount.path = real_path(context_.tree(), parts[1]);
      mount.source = parts[0];
      mount.type = parts[2];
      mount.options = parts[3];
      mount.option_list = parsers::fstab::split_options(mount.options);
      for (Option& option : mount.option_list) option.span = mount.span;
      mount.at_boot = line_wishes(mount.options).at_boot();
      add(std::move(mount));
    }
    const Unit* unit = units(context_).find("var.mount");
    if (!var || mounts_.contains("/var") ||
        (unit && unit->load != Unit::Load::not_found && !unit->path.empty()))
      return;
    var->option_list = parsers::fstab::split_options(var->options);
    for (Option& option : var->option_list) option.span = var->span;
    add(std::move(*var));
  }

  void read_fstab(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return;
    const parsers::fstab::File file = parsers::fstab::parse(
        text->text, systemd_ ? parsers::fstab::Reader::libc : parsers::fstab::Reader::libmount);
    context_.issues(text->path, file.errors);
    for (const Entry& entry : file.entries) add_line(text->path, entry);
  }

  void read_units() {
    if (!systemd_) return;
    const UnitFiles& files = units(context_);
    std::set<std::string> pulled_in = pulled_in_mounts(context_.tree(), files);
    pulled_in.insert(wanted_.begin(), wanted_.end());
    std::set<std::string> names;
    for (const std::string& name : files.names())
      if (name.ends_with(".mount")) names.insert(name);
    for (const auto& [path, mount] : mounts_) names.insert(escape_path(path) + ".mount");
    for (const std::string& name : names) {
      const std::string stem = name.substr(0, name.size() - std::string_view(".mount").size());
      const std::string where = unescape_path(stem);
      const auto known = mounts_.find(where);
      const bool has_line = known != mounts_.end();
      const std::string automount = stem + ".automount";
      // systemd.mask= of the kernel's command line counts more than any file.
      if (masked_.contains(name)) {
        if (has_line) known->second.at_boot = known->second.can_load = false;
        continue;
      }
      const Unit* automount_unit = files.find(automount);
      const bool waits = has_line && where != "/" && line_wishes(known->second.options).automount;
      const bool has_automount = masked_.contains(automount) ? false
                                 : automount_unit ? automount_unit->load == Unit::Load::loaded
                                                  : waits;
      const bool is_pulled_in =
          pulled_in.contains(name) || (has_automount && pulled_in.contains(automount));
      // Instead of the mount something pulls in its automount, in vain if that is masked.
      if (waits && !has_automount) known->second.at_boot = false;
      if (has_line && is_pulled_in) known->second.at_boot = true;
      if (const Unit* unit = has_line ? files.find_generated(name) : files.find(name))
        read_unit(*unit, where, is_pulled_in);
    }
    pull_in_what_is_needed();
  }

  void add_api_mounts() {
    if (!systemd_) return;
    for (const ApiMount& api : kApiMounts) {
      Mount mount;
      mount.path = api.path;
      mount.source = mount.type = api.type;
      mount.options = api.options;
      mount.option_list = parsers::fstab::split_options(api.options);
      mount.kind = "systemd";
      mounts_.try_emplace(mount.path, mount);
    }
  }

  void write() {
    for (const auto& [path, mount] : mounts_) write_mount(mount);
  }

  void write_paths() {
    std::set<std::string> paths(std::begin(kPathsOfInterest), std::end(kPathsOfInterest));
    // Docker's data may lie elsewhere.
    if (const auto rows = context_.store().select(
            "SELECT DISTINCT value FROM docker_daemon WHERE key = 'data-root' ORDER BY value"))
      for (const auto& row : rows->rows)
        if (row[0] && row[0]->starts_with('/')) paths.insert("/" + normal_path(*row[0]));
    for (const std::string& path : paths) {
      const std::string real = real_path(context_.tree(), path);
      std::string on = real;
      auto found = mounts_.end();
      while (true) {
        found = mounts_.find(on);
        if (found != mounts_.end() && found->second.at_boot) break;
        found = mounts_.end();
        if (on == "/") break;
        on.resize(on.rfind('/'));
        if (on.empty()) on = "/";
      }
      context_.store().insert(
          kPathMountTable,
          {std::string_view(path), std::string_view(real), std::string_view(on), on == real,
           found == mounts_.end() ? Value(Null{}) : place(found->second, true)});
    }
  }

 private:
  // A unit file, or drop-ins for the unit that the generator makes of a line.
  void read_unit(const Unit& written, const std::string& where, bool is_pulled_in) {
    const auto known = mounts_.find(where);
    const bool has_line = known != mounts_.end();
    // Generated units lie between those of /run and those of /usr.
    const bool beats_line = written.path.starts_with("etc/") ||
                            written.path.starts_with("run/systemd/system") ||
                            written.path.starts_with("run/systemd/transient");
    const bool is_file = written.load != Unit::Load::not_found && (!has_line || beats_line);
    if (!is_file && !has_line) return;
    if (is_file && written.load == Unit::Load::masked) {
      if (has_line) known->second.at_boot = known->second.can_load = false;
      return;
    }
    if (is_file && written.load == Unit::Load::error) {
      report_errors(context_, written);
      return;
    }
    Unit unit = written;
    Mount mount;
    if (has_line) mount = known->second;
    if (!is_file) {
      // The text of the generator in front of the drop-ins, in place of that of a file which counts less.
      std::erase_if(unit.lines, [&](const UnitLine& line) { return line.path == written.path; });
      if (unit.lines.empty()) return;
      const auto say = [&](std::string key, const std::string& value) {
        UnitLine line;
        line.section = "Mount";
        line.key = std::move(key);
        line.value = value;
        unit.lines.insert(unit.lines.begin(), std::move(line));
      };
      if (!mount.options.empty()) say("Options", mount.options);
      if (!mount.type.empty()) say("Type", mount.type);
      say("What", mount.source);
      say("Where", where);
    }
    const auto text_of = [&](const UnitSetting& setting) {
      const bool is_generated = setting && setting.lines.back()->path.empty();
      return is_generated ? std::string(setting.value())
                          : expand_specifiers(context_.tree(), written, setting.value())
                                .value_or(std::string(setting.value()));
    };
    const UnitSetting what = unit.setting("Mount", "What"), target = unit.setting("Mount", "Where"),
                      type = unit.setting("Mount", "Type"),
                      options = unit.setting("Mount", "Options");
    // systemd refuses to load a unit without What=, whose Where= is not that of its name, or in the place of one
    // of its own mounts.
    if (!what || what.value().empty() || (target && "/" + normal_path(text_of(target)) != where) ||
        is_api_mount_point(where) || is_ignored_mount_point(where)) {
      if (has_line) known->second.at_boot = known->second.can_load = false;
      return;
    }
    if (is_file) {
      const bool line_pulls_in = has_line && mount.at_boot;
      mount = Mount{.path = where,
                    .kind = "unit",
                    .at_boot = is_pulled_in || line_pulls_in,
                    .file = what.lines.back()->path,
                    .span = what.lines.back()->span,
                    .options_span = what.lines.back()->span};
      if (has_line) lost(mount, known->second, "the mount unit takes the place of the line");
    }
    mount.source = text_of(what);
    mount.type = text_of(type);
    if (!options || !options.lines.back()->path.empty()) {
      mount.options = text_of(options);
      mount.option_list = parsers::fstab::split_options(mount.options);
    }
    if (options && !options.lines.back()->path.empty()) {
      const UnitLine& line = *options.lines.back();
      for (Option& option : mount.option_list) option.span = line.value_span;
      mount.options_span = line.value_span;
      mount.options_file = line.path;
    }
    mounts_.insert_or_assign(where, std::move(mount));
  }

  // systemd.mount(5) "Implicit Dependencies": a mount requires those above its mount point, and those on which its
  // source lies.
  void pull_in_what_is_needed() {
    std::vector<std::string> needed;
    for (const auto& [path, mount] : mounts_)
      if (mount.at_boot) needed.push_back(path);
    for (size_t i = 0; i < needed.size(); ++i) {
      const Mount& mount = mounts_.at(needed[i]);
      std::vector<std::string> others = {mount.path};
      if (mount.source.starts_with('/')) others.push_back(mount.source);
      others.insert(others.end(), mount.requires_paths.begin(), mount.requires_paths.end());
      for (const std::string& other : others)
        for (std::string path = "/" + normal_path(other); path.size() > 1;
             path.resize(path.rfind('/'))) {
          const auto found = mounts_.find(path);
          if (found == mounts_.end() || found->second.at_boot || !found->second.can_load) continue;
          found->second.at_boot = true;
          needed.push_back(path);
        }
    }
  }

  void add_line(const std::string& file, const Entry& entry) {
    std::string why;
    if (entry.type == "swap") {
      why = "swap space";
    } else if (is_ignored_ && normal_path(entry.target) != "" &&
               !is_api_mount_point(entry.target)) {
      // What is mounted already systemd-remount-fs.service(8) gives the options of its line all the same.
      why = "the kernel's command line has fstab=no";
    } else if (systemd_ ? entry.target.find('/') == std::string::npos
                        : !entry.target.starts_with('/')) {
      // systemd takes "rel/dir" as below the root.
      why = "the mount point is no absolute path";
    } else if (systemd_ && entry.type == "autofs") {
      why = "autofs mounts are not made from fstab";
    } else if (systemd_ && is_ignored_mount_point(real_path(context_.tree(), entry.target))) {
      why = "systemd mounts nothing there";
    } else {
      const LineWishes wishes = line_wishes(entry.options);
      const std::string path = context_.is_fragment() ? "/" + normal_path(entry.target)
                                                      : real_path(context_.tree(), entry.target);
      Mount mount{.path = path,
                  .source = entry.source,
                  .type = entry.type,
                  .options = entry.options,
                  .option_list = entry.option_list,
                  .kind = "fstab",
                  .at_boot = path == "/" || wishes.at_boot(),
                  .file = file,
                  .span = entry.span,
                  .options_span = entry.options_span};
      for (const Option& o : mount.option_list)
        if ((o.name == "x-systemd.requires" || o.name == "x-systemd.requires-mounts-for") &&
            o.value.starts_with('/'))
          mount.requires_paths.push_back(o.value);
      why = add(std::move(mount));
    }
    context_.store().insert(
        kFstabLineTable, {std::string_view(file), std::string_view(entry.source),
                          std::string_view(entry.target), std::string_view(entry.type),
                          std::string_view(entry.options), int64_t{entry.dump}, int64_t{entry.pass},
                          why.empty(), why.empty() ? Value(Null{}) : Value(std::string_view(why)),
                          context_.store().locate(file, entry.span)});
  }

  // Says why not, if an earlier line with the mount point counts.
  std::string add(Mount mount) {
    const auto [known, is_new] = mounts_.try_emplace(mount.path, mount);
    if (is_new) return "";
    Mount& first = known->second;
    if (systemd_) {
      lost(first, mount, "systemd takes the first line for a mount point");
      return "systemd takes the first line for a mount point";
    }
    lost(mount, first, "mounted over by a later line");
    first = std::move(mount);
    return "";
  }

  void lost(const Mount& winner, const Mount& loser, std::string_view why) {
    context_.store().overridden(
        kMountTable, winner.path, context_.store().locate(winner.file, winner.span),
        context_.store().locate(loser.file, loser.span), loser.options, why);
  }

  static const std::string& options_file(const Mount& mount) {
    return mount.options_file.empty() ? mount.file : mount.options_file;
  }

  Value place(const Mount& mount, bool whole) {
    if (mount.file.empty()) return Null{};
    if (whole) return context_.store().locate(mount.file, mount.span);
    return context_.store().locate(options_file(mount), mount.options_span);
  }

  void write_mount(const Mount& m) {
    const Flags flags = flags_of(m.option_list);
    const bool bind = has_option(m.option_list, "bind") || has_option(m.option_list, "rbind");
    context_.store().insert(
        kMountTable,
        {std::string_view(m.path), std::string_view(m.source), std::string_view(m.type),
         std::string_view(m.options), m.kind, m.at_boot, bind, flags.nosuid, flags.nodev,
         flags.noexec, flags.read_only, place(m, true), place(m, false)});
    for (const Option& o : m.option_list)
      context_.store().insert(
          kMountOptionTable,
          {std::string_view(m.path), std::string_view(o.name),
           o.has_value ? Value(std::string_view(o.value)) : Value(Null{}),
           m.file.empty() ? Value(Null{})
                          : Value(context_.store().locate(options_file(m), o.span))});
  }

  Context& context_;
  bool systemd_;
  bool is_ignored_;                        // by fstab=no on the kernel's command line
  std::map<std::string, Mount> mounts_;    // by path
  std::set<std::string> masked_, wanted_;  // units, by the kernel's command line
};

void collect_mounts(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      Mounts mounts(context);
      mounts.read_fstab(path);
      mounts.write();
    }
    return;
  }
  Mounts mounts(context);
  mounts.read_fstab("etc/fstab");
  mounts.read_kernel_arguments();
  mounts.read_units();
  mounts.add_api_mounts();
  mounts.write();
  mounts.write_paths();
}

}  // namespace

const Collector kMountCollector{
    .name = "mount",
    .tables = {&kFstabLineTable, &kMountTable, &kMountOptionTable, &kPathMountTable},
    .needs = {},
    .hints = {"docker_daemon", "boot_argument"},
    .paths = unit_paths({"etc/fstab"}),
    .loose = {"fstab", "*.fstab"},
    .collect = collect_mounts};

}  // namespace drydock::facts
