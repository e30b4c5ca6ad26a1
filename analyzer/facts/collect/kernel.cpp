// /boot/vmlinuz-VERSION, /boot/config-VERSION and /lib/modules/VERSION belong together. Distributions put the
// configuration into /boot (Debian), into /lib/modules/VERSION/config (Fedora, both), or nowhere (Arch: it is only
// inside the kernel, which is not unpacked here; where a copy of the running host has /proc/config.gz, that is).
#include "analyzer/facts/collect/kernel.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect/boot.h"
#include "analyzer/source/codec.h"
#include "analyzer/source/tree.h"
#include "parsers/kernel_config.h"

namespace drydock::facts {

const TableSpec kKernelTable{
    .name = "kernel",
    .kind = TableKind::inventory,
    .doc =
        "An installed Linux kernel: /boot/vmlinuz-VERSION, /boot/config-VERSION, "
        "/lib/modules/VERSION.",
    .columns = {{"version", ColumnType::text, "As uname -r shows it: 6.1.0-18-amd64."},
                {"release", ColumnType::integer,
                 "Its first two numbers as one, for comparing: 6001 for 6.1."},
                {"architecture", ColumnType::text,
                 "By its configuration: x86_64, x86_32, arm64, arm, riscv, powerpc, s390; NULL "
                 "without one."},
                {"image", ColumnType::text, "The path of the kernel; NULL if it is not in /boot."},
                {"has_modules", ColumnType::boolean, "/lib/modules/VERSION is there."},
                {"boots", ColumnType::boolean,
                 "It starts by default; where no boot loader says which does, the one with the "
                 "highest version."},
                {"config_loc", ColumnType::location, "The configuration; NULL if it is nowhere."}},
    .indexes = {"version"},
    .examples = {"SELECT version, architecture, boots FROM kernel ORDER BY version"}};

const TableSpec kKernelConfigTable{
    .name = "kernel_config",
    .kind = TableKind::raw,
    .doc =
        "An option a kernel was built with. An option without a row does not exist in that kernel, "
        "or what it "
        "depends on is not set: both mean n.",
    .columns = {{"kernel", ColumnType::text, "The version, as in `kernel`."},
                {"option", ColumnType::text, "CONFIG_X86_64 and so on."},
                {"value", ColumnType::text,
                 "y, m (a module), a number, text without quotes; n for \"is not set\"."},
                {"loc", ColumnType::location, "The line."}},
    .key = "option",
    .value = "value",
    .examples = {
        "SELECT kernel, value FROM kernel_config WHERE option = 'CONFIG_MODULE_SIG_FORCE'"}};

namespace {

constexpr std::string_view kGzip = ".gz";
constexpr std::string_view kRunning = "proc/config.gz";

struct Kernel {
  std::string image, config;
  bool has_modules = false;
};

// As in sort -V, as far as versions of kernels go: numbers count as numbers.
bool older(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      size_t end_a = i, end_b = j;
      while (end_a < a.size() && digit(a[end_a])) ++end_a;
      while (end_b < b.size() && digit(b[end_b])) ++end_b;
      if (end_a - i != end_b - j) return end_a - i < end_b - j;
      if (const int order = a.substr(i, end_a - i).compare(b.substr(j, end_b - j)); order != 0)
        return order < 0;
      i = end_a;
      j = end_b;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return i == a.size() && j < b.size();
}

std::map<std::string, Kernel> find_kernels(const Tree& tree) {
  std::map<std::string, Kernel> kernels;
  for (const std::string_view prefix : {"vmlinuz-", "vmlinux-", "config-"})
    for (const std::string& path : tree.glob("boot", std::string(prefix) + "*")) {
      std::string version(file_name(path).substr(prefix.size()));
      // A compressed one is taken where there is no other: "config-6.1.0" sorts before it.
      if (prefix == "config-" && version.ends_with(kGzip)) {
        version.resize(version.size() - kGzip.size());
        if (const auto known = kernels.find(version);
            known != kernels.end() && !known->second.config.empty())
          continue;
      }
      if (kernel_release(version) == 0) continue;  // vmlinuz-linux, vmlinuz-0-rescue-…
      Kernel& kernel = kernels[version];
      (prefix == "config-" ? kernel.config : kernel.image) = path;
    }
  std::set<std::string> seen;
  for (const std::string_view root : {"usr/lib/modules", "lib/modules"}) {
    const auto real = tree.resolve(root);
    if (!real || !seen.insert(*real).second) continue;
    const auto names = tree.list(*real);
    if (!names) continue;
    for (const std::string& version : *names) {
      if (kernel_release(version) == 0) continue;
      const std::string directory = join_path(*real, version);
      const bool has_modules = tree.exists(join_path(directory, "modules.dep"));
      const std::string config = join_path(directory, "config");
      const bool has_config = tree.exists(config);
      if (!has_modules && !has_config && !kernels.contains(version)) continue;
      Kernel& kernel = kernels[version];
      kernel.has_modules = has_modules;
      if (kernel.config.empty() && has_config) kernel.config = config;
      if (const std::string image = join_path(directory, "vmlinuz");
          kernel.image.empty() && tree.exists(image))
        kernel.image = image;
    }
  }
  return kernels;
}

// The version that starts by default.
std::string booted(Context& context, const std::map<std::string, Kernel>& kernels) {
  if (const auto rows = context.store().select("SELECT version FROM boot_entry WHERE boots"))
    for (const auto& row : rows->rows)
      if (row[0] && kernels.contains(*row[0])) return *row[0];
  std::string newest;
  for (const auto& [version, kernel] : kernels)
    if (newest.empty() || older(newest, version)) newest = version;
  return newest;
}

std::string_view architecture(const parsers::kernel_config::File& file) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"CONFIG_X86_64", "x86_64"}, {"CONFIG_X86_32", "x86_32"}, {"CONFIG_ARM64", "arm64"},
      {"CONFIG_ARM", "arm"},       {"CONFIG_RISCV", "riscv"},   {"CONFIG_PPC", "powerpc"},
      {"CONFIG_S390", "s390"}};
  for (const auto& option : file.options)
    if (option.value == "y")
      for (const auto& [name, architecture] : kNames)
        if (option.name == name) return architecture;
  return "";
}

