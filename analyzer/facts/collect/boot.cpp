// Which entry starts by default, and with which command line.
//
// What boots is what the loader's own configuration says (grub.cfg, loader/entries, extlinux.conf, cmdline.txt).
// /etc/default/grub and /etc/kernel/cmdline are what the next one is made from. The two can disagree: an
// argument that only the first has is lost at the next update, one that only the second has does not count yet.
#include "analyzer/facts/collect/boot.h"

#include <algorithm>

#include "analyzer/source/tree.h"
#include "parsers/kernel_cmdline.h"

namespace drydock::facts {

namespace {

constexpr std::string_view kGrubConfigs[] = {"boot/grub/grub.cfg", "boot/grub2/grub.cfg"};

// What grub-mkconfig (Ubuntu: panic=-1 without an initrd, $vt_handoff), dracut and the loaders add by themselves.
constexpr std::string_view kGenerated[] = {
    "BOOT_IMAGE", "initrd",     "panic", "vt.handoff", "recovery", "ro",     "root",
    "rootflags",  "rootfstype", "rw",    "single",     "init",     "resume", "nomodeset"};

// "/boot/vmlinuz-6.1.0-18-amd64" -> "6.1.0-18-amd64"; "/abc/6.1.0/linux" -> "6.1.0".
std::string version_of(const std::string& kernel) {
  const std::string_view name = file_name(kernel);
  for (const std::string_view prefix :
       {"vmlinuz-", "vmlinux-", "kernel-", "linux-", "bzImage-", "Image-"})
    if (name.starts_with(prefix)) return std::string(name.substr(prefix.size()));
  const std::string_view parent = file_name(parent_path(kernel));
  if (!parent.empty() && parent[0] >= '0' && parent[0] <= '9') return std::string(parent);
  return "";
}

// One command line by names, the last of each.
struct Named {
  std::string value;
  const BootArgument* argument = nullptr;
  size_t value_length = 0;  // of the text behind the '='
  bool has_value = false;
};

class Boot {
 public:
  explicit Boot(Context& context) : context_(context) {}

  void read_host() {
    read_grub();
    add(systemd_boot_entries(context_), "systemd-boot");
    add(extlinux_entries(context_), "extlinux");
    add(raspberry_pi_entries(context_), "raspberry-pi");
    write_loaders();
    write_entries();
    const BootSource next = configuration();
    write_next(next);
    join(default_ ? &*default_ : nullptr, next);
  }

  void read_fragment() {
    const auto stands_alone = [&](const BootSource& source) {
      write_next(source);
      if (source.exists) join(nullptr, source);
    };
    static constexpr std::string_view kDefault[] = {"default/grub", "default/grub.d/*.cfg"};
    static constexpr std::string_view kCmdline[] = {"kernel/cmdline"};
    static constexpr std::string_view kKargs[] = {"bootc/kargs.d/*.toml"};
    static constexpr std::string_view kGrub[] = {"grub/grub.cfg", "grub2/grub.cfg"};
    static constexpr std::string_view kEntries[] = {"loader/entries/*.conf"};
    for (const std::string& path : context_.loose(kDefault))
      stands_alone(grub_default(context_, {path}));
    for (const std::string& path : context_.loose(kCmdline))
      stands_alone(kernel_cmdline_file(context_, path));
    for (const std::string& path : context_.loose(kKargs))
      stands_alone(bootc_kargs(context_, {path}));
    for (const std::string& path : context_.loose(kGrub)) {
      Boot each(context_);
      each.run(path, {});
      each.finish();
    }
    static const std::map<std::string, BootArgument> kNone;
    for (const std::string& path : context_.loose(kEntries))
      if (auto entry = bls_entry(context_, path, &kNone)) {
        Boot each(context_);
        entry->is_default = true;
        entry->why = "it stands alone";
        each.add({*entry}, "systemd-boot");
        each.finish();
      }
  }

 private:
  struct Loader {
    std::string kind, path;
    bool boots = false;
    std::string superusers;
    const GrubPassword* password = nullptr;
    std::optional<bool> restricts_boot;
  };

  void finish() {
    write_loaders();
    write_entries();
    if (default_) join(&*default_, BootSource{});
  }

  // --- GRUB --------------------------------------------------------------------------------------

