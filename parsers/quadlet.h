// Quadlet's files (podman-systemd.unit(5)): Podman reads them with a parser of its own, which is stricter than
// systemd's and joins continued lines differently.
#pragma once

#include <string_view>

#include "parsers/unit.h"

namespace drydock::parsers::quadlet {

// The assignments of a file, groups of one name being one. White space around a line is no part of it; a '\' at its
// end joins the next line to it with nothing in between; comments and empty lines inside of a continuation are left
// out. Codes of syntax errors, each of which makes Podman refuse the file as a whole (effect `refused`):
//   bad-line         neither "key=value" nor "[Group]" nor a comment, also a group with something behind it
//   bad-group        an empty group name, or one with brackets or control characters
//   outside-group    an assignment before any group
//   line-too-long    a line, or the lines of a continuation together, longer than 1 MiB
//   too-many         more than 200,000 assignments, which Podman would take
// Assignments before and behind the mistake are there all the same.
unit::File parse(std::string_view text);

// Words of lists such as AddDevice= and AddCapability=: split at white space outside of quotes, which are taken off;
// a backslash is a character as any other. An empty word ends the list, and so does a quote that is not closed, with
// which nothing of the value counts.
unit::Words split_list(std::string_view value);

// Words of commands and of PodmanArgs=, Environment=, Mount= …: as above, with escapes of C decoded. A quote may be
// left open; an escape that C does not have makes Podman leave out the value as a whole.
unit::Words split_arguments(std::string_view value);

// "1", "yes", "true" and "on" in any case are true, everything else is false.
bool boolean(std::string_view value);

}  // namespace drydock::parsers::quadlet
