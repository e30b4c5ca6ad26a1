// The options that every command with an ARTIFACT shares, and opening it.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/facts/osv_feed.h"
#include "analyzer/facts/store.h"
#include "analyzer/source/artifact.h"

namespace CLI {
class App;
}

namespace drydock::cli {

using TableNames = std::set<std::string, std::less<>>;

// How far a disk image may reach beyond its own file.
struct ImageFlags {
  bool beside = false;
  bool no_temporary = false;
  unsigned temporary_limit = 64;  // GiB
};

// --allow-beside, --no-temporary, --temporary-limit.
void add_image_options(CLI::App& app, ImageFlags& flags);
// `quiet`: what is unpacked is not announced on standard error.
ImageOptions image_options(const ImageFlags& flags, bool quiet);

struct ArtifactOptions {
  std::string path;
  std::string target_name;
  std::string root;
  std::string scope;
  bool quiet = false;  // no progress
  unsigned jobs = 0;   // threads; 0: as many as there are processors
  ImageFlags image;
  std::string osv;                          // a directory or an archive of OSV records; empty: none
  std::shared_ptr<HeadStart> started = {};  // of begin(); as in OpenOptions
};

// Begins to read an artifact that takes long enough; to be called as soon as its path is known.
void begin(ArtifactOptions& options);

// The records that --osv names.
facts::OsvFeed osv_feed(const ArtifactOptions& options);
// --osv, for the commands that collect facts.
void add_osv_option(CLI::App& app, ArtifactOptions& options);

// ARTIFACT, --root, --scope, --target-name, --jobs.
void add_artifact_options(CLI::App& app, ArtifactOptions& options);

// Opens the artifact, keeping what the collectors of `tables` read (empty: all); shows progress.
// `reading_ahead`: as in OpenOptions.
Result<Artifact> open(const ArtifactOptions& options, const TableNames& tables,
                      std::function<void()> reading_ahead = {});
// The same, keeping everything that matches `interest`.
Result<Artifact> open(const ArtifactOptions& options, Interest interest,
                      std::function<void()> reading_ahead = {});

// The one target to ask: the only one, or the one --target-name names among several.
Result<const Target*> one_target(const Artifact& artifact, const ArtifactOptions& options);

// A store with all tables.
Result<std::unique_ptr<facts::Store>> new_store();

// Says on standard error what could not be read.
void report_diagnostics(const std::vector<Diagnostic>& diagnostics,
                        Level at_least = Level::warning);

}  // namespace drydock::cli