  void read_grub() {
    const Tree& tree = context_.tree();
    for (const std::string_view path : kGrubConfigs)
      if (tree.exists(path)) return run(std::string(path), bls_entries_for_grub(context_));
    // Fedora's and Red Hat's UEFI hosts of old have it on the system partition.
    if (const auto vendors = tree.list("boot/efi/EFI"))
      for (const std::string& vendor : *vendors)
        if (const std::string path = "boot/efi/EFI/" + vendor + "/grub.cfg"; tree.exists(path))
          return run(path, bls_entries_for_grub(context_));
  }

  void run(const std::string& path, std::vector<GrubEntry> bls) {
    GrubHost host;
    host.read = [&](const std::string& wanted) -> std::optional<GrubHost::Source> {
      const auto text = context_.read(wanted);
      if (!text) return std::nullopt;
      return GrubHost::Source{text->path, text->text};
    };
    host.exists = [&](const std::string& wanted) { return context_.tree().exists(wanted); };
    host.parsed = [&](const GrubHost::Source& source, const parsers::grub_script::File& file) {
      context_.issues(source.path, file.errors);
    };
    host.bls = std::move(bls);
    menu_ = run_grub(host, path);
    if (!menu_.is_complete)
      context_.issue(
          path, {"too-long", Span{1, 1, 1, 1}, "the script takes more steps than drydock follows",
                 parsers::Effect::refused});
    Loader loader;
    loader.kind = "grub";
    loader.path = path;
    loader.superusers = menu_.superusers;
    for (const GrubPassword& password : menu_.passwords)
      if (is_superuser(password.user) && (!loader.password || !password.is_hashed))
        loader.password = &password;
    std::vector<BootEntry> entries;
    for (size_t i = 0; i < menu_.entries.size(); ++i) {
      GrubEntry& from = menu_.entries[i];
      const bool is_default = menu_.chosen == i;
      if (is_default) loader.restricts_boot = !menu_.superusers.empty() && !from.is_unrestricted;
      if (from.kernel.empty()) continue;
      BootEntry entry;
      entry.loader = "grub";
      entry.id = from.index;
      entry.title = from.title;
      entry.kernel = from.kernel;
      entry.initrd = from.initrd;
      entry.path = from.path;
      entry.span = from.span;
      entry.is_default = is_default;
      if (is_default) entry.why = menu_.why_chosen;
      entry.arguments = std::move(from.arguments);
      entries.push_back(std::move(entry));
    }
    if (menu_.entries.empty()) return;
    add_entries(std::move(entries), std::move(loader));
  }

  // GRUB manual, "superusers": separated by blanks, commas, semicolons, pipes or ampersands.
  bool is_superuser(const std::string& user) const {
    const std::string& list = menu_.superusers;
    size_t at = 0;
    while (at <= list.size()) {
      const size_t end = std::min(list.find_first_of(" ,;|&", at), list.size());
      if (list.substr(at, end - at) == user && !user.empty()) return true;
      at = end + 1;
    }
    return false;
  }

  // --- all loaders -------------------------------------------------------------------------------

  void add(std::vector<BootEntry> entries, std::string_view kind) {
    // What GRUB took from loader/entries is GRUB's.
    if (entries.empty() || (kind == "systemd-boot" && menu_.uses_bls)) return;
    Loader loader;
    loader.kind = kind;
    const auto chosen =
        std::ranges::find_if(entries, [](const BootEntry& e) { return e.is_default; });
    loader.path = chosen == entries.end() ? entries[0].path : chosen->path;
    add_entries(std::move(entries), std::move(loader));
  }

  void add_entries(std::vector<BootEntry> entries, Loader loader) {
    for (BootEntry& entry : entries) {
      if (entry.is_default && !default_) {
        default_ = entry;
        loader.boots = true;
      }
      if (entry.version.empty()) entry.version = version_of(entry.kernel);
      entries_.push_back(std::move(entry));
    }
    loaders_.push_back(std::move(loader));
  }

  void write_loaders() {
    for (const Loader& l : loaders_) {
      const bool grub = l.kind == "grub";
      const LocationId loc = l.password
                                 ? context_.store().locate(l.password->path, l.password->span)
                                 : context_.store().locate(l.path, Span{});
      context_.store().insert(
          kBootLoaderTable,
          {std::string_view(l.kind), std::string_view(l.path), l.boots,
           l.superusers.empty() ? Value(Null{}) : Value(std::string_view(l.superusers)),
           l.password ? Value(std::string_view(l.password->is_hashed ? "hashed" : "plain"))
                      : Value(Null{}),
           grub ? Value(l.restricts_boot.value_or(false)) : Value(Null{}), loc});
    }
  }

