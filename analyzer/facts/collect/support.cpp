#include "analyzer/facts/collect/support.h"

#include <map>
#include <set>

#include "analyzer/facts/lifecycle.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kSupportTable{
    .name = "support",
    .kind = TableKind::effective,
    .doc =
        "Until when something installed gets security fixes: the distribution (os-release(5)), "
        "each "
        "kernel that has modules, Docker Engine, containerd and runc from packages. The dates are "
        "drydock's own data, made on data_date.",
    .columns =
        {{"kind", ColumnType::text, "distribution, kernel or runtime."},
         {"product", ColumnType::text,
          "debian, ubuntu, linux, docker, containerd, runc and so on."},
         {"name", ColumnType::text, "The release as people call it: 'Debian 12 (bookworm)'."},
         {"version", ColumnType::text, "What is installed: '3.19.1'; NULL if it is not written."},
         {"release", ColumnType::text,
          "The release that the dates are of: '3.19'; NULL where the data have none for it."},
         {"supported_until", ColumnType::text,
          "The last day of security fixes that everybody gets, '2028-06-30'; NULL where no end is "
          "announced or known."},
         {"extended_until", ColumnType::text,
          "The last day of those that need a contract or a registration; NULL: there are none."},
         {"extended_by", ColumnType::text, "Who gives those: 'Ubuntu Pro (ESM)'; else NULL."},
         {"maintainer", ColumnType::text,
          "'vendor': the dates are of whoever made it; 'distribution': it comes from the "
          "distribution, which repairs it beyond those dates while it is supported itself."},
         {"package", ColumnType::text, "The package it comes from; NULL if none is known."},
         {"source", ColumnType::text, "Where the dates come from; NULL without release."},
         {"data_date", ColumnType::text, "The day the data were made."},
         {"loc", ColumnType::location,
          "VERSION_ID in os-release, the kernel, the package's entry."}},
    .indexes = {"kind"},
    .examples = {"SELECT name, version, supported_until FROM support"}};

namespace {

Value text_or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}

// "5:27.3.1-1~debian.12~bookworm" -> "27.3.1".
std::string upstream(std::string_view version) {
  if (const size_t colon = version.find(':'); colon != std::string_view::npos)
    version.remove_prefix(colon + 1);
  return std::string(version.substr(0, version.find_first_not_of("0123456789.")));
}

class Support {
 public:
  explicit Support(Context& context) : context_(context), store_(context.store()) {}

  void collect() {
    find_distribution();
    if (context_.scope() != Scope::host) return;
    find_runtimes();
    find_kernels();
  }

 private:
  struct Item {
    std::string_view kind, product;
    std::string version, package;
    bool from_distribution = false;
    LocationId loc;
  };

  void insert(const Item& item, const std::string& name_otherwise) {
    const Lifecycle* found = find_lifecycle(item.product, item.version);
    const Lifecycle none{};
    const Lifecycle& one = found ? *found : none;
    store_.insert(
        kSupportTable,
        {item.kind, item.product, found ? one.name : std::string_view(name_otherwise),
         text_or_null(item.version), text_or_null(one.release), text_or_null(one.supported_until),
         text_or_null(one.extended_until), text_or_null(one.extended_by),
         std::string_view(item.from_distribution ? "distribution" : "vendor"),
         text_or_null(item.package), text_or_null(one.source), lifecycle_date(), item.loc});
  }

  // The location of a row that a question of ours names by its path, line and columns.
  using Rows = std::vector<Store::Row>;
  Rows ask(std::string_view sql) const {
    auto answer = store_.select(sql);
    return answer ? std::move(answer->rows) : Rows{};
  }
  LocationId place(const Store::Row& row, size_t at) {
    const auto number = [&](size_t i) {
      return static_cast<uint32_t>(std::strtoul(row[i].value_or("0").c_str(), nullptr, 10));
    };
    return store_.locate(row[at].value_or(""),
                         {number(at + 1), number(at + 2), number(at + 3), number(at + 4)});
  }

  void find_distribution() {
    std::map<std::string, Store::Row> release;
    for (Store::Row& row : ask("SELECT o.key, o.value, l.path, l.line, l.column, l.end_line, "
                               "l.end_column FROM os_release o JOIN location l ON l.loc = o.loc")) {
      const std::string key = row[0].value_or("");
      release[key] = std::move(row);
    }
    const auto value = [&](const char* key) {
      const auto found = release.find(key);
      return found == release.end() ? std::string() : found->second[1].value_or("");
    };
    std::string product = value("ID");
    if (product.empty()) return;
    if (product == "centos" && value("NAME").find("Stream") != std::string::npos)
      product = "centos-stream";
    if (product == "opensuse") product = "opensuse-leap";  // Leap 42
    const std::string version = value("VERSION_ID");
    const Store::Row& at = release[version.empty() ? "ID" : "VERSION_ID"];
    const std::string pretty = value("PRETTY_NAME");
    insert({.kind = "distribution",
            .product = product,
            .version = version,
            .package = {},
            .loc = place(at, 2)},
           pretty.empty() ? product : pretty);
  }

