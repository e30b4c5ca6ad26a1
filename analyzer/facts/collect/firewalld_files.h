// The files of firewalld: which of them count, and what they say of services and sets.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"
#include "parsers/firewalld.h"

namespace drydock::facts {

struct FirewalldFile {
  std::string path;
  parsers::firewalld::File file;
};

// By name; of a combined zone several.
using FirewalldNames = std::map<std::string, std::vector<FirewalldFile>>;

class FirewalldFiles {
 public:
  explicit FirewalldFiles(Context& context) : context_(context) {}

  // Reads all of a host; false if firewalld is not there.
  bool read_host();
  // A loose file of a zone.
  bool read_loose(const std::string& path);

  FirewalldNames zones, policies;
  std::string default_zone = "public";
  std::string conf_path;          // firewalld.conf
  Span default_span{1, 1, 1, 1};  // of DefaultZone in it
  bool has_conf = false;
  bool is_nftables = true;  // FirewallBackend
  bool strict_forward_ports = false;

  // A service's own file, /etc before /usr/lib, read when somebody names it; nullptr if nobody has it.
  const parsers::firewalld::File* service(const std::string& name);
  // What is said of a source: a set of addresses ("ipset:NAME") is what is in it.
  std::string source_of(const std::string& source);

  void issues(const std::string& path, const parsers::SyntaxErrors& errors);
  // Of an export of /etc: says once that what is not in it is not known.
  void not_here(const std::string& path, Span span, std::string_view code, std::string message);

 private:
  void read_conf();
  void load(const std::string& base, const std::string& kind, parsers::firewalld::Kind what,
            FirewalldNames& into);
  void combined_zones();
  std::optional<FirewalldFile> read(const std::string& path, parsers::firewalld::Kind kind);
  void check_services();
  void bind_interfaces();

  Context& context_;
  bool refused_ = false;
  std::map<std::string, std::optional<parsers::firewalld::File>> services_;
  std::set<std::string> said_;
};

// Words with commas between.
std::string joined(const std::vector<parsers::firewalld::Word>& words);

}  // namespace drydock::facts
