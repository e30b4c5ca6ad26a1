#include "parsers/authorized_keys.h"

#include <algorithm>
#include <array>

#include "parsers/characters.h"

namespace drydock::parsers::authorized_keys {
namespace {

// RFC 4648 with its padding and without bits left over, as OpenSSH has it.
std::optional<std::string> from_base64(std::string_view written) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string kept;
  for (const char c : written)
    if (!is_space(c)) kept += c;
  std::string_view text = kept;
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(digit)) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return out;
}

// RFC 4251, 5: the next string of a blob.
std::optional<std::string_view> take(std::string_view& blob) {
  if (blob.size() < 4) return std::nullopt;
  uint32_t length = 0;
  for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(blob[i]);
  if (blob.size() - 4 < length) return std::nullopt;
  const std::string_view out = blob.substr(4, length);
  blob.remove_prefix(4 + length);
  return out;
}

// Of a positive number of many bytes.
std::optional<uint32_t> take_bits(std::string_view& blob) {
  auto number = take(blob);
  if (!number || number->size() > 2049 || (!number->empty() && (number->front() & 0x80) != 0))
    return std::nullopt;
  while (number->starts_with('\0')) number->remove_prefix(1);
  if (number->empty()) return 0;
  uint32_t bits = static_cast<uint32_t>(number->size() - 1) * 8;
  for (auto first = static_cast<unsigned char>(number->front()); first != 0; first >>= 1) ++bits;
  return bits;
}

// What follows the key in a certificate (OpenSSH's PROTOCOL.certkeys): numbers and strings.
bool skip_certificate(std::string_view& blob) {
  const auto skip = [&](size_t size) {
    if (blob.size() < size) return false;
    blob.remove_prefix(size);
    return true;
  };
  // Serial and kind, id, principals, validity; options, extensions, a reserved one, the key that signs, the signature.
  if (!skip(12) || !take(blob) || !take(blob) || !skip(16)) return false;
  for (int i = 0; i < 5; ++i)
    if (!take(blob)) return false;
  return true;
}

struct Type {
  std::string_view name;
  std::string_view plain;  // of a certificate, the type of its key
  std::string_view curve;
  uint32_t bits;  // 0: of the key's number
};

constexpr std::array kTypes = {
    Type{"ssh-ed25519", "", "", 256},
    Type{"ssh-rsa", "", "", 0},
    Type{"ssh-dss", "", "", 0},
    Type{"ecdsa-sha2-nistp256", "", "nistp256", 256},
    Type{"ecdsa-sha2-nistp384", "", "nistp384", 384},
    Type{"ecdsa-sha2-nistp521", "", "nistp521", 521},
    Type{"sk-ssh-ed25519@openssh.com", "", "", 256},
    Type{"sk-ecdsa-sha2-nistp256@openssh.com", "", "nistp256", 256},
    Type{"ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", "", 256},
    Type{"ssh-rsa-cert-v01@openssh.com", "ssh-rsa", "", 0},
    Type{"ssh-dss-cert-v01@openssh.com", "ssh-dss", "", 0},
    Type{"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", "nistp256", 256},
    Type{"ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", "nistp384", 384},
    Type{"ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", "nistp521", 521},
    Type{"sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", "", 256},
    Type{"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
         "nistp256", 256},
};

