#include "analyzer/facts/collect/unit_specifier.h"

#include <algorithm>

#include "analyzer/facts/collect/unit_name.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

// The first line of a file; nullopt if there is none.
std::optional<std::string> first_line(const Tree& tree, std::string_view path) {
  const auto text = tree.read_resolved(path);
  if (!text) return std::nullopt;
  std::string_view line = text->substr(0, text->find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (line.empty()) return std::nullopt;
  return std::string(line);
}

// A field of os-release(5).
std::optional<std::string> os_field(const Tree& tree, std::string_view field) {
  for (const std::string_view path : {"etc/os-release", "usr/lib/os-release"}) {
    const auto text = tree.read_resolved(path);
    if (!text) continue;
    for (size_t begin = 0; begin < text->size();) {
      const size_t end = std::min(text->find('\n', begin), text->size());
      const std::string_view line = text->substr(begin, end - begin);
      begin = end + 1;
      const size_t equals = line.find('=');
      if (equals == std::string_view::npos || line.substr(0, equals) != field) continue;
      const auto words = parsers::unit::split_words(line.substr(equals + 1)).words;
      return words.empty() ? std::string() : words[0].text;
    }
    return std::string();
  }
  return std::nullopt;
}

// The part of a name before '@' or the suffix, and the part of that behind the last dash.
std::string_view prefix_of(std::string_view name) {
  return name.substr(0, std::min(name.find('@'), name.rfind('.')));
}

std::string_view last_part(std::string_view prefix) {
  const size_t dash = prefix.rfind('-');
  return dash == std::string_view::npos ? prefix : prefix.substr(dash + 1);
}

std::optional<std::string> instance_of(const Unit& unit) {
  if (unit_name_kind(unit.id) == UnitNameKind::template_) return std::nullopt;
  return std::string(unit_instance(unit.id));
}

std::optional<std::string> expand(const Tree& tree, const Unit& unit, char specifier) {
  const std::string_view id = unit.id;
  switch (specifier) {
    case '%':
      return "%";
    case 'n':
      return std::string(id);
    case 'N':
      return std::string(id.substr(0, id.rfind('.')));
    case 'p':
      return std::string(prefix_of(id));
    case 'P':
      return unescape_unit_name(prefix_of(id));
    case 'i':
      return instance_of(unit);
    case 'I':
      if (const auto instance = instance_of(unit)) return unescape_unit_name(*instance);
      return std::nullopt;
    case 'j':
      return std::string(last_part(prefix_of(id)));
    case 'J':
      return unescape_unit_name(last_part(prefix_of(id)));
    case 'f': {
      const auto instance = instance_of(unit);
      if (!instance) return std::nullopt;
      const std::string path =
          unescape_unit_name(instance->empty() ? prefix_of(id) : std::string_view(*instance));
      return path.starts_with('/') ? path : "/" + path;
    }
    case 'y':
      return "/" + unit.path;
    case 'Y':
      return "/" + std::string(parent_path(unit.path));
    case 'u':
    case 'g':
      return "root";
    case 'U':
    case 'G':
      return "0";
    case 'h':
      return "/root";
    case 's':
      return "/bin/sh";
    case 't':
      return "/run";
    case 'S':
      return "/var/lib";
    case 'C':
      return "/var/cache";
    case 'L':
      return "/var/log";
    case 'E':
      return "/etc";
    case 'T':
      return "/tmp";
    case 'V':
      return "/var/tmp";
    case 'd':
      return "/run/credentials/" + std::string(id);
    case 'H':
      return first_line(tree, "etc/hostname");
    case 'l': {
      auto host = first_line(tree, "etc/hostname");
      if (host) host->resize(std::min(host->find('.'), host->size()));
      return host;
    }
    case 'm':
      return first_line(tree, "etc/machine-id");
    case 'o':
      return os_field(tree, "ID");
    case 'w':
      return os_field(tree, "VERSION_ID");
    case 'B':
      return os_field(tree, "BUILD_ID");
    case 'M':
      return os_field(tree, "IMAGE_ID");
    case 'A':
      return os_field(tree, "IMAGE_VERSION");
    case 'W':
      return os_field(tree, "VARIANT_ID");
    default:
      return std::nullopt;  // %a %b %q %v, and what is no specifier
  }
}

}  // namespace

std::string unescape_unit_name(std::string_view text) {
  const auto hex = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' && hex(text[i + 2]) >= 0 &&
        hex(text[i + 3]) >= 0) {
      out += static_cast<char>(hex(text[i + 2]) * 16 + hex(text[i + 3]));
      i += 3;
    } else {
      out += text[i] == '-' ? '/' : text[i];
    }
  }
  return out;
}

std::optional<std::string> expand_specifiers(const Tree& tree, const Unit& unit,
                                             std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) {
      out += '%';  // systemd keeps one at the end
      break;
    }
    const auto value = expand(tree, unit, text[i]);
    if (!value) return std::nullopt;
    out += *value;
  }
  return out;
}

}  // namespace drydock::facts
