// sshd(8), "AUTHORIZED_KEYS FILE FORMAT": who may log in with which key.
#include <algorithm>
#include <set>

#include "analyzer/facts/collect/permission.h"
#include "analyzer/source/tree.h"
#include "parsers/authorized_keys.h"

namespace drydock::facts {

const TableSpec kAuthorizedKeyTable{
    .name = "authorized_key",
    .kind = TableKind::effective,
    .doc =
        "A key of ~/.ssh/authorized_keys or authorized_keys2 that sshd takes: its type is one that "
        "OpenSSH knows, and so are its options.",
    .columns = {{"user", ColumnType::text, "Whose home directory it is."},
                {"path", ColumnType::text, "The file."},
                {"type", ColumnType::text, "ssh-ed25519, ssh-rsa and so on."},
                {"bits", ColumnType::integer, "The size of the key, as `ssh-keygen -l` prints it."},
                {"comment", ColumnType::text, "What is written behind the key; NULL if nothing."},
                {"options", ColumnType::text, "As they are written; NULL if there are none."},
                {"command", ColumnType::text, "The command it is for (command=); else NULL."},
                {"hosts", ColumnType::text, "From where it may be used (from=); else NULL."},
                {"is_restricted", ColumnType::boolean, "The option restrict is given."},
                {"is_ca", ColumnType::boolean, "It signs certificates of others (cert-authority)."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"user", "type"},
    .examples = {"SELECT user, type, bits, comment FROM authorized_key"}};

namespace {

constexpr size_t kKeys = 50'000;

void read(Context& context, const std::string& user, const std::string& path, size_t& keys) {
  const auto text = context.read(path);
  if (!text) return;
  const parsers::authorized_keys::File file = parsers::authorized_keys::parse(text->text);
  context.issues(text->path, file.errors);
  const auto text_or_null = [](const std::string& written) {
    return written.empty() ? Value(Null{}) : Value(std::string_view(written));
  };
  for (const auto& key : file.keys) {
    if (!key.is_taken) continue;
    if (++keys > kKeys) return;
    const auto option = [&](std::string_view name) {
      const auto found =
          std::ranges::find(key.options, name, &parsers::authorized_keys::Option::name);
      return found == key.options.end() ? nullptr : &*found;
    };
    const auto value = [&](std::string_view name) {
      const auto* found = option(name);
      return found && found->value ? Value(std::string_view(*found->value)) : Value(Null{});
    };
    context.store().insert(
        kAuthorizedKeyTable,
        {std::string_view(user), std::string_view(text->path), std::string_view(key.type),
         int64_t{key.bits}, text_or_null(key.comment), text_or_null(key.written_options),
         value("command"), value("from"), option("restrict") != nullptr,
         option("cert-authority") != nullptr, context.store().locate(text->path, key.span)});
  }
}

void collect_authorized_keys(Context& context) {
  if (context.scope() != Scope::host) return;
  const auto rows =
      context.store().select("SELECT name, home FROM account WHERE is_first ORDER BY name");
  if (!rows) return;
  std::set<std::string> known;  // accounts may share a home
  size_t keys = 0;
  for (const auto& row : rows->rows) {
    if (!row[0] || !row[1] || !row[1]->starts_with('/')) continue;
    for (const std::string_view name : {".ssh/authorized_keys", ".ssh/authorized_keys2"}) {
      const std::string path = join_path(normal_path(*row[1]), name);
      if (known.insert(path).second) read(context, *row[0], path, keys);
    }
  }
}

}  // namespace

const Collector kAuthorizedKeyCollector{
    .name = "authorized-key",
    .tables = {&kAuthorizedKeyTable},
    .needs = {"account"},
    .paths = {"home/*/.ssh/authorized_keys", "home/*/.ssh/authorized_keys2",
              "root/.ssh/authorized_keys", "root/.ssh/authorized_keys2"},
    .loose = {},
    .collect = collect_authorized_keys};

}  // namespace drydock::facts
