// The interactive form of drydock query.
#pragma once

#include <string>

#include "analyzer/facts/store.h"

namespace drydock::cli {

// Reads statements (each ends with ';') and commands (".help") until the end of input, and answers
// on standard output. On a terminal with a prompt, line editing, completion of table names and a
// history that is kept in $XDG_STATE_HOME/drydock/history. Gives the exit code: kError if standard
// output fails, or if input that is no terminal had a mistake.
int run_shell(const facts::Store& store, const std::string& format);

}  // namespace drydock::cli