// A configuration that is compressed with gzip; what does not unpack is an issue of the running collector.
std::string unpacked(Context& context, const Text& packed) {
  const auto codec = Codec::make("gz");
  std::string out;
  std::string why;
  bool ended = false;
  for (size_t at = 0; at < packed.text.size() && !ended && why.empty();) {
    char buffer[size_t{64} << 10];
    const Codec::Piece piece =
        codec->step(packed.text.data() + at, packed.text.size() - at, buffer, sizeof buffer);
    at += piece.consumed;
    out.append(buffer, piece.produced);
    ended = piece.ended;
    if (!codec->error().empty()) why = codec->error();
    if (out.size() > limits::kFileContent) why = "it unpacks to more than 16 MiB";
    if (piece.consumed == 0 && piece.produced == 0) break;
  }
  if (!ended && why.empty()) why = "it ends too early";
  if (!why.empty())
    context.issue(packed.path,
                  {"not-unpacked", Span{}, "cannot be unpacked: " + why, parsers::Effect::refused},
                  {&kKernelConfigTable});
  return out;
}

// Writes the options; returns the architecture and the place of the file.
std::pair<std::string_view, Value> read_config(Context& context, const std::string& path,
                                               std::string_view version) {
  const auto text = context.read(path);
  if (!text) return {"", Null{}};
  const bool is_packed = text->text.starts_with("\x1f\x8b");
  const std::string plain = is_packed ? unpacked(context, *text) : "";
  const parsers::kernel_config::File file =
      parsers::kernel_config::parse(is_packed ? std::string_view(plain) : text->text);
  context.issues(text->path, file.errors, {&kKernelConfigTable});
  for (const auto& option : file.options)
    context.store().insert(kKernelConfigTable, {version, option.name, option.value,
                                                context.store().locate(text->path, option.span)});
  return {architecture(file), context.store().locate(text->path, Span{})};
}

void write_kernel(Context& context, std::string_view version, const Kernel& kernel, bool boots) {
  std::pair<std::string_view, Value> config{"", Null{}};
  if (!kernel.config.empty()) config = read_config(context, kernel.config, version);
  context.store().insert(
      kKernelTable,
      {version, kernel_release(version), config.first.empty() ? Value(Null{}) : Value(config.first),
       kernel.image.empty() ? Value(Null{}) : Value(std::string_view(kernel.image)),
       kernel.has_modules, boots, config.second});
}

void collect_kernels(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      Kernel kernel;
      kernel.config = path;
      const std::string_view name = file_name(path);
      std::string_view version = name.substr(std::string_view("config-").size());
      if (version.ends_with(kGzip)) version.remove_suffix(kGzip.size());
      write_kernel(context, version, kernel, true);
    }
    return;
  }
  auto kernels = find_kernels(context.tree());
  const std::string boots = booted(context, kernels);
  // What a kernel built with CONFIG_IKCONFIG_PROC says of itself (proc_config(5)): a copy of a running host.
  if (const auto running = kernels.find(boots);
      running != kernels.end() && running->second.config.empty() && context.tree().exists(kRunning))
    running->second.config = kRunning;
  for (const auto& [version, kernel] : kernels)
    write_kernel(context, version, kernel, version == boots);
}

}  // namespace

const Collector kKernelCollector{
    .name = "kernel",
    .tables = {&kKernelTable, &kKernelConfigTable},
    .needs = {"boot_entry"},
    .paths = {"boot/config-*", "lib/modules/*/config", "lib/modules/*/modules.dep",
              "usr/lib/modules/*/config", "usr/lib/modules/*/modules.dep", "proc/config.gz"},
    .loose = {"config-[0-9]*.[0-9]*"},
    .collect = collect_kernels};

}  // namespace drydock::facts
