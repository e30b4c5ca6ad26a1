// Swap space, from lines of fstab(5) and swap units: systemd-fstab-generator(8) makes of each line a unit that is
// named after the device, of which the first for a device counts; a unit in /etc or /run takes its place, drop-ins
// change it, and it takes the place of a unit in /usr/lib (systemd.swap(5)). Whether it is encrypted crypttab(5) says.
#include "analyzer/facts/collect/swap.h"

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
#include "analyzer/source/disk/encrypted.h"
#include "analyzer/source/tree.h"
#include "parsers/fstab.h"

namespace drydock::facts {

const TableSpec kSwapTable{
    .name = "swap",
    .kind = TableKind::effective,
    .doc = "Swap space of the host, from fstab(5) and swap units (systemd.swap(5)).",
    .columns = {{"source", ColumnType::text, "The device or file: /dev/sda2, UUID=…, /swap.img."},
                {"options", ColumnType::text, "As written, separated by commas."},
                {"source_kind", ColumnType::text,
                 "'fstab', 'unit' or 'kernel-argument' (systemd.swap-extra=)."},
                {"at_boot", ColumnType::boolean, "It is used from boot on."},
                {"is_encrypted", ColumnType::boolean,
                 "1: an encrypted volume, or a file on one; 0: a partition that is none, or a file "
                 "on one; NULL: not "
                 "known (a logical volume, a UUID on a host with encrypted volumes, memory)."},
                {"loc", ColumnType::location,
                 "The line, or the What= of the unit or the unit's first setting."}},
    .key = "source",
    .value = "options",
    .examples = {"SELECT source, is_encrypted, loc FROM swap WHERE at_boot"}};

const TableSpec kEncryptedVolumeTable{
    .name = "encrypted_volume",
    .kind = TableKind::raw,
    .doc = "A line of crypttab(5).",
    .columns = {{"name", ColumnType::text, "Opened as /dev/mapper/NAME."},
                {"source", ColumnType::text, "The device as it is written."},
                {"is_swap", ColumnType::boolean, "It is made swap space anew at each start."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT name, source FROM encrypted_volume"}};

namespace {

constexpr std::string_view kCrypttab = "etc/crypttab";

struct Swap {
  std::string source, options;
  std::string_view kind = "fstab";
  bool at_boot = false;
  std::string file;
  Span span;
};

// As udev names the device of a tag: "UUID=1-2" is /dev/disk/by-uuid/1-2.
std::string device_path(std::string_view source) {
  static constexpr std::pair<std::string_view, std::string_view> kTags[] = {
      {"UUID=", "/dev/disk/by-uuid/"},
      {"LABEL=", "/dev/disk/by-label/"},
      {"PARTUUID=", "/dev/disk/by-partuuid/"},
      {"PARTLABEL=", "/dev/disk/by-partlabel/"}};
  for (const auto& [tag, directory] : kTags) {
    if (!source.starts_with(tag)) continue;
    std::string_view value = source.substr(tag.size());
    if (value.size() > 1 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0])
      value = value.substr(1, value.size() - 2);
    std::string out(directory);
    // udev's encode_devnode_name(): what is no plain character is escaped.
    constexpr char kHex[] = "0123456789abcdef";
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                         (c >= 'A' && c <= 'Z') || byte >= 0x80 ||
                         std::string_view("#+-.:=@_").find(c) != std::string_view::npos;
      if (plain) {
        out += c;
      } else {
        out += "\\x";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      }
    }
    return out;
  }
  // Without doubled slashes; what is no path systemd takes for one below the root.
  return "/" + normal_path(source);
}

class Swaps {
 public:
  explicit Swaps(Context& context) : context_(context), tree_(context.tree()) {}

  void read() {
    read_crypttab();
    read_fstab();
    read_kernel_arguments();
    read_units();
    read_mounts();
    for (const auto& [name, swap] : swaps_) write(swap);
  }

 private:
  void read_crypttab() {
    const auto text = context_.read(kCrypttab);
    if (!text) return;
    for (const EncryptedDevice& e : encrypted_devices(text->text)) {
      context_.store().insert(
          kEncryptedVolumeTable,
          {std::string_view(e.name), std::string_view(e.source), e.is_swap,
           context_.store().locate(
               text->path, {static_cast<uint32_t>(e.line), 1, static_cast<uint32_t>(e.line), 1})});
      encrypted_.insert(e.name);
    }
  }

  void read_fstab() {
    const FstabSwitches switches = fstab_switches(context_);
    if (!switches.fstab || !switches.swap) return;
    const auto text = context_.read("etc/fstab");
    if (!text) return;
    // Syntax errors are left to the mounts.
    const parsers::fstab::File file =
        parsers::fstab::parse(text->text, parsers::fstab::Reader::libc);
    for (const parsers::fstab::Entry& e : file.entries) {
      if (e.type != "swap") continue;
      const std::string name = escape_path(device_path(e.source)) + ".swap";
      const bool is_tag = device_path(e.source).starts_with("/dev/disk/by-");
      const std::string source = is_tag ? e.source : device_path(e.source);
      Swap swap{source, e.options, "fstab", !line_wishes(e.options).noauto, text->path, e.span};
      const auto [first, is_new] = swaps_.try_emplace(name, swap);
      if (!is_new)
        context_.store().overridden(kSwapTable, e.source,
                                    context_.store().locate(text->path, first->second.span),
                                    context_.store().locate(text->path, e.span), e.options,
                                    "systemd takes the first line for a device");
    }
  }

  // kernel-command-line(7): "systemd.swap-extra=WHAT[:OPTIONS]", since v254, behind the lines of fstab.
  void read_kernel_arguments() {
    const unsigned release = systemd_release(context_);
    if ((release != 0 && release < 254) || !fstab_switches(context_).swap) return;
    const auto rows = context_.store().select(
        "SELECT value, loc + 0 FROM boot_argument WHERE boots AND name IN ('systemd.swap-extra', "
        "'systemd.swap_extra') ORDER BY rowid");
    if (!rows) return;
    for (const auto& row : rows->rows) {
      const std::string value = row[0].value_or("");
      const size_t colon = std::min(value.find(':'), value.size());
      const std::string what = device_path(value.substr(0, colon)),
                        options = value.substr(std::min(colon + 1, value.size()));
      if (what.empty()) continue;
      const Location place = place_of(context_, row[1]).value_or(Location{});
      swaps_.try_emplace(escape_path(what) + ".swap",
                         Swap{what, options, "kernel-argument", !line_wishes(options).noauto,
                              place.path, place.span});
    }
  }

  void read_units() {
    const UnitFiles& files = units(context_);
    std::set<std::string> pulled_in = pulled_in_mounts(tree_, files);
    const KernelUnits kernel = kernel_units(context_);
    for (const KernelUnit& one : kernel.wanted) pulled_in.insert(one.name);
    std::set<std::string> names;
    for (const std::string& name : files.names())
      if (name.ends_with(".swap")) names.insert(name);
    for (const auto& [name, swap] : swaps_) names.insert(name);
    for (const KernelUnit& one : kernel.masked) {
      names.erase(one.name);
      swaps_.erase(one.name);
    }
    for (const std::string& name : names) {
      const auto line = swaps_.find(name);
      const bool has_line = line != swaps_.end();
      if (has_line && pulled_in.contains(name)) line->second.at_boot = true;
      const Unit* unit = has_line ? files.find_generated(name) : files.find(name);
      if (unit != nullptr) read_unit(*unit, name, has_line, pulled_in.contains(name));
    }
  }

  void read_unit(const Unit& unit, const std::string& name, bool has_line, bool is_pulled_in) {
    const bool beats_line = unit.path.starts_with("etc/") ||
                            unit.path.starts_with("run/systemd/system") ||
                            unit.path.starts_with("run/systemd/transient");
    const bool is_file = unit.load != Unit::Load::not_found && (!has_line || beats_line);
    if (is_file && unit.load == Unit::Load::masked) {
      swaps_.erase(name);
      return;
    }
    if (is_file && unit.load == Unit::Load::error) return;
    const auto text_of = [&](const UnitSetting& setting) {
      return expand_specifiers(tree_, unit, setting.value()).value_or(std::string(setting.value()));
    };
    const auto counts = [&](const UnitSetting& setting) {
      return setting && (is_file || setting.lines.back()->path != unit.path);
    };
    const UnitSetting options = unit.setting("Swap", "Options");
    Swap swap;
    if (has_line) swap = swaps_.at(name);
    if (is_file) {
      swap = Swap{.source = unescape_path(name.substr(0, name.size() - 5)),  // without What=
                  .options = "",
                  .kind = "unit",
                  .at_boot = is_pulled_in || (has_line && swap.at_boot),
                  .file = unit.path,
                  .span = unit.lines.empty() ? Span{1, 1, 1, 1} : unit.lines.front().span};
    }
    // The last What= that is a path; none after an empty one, and then the unit's name says it.
    const std::string by_name = unescape_path(name.substr(0, name.size() - 5));
    for (const UnitLine& line : unit.lines) {
      if (line.section != "Swap" || line.key != "What" || (!is_file && line.path == unit.path))
        continue;
      const std::string path = expand_specifiers(tree_, unit, line.value).value_or(line.value);
      if (!path.empty() && !path.starts_with('/')) continue;
      swap.source = path.empty() ? by_name : "/" + normal_path(path);
      swap.file = line.path;
      swap.span = line.span;
    }
    if (counts(options)) swap.options = text_of(options);
    swaps_.erase(name);
    // "Value of What= and unit name do not match": systemd refuses to load it.
    if (escape_path(device_path(swap.source)) + ".swap" == name)
      swaps_.emplace(name, std::move(swap));
  }

  // nullopt: not known.
  std::optional<bool> is_encrypted(std::string_view source) const {
    const std::string path = device_path(source);
    if (path.starts_with("/dev/zram")) return std::nullopt;
    if (constexpr std::string_view kMapper = "/dev/mapper/"; path.starts_with(kMapper))
      return encrypted_.contains(path.substr(kMapper.size())) ? std::optional(true) : std::nullopt;
    if (path.starts_with("/dev/disk/by-uuid/") || path.starts_with("/dev/disk/by-label/"))
      return encrypted_.empty() ? std::optional(false) : std::nullopt;
    if (path.starts_with("/dev/disk/by-part")) return false;
    for (const std::string_view disk :
         {"/dev/sd", "/dev/vd", "/dev/xvd", "/dev/hd", "/dev/nvme", "/dev/mmcblk"})
      if (path.starts_with(disk)) return false;
    return std::nullopt;
  }

  void read_mounts() {
    const auto rows = context_.store().select("SELECT path, source FROM mount WHERE at_boot");
    if (!rows) return;
    for (const auto& row : rows->rows) mounts_[normal_path(row[0].value())] = row[1].value_or("");
  }

  std::optional<bool> is_file_encrypted(std::string_view file) const {
    for (std::string_view at = file.substr(1);;) {
      at = parent_path(at);
      if (const auto found = mounts_.find(at); found != mounts_.end())
        return is_encrypted(found->second);
      if (at.empty()) return std::nullopt;
    }
  }

  void write(const Swap& swap) {
    const std::string path = device_path(swap.source);
    const auto encrypted = path.starts_with("/") && !path.starts_with("/dev/")
                               ? is_file_encrypted(path)
                               : is_encrypted(swap.source);
    context_.store().insert(
        kSwapTable, {std::string_view(swap.source), std::string_view(swap.options), swap.kind,
                     swap.at_boot, encrypted ? Value(*encrypted) : Value(Null{}),
                     context_.store().locate(swap.file, swap.span)});
  }

  Context& context_;
  const Tree& tree_;
  std::set<std::string, std::less<>> encrypted_;  // the names below /dev/mapper
  std::map<std::string, std::string, std::less<>>
      mounts_;                         // where, as a path of the tree, and of what
  std::map<std::string, Swap> swaps_;  // by the name of the unit
};

void collect_swap(Context& context) {
  if (!context.is_fragment()) Swaps(context).read();
}

}  // namespace

const Collector kSwapCollector{.name = "swap",
                               .tables = {&kSwapTable, &kEncryptedVolumeTable},
                               .needs = {"mount"},
                               .hints = {"boot_argument"},
                               .paths = unit_paths({"etc/fstab", kCrypttab}),
                               .loose = {},
                               .collect = collect_swap};

}  // namespace drydock::facts
