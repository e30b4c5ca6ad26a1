#include "parsers/certificate.h"

#include <optional>

namespace drydock::parsers::certificate {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
constexpr size_t kText = size_t{64} << 10;  // of one certificate; real ones have a few kilobytes

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    int value = 0;
    if (c >= 'A' && c <= 'Z')
      value = c - 'A';
    else if (c >= 'a' && c <= 'z')
      value = c - 'a' + 26;
    else if (c >= '0' && c <= '9')
      value = c - '0' + 52;
    else if (c == '+' || c == '/')
      value = c == '+' ? 62 : 63;
    else if (c == '=')
      break;
    else if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
      continue;
    else
      return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xFFFFFF;
    if ((count = count + 6) >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xFF);
  }
  return out;
}

// X.690 §8.1: an identifier octet, a length, the contents. Only definite lengths, as DER wants.
struct Element {
  uint8_t tag = 0;
  std::string_view content;
};

std::optional<Element> take(std::string_view& der) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(der[i]); };
  if (der.size() < 2) return std::nullopt;
  size_t length = byte(1), head = 2;
  if (length & 0x80) {
    const size_t octets = length & 0x7F;
    if (octets == 0 || octets > 4 || der.size() < 2 + octets) return std::nullopt;
    length = 0;
    for (size_t i = 0; i < octets; ++i) length = length << 8 | byte(2 + i);
    head += octets;
  }
  if (der.size() - head < length) return std::nullopt;
  const Element element{byte(0), der.substr(head, length)};
  der.remove_prefix(head + length);
  return element;
}

// RFC 5280 §4.1.2.5: UTCTime "YYMMDDHHMMSSZ" (until 2049) or GeneralizedTime "YYYYMMDDHHMMSSZ".
std::optional<std::string> time(const Element& element) {
  std::string_view t = element.content;
  std::string century;
  if (element.tag == 0x17 && t.size() == 13)
    century = t[0] >= '5' ? "19" : "20";
  else if (element.tag == 0x18 && t.size() == 15)
    century = std::string(t.substr(0, 2)), t.remove_prefix(2);
  else
    return std::nullopt;
  if (t[12] != 'Z' || t.substr(0, 12).find_first_not_of("0123456789") != std::string_view::npos ||
      century.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const auto two = [&](size_t at) { return std::string(t.substr(at, 2)); };
  return century + two(0) + "-" + two(2) + "-" + two(4) + "T" + two(6) + ":" + two(8) + ":" +
         two(10) + "Z";
}

// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version OPTIONAL, serialNumber, signature,
// issuer, validity SEQUENCE { notBefore, notAfter }, … } … }
bool read_validity(std::string_view der, File& file) {
  const auto certificate = take(der);
  if (!certificate || certificate->tag != 0x30) return false;
  std::string_view rest = certificate->content;
  const auto body = take(rest);
  if (!body || body->tag != 0x30) return false;
  rest = body->content;
  auto element = take(rest);
  if (element && element->tag == 0xA0) element = take(rest);
  for (int skip = 0; skip < 2 && element; ++skip) element = take(rest);  // signature, issuer
  const auto validity = element ? take(rest) : std::nullopt;
  if (!validity || validity->tag != 0x30) return false;
  rest = validity->content;
  const auto from = take(rest);
  const auto until = take(rest);
  if (!from || !until) return false;
  const auto not_before = time(*from), not_after = time(*until);
  if (!not_before || !not_after) return false;
  file.not_before = *not_before;
  file.not_after = *not_after;
  return true;
}

}  // namespace

File parse(std::string_view text) {
  File file;
  const size_t begin = text.find(kBegin);
  const size_t end =
      begin == std::string_view::npos ? begin : text.find(kEnd, begin + kBegin.size());
  if (end == std::string_view::npos || end - begin > kText) {
    file.errors.add("no-certificate", {1, 1, 1, 1}, "expected a certificate in PEM",
                    Effect::refused);
    return file;
  }
  const Span span = LineIndex(text.substr(0, end)).span(begin, begin + kBegin.size());
  const auto der = decode(text.substr(begin + kBegin.size(), end - begin - kBegin.size()));
  if (!der)
    file.errors.add("not-base64", span, "this block is no base64", Effect::refused);
  else if (!read_validity(*der, file))
    file.errors.add("not-x509", span, "this block is no certificate with dates", Effect::refused);
  return file;
}

}  // namespace drydock::parsers::certificate