  void find_runtimes() {
    struct Known {
      std::string_view package, product;
      bool vendor;
    };
    constexpr Known kKnown[] = {{"docker-ce", "docker", true},
                                {"docker-ee", "docker", true},
                                {"docker.io", "docker", false},
                                {"moby-engine", "docker", false},
                                {"docker-engine", "docker", false},
                                {"docker", "docker", false},
                                {"containerd.io", "containerd", true},
                                {"containerd", "containerd", false},
                                {"runc", "runc", false}};
    // On Alpine "docker" only pulls in the engine; on Debian it is a dock for windows.
    for (const Store::Row& row :
         ask("SELECT p.name, p.version, p.manager, l.path, l.line, l.column, l.end_line, "
             "l.end_column FROM package p JOIN location l ON l.loc = p.loc WHERE p.status IN "
             "('installed', 'unpacked', 'half-configured', 'triggers-pending', "
             "'triggers-awaited') ORDER BY p.name, p.version"))
      for (const Known& known : kKnown) {
        if (row[0] != known.package) continue;
        if (known.package == "docker" && row[2] != "rpm") continue;
        const std::string version = upstream(row[1].value_or(""));
        insert({.kind = "runtime",
                .product = known.product,
                .version = version,
                .package = row[0].value_or(""),
                .from_distribution = !known.vendor,
                .loc = place(row, 3)},
               std::string(known.product) + " " + version);
      }
  }

  // A kernel that the boot loader could start has its modules below /lib/modules.
  void find_kernels() {
    const auto directory = context_.tree().resolve("lib/modules");
    if (!directory) return;
    const auto names = context_.tree().list(*directory);
    if (!names) return;
    const bool images = !context_.tree().glob("boot", "vmlinuz-*").empty();
    for (const std::string& name : *names) {
      const std::string version = upstream(name);
      if (version.empty()) continue;
      const std::string image = "boot/vmlinuz-" + name;
      const bool has_image = context_.tree().lstat(image) ||
                             context_.tree().lstat(*directory + "/" + name + "/vmlinuz");
      const std::string package = package_of_kernel(name);
      // Modules that were left behind by a removed package, or built for one (DKMS), start no kernel.
      if (package.empty() && !has_image && images) continue;
      insert({.kind = "kernel",
              .product = "linux",
              .version = name,
              .package = package,
              .from_distribution = !package.empty(),
              .loc = store_.locate(context_.tree().lstat(image) ? image : *directory + "/" + name,
                                   Span{})},
             "Linux " + version);
    }
  }

  // Debian and Ubuntu name the package after the release; elsewhere the release begins with the
  // package's version, and Alpine puts the flavour last: linux-lts 6.6.14-r0 is 6.6.14-0-lts.
  std::string package_of_kernel(const std::string& release) const {
    for (const Store::Row& row :
         ask("SELECT name, version, manager FROM package WHERE status = 'installed' AND (name LIKE "
             "'linux-%' OR name LIKE 'kernel%') ORDER BY name")) {
      const std::string& name = *row[0];
      const std::string version = row[1].value_or(""), manager = row[2].value_or("");
      if (manager == "dpkg" && name.starts_with("linux-") && name.ends_with("-" + release))
        return name;
      if (manager == "rpm" && release.starts_with(version.substr(version.find(':') + 1)))
        return name;
      if (manager == "apk" && name.starts_with("linux-")) {
        const size_t revision = version.rfind("-r");
        if (revision != std::string::npos && release == version.substr(0, revision) + "-" +
                                                            version.substr(revision + 2) + "-" +
                                                            name.substr(6))
          return name;
      }
    }
    return "";
  }

  Context& context_;
  Store& store_;
};

void collect_support(Context& context) {
  if (!context.is_fragment()) Support(context).collect();
}

}  // namespace

const Collector kSupportCollector{.name = "support",
                                  .tables = {&kSupportTable},
                                  .needs = {"os_release", "package"},
                                  .paths = {},
                                  .loose = {},
                                  .collect = collect_support};

}  // namespace drydock::facts
