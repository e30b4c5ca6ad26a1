// The parser against dpkg-query(1): on this machine's own database and on a generated one.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "parsers/dpkg_status.h"
#include "tests/oracle.h"

namespace drydock::parsers::dpkg_status {
namespace {

std::string sorted_lines(std::string text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

// `text` as this parser reads it; dpkg-query does not list what is not installed.
std::string ours(std::string_view text) {
  std::string out;
  for (const Package& p : parse(text).packages) {
    if (p.state == "not-installed") continue;
    for (const std::string_view part : {p.name, p.version, p.architecture, p.want, p.state})
      out += std::string(part) + "|";
    out += std::string(p.source.empty() ? p.name : p.source) + "|" +
           std::string(p.source_version.empty() ? p.version : p.source_version) + "|";
    for (const Conffile& c : p.conffiles)
      out += " " + std::string(c.path) + " " + std::string(c.md5) +
             (c.flag.empty() ? "" : " " + std::string(c.flag));
    out += "\n";
  }
  return sorted_lines(out);
}

std::string theirs(const std::string& directory) {
  return sorted_lines(
      test::ask("dpkg-query --admindir=" + directory +
                " -W -f '${Package}|${Version}|${Architecture}|${db:Status-Want}|"
                "${db:Status-Status}|${source:Package}|${source:Version}|${Conffiles}\\t' | "
                "tr -d '\\n' | tr '\\t' '\\n'")
          .value_or(""));
}

TEST(DpkgStatusOracle, DpkgQueryReadsAGeneratedDatabaseTheSame) {
  if (!test::ask("dpkg-query --version")) GTEST_SKIP() << "dpkg-query is not installed";
  test::ScratchDirectory directory;
  std::mt19937 random(7);
  std::string text;
  const char* const states[] = {"install ok installed", "deinstall ok config-files",
                                "hold ok installed", "install ok unpacked",
                                "purge ok not-installed"};
  for (int i = 0; i < 300; ++i) {
    const std::string state = states[random() % 5];
    text += (random() % 4 ? "Package: " : "package:\t") + ("p" + std::to_string(i)) +
            (random() % 3 ? "\n" : "  \n");
    text += "Status: " + state + "\nMaintainer: x <x@example.org>\n";
    text += "Architecture: " + std::string(random() % 2 ? "amd64" : "all") + "\n";
    if (random() % 2)
      text += "Source: s" + std::to_string(i) + (random() % 2 ? " (1.0-1)" : "") + "\n";
    if (state.find("not-") == std::string::npos && random() % 3 == 0)
      text +=
          "Conffiles:\n /etc/p/a b 0123456789abcdef0123456789abcdef\n"
          " /etc/q 00000000000000000000000000000000" +
          std::string(random() % 2 ? " obsolete\n" : "\n");
    text += "Version: 1:2." + std::to_string(random() % 9) + "-3~deb\n";
    text += "Description: a\n Package: no\n .\n more\n" + std::string(1 + random() % 2, '\n');
  }
  directory.write("status", text);
  directory.write("available", "");
  EXPECT_EQ(ours(text), theirs(directory.path()));
  EXPECT_TRUE(parse(text).errors.empty());
}

TEST(DpkgStatusOracle, DpkgQueryReadsThisMachinesDatabaseTheSame) {
  std::ifstream file("/var/lib/dpkg/status", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (text.empty() || !test::ask("dpkg-query --version")) GTEST_SKIP() << "no dpkg on this machine";
  EXPECT_EQ(ours(text), theirs("/var/lib/dpkg"));
  EXPECT_TRUE(parse(text).errors.empty());
}

}  // namespace
}  // namespace drydock::parsers::dpkg_status
