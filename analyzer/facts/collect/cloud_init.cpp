// cloud-init's modules "Set Passwords" and "Users and Groups": `password:`, `plain_text_passwd:` and the lines
// "user:password" of `chpasswd: list:` hold passwords as they are typed. The files stay on the disk.
#include "analyzer/facts/collect/confinement.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kCloudInitPasswordTable{
    .name = "cloud_init_password",
    .kind = TableKind::raw,
    .doc =
        "A line of cloud-init's user data or configuration that gives a password in plain text. "
        "The "
        "password itself is not kept.",
    .columns = {{"key", ColumnType::text, "'password' or 'plain_text_passwd'."},
                {"path", ColumnType::text, "The file."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT key, path, loc FROM cloud_init_password"}};

namespace {

constexpr uint32_t kLines = 20'000;

void read(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return;
  std::string_view rest = text->text;
  for (uint32_t number = 1; !rest.empty() && number <= kLines; ++number) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const size_t first = line.find_first_not_of(" \t-{,");
    if (first == std::string_view::npos || line[first] == '#') continue;
    const std::string_view words = line.substr(first);
    for (const std::string_view key : {"password", "plain_text_passwd"}) {
      if (!words.starts_with(key)) continue;
      const size_t colon = words.find_first_not_of(" \t", key.size());
      if (colon == std::string_view::npos || words[colon] != ':') continue;
      const size_t value = words.find_first_not_of(" \t\r\"'", colon + 1);
      if (value == std::string_view::npos || words[value] == '#') continue;
      const std::string_view secret = words.substr(value);
      // A hash of crypt(5), a password made at random, a variable, a lock.
      if (secret[0] == '$' || secret[0] == '{' || secret[0] == '!' || secret[0] == '*' ||
          secret.starts_with("RANDOM") || secret.starts_with("R\r") || secret == "R" ||
          secret.starts_with("null") || secret.starts_with("~"))
        continue;
      context.store().insert(
          kCloudInitPasswordTable,
          {key, std::string_view(text->path),
           context.store().locate(text->path, Span{number, static_cast<uint32_t>(first) + 1, number,
                                                   static_cast<uint32_t>(line.size()) + 1})});
    }
  }
}

void collect_cloud_init(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) read(context, path);
    return;
  }
  const Tree& tree = context.tree();
  read(context, "etc/cloud/cloud.cfg");
  for (const std::string& path : tree.glob("etc/cloud/cloud.cfg.d", "*.cfg")) read(context, path);
  for (const std::string_view seed : {"nocloud", "nocloud-net"})
    read(context, "var/lib/cloud/seed/" + std::string(seed) + "/user-data");
  if (const auto instances = tree.list("var/lib/cloud/instances"))
    for (const std::string& name : *instances)
      for (const std::string_view file : {"user-data.txt", "user-data.txt.i", "cloud-config.txt"})
        read(context, "var/lib/cloud/instances/" + name + "/" + std::string(file));
}

}  // namespace

const Collector kCloudInitCollector{
    .name = "cloud-init",
    .tables = {&kCloudInitPasswordTable},
    .needs = {},
    .paths = {"etc/cloud/cloud.cfg", "etc/cloud/cloud.cfg.d/*.cfg",
              "var/lib/cloud/seed/*/user-data", "var/lib/cloud/instances/*/*"},
    .loose = {"user-data", "cloud-config.yaml", "cloud.cfg"},
    .collect = collect_cloud_init};

}  // namespace drydock::facts
