// inetd(8) of openbsd-inetd, which reads /etc/inetd.conf, and of GNU's inetutils, which reads /etc/inetd.d/* too: what each
// makes of a line, as `inetd -d` says it.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "analyzer/facts/collect/inet_service.h"
#include "analyzer/source/tree.h"
#include "parsers/characters.h"
#include "parsers/inetd_conf.h"

namespace drydock::facts {

namespace {

namespace inetd = parsers::inetd_conf;
using inetd::Inetd;
using parsers::is_digit;
using Names = std::set<std::string, std::less<>>;

// The words of a line up to a '#'.
std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> out;
  line = line.substr(0, line.find('#'));
  for (size_t i = 0; i < line.size();) {
    while (i < line.size() && parsers::is_space(line[i])) ++i;
    const size_t begin = i;
    while (i < line.size() && !parsers::is_space(line[i])) ++i;
    if (i > begin) out.emplace_back(line.substr(begin, i - begin));
  }
  return out;
}

// What the host's databases have; nothing: they are not there, or there may be more than the file says.
class Databases {
 public:
  explicit Databases(Context& context) {
    // services(5), protocols(5), rpc(5): "name number aliases"; a service is known with its protocol.
    services_ = names(context, "etc/services", [](const std::vector<std::string>& line, Names& to) {
      if (line.size() < 2) return;
      const size_t slash = line[1].find('/');
      if (slash == std::string::npos) return;
      for (size_t i = 0; i < line.size(); ++i)
        if (i != 1) to.insert(line[i] + line[1].substr(slash));
    });
    const auto aliases = [](const std::vector<std::string>& line, Names& to) {
      for (size_t i = 0; line.size() > 1 && i < line.size(); ++i)
        if (i != 1) to.insert(line[i]);
    };
    protocols_ = names(context, "etc/protocols", aliases);
    rpc_ = names(context, "etc/rpc", aliases);
    const auto entries = [](const std::vector<std::string>& line, Names& to) {
      if (!line.empty()) to.insert(line[0].substr(0, line[0].find(':')));
    };
    if (only_files(context, "passwd:")) users_ = names(context, "etc/passwd", entries);
    if (only_files(context, "group:")) groups_ = names(context, "etc/group", entries);
  }

  bool service(std::string_view name, std::string_view protocol) const {
    return !services_ || services_->contains(std::string(name) + "/" + std::string(protocol));
  }
  bool protocol(std::string_view name) const { return !protocols_ || protocols_->contains(name); }
  bool rpc(std::string_view name) const { return !rpc_ || rpc_->contains(name); }
  bool user(std::string_view name) const { return !users_ || users_->contains(name); }
  bool group(std::string_view name) const { return !groups_ || groups_->contains(name); }

 private:
  template <class Take>
  static std::optional<Names> names(Context& context, std::string_view path, Take take) {
    if (context.is_fragment()) return std::nullopt;
    const auto text = context.read(path);
    if (!text) return std::nullopt;
    Names out;
    each_line(text->text, [&](std::string_view line) { take(words(line), out); });
    return out;
  }

  template <class Take>
  static void each_line(std::string_view text, Take take) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      take(text.substr(at, end - at));
      at = end + 1;
    }
  }

  // nsswitch.conf(5): no directory that nobody sees here.
  static bool only_files(Context& context, std::string_view database) {
    if (context.is_fragment()) return false;
    const auto text = context.read("etc/nsswitch.conf");
    bool only = true;
    if (text)
      each_line(text->text, [&](std::string_view line) {
        const std::vector<std::string> all = words(line);
        if (all.empty() || all[0] != database) return;
        for (size_t i = 1; i < all.size(); ++i)
          if (all[i] != "files" && all[i] != "systemd" && all[i] != "compat") only = false;
      });
    return only;
  }

  std::optional<Names> services_, protocols_, rpc_, users_, groups_;
};