// The bits of the key in a blob; nullopt: it is none of that type. Whether a point lies on its curve and a
// certificate is signed is not looked at.
std::optional<uint32_t> bits_of(const Type& type, std::string_view blob) {
  constexpr uint32_t kSmallestRsa = 1024;
  const auto name = take(blob);
  if (!name || *name != type.name) return std::nullopt;
  const std::string_view plain = type.plain.empty() ? type.name : type.plain;
  if (!type.plain.empty() && !take(blob)) return std::nullopt;
  uint32_t bits = type.bits;
  if (!type.curve.empty()) {
    const auto curve = take(blob), point = take(blob);
    if (curve != type.curve || !point || point->size() != 1 + 2 * ((type.bits + 7) / 8) ||
        point->front() != 4)
      return std::nullopt;
  } else if (plain == "ssh-rsa") {
    const auto exponent = take_bits(blob), modulus = take_bits(blob);
    if (!exponent || !modulus || *modulus < kSmallestRsa) return std::nullopt;
    bits = *modulus;
  } else if (plain == "ssh-dss") {
    const auto p = take_bits(blob), q = take_bits(blob), g = take_bits(blob), y = take_bits(blob);
    if (!p || !q || !g || !y) return std::nullopt;
    bits = *p;
  } else {
    const auto point = take(blob);
    if (!point || point->size() != 32) return std::nullopt;
  }
  if (plain.starts_with("sk-") && !take(blob)) return std::nullopt;
  if (!type.plain.empty() && !skip_certificate(blob)) return std::nullopt;
  return blob.empty() ? std::optional(bits) : std::nullopt;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

// A key at the beginning of `text`, which goes on behind it.
bool read_key(std::string_view& text, Key& key) {
  std::string_view rest = text;
  const std::string_view name = take_word(rest);
  const auto type = std::ranges::find(kTypes, name, &Type::name);
  if (type == kTypes.end()) return false;
  skip_blanks(rest);
  const auto blob = from_base64(take_word(rest));
  const auto bits = blob ? bits_of(*type, *blob) : std::nullopt;
  if (!bits) return false;
  key.type = name;
  key.bits = *bits;
  text = rest;
  return true;
}

// Up to the first blank outside quotes.
std::string_view take_options(std::string_view& text) {
  bool is_quoted = false;
  size_t at = 0;
  for (; at < text.size() && (is_quoted || !is_blank(text[at])); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '"')
      ++at;
    else if (text[at] == '"')
      is_quoted = !is_quoted;
  }
  const std::string_view options = text.substr(0, at);
  text.remove_prefix(options.size());
  return options;
}

constexpr std::string_view kFlags[] = {
    "agent-forwarding",
    "cert-authority",
    "no-agent-forwarding",
    "no-port-forwarding",
    "no-pty",
    "no-touch-required",
    "no-user-rc",
    "no-x11-forwarding",
    "port-forwarding",
    "pty",
    "restrict",
    "user-rc",
    "verify-required",
    "x11-forwarding",
    "no-verify-required",
    "touch-required",
};
constexpr std::string_view kValues[] = {"command",      "environment", "expiry-time", "from",
                                        "permitlisten", "permitopen",  "principals",  "tunnel"};

// nullptr if sshd takes them; else why not.
const char* read_options(std::string_view text, std::vector<Option>& options) {
  while (true) {
    const size_t end = std::min(text.find_first_of(",=\""), text.size());
    Option option{.name = lower(text.substr(0, end)), .value = std::nullopt};
    text.remove_prefix(end);
    if (text.starts_with('=')) {
      if (std::ranges::find(kValues, option.name) == std::end(kValues))
        return "sshd knows no such option with a value";
      if (!text.starts_with("=\"")) return "the value of an option is not quoted";
      std::string value;
      size_t at = 2;
      for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '"') ++at;
        value += text[at];
      }
      if (at >= text.size()) return "a quote is not closed";
      text.remove_prefix(at + 1);
      option.value = std::move(value);
    } else if (std::ranges::find(kFlags, option.name) == std::end(kFlags)) {
      return "sshd knows no such option";
    }
    options.push_back(std::move(option));
    if (text.empty()) return nullptr;
    if (text.front() != ',') return "an option is not followed by a comma";
    text.remove_prefix(1);
    if (text.empty()) return "there is no option behind the last comma";
  }
}

}  // namespace

File parse(std::string_view text) {
  File file;
  std::string_view rest = text;
  for (uint32_t number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    const std::string_view whole = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    // The programs work with C strings.
    std::string_view line = whole.substr(0, whole.find('\0'));
    skip_blanks(line);
    if (line.empty() || line.front() == '#' || line == "\r") continue;
    const auto begin = static_cast<uint32_t>(line.data() - whole.data()) + 1;
    const auto width = static_cast<uint32_t>(line.find_last_not_of(" \t\r") + 1);
    Key key;
    key.span = {number, begin, number, begin + std::max(width, 1u)};
    std::string_view behind = line;
    if (!read_key(behind, key)) {
      behind = line;
      const std::string_view options = take_options(behind);
      skip_blanks(behind);
      if (!read_key(behind, key)) {
        file.errors.add("not-a-key", key.span, "sshd finds no public key in this line");
        continue;
      }
      key.written_options = options;
      if (const char* why = read_options(options, key.options)) {
        file.errors.add("bad-options", key.span, "sshd does not take the key: " + std::string(why));
        key.is_taken = false;
      }
    }
    skip_blanks(behind);
    while (behind.ends_with('\r')) behind.remove_suffix(1);
    if (!behind.starts_with('#')) key.comment = behind;
    file.keys.push_back(std::move(key));
  }
  return file;
}

}  // namespace drydock::parsers::authorized_keys
