#include "analyzer/facts/collect/docker_client.h"

#include <algorithm>

#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kDockerContentTrustTable{
    .name = "docker_content_trust",
    .kind = TableKind::raw,
    .doc =
        "An assignment of DOCKER_CONTENT_TRUST in what a login reads: /etc/environment "
        "(pam_env(8)) and the start-up files of shells. With 1 the client pulls signed images "
        "only.",
    .columns = {{"value", ColumnType::text, "1: on."},
                {"is_for_all", ColumnType::boolean, "1: a file of the system, not of one user."},
                {"path", ColumnType::text, "The file."},
                {"loc", ColumnType::location, "The assignment."}},
    .examples = {"SELECT value, loc FROM docker_content_trust"}};

const TableSpec kContainerExecTable{
    .name = "container_exec",
    .kind = TableKind::raw,
    .doc =
        "A `docker exec` or `podman exec` that somebody's shell remembers. Histories are cut and "
        "can be edited: what is missing there may have happened.",
    .columns = {{"path", ColumnType::text, "The history: root/.bash_history."},
                {"user", ColumnType::text, "Whose it is, by its directory."},
                {"is_privileged", ColumnType::boolean, "1: with --privileged."},
                {"as_user", ColumnType::text, "The argument of -u, --user; NULL: none."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT user, is_privileged, as_user, loc FROM container_exec"}};

namespace {

using Words = std::vector<std::string_view>;

// Words by blanks: enough to find options; quotes stay where they are.
Words words_of(std::string_view line) {
  constexpr size_t kWords = 200;
  Words out;
  while (out.size() < kWords) {
    const size_t begin = line.find_first_not_of(" \t;&|(");
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(" \t;&|()"), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return out;
}

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  constexpr uint32_t kLines = 200'000;
  for (uint32_t number = 1; !text.empty() && number < kLines; ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    visit(number, line);
  }
}

Span line_span(uint32_t number, std::string_view line) {
  return {number, 1, number, static_cast<uint32_t>(line.size()) + 1};
}

void read_trust(Context& context, const std::string& path, bool is_for_all) {
  constexpr std::string_view kName = "DOCKER_CONTENT_TRUST=";
  const auto text = context.read(path);
  if (!text) return;
  each_line(text->text, [&](uint32_t number, std::string_view line) {
    const size_t at = line.find(kName);
    if (at == std::string_view::npos ||
        line.substr(0, at).find_first_not_of(" \texport") != std::string_view::npos)
      return;
    std::string_view value = line.substr(at + kName.size());
    if (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
    value = value.substr(0, value.find_first_of("\"' \t;#"));
    context.store().insert(kDockerContentTrustTable,
                           {value, is_for_all, std::string_view(text->path),
                            context.store().locate(text->path, line_span(number, line))});
  });
}

void read_history(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return;
  std::string user(file_name(parent_path(path)));
  each_line(text->text, [&](uint32_t number, std::string_view line) {
    if (line.find("exec") == std::string_view::npos) return;
    const Words words = words_of(line);
    for (size_t i = 0; i + 1 < words.size(); ++i) {
      const std::string_view program = file_name(words[i]);
      if (program != "docker" && program != "podman") continue;
      size_t at = i + 1;
      if (words[at] == "container") ++at;
      if (at >= words.size() || words[at] != "exec") continue;
      bool is_privileged = false;
      std::optional<std::string_view> as_user;
      // Options stand before the container's name.
      for (++at; at < words.size() && words[at].starts_with('-'); ++at) {
        const std::string_view word = words[at];
        if (word == "--privileged" || word == "--privileged=true") is_privileged = true;
        if (word.starts_with("--user=")) as_user = word.substr(7);
        const bool takes_next = word == "--user" || word == "-u" || word == "-e" ||
                                word == "--env" || word == "-w" || word == "--workdir" ||
                                word == "--env-file" || word == "--detach-keys" ||
                                (word.size() > 2 && word[1] != '-' && word.ends_with('u'));
        if (!takes_next || at + 1 >= words.size()) continue;
        ++at;
        if (word == "--user" || word.ends_with('u')) as_user = words[at];
      }
      context.store().insert(kContainerExecTable,
                             {std::string_view(text->path), std::string_view(user), is_privileged,
                              as_user ? Value(*as_user) : Value(Null{}),
                              context.store().locate(text->path, line_span(number, line))});
      return;
    }
  });
}

void collect_docker_client(Context& context) {
  if (context.is_fragment()) return;
  const Tree& tree = context.tree();
  for (const char* path : {"etc/environment", "etc/profile", "etc/bash.bashrc", "etc/bashrc",
                           "etc/zsh/zshenv", "etc/zsh/zprofile"})
    read_trust(context, path, true);
  for (const char* directory : {"etc/profile.d", "etc/environment.d"})
    for (const std::string& path : tree.glob(directory, "*")) read_trust(context, path, true);
  std::vector<std::string> homes = {"root"};
  if (const auto names = tree.list("home"))
    for (const std::string& name : *names) homes.push_back("home/" + name);
  for (const std::string& home : homes) {
    for (const char* file : {".profile", ".bash_profile", ".bashrc", ".zshenv", ".zshrc"})
      read_trust(context, home + "/" + file, false);
    for (const char* file : {".bash_history", ".zsh_history", ".ash_history", ".history"})
      read_history(context, home + "/" + file);
  }
}

}  // namespace

const Collector kDockerClientCollector{
    .name = "docker_client",
    .tables = {&kDockerContentTrustTable, &kContainerExecTable},
    .needs = {},
    .paths = {"etc/environment",      "etc/profile",          "etc/profile.d/*",
              "etc/environment.d/*",  "etc/bash.bashrc",      "etc/bashrc",
              "etc/zsh/zshenv",       "etc/zsh/zprofile",     "root/.profile",
              "root/.bash_profile",   "root/.bashrc",         "root/.zshenv",
              "root/.zshrc",          "root/.bash_history",   "root/.zsh_history",
              "root/.ash_history",    "root/.history",        "home/*/.profile",
              "home/*/.bash_profile", "home/*/.bashrc",       "home/*/.zshenv",
              "home/*/.zshrc",        "home/*/.bash_history", "home/*/.zsh_history",
              "home/*/.ash_history",  "home/*/.history"},
    .loose = {},
    .collect = collect_docker_client};

}  // namespace drydock::facts
