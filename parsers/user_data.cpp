#include "parsers/user_data.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::user_data {
namespace {

constexpr size_t kParts = 1'000;
constexpr int kDepth = 8;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The next line with its end; `text` goes on behind it.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
  text.remove_prefix(line.size());
  return line;
}

struct Headers {
  std::string type = "text/plain";
  std::string boundary;
  std::string encoding;
};

// "text/x; boundary="…"": the type in small letters, and the boundary.
void read_type(std::string_view value, Headers& headers) {
  value = trimmed(value);  // once: each parameter would look at the blanks at the end again
  headers.type = lower(trimmed(value.substr(0, value.find(';'))));
  // RFC 2045, 5.2: what is none is plain text.
  if (std::ranges::count(headers.type, '/') != 1) headers.type = "text/plain";
  for (size_t at = value.find(';'); at != std::string_view::npos;) {
    const std::string_view rest = value.substr(at + 1);
    const size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return;
    const bool is_boundary = lower(trimmed(rest.substr(0, equals))) == "boundary";
    std::string_view text = trimmed(rest.substr(equals + 1));
    const bool is_quoted = text.starts_with('"');
    const size_t end = is_quoted ? text.find('"', 1) : text.find(';');
    const std::string_view word =
        is_quoted ? text.substr(1, end == std::string_view::npos ? end : end - 1)
                  : trimmed(text.substr(0, end));
    if (is_boundary) headers.boundary = word;
    at = value.find(';', static_cast<size_t>(word.data() + word.size() - value.data()));
  }
}

// The headers before the first empty line, and `line` counted on.
Headers take_headers(std::string_view& text, uint32_t& line) {
  Headers headers;
  std::string name, value;
  const auto finish = [&] {
    const std::string key = lower(name);
    if (key == "content-type") read_type(value, headers);
    if (key == "content-transfer-encoding") headers.encoding = lower(value);
    name.clear();
  };
  while (!text.empty()) {
    std::string_view rest = text;
    const std::string_view whole = take_line(rest);
    const std::string_view content = trimmed(whole);
    if (!content.empty() && is_blank(whole[0])) {
      value += ' ';
      value += content;
    } else {
      finish();
      const size_t colon = whole.find(':');
      // What is no header ends them as an empty line does, and belongs to the text.
      if (!content.empty() && (colon == std::string_view::npos || colon == 0) &&
          !whole.starts_with("From "))
        return headers;
      if (colon != std::string_view::npos) {
        name = whole.substr(0, colon);
        // Blanks at the end count, and make a coding one that nobody knows.
        std::string_view text_behind = whole.substr(colon + 1);
        while (!text_behind.empty() && is_blank(text_behind.front())) text_behind.remove_prefix(1);
        while (text_behind.ends_with('\n') || text_behind.ends_with('\r'))
          text_behind.remove_suffix(1);
        value = text_behind;
      }
    }
    text = rest;
    ++line;
    if (content.empty()) break;
  }
  finish();
  return headers;
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (c == '=') break;
    if (digit == std::string_view::npos) continue;
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

std::string from_quoted_printable(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      i = std::min(text.find('\n', i), text.size());  // the line goes on
    }
  }
  return out;
}

std::optional<Kind> kind_of_type(std::string_view type) {
  if (type == "text/cloud-config") return Kind::cloud_config;
  if (type == "text/cloud-config-archive") return Kind::archive;
  if (type == "text/cloud-config-jsonp") return Kind::patch;
  if (type == "text/jinja2") return Kind::template_text;
  if (type == "text/plain" || type == "text/x-not-multipart" || type == "text/x-shellscript")
    return std::nullopt;
  return Kind::other;
}

void read_message(std::string_view text, uint32_t line, int depth, File& file) {
  const Headers headers = take_headers(text, line);
  if (headers.type.starts_with("multipart/") && !headers.boundary.empty()) {
    if (depth >= kDepth) {
      file.is_cut = true;
      return;
    }
    const std::string mark = "--" + headers.boundary;
    std::optional<std::string_view> part;  // from its first line on
    uint32_t part_line = 0;
    const auto finish = [&](const char* end) {
      if (part)
        read_message(part->substr(0, static_cast<size_t>(end - part->data())), part_line, depth + 1,
                     file);
    };
    while (!text.empty()) {
      if (file.parts.size() >= kParts) {
        file.is_cut = true;
        return;
      }
      const char* const begin = text.data();
      const std::string_view whole = take_line(text);
      ++line;
      if (!whole.starts_with(mark)) continue;
      const std::string_view rest = trimmed(whole.substr(mark.size()));
      if (!rest.empty() && rest != "--") continue;
      finish(begin);
      part.reset();
      if (!rest.empty()) return;
      part = text;
      part_line = line;
    }
    finish(text.data());
    return;
  }
  Part part{.text = std::string(text), .line = line};
  if (headers.encoding == "base64") {
    part.text = from_base64(text);
    part.is_coded = true;
  } else if (headers.encoding == "quoted-printable") {
    part.text = from_quoted_printable(text);
    part.is_coded = true;
  }
  part.kind = kind_of_type(headers.type).value_or(kind_of(part.text).value_or(Kind::other));
  file.parts.push_back(std::move(part));
}

}  // namespace

std::optional<Kind> kind_of(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  const std::string start = lower(text.substr(0, 40));
  if (start.starts_with("## template: jinja")) return Kind::template_text;
  if (start.starts_with("#cloud-config-archive")) return Kind::archive;
  if (start.starts_with("#cloud-config-jsonp")) return Kind::patch;
  if (start.starts_with("#cloud-config")) return Kind::cloud_config;
  for (const std::string_view other :
       {"#!", "#include", "#part-handler", "#cloud-boothook", "text/x-shellscript-per-boot",
        "text/x-shellscript-per-instance", "text/x-shellscript-per-once"})
    if (start.starts_with(other)) return Kind::other;
  return std::nullopt;
}

File parse(std::string_view text) {
  File file;
  if (lower(text.substr(0, 4096)).find("mime-version:") != std::string::npos)
    read_message(text, 1, 0, file);
  else
    file.parts.push_back({.kind = kind_of(text).value_or(Kind::other), .text = std::string(text)});
  return file;
}

}  // namespace drydock::parsers::user_data