  static std::string joined(const std::vector<BootArgument>& arguments) {
    std::string text;
    for (size_t i = 0; i < arguments.size(); ++i) text += (i == 0 ? "" : " ") + arguments[i].text;
    return text;
  }

  void write_entries() {
    bool first = true;
    for (const BootEntry& e : entries_) {
      const bool boots = e.is_default && first;
      first = first && !e.is_default;
      const std::string arguments = joined(e.arguments);
      const auto text = [](const std::string& s) {
        return s.empty() ? Value(Null{}) : Value(std::string_view(s));
      };
      context_.store().insert(
          kBootEntryTable,
          {std::string_view(e.loader), std::string_view(e.id), std::string_view(e.title),
           std::string_view(e.kernel), text(e.version), text(e.initrd), std::string_view(arguments),
           e.is_default, text(e.why), boots, context_.store().locate(e.path, e.span)});
      for (const BootArgument& a : e.arguments) write_argument(a, "entry", &e.id, boots);
    }
  }

  void write_next(const BootSource& source) {
    for (const BootArgument& a : source.arguments)
      write_argument(a, "configuration", nullptr, false);
  }

  void write_argument(const BootArgument& a, std::string_view where, const std::string* entry,
                      bool boots) {
    for (const auto& part : parsers::kernel_cmdline::split(a.text))
      context_.store().insert(kBootArgumentTable,
                              {std::string_view(part.name), std::string_view(part.value), where,
                               entry ? Value(std::string_view(*entry)) : Value(Null{}), boots,
                               context_.store().locate(a.path, a.span)});
  }

  // From what the next command line is made.
  BootSource configuration() {
    const Tree& tree = context_.tree();
    const bool has_grub = tree.exists("etc/default/grub");
    const bool grub_boots = !default_ || (default_->loader == "grub" && !menu_.uses_bls);
    if (has_grub && grub_boots) return grub_default(context_, grub_default_files());
    for (const char* path : {"etc/kernel/cmdline", "usr/lib/kernel/cmdline"})
      if (tree.exists(path)) return kernel_cmdline_file(context_, path);
    if (has_grub && (!default_ || default_->loader == "grub"))
      return grub_default(context_, grub_default_files());
    return bootc_kargs(context_, tree.glob("usr/lib/bootc/kargs.d", "*.toml"));
  }

  std::vector<std::string> grub_default_files() const {
    std::vector<std::string> paths{"etc/default/grub"};
    for (std::string& path : context_.tree().glob("etc/default/grub.d", "*.cfg"))
      paths.push_back(std::move(path));
    return paths;
  }

  // --- the command line --------------------------------------------------------------------------

  // The last of each name; those before it lose.
  std::map<std::string, Named> by_name(const std::vector<BootArgument>& arguments) {
    std::map<std::string, Named> names;
    for (const BootArgument& a : arguments) {
      for (const auto& part : parsers::kernel_cmdline::split(a.text)) {
        const auto [at, first] = names.try_emplace(part.name);
        if (!first && at->second.value != part.value)
          context_.store().overridden(
              kKernelArgumentTable, part.name, context_.store().locate(a.path, a.span),
              context_.store().locate(at->second.argument->path, at->second.argument->span),
              at->second.value, "set again later on the command line");
        at->second = {part.value, &a, part.value_end - part.value_begin, part.has_value};
      }
    }
    return names;
  }

  void join(const BootEntry* entry, const BootSource& next) {
    read_defaults(entry);
    static const std::vector<BootArgument> kNone;
    const auto now = by_name(entry ? entry->arguments : kNone);
    const auto then = by_name(next.arguments);
    for (const auto& [name, named] : now) {
      const auto other = then.find(name);
      if (other != then.end() && other->second.value == named.value) continue;  // below
      write(name, &named, "entry");
      const bool is_generated = std::ranges::find(kGenerated, name) != std::end(kGenerated);
      if (next.exists && next.is_known && other == then.end() && !is_generated)
        write_missing(name, "configuration", next.path, next.span);
    }
    for (const auto& [name, named] : then) {
      const auto other = now.find(name);
      const bool agree = other != now.end() && other->second.value == named.value;
      write(name, &named, agree ? "both" : "configuration");
      if (entry && other == now.end()) write_missing(name, "entry", entry->path, entry->span);
    }
    for (const BootArgument& lost : next.replaced)
      for (const auto& part : parsers::kernel_cmdline::split(lost.text)) {
        const auto other = then.find(part.name);
        if (other != then.end() && other->second.value == part.value) continue;
        const bool is_set = other != then.end();
        Store& store = context_.store();
        store.overridden(
            kKernelArgumentTable, part.name,
            is_set ? store.locate(other->second.argument->path, other->second.argument->span)
                   : store.locate(next.path, next.span),
            store.locate(lost.path, lost.span), part.value, "a later assignment takes its place");
      }
    for (const auto& [name, value] : defaults_)
      if (!now.contains(name) && !then.contains(name))
        context_.store().insert(kKernelArgumentTable,
                                {std::string_view(name), std::string_view(value),
                                 std::string_view("kernel"), Null{}, Null{}, Null{}});
  }

