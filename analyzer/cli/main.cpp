#include "analyzer/cli/cli.h"

int main(int argc, char** argv) {
  return drydock::cli::run(argc, argv);
}
