#include "analyzer/cli/opening.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "analyzer/cli/progress.h"
#include "analyzer/facts/collect.h"
#include "analyzer/source/feed.h"
#include "analyzer/source/head_start.h"

namespace drydock::cli {
namespace {

std::optional<Scope> scope_of(std::string_view text) {
  for (const Scope scope : {Scope::host, Scope::etc, Scope::fragment})
    if (name(scope) == text) return scope;
  return std::nullopt;
}

// Does `path` climb above where it starts?
bool leads_out(std::string_view path) {
  int depth = 0;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    if (part == "..")
      --depth;
    else if (!part.empty() && part != ".")
      ++depth;
    if (depth < 0) return true;
  }
  return false;
}

}  // namespace

facts::OsvFeed osv_feed(const ArtifactOptions& options) {
  if (options.osv.empty()) return {};
  std::filesystem::path path(options.osv);
  if (!path.has_filename()) path = path.parent_path();
  return {.name = path.filename().string(),
          .each = [whole = options.osv](const facts::OsvFeed::Visit& visit) {
            return read_feed(whole, ".json", visit);
          }};
}

void add_osv_option(CLI::App& app, ArtifactOptions& options) {
  app.add_option("--osv", options.osv,
                 "Match the installed packages against these records of known vulnerabilities "
                 "(osv.dev; one JSON file each): a directory, or a ZIP or tar archive of them.")
      ->type_name("DIR|ZIP")
      ->check(CLI::ExistingPath)
      ->group("Artifact")
      ->envname("DRYDOCK_OSV");
}

void add_artifact_options(CLI::App& app, ArtifactOptions& options) {
  app.add_option("ARTIFACT", options.path,
                 "What to read: a directory, an archive (tar, cpio, zip; gz, bz2, xz, zst, lz4), a "
                 "disk image (raw, qcow2, VMDK, VHD, VHDX, VDI, OVA with ext2, ext3 or ext4), a "
                 "repository, a single file, or - for an archive on standard input.")
      ->required()
      ->type_name("ARTIFACT");
  app.add_option(
         "--root", options.root,
         "Take this directory inside the artifact as the root of the host; in a disk image it may "
         "begin with a volume, as 'drydock volumes' names it: p3, p3/rootfs.")
      ->type_name("PATH")
      ->group("Artifact");
  app.add_option("--scope", options.scope,
                 "How complete the host is: host (a whole root), etc (a whole /etc), fragment "
                 "(single files: only "
                 "what is written can be wrong). Found out by itself unless given.")
      ->type_name("SCOPE")
      ->check(CLI::IsMember({"host", "etc", "fragment"}))
      ->group("Artifact");
  app.add_option("--target-name", options.target_name,
                 "The host's name in reports; it is part of the identity of findings. Default: the "
                 "artifact's name "
                 "without extension.")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        return name.empty() ? std::string("a host's name cannot be empty") : std::string();
      })
      ->group("Artifact");
  app.add_option("-j,--jobs", options.jobs,
                 "Use at most this many threads; the result is the same for any number. 1: a "
                 "compressed archive is decompressed by the thread that reads it. Default: the "
                 "processors there are.")
      ->type_name("N")
      ->check(CLI::Range(1, 1024))
      ->group("Artifact");
  add_image_options(app, options.image);
}

void add_image_options(CLI::App& app, ImageFlags& flags) {
  app.add_flag(
         "--allow-beside", flags.beside,
         "Of a disk image: open the files in its own directory that it names, such as a backing "
         "file or the extents of a VMDK. Without it an image that needs others is refused.")
      ->group("Artifact");
  app.add_flag(
         "--no-temporary", flags.no_temporary,
         "Of a packed disk image (compressed, or in a tar or zip): do not unpack it into a "
         "temporary file in $TMPDIR (else /var/tmp), but refuse it. Of an archive: leave package "
         "databases of more than 16 MiB unread instead of copying them to such a file.")
      ->group("Artifact");
  app.add_option(
         "--temporary-limit", flags.temporary_limit,
         "Unpack at most this much of a packed disk image, in GiB; a larger one is refused. "
         "Default: 64.")
      ->type_name("GIB")
      ->check(CLI::Range(1, 65536))
      ->group("Artifact");
}

ImageOptions image_options(const ImageFlags& flags, bool quiet) {
  ImageOptions options{.beside = flags.beside,
                       .temporary = !flags.no_temporary,
                       .temporary_limit = uint64_t{flags.temporary_limit} << 30};
  if (!quiet)
    options.announce = [](const std::string& sentence) {
      std::fprintf(stderr, "note: %s\n", sentence.c_str());
    };
  return options;
}

void begin(ArtifactOptions& options) {
  if (options.jobs != 1 && options.path != "-") options.started = HeadStart::on(options.path);
}

Result<Artifact> open(const ArtifactOptions& options, Interest interest,
                      std::function<void()> reading_ahead) {
  if (leads_out(options.root))
    return Error{"--root: '" + options.root + "' leads out of the artifact",
                 "give a directory inside it, for example rootfs"};
  Progress progress("reading", !options.quiet);
  OpenOptions open_options;
  open_options.target_name = options.target_name;
  if (!options.root.empty()) open_options.root = normal_path(options.root);
  open_options.scope = scope_of(options.scope);
  open_options.interest = std::move(interest);
  open_options.known = facts::interest_for({});
  open_options.threads = options.jobs;
  open_options.image = image_options(options.image, options.quiet);
  open_options.progress = [&](uint64_t done, uint64_t total) { progress.update(done, total); };
  open_options.reading_ahead = std::move(reading_ahead);
  open_options.started = options.started;
  return open_artifact(options.path, open_options);
}

Result<Artifact> open(const ArtifactOptions& options, const TableNames& tables,
                      std::function<void()> reading_ahead) {
  return open(options, facts::interest_for(tables), std::move(reading_ahead));
}

Result<const Target*> one_target(const Artifact& artifact, const ArtifactOptions& options) {
  if (artifact.targets.size() == 1) return &artifact.targets.front();
  std::string prefixes;
  for (const Target& target : artifact.targets) {
    if (target.name == options.target_name) return &target;
    prefixes += (prefixes.empty() ? "" : ", ") +
                ("'" + (target.prefix.empty() ? "." : target.prefix) + "'");
  }
  return Error{"'" + artifact.path + "' holds several hosts",
               "choose one with --root: " + prefixes};
}

Result<std::unique_ptr<facts::Store>> new_store() {
  const std::vector<const facts::TableSpec*> tables = facts::all_tables();
  return facts::Store::create(tables);
}

void report_diagnostics(const std::vector<Diagnostic>& diagnostics, Level at_least) {
  for (const Diagnostic& diagnostic : diagnostics)
    if (diagnostic.level >= at_least) std::fputs(render(diagnostic).c_str(), stderr);
}

}  // namespace drydock::cli