  void write(const std::string& name, const Named* named, std::string_view source) {
    const BootArgument& a = *named->argument;
    Value value_loc = Null{};
    // Only where the argument stands in one line as it is.
    if (named->has_value && a.span.line == a.span.end_line &&
        a.span.end_column - a.span.column == a.text.size()) {
      Span span = a.span;
      span.column = span.end_column - static_cast<uint32_t>(named->value_length);
      value_loc = context_.store().locate(a.path, span);
    }
    context_.store().insert(
        kKernelArgumentTable,
        {std::string_view(name), std::string_view(named->value), source, std::string_view(a.text),
         context_.store().locate(a.path, a.span), value_loc});
  }

  void write_missing(const std::string& name, std::string_view source, const std::string& path,
                     Span span) {
    const auto own = defaults_.find(name);
    context_.store().insert(
        kKernelArgumentTable,
        {std::string_view(name),
         own == defaults_.end() ? Value(Null{}) : Value(std::string_view(own->second)), source,
         Null{}, context_.store().locate(path, span), Null{}});
  }

  // By the configuration of the kernel that starts.
  void read_defaults(const BootEntry* entry) {
    if (!entry || context_.is_fragment()) return;
    const std::string version = entry->version.empty() ? version_of(entry->kernel) : entry->version;
    if (kernel_release(version) == 0) return;
    for (const std::string& path : {"boot/config-" + version, "lib/modules/" + version + "/config",
                                    "usr/lib/modules/" + version + "/config"})
      if (context_.tree().exists(path)) {
        if (const auto text = context_.read(path))
          defaults_ = kernel_argument_defaults(parsers::kernel_config::parse(text->text),
                                               kernel_release(version));
        return;
      }
  }

  Context& context_;
  GrubMenu menu_;
  std::vector<Loader> loaders_;
  std::vector<BootEntry> entries_;
  std::optional<BootEntry> default_;
  std::map<std::string, std::string> defaults_;  // what the kernel does by itself
};

void collect_boot(Context& context) {
  Boot boot(context);
  if (context.is_fragment())
    boot.read_fragment();
  else
    boot.read_host();
}

}  // namespace

const Collector kBootCollector{
    .name = "boot",
    .tables = {&kBootLoaderTable, &kBootEntryTable, &kBootArgumentTable, &kKernelArgumentTable},
    .needs = {},
    .paths = {"etc/default/grub",
              "etc/default/grub.d/*.cfg",
              "etc/kernel/cmdline",
              "usr/lib/kernel/cmdline",
              "usr/lib/bootc/kargs.d/*.toml",
              "boot/grub/*.cfg",
              "boot/grub/grubenv",
              "boot/grub2/*.cfg",
              "boot/grub2/grubenv",
              "boot/efi/EFI/*/*.cfg",
              "boot/efi/EFI/*/grubenv",
              "boot/loader/loader.conf",
              "boot/loader/entries/*.conf",
              "boot/efi/loader/loader.conf",
              "boot/efi/loader/entries/*.conf",
              "efi/loader/loader.conf",
              "efi/loader/entries/*.conf",
              "boot/EFI/Linux/*.efi",
              "boot/efi/EFI/Linux/*.efi",
              "efi/EFI/Linux/*.efi",
              "boot/extlinux/extlinux.conf",
              "boot/syslinux/syslinux.cfg",
              "extlinux/extlinux.conf",
              "boot/firmware/config.txt",
              "boot/firmware/cmdline.txt",
              "boot/config.txt",
              "boot/cmdline.txt",
              "boot/config-*",
              "lib/modules/*/config",
              "usr/lib/modules/*/config"},
    .loose = {"default/grub", "default/grub.d/*.cfg", "kernel/cmdline", "bootc/kargs.d/*.toml",
              "grub/grub.cfg", "grub2/grub.cfg", "loader/entries/*.conf"},
    .collect = collect_boot};

}  // namespace drydock::facts
