// drydock ls, drydock cat: a look into any artifact.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>

#include "analyzer/cli/command.h"
#include "analyzer/cli/opening.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/rows.h"
#include "analyzer/source/watched.h"

namespace drydock::cli {
namespace {

struct FilesOptions {
  ArtifactOptions artifact;
  std::string path;
  bool recursive = false;
};

// As ls -l writes it: "-rwsr-xr-x".
std::string mode_text(const Stat& stat) {
  constexpr std::string_view kTypes = "-dlpsbc";
  std::string out(1, kTypes[static_cast<size_t>(stat.type)]);
  for (int shift = 6; shift >= 0; shift -= 3) {
    const int bits = (stat.mode >> shift) & 7;
    out += (bits & 4) != 0 ? 'r' : '-';
    out += (bits & 2) != 0 ? 'w' : '-';
    const bool special = (stat.mode & (shift == 6 ? 04000 : shift == 3 ? 02000 : 01000)) != 0;
    const char set = shift == 0 ? 't' : 's';
    const char plain = (bits & 1) != 0 ? 'x' : '-';
    out += !special ? plain : (bits & 1) != 0 ? set : static_cast<char>(set - 'a' + 'A');
  }
  return out;
}

std::string line(const Tree& tree, const std::string& path, const Stat& stat) {
  char time[32] = "";
  const auto seconds = static_cast<time_t>(stat.mtime);
  tm utc{};
  if (gmtime_r(&seconds, &utc) != nullptr) std::strftime(time, sizeof time, "%Y-%m-%d %H:%M", &utc);
  char head[96];
  std::snprintf(head, sizeof head, "%s %5u %5u %10llu %s ", mode_text(stat).c_str(), stat.uid,
                stat.gid, static_cast<unsigned long long>(stat.size), time);
  std::string out = head + printable(path);
  if (stat.type == NodeType::symlink)
    if (const auto target = tree.readlink(path)) out += " -> " + printable(*target);
  return out + "\n";
}

int run_ls(const FilesOptions& options) {
  const auto artifact = open(options.artifact, Interest());
  if (!artifact) return fail(artifact.error());
  report_diagnostics(artifact->diagnostics);
  std::string out;
  bool complete = artifact->complete;
  for (const Target& target : artifact->targets) {
    const WatchedTree tree(*target.tree);
    if (artifact->targets.size() > 1) out += (out.empty() ? "" : "\n") + target.name + ":\n";
    const auto top = tree.resolve(normal_path(options.path));
    if (!top) return fail({top.error().message, ""});
    const auto stat = tree.lstat(*top);
    if (!stat)
      return fail({"'" + options.path + "' does not exist in '" + artifact->path + "'", ""});
    if (stat->type != NodeType::directory) {
      out += line(tree, *top, *stat);
    } else {
      tree.walk(*top, [&](std::string_view path, const Stat& node) {
        out += line(tree, std::string(path), node);
        return options.recursive;
      });
    }
    for (const Unread& one : tree.missed()) {
      complete = false;
      if (!one.said)
        report_diagnostics({{Level::warning, DiagnosticKind::not_read, one.path, Span{},
                             "nothing in it was read: " + one.why, ""}});
    }
  }
  const auto written = write_standard_output(out);
  if (!written) return fail(written.error());
  return complete ? kClean : kIncomplete;
}

int run_cat(const FilesOptions& options) {
  const std::string path = normal_path(options.path);
  Interest interest;
  interest.add(path);
  auto artifact = open(options.artifact, interest);
  if (!artifact) return fail(artifact.error());
  auto target = one_target(*artifact, options.artifact);
  if (!target) return fail(target.error());
  auto real = (*target)->tree->resolve(path);
  if (!real) return fail({real.error().message, ""});
  if (*real != path && options.artifact.path != "-") {  // an archive keeps only what was asked for
    interest.add(*real);
    artifact = open(options.artifact, interest);
    if (!artifact) return fail(artifact.error());
    target = one_target(*artifact, options.artifact);
    if (!target) return fail(target.error());
  }
  const auto text = (*target)->tree->read(*real);
  if (!text) return fail({text.error().message, ""});
  const auto written = write_standard_output(*text);
  return written ? kClean : fail(written.error());
}

}  // namespace

void add_ls(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<FilesOptions>();
  CLI::App* ls = app.add_subcommand(
      "ls", "List a directory of an artifact: mode, owner, group, size, time (UTC), path.");
  add_artifact_options(*ls, options->artifact);
  ls->add_option("PATH", options->path, "A path inside the host; default: its root.")
      ->type_name("PATH");
  ls->add_flag("-R,--recursive", options->recursive, "List what lies below, too.");
  commands.push_back({ls, [options] { return run_ls(*options); }});
}

void add_cat(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<FilesOptions>();
  CLI::App* cat =
      app.add_subcommand("cat", "Print a file of an artifact, following links inside it.");
  add_artifact_options(*cat, options->artifact);
  cat->add_option("PATH", options->path, "A path inside the host.")->required()->type_name("PATH");
  commands.push_back({cat, [options] { return run_cat(*options); }});
}

}  // namespace drydock::cli
