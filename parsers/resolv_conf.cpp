#include "parsers/resolv_conf.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "parsers/characters.h"

namespace drydock::parsers::resolv_conf {
namespace {

// resolv.conf(5), "options": with what they are capped at; 0 for those that have no value. A longer word that begins
// with one is that one.
struct Option {
  std::string_view name;
  int most;
};
constexpr Option kOptions[] = {
    {"ndots:", 15},        {"timeout:", 30},    {"attempts:", 5},
    {"rotate", 0},         {"edns0", 0},        {"single-request-reopen", 0},
    {"single-request", 0}, {"no_tld_query", 0}, {"no-tld-query", 0},
    {"no-reload", 0},      {"use-vc", 0},       {"trust-ad", 0},
    {"no-aaaa", 0},        {"strict-error", 0}};

// atoi(3).
int number(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : 0;
}

// The address a name server's line stands for; empty if it is none.
std::string address(std::string_view word) {
  in_addr four{};
  char text[INET6_ADDRSTRLEN] = {};
  // A carriage return makes it none.
  if (word.find_first_of("\r\v\f") == std::string_view::npos &&
      inet_aton(std::string(word).c_str(), &four) != 0)
    return inet_ntop(AF_INET, &four, text, sizeof text);
  in6_addr six{};
  const size_t zone = std::min(word.find('%'), word.size());
  if (inet_pton(AF_INET6, std::string(word.substr(0, zone)).c_str(), &six) != 1) return "";
  return inet_ntop(AF_INET6, &six, text, sizeof text) + std::string(word.substr(zone));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), lines_(text) {}

  File read() && {
    for (uint32_t number = 1; number <= lines_.line_count(); ++number) {
      std::tie(begin_, end_) = lines_.line_bounds(number);
      // A carriage return belongs to the line for glibc, and strings of C end at a NUL byte.
      if (end_ < text_.size() && text_[end_] == '\r') ++end_;
      end_ = std::min(text_.find('\0', begin_), end_);
      line();
    }
    return std::move(file_);
  }

 private:
  void line() {
    const std::string_view line = text_.substr(begin_, end_ - begin_);
    const size_t last = line.find_last_not_of(" \t\r");
    if (last == std::string_view::npos || line[0] == ';' || line[0] == '#') return;
    span_ = lines_.span(begin_, begin_ + last + 1);
    for (const std::string_view keyword : {"nameserver", "search", "domain", "options", "sortlist"})
      if (line.starts_with(keyword) && line.size() > keyword.size() &&
          is_blank(line[keyword.size()]))
        return values(keyword, begin_ + keyword.size());
    file_.errors.add("unknown-keyword", span_,
                     is_blank(line[0]) ? "glibc reads no line that begins with white space"
                                       : "expected nameserver, search, domain, options or "
                                         "sortlist and a blank");
  }

  void values(std::string_view keyword, size_t at) {
    if (keyword == "sortlist") {
      if (text_.substr(at, end_ - at).find_first_of("\r\v\f") != std::string_view::npos)
        file_.errors.add("endless-sortlist", span_,
                         "glibc never ends reading a sortlist with a carriage return",
                         Effect::refused);
      return;
    }
    Entry search{.value = {}, .span = span_, .value_span = {}};
    size_t from = 0, to = 0;
    while (true) {
      at = text_.find_first_not_of(" \t", at);
      if (at >= end_) break;
      const size_t stop = std::min(text_.find_first_of(" \t", at), end_);
      const std::string_view word = text_.substr(at, stop - at);
      if (keyword == "nameserver") return name_server(word, at);
      if (keyword == "options") {
        option(word, at);
      } else {
        if (search.value.empty()) from = at;
        to = stop;
        search.value += (search.value.empty() ? "" : " ") + std::string(word);
        if (keyword == "domain") break;
      }
      at = stop;
    }
    if (search.value.empty()) return;
    search.value_span = lines_.span(from, to);
    file_.searches.push_back(std::move(search));
  }

  void name_server(std::string_view word, size_t at) {
    const Span span = lines_.span(at, at + word.size());
    std::string value = address(word);
    if (value.empty())
      file_.errors.add("bad-address", span, "expected the address of a name server");
    else if (file_.name_servers.size() == kNameServers)
      file_.errors.add("surplus-server", span, "glibc asks no more than three name servers");
    else
      file_.name_servers.push_back({std::move(value), span_, span});
  }

  void option(std::string_view word, size_t at) {
    const Span span = lines_.span(at, at + word.size());
    for (const Option& option : kOptions) {
      if (!word.starts_with(option.name)) continue;
      std::string value(option.name);
      // Of a number atoi(3) passes over the blanks before it.
      const size_t from = at + option.name.size();
      if (option.most > 0)
        value += std::to_string(std::min(number(text_.substr(from, end_ - from)), option.most));
      file_.options.push_back({std::move(value), span_, span});
      return;
    }
    file_.errors.add("unknown-option", span, "glibc knows no such option");
  }

  std::string_view text_;
  LineIndex lines_;
  size_t begin_ = 0, end_ = 0;
  Span span_;
  File file_;
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).read();
}

}  // namespace drydock::parsers::resolv_conf
