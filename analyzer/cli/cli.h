// The command line: the only room that sees all others.
#pragma once

namespace drydock::cli {

// Runs one command line and returns the exit code: 0 clean, 1 findings at or above --fail-on, 2
// usage, configuration or I/O error, 3 the scan is incomplete.
int run(int argc, char** argv);

}  // namespace drydock::cli
