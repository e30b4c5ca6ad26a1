#include "analyzer/cli/cli.h"

#include <CLI/CLI.hpp>

namespace drydock::cli {

int run(int argc, char** argv) {
  CLI::App app{"Inspects a Linux host before it sails."};
  app.set_version_flag("--version", "drydock 0.1.0");
  CLI11_PARSE(app, argc, argv);
  return 0;
}

}  // namespace drydock::cli
