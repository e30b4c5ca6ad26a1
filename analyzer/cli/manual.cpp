// drydock manual (hidden): the manual page, man(7), written from the command line and a little
// prose.
#include <CLI/CLI.hpp>

#include "analyzer/cli/command.h"
#include "analyzer/cli/help.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/version.h"

namespace drydock::cli {
namespace {

// Text as roff takes it: nothing in it is markup.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = c == '\n';
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + roff(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + roff(text) + "\\fR";
}

std::string options(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : shown_options(app, true))
    out += ".TP\n" + italic(option->get_name(true, false)) + "\n" +
           roff(option->get_description()) + "\n";
  for (const CLI::Option* option : shown_options(app, false)) {
    std::string names;
    for (const std::string& name : option->get_snames())
      names += (names.empty() ? "" : ", ") + bold("-" + name);
    for (const std::string& name : option->get_lnames())
      names += (names.empty() ? "" : ", ") + bold("--" + name);
    const std::string value = value_name(*option);
    out += ".TP\n" + names + (value.empty() ? "" : " " + italic(value)) + "\n" +
           roff(option->get_description()) + "\n";
    if (const std::string variable = option->get_envname(); !variable.empty())
      out += "Environment: " + bold(variable) + ".\n";
  }
  return out;
}

void add_commands(const CLI::App& app, std::string& out) {
  for (const CLI::App* command : shown_commands(app)) {
    out += ".SS " + roff(usage(*command)) + "\n" + roff(command->get_description()) + "\n" +
           options(*command);
    add_commands(*command, out);
  }
}

constexpr std::string_view kEnd = R"(.SH EXIT STATUS
.TP
.B 0
Nothing was found at or above
.BR \-\-fail\-on .
.TP
.B 1
Findings at or above
.BR \-\-fail\-on .
.TP
.B 2
Usage, configuration or I/O error: there is no verdict.
.TP
.B 3
Something could not be read, and what could be read has no such findings.
.SH ENVIRONMENT
An option given on the command line outranks its environment variable, which outranks the configuration file.
.TP
.B NO_COLOR
No colour, whatever the terminal.
.TP
.B CLICOLOR_FORCE
Colour even where standard output is no terminal.
.TP
.B XDG_STATE_HOME
Where the history of
.B drydock query
is kept, in
.IR drydock/history .
.SH FILES
.TP
.I .drydock.yaml
Options of scan, looked for in the working directory and those above it up to the root of the repository.
It is never read from inside the host that is judged.
.SH SECURITY
drydock executes nothing of what it reads, mounts nothing, follows no symbolic link out of the artifact and does
not use the network.
Reports never show a line of files that hold secrets, such as
.BR shadow (5)
or private keys.
.SH SEE ALSO
.BR systemd.unit (5),
.BR sshd_config (5),
.BR sysctl.d (5),
.BR audit.rules (7),
.BR fstab (5)
)";

std::string manual(const CLI::App& app) {
  std::string out = ".\\\" Written by 'drydock manual'.\n.TH DRYDOCK 1 " +
                    std::string(kReleaseDate) + " \"drydock " + std::string(kVersion) +
                    "\" \"User Commands\"\n.SH NAME\ndrydock \\- inspect a Linux host offline for "
                    "hardening weaknesses\n";
  out += ".SH SYNOPSIS\n";
  bool first = true;
  for (const CLI::App* command : shown_commands(app)) {
    if (!first) out += ".br\n";
    first = false;
    const std::string line = usage(*command);
    const size_t names = full_name(*command).size();
    out += bold(line.substr(0, names)) + roff(line.substr(names)) + "\n";
  }
  out += ".SH DESCRIPTION\n" + roff(app.get_description()) + "\n";
  out += ".SH COMMANDS\n";
  add_commands(app, out);
  out += kEnd;
  return out;
}

}  // namespace

void add_manual(CLI::App& app, Commands& commands) {
  CLI::App* command = app.add_subcommand("manual", "Print the manual page drydock(1) as roff.");
  command->group("");  // of use when drydock is built
  commands.push_back({command, [] {
                        Commands described;
                        const auto whole = make_app(described);
                        const auto written = write_standard_output(manual(*whole));
                        return written ? kClean : fail(written.error());
                      }});
}

}  // namespace drydock::cli