std::optional<int64_t> number(std::string_view text, int base = 10) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// strtoul() with base 0.
std::optional<int64_t> any_base(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return number(text.substr(2), 16);
  return number(text, text.size() > 1 && text[0] == '0' ? 8 : 10);
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

// inet_aton(3): "127.1" is one, "300.0.0.1" is none.
bool is_ip(std::string_view text) {
  const size_t dots = static_cast<size_t>(std::ranges::count(text, '.'));
  if (dots > 3) return false;
  for (size_t part = 0, at = 0; part <= dots; ++part) {
    const size_t end = std::min(text.find('.', at), text.size());
    const std::optional<int64_t> value = any_base(text.substr(at, end - at));
    const int64_t most = part < dots ? 255 : int64_t{0xFFFFFFFF} >> (8 * dots);
    if (!value || *value < 0 || *value > most) return false;
    at = end + 1;
  }
  return true;
}

// Can it be an address of that family? A name may be anything.
bool is_address(std::string_view host, std::string_view family) {
  if (host == "*") return true;
  if (host.find(':') != std::string_view::npos) return family == "ip6";
  const bool numeric = std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
  return !numeric || (family == "ip" && is_ip(host));
}

constexpr size_t kMost = size_t{32} << 20;

struct Replaced {
  std::string path, program;
  Span span{};
};

struct Entry {
  InetService row;
  std::string protocol;  // of one family
  std::string host;
  std::string name;
  bool builtin = false;
  bool tcpmux = false;
  size_t line = 0;  // entries of one line and one address are one row
  std::vector<Replaced> replaced;
};

class Reader {
 public:
  Reader(Context& context, Inetd which, std::optional<bool> enabled)
      : context_(context), which_(which), enabled_(enabled), databases_(context) {}

  void read(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return;
    const inetd::File file = inetd::parse_inetd(text->text, which_);
    context_.issues(text->path, file.errors);
    for (const inetd::Service& one : file.services) {
      // What a line says counts for each of its addresses.
      const size_t addresses = 1 + static_cast<size_t>(std::ranges::count(one.addresses, ','));
      weight_ +=
          addresses * (sizeof(Entry) + one.name.size() + one.program.size() + one.arguments.size());
      if (weight_ > kMost) {
        context_.issue(text->path,
                       {"too-many-services", one.span, "too many services: the rest is not read",
                        parsers::Effect::refused});
        return;
      }
      ++line_;
      path_ = text->path;
      which_ == Inetd::openbsd ? openbsd(one) : gnu(one);
    }
  }

  void write() {
    if (which_ == Inetd::inetutils) add_tcpmux();
    // Of one line and one address: the first has the families of all.
    std::map<std::pair<size_t, std::string_view>, Entry*> rows;
    for (Entry& one : entries_) {
      if (one.line == 0) continue;
      const auto [known, is_new] = rows.try_emplace({one.line, one.host}, &one);
      if (is_new) continue;
      known->second->row.family += " " + one.row.family;
      one.line = 0;
    }
    for (const Entry& one : entries_) {
      if (one.line == 0) continue;
      const LocationId loc = insert_inet_service(context_, one.row);
      for (const Replaced& loser : one.replaced)
        context_.store().overridden(kInetServiceTable, one.name + " " + one.protocol, loc,
                                    context_.store().locate(loser.path, loser.span), loser.program,
                                    "the same service is set again further down");
    }
  }

 private:
  InetService row(const inetd::Service& one) const {
    InetService row;
    row.name = one.name;
    row.manager = "inetd";
    row.protocol = one.protocol.substr(0, one.protocol.find(','));
    row.program = one.program;
    row.arguments = one.arguments;
    row.enabled = enabled_;
    row.path = path_;
    row.span = one.span;
    row.wait = one.wait.substr(0, one.wait.find('.')) == "wait";
    return row;
  }

  static void split_user(const std::string& user, std::string_view first, std::string_view second,
                         InetService& row) {
    size_t at = user.find(first);
    if (at == std::string::npos) at = user.find(second);
    row.user = user.substr(0, at);
    if (at != std::string::npos) row.group = user.substr(at + 1);
  }

  void passed_over(InetService row, const std::string& addresses) {
    row.disabled = true;
    row.address = addresses == "*" ? "" : addresses;
    entries_.push_back({.row = std::move(row),
                        .protocol = {},
                        .host = {},
                        .name = {},
                        .line = line_,
                        .replaced = {}});
  }

  // "127.0.0.1,10.0.0.1"; each that is not empty.
  static std::vector<std::string> hosts(const std::string& addresses, bool empty_too) {
    std::vector<std::string> out;
    for (size_t at = 0; at <= addresses.size();) {
      const size_t end = std::min(addresses.find(',', at), addresses.size());
      if (end > at || empty_too) out.push_back(addresses.substr(at, end - at));
      at = end + 1;
    }
    return out;
  }

  static bool is_builtin(std::string_view name) {
    return name == "echo" || name == "discard" || name == "chargen" || name == "daytime" ||
           name == "time";
  }

  // "rusers/1-3": strtol() with base 0 twice.
  static bool is_rpc(const std::string& name) {
    const size_t slash = name.find('/');
    if (slash == std::string::npos) return false;
    const std::string versions = name.substr(slash + 1);
    const size_t dash = versions.find('-', 1);
    const auto low = any_base(versions.substr(0, dash));
    if (dash == std::string::npos) return low && *low >= 0;
    const auto high = any_base(versions.substr(dash + 1));
    return low && high && *low >= 0 && *low <= *high;
  }

  // ",rcvbuf=64k,sndbuf=1m". What Debian's scans for: one or two, and of two each has two characters at least, and the
  // first a unit.
  static bool is_buffer(std::string_view text) {
    const size_t comma = text.find(',');
    if (comma == std::string_view::npos) return is_size(text, 1);
    return is_size(text.substr(0, comma), 2) && !is_digit(text[comma - 1]) &&
           is_size(text.substr(comma + 1), 2);
  }
  static bool is_size(std::string_view text, size_t least) {
    if (!text.starts_with("rcvbuf=") && !text.starts_with("sndbuf=")) return false;
    text.remove_prefix(7);
    if (text.size() < least) return false;
    int64_t unit = 1;
    if (!text.empty() && !is_digit(text.back())) {
      unit = text.back() == 'k' ? 1024 : text.back() == 'm' ? 1024 * 1024 : 1;
      text.remove_suffix(1);
    }
    const auto value = all_digits(text) ? number(text) : std::nullopt;
    return value && *value >= 1 && *value <= INT32_MAX / unit;
  }

  void openbsd(const inetd::Service& one) {
    InetService row = this->row(one);
    const size_t comma = one.protocol.find(',');
    bool good = comma == std::string::npos || is_buffer(one.protocol.substr(comma + 1));
    const bool rpc = row.protocol.starts_with("rpc/"), unix = row.protocol == "unix";
    const bool socket = one.socket_type == "stream" || one.socket_type == "dgram";
    std::string name = one.name;
    if (rpc) {
      good = good && is_rpc(name);
      name = name.substr(0, name.find('/'));
    }
    const size_t dot = one.wait.find('.');
    const auto most = dot == std::string::npos ? std::nullopt : any_base(one.wait.substr(dot + 1));
    row.per_minute = most && *most >= 1 && *most <= INT32_MAX ? *most : 256;
    split_user(one.user, ".", ":", row);
    const bool builtin = one.program == "internal";
    if (builtin) {
      good = good && is_builtin(name);
      row.wait = false;
    }
    if (!good || !socket) return passed_over(std::move(row), one.addresses);
    // getservbyname() with the protocol without the digit; a number of 16 bits needs none.
    std::string plain = row.protocol;
    if (!plain.empty() && is_digit(plain.back())) plain.pop_back();
    const auto port = all_digits(name) ? number(name) : std::nullopt;
    const bool known = unix || (port && *port >= 1 && *port <= 65535) ||
                       (rpc ? databases_.rpc(name) : databases_.service(name, plain));
    row.disabled = !known;
    if (unix) {
      row.address.clear();
      return enter(std::move(row), row.protocol, "", name, builtin);
    }
    const bool ip = !row.protocol.ends_with('6'), ip6 = !row.protocol.ends_with('4');
    bool any = false;
    for (const std::string_view family : {"ip", "ip6"}) {
      if (!(family == "ip" ? ip : ip6)) continue;
      for (const std::string& host : hosts(one.addresses, false)) {
        if (!is_address(host, family)) continue;
        any = true;
        InetService copy = row;
        copy.family = family;
        copy.address = host == "*" ? "" : host;
        enter(std::move(copy), ip && ip6 && family == "ip6" ? row.protocol + "6" : row.protocol,
              host, name, builtin);
      }
    }
    if (!any) passed_over(std::move(row), one.addresses);
  }

  void gnu(const inetd::Service& one) {
    InetService row = this->row(one);
    const bool tcp = one.protocol.starts_with("tcp"), udp = one.protocol.starts_with("udp");
    const std::string tail = tcp || udp ? one.protocol.substr(3) : "";
    row.family = !tail.starts_with('6') ? "ip" : tail == "6only" ? "ip6" : "ip ip6";
    // "-1" and what lies behind the number mean nothing here; none is the rate of all.
    if (const size_t dot = one.wait.find('.'); dot != std::string::npos) {
      const std::string most = one.wait.substr(dot + 1);
      size_t digits = 0;
      while (digits < most.size() && is_digit(most[digits])) ++digits;
      row.per_minute = number(most.substr(0, digits));
    }
    if (row.per_minute == 0) row.per_minute.reset();
    split_user(one.user, ":", ".", row);
    constexpr std::string_view kMux = "tcpmux/";
    const bool mux = one.name.starts_with(kMux);
    const std::string name = mux ? one.name.substr(kMux.size()) : one.name;
    const bool builtin = one.program == "internal";
    bool good = databases_.user(row.user) && (row.group.empty() || databases_.group(row.group));
    if (builtin) {
      good = good &&
             ((is_builtin(name) && (one.socket_type == "stream" || one.socket_type == "dgram")) ||
              (name == "tcpmux" && one.socket_type == "stream"));
      row.wait = false;
    }
    if (mux) {
      good = good && tcp && one.socket_type == "stream";
      row.wait = false;
    } else {
      // getaddrinfo(3) wants type and protocol to go together.
      good = good && (tcp || udp || databases_.protocol(one.protocol)) && !name.empty() &&
             (one.socket_type == "raw" || (one.socket_type == "stream" && !udp) ||
              (one.socket_type == "dgram" && !tcp)) &&
             (all_digits(name) || databases_.service(name, tcp   ? "tcp"
                                                           : udp ? "udp"
                                                                 : one.protocol));
    }
    if (!good) return passed_over(std::move(row), one.addresses);
    bool any = false;
    for (const std::string& host : hosts(one.addresses, true)) {
      if (host.empty() || !(is_address(host, row.family == "ip" ? "ip" : "ip6") ||
                            (row.family == "ip ip6" && is_address(host, "ip"))))
        continue;
      any = true;
      InetService copy = row;
      copy.address = host == "*" ? "" : host;
      enter(std::move(copy), one.protocol, host, name, builtin, mux);
    }
    if (!any) passed_over(std::move(row), one.addresses);
  }

  // A second entry of the same name, protocol and address changes user, program and arguments of the first, but neither the
  // socket nor whether inetd answers itself; from nowait to wait it does not go.
  void enter(InetService row, const std::string& protocol, const std::string& host,
             const std::string& name, bool builtin, bool tcpmux = false) {
    const std::string key = name + '\0' + protocol + '\0' + host + (tcpmux ? "m" : "");
    const auto [known, is_new] = by_key_.emplace(key, entries_.size());
    if (is_new) {
      entries_.push_back({std::move(row), protocol, host, name, builtin, tcpmux, line_, {}});
      return;
    }
    Entry& old = entries_[known->second];
    Entry changed = std::move(old);
    old.line = 0;
    if (changed.line != line_ || changed.row.path != path_)
      changed.replaced.push_back({changed.row.path, changed.row.program, changed.row.span});
    changed.line = line_;
    const std::optional<bool> wait =
        builtin || (!*changed.row.wait && *row.wait) ? changed.row.wait : row.wait;
    row.wait = wait;
    if (changed.builtin) row.program = "internal";
    if (which_ == Inetd::inetutils) row.per_minute = changed.row.per_minute;
    changed.row = std::move(row);
    known->second = entries_.size();
    entries_.push_back(std::move(changed));
  }

  // "tcpmux/NAME" has no socket of its own: inetd itself opens tcpmux.
  void add_tcpmux() {
    const auto first = std::ranges::find_if(entries_, [](const Entry& one) { return one.tcpmux; });
    if (first == entries_.end() || std::ranges::any_of(entries_, [](const Entry& one) {
          return !one.tcpmux && !one.row.disabled && one.name == "tcpmux" && one.line != 0;
        }))
      return;
    InetService row = first->row;
    row.name = "tcpmux";
    row.protocol = "tcp6";
    row.family = "ip ip6";
    row.user = "root";
    row.group.clear();
    row.arguments.clear();
    row.program = "internal";
    row.address.clear();
    row.per_minute.reset();
    ++line_;
    enter(std::move(row), "tcp6", "*", "tcpmux", true);
  }

  Context& context_;
  Inetd which_;
  std::optional<bool> enabled_;
  Databases databases_;
  std::vector<Entry> entries_;
  std::map<std::string, size_t> by_key_;
  std::string path_;
  size_t line_ = 0;
  size_t weight_ = 0;
};

}  // namespace

void read_inetd(Context& context, const std::vector<std::string>& files,
                std::optional<bool> enabled) {
  const bool gnu = !context.is_fragment() && context.tree().exists("usr/sbin/inetutils-inetd");
  Reader reader(context, gnu ? Inetd::inetutils : Inetd::openbsd, enabled);
  for (const std::string& path : files) reader.read(path);
  if (!context.is_fragment()) {
    reader.read("etc/inetd.conf");
    if (gnu)
      for (const std::string& path : context.tree().glob("etc/inetd.d", "*")) reader.read(path);
  }
  reader.write();
}

}  // namespace drydock::facts
