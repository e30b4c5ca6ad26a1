#include "parsers/image_policy.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "parsers/json.h"

namespace drydock::parsers::image_policy {
namespace {

using json::Kind;
using json::Value;

bool is_lower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_alphanumeric(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

// base64 of RFC 4648 as Go's StdEncoding takes it: padded, with line ends anywhere.
bool is_base64(std::string_view text) {
  size_t length = 0, padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    ++length;
    if (c == '=')
      ++padding;
    else if (padding > 0 || (!is_alphanumeric(c) && c != '+' && c != '/'))
      return false;
  }
  return length % 4 == 0 && padding <= 2;
}

// An OCI digest of an algorithm that is known.
bool is_digest(std::string_view text) {
  for (const auto& [algorithm, length] : std::initializer_list<std::pair<std::string_view, size_t>>{
           {"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}})
    if (text.starts_with(algorithm) && text.size() == algorithm.size() + length)
      return std::ranges::all_of(text.substr(algorithm.size()), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      });
  return false;
}

// --- names of images (github.com/distribution/reference) -------------------------------------------------------

bool is_domain(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }))
      return false;
    text = text.substr(0, colon);
  }
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    const std::string_view label = text.substr(begin, end - begin);
    if (label.empty() || !is_alphanumeric(label.front()) || !is_alphanumeric(label.back()) ||
        !std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; }))
      return false;
    begin = end + 1;
  }
  return true;
}

// Lower case, with ".", "_", "__" or hyphens inside.
bool is_path_component(std::string_view text) {
  size_t at = 0;
  while (true) {
    const size_t begin = at;
    while (at < text.size() && is_lower(text[at])) ++at;
    if (at == begin) return false;
    if (at == text.size()) return true;
    const size_t separator = at;
    while (at < text.size() && !is_lower(text[at])) ++at;
    const std::string_view between = text.substr(separator, at - separator);
    if (between != "." && between != "_" && between != "__" &&
        between.find_first_not_of('-') != std::string_view::npos)
      return false;
  }
}

bool is_path(std::string_view text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    if (!is_path_component(text.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

// A name of an image, of which "docker.io" and "library" may be left out.
bool is_reference(std::string_view text, bool& is_name_only) {
  is_name_only = true;
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    if (!is_digest(text.substr(at + 1))) return false;
    text = text.substr(0, at);
    is_name_only = false;
  }
  const size_t slash = text.rfind('/');
  const size_t colon = text.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    const std::string_view tag = text.substr(colon + 1);
    const auto is_word = [](char c) { return is_alphanumeric(c) || c == '_'; };
    if (tag.empty() || tag.size() > 128 || !is_word(tag.front()) ||
        !std::ranges::all_of(tag, [&](char c) { return is_word(c) || c == '.' || c == '-'; }))
      return false;
    text = text.substr(0, colon);
    is_name_only = false;
  }
  // An identifier of 64 hexadecimal digits is no name.
  if (text.size() > 255 || is_digest("sha256:" + std::string(text))) return false;
  const size_t first = text.find('/');
  const std::string_view domain = text.substr(0, first);
  if (first == std::string_view::npos ||
      (domain.find_first_of(".:") == std::string_view::npos && domain != "localhost"))
    return is_path(text);
  return is_domain(domain) && is_path(text.substr(first + 1));
}

bool is_remapping_prefix(std::string_view text) {
  const size_t slash = text.find('/');
  return is_domain(text.substr(0, slash)) &&
         (slash == std::string_view::npos || is_path(text.substr(slash + 1)));
}

// --- scopes ----------------------------------------------------------------------------------------------------

// An absolute path, as short as it can be written, and not "/", for which "" stands.
bool is_path_scope(std::string_view scope) {
  if (scope.size() < 2 || scope[0] != '/' || scope.back() == '/') return false;
  for (size_t begin = 1; begin <= scope.size();) {
    const size_t end = std::min(scope.find('/', begin), scope.size());
    const std::string_view part = scope.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

// [driver@/graph/root] or [/graph/root], and perhaps a name and what it stands for.
bool is_storage_scope(std::string_view scope) {
  const size_t close = scope.find(']');
  if (scope[0] != '[' || close == std::string_view::npos) return false;
  std::string_view store = scope.substr(1, close - 1);
  if (const size_t at = store.find('@'); at != std::string_view::npos) {
    if (at == 0) return false;
    store = store.substr(at + 1);
  }
  if (!store.starts_with('/')) return false;
  const std::string_view name = scope.substr(close + 1);
  const size_t at = name.find('@');
  if (at == std::string_view::npos) return true;
  const std::string_view rest = name.substr(at + 1);
  const size_t second = rest.find('@');
  const auto is_id = [](std::string_view id) { return is_digest("sha256:" + std::string(id)); };
  if (second == std::string_view::npos) return is_id(rest) || is_digest(rest);
  return is_digest(rest.substr(0, second)) && is_id(rest.substr(second + 1));
}

bool is_scope(std::string_view transport, std::string_view scope) {
  if (scope.empty()) return true;
  if (transport == "dir" || transport == "oci" || transport == "oci-archive" || transport == "sif")
    return is_path_scope(scope);
  if (transport == "docker-archive" || transport == "tarball") return false;
  if (transport == "docker-daemon") return !is_digest(scope);
  if (transport == "containers-storage") return is_storage_scope(scope);
  return true;  // of docker, and of a transport that is not known
}

// --- the document ----------------------------------------------------------------------------------------------

enum class Is : uint8_t { text, base64, texts, base64s, object };
struct Field {
  std::string_view name;
  Is kind = Is::text;
};

class Reader {
 public:
  explicit Reader(File& file) : file_(file) {}

  void read(const Value& root) {
    if (!root.is(Kind::object)) return refuse(root, "an object is expected");
    const Value* fallback = nullptr;
    const Value* transports = nullptr;
    for (const Value& member : root.items) {
      if (member.key == "default")
        fallback = &member;
      else if (member.key == "transports")
        transports = &member;
      else
        return unknown(member);
    }
    if (fallback == nullptr) return refuse(root, "the default policy is missing");
    read_list(*fallback, std::nullopt, "");
    if (failed_ || transports == nullptr) return;
    if (!transports->is(Kind::object)) return refuse(*transports, "an object is expected");
    for (const Value& transport : transports->items) {
      if (!transport.is(Kind::object)) return refuse(transport, "an object is expected");
      for (const Value& scope : transport.items) {
        if (!is_scope(transport.key, scope.key)) {
          file_.errors.add("bad-policy", scope.key_span,
                           "the transport '" + transport.key + "' has no such scope",
                           Effect::refused);
          return;
        }
        read_list(scope, transport.key, scope.key);
        if (failed_) return;
      }
    }
  }

 private:
  void refuse(const Value& where, std::string why) {
    if (!failed_) file_.errors.add("bad-policy", where.span, std::move(why), Effect::refused);
    failed_ = true;
  }
  void unknown(const Value& member) {
    if (!failed_)
      file_.errors.add("bad-policy", member.key_span, "an unknown key: no image is accepted",
                       Effect::refused);
    failed_ = true;
  }

  void read_list(const Value& list, const std::optional<std::string>& transport,
                 const std::string& scope) {
    if (!list.is(Kind::array) || list.items.empty())
      return refuse(list, "a list of at least one requirement is expected");
    for (const Value& each : list.items) {
      if (failed_) return;
      read_requirement(each);
      if (failed_) return;
      const Value& type = *each.find("type");
      Span span = type.span;
      span.line = type.key_span.line;
      span.column = type.key_span.column;
      file_.requirements.push_back({transport, scope, type.text, span});
    }
  }

  // The members of an object; but for objects each may be null, which is as good as nothing.
  void fields(const Value& object, std::initializer_list<Field> known) {
    for (const Value& member : object.items) {
      const auto* field =
          std::ranges::find_if(known, [&](const Field& f) { return f.name == member.key; });
      if (field == known.end()) return unknown(member);
      if (member.is(Kind::null) && field->kind != Is::object) continue;
      const auto is_text = [](const Value& v, bool coded) {
        return v.is(Kind::null) || (v.is(Kind::string) && (!coded || is_base64(v.text)));
      };
      const bool coded = field->kind == Is::base64 || field->kind == Is::base64s;
      bool right = false;
      if (field->kind == Is::object)
        right = member.is(Kind::object);
      else if (field->kind == Is::texts || field->kind == Is::base64s)
        right = member.is(Kind::array) && std::ranges::all_of(member.items, [&](const Value& v) {
                  return is_text(v, coded);
                });
      else
        right = is_text(member, coded);
      if (!right)
        return refuse(member, coded ? "base64 is expected" : "a value of another kind is expected");
    }
  }

  void read_requirement(const Value& r) {
    const std::string type = type_of(r);
    if (type == "insecureAcceptAnything" || type == "reject") {
      fields(r, {{"type"}});
    } else if (type == "signedBaseLayer") {
      fields(r, {{"type"}, {"baseLayerIdentity", Is::object}});
      identity(r, r.find("baseLayerIdentity"));
    } else if (type == "signedBy") {
      fields(r, {{"type"},
                 {"keyType"},
                 {"keyPath"},
                 {"keyPaths", Is::texts},
                 {"keyData", Is::base64},
                 {"signedIdentity", Is::object}});
      static constexpr std::array<std::string_view, 4> kTypes{
          "GPGKeys", "signedByGPGKeys", "X509Certificates", "signedByX509CAs"};
      const Value* key_type = r.find("keyType");
      if (key_type == nullptr || std::ranges::find(kTypes, key_type->text) == kTypes.end())
        refuse(key_type ? *key_type : r, "keyType is expected to be GPGKeys");
      one_of(r, {"keyPath", "keyPaths", "keyData"});
      if (r.find("signedIdentity") != nullptr) identity(r, r.find("signedIdentity"));
    } else if (type == "sigstoreSigned") {
      fields(r, {{"type"},
                 {"keyPath"},
                 {"keyPaths", Is::texts},
                 {"keyData", Is::base64},
                 {"keyDatas", Is::base64s},
                 {"fulcio", Is::object},
                 {"pki", Is::object},
                 {"rekorPublicKeyPath"},
                 {"rekorPublicKeyPaths", Is::texts},
                 {"rekorPublicKeyData", Is::base64},
                 {"rekorPublicKeyDatas", Is::base64s},
                 {"signedIdentity", Is::object}});
      sigstore(r);
    } else if (!failed_) {
      const Value* where = r.find("type");
      refuse(where ? *where : r, "a requirement of a known type is expected");
    }
  }

  static bool is_given(const Value& object, std::string_view name) {
    const Value* value = object.find(name);
    return value != nullptr && !value->is(Kind::null) &&
           (!value->is(Kind::string) || !value->text.empty() || name.ends_with("Data"));
  }
  static int count(const Value& object, std::initializer_list<std::string_view> names) {
    return static_cast<int>(std::ranges::count_if(
        names, [&](std::string_view name) { return is_given(object, name); }));
  }

  // containers-policy.json(5), "sigstoreSigned", with what containers-image 5.34 knows.
  void sigstore(const Value& r) {
    for (const std::string_view name :
         {"keyPaths", "keyDatas", "rekorPublicKeyPaths", "rekorPublicKeyDatas"})
      if (const Value* list = r.find(name); list != nullptr && list->items.empty())
        return refuse(*list, "a list of at least one key is expected");
    if (count(r, {"keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki"}) != 1)
      return refuse(
          r, "exactly one of keyPath, keyPaths, keyData, keyDatas, fulcio and pki is expected");
    const int logs = count(r, {"rekorPublicKeyPath", "rekorPublicKeyPaths", "rekorPublicKeyData",
                               "rekorPublicKeyDatas"});
    if (logs > 1) return refuse(r, "the key of the log is given more than once");
    if (is_given(r, "fulcio")) {
      if (logs == 0) return refuse(r, "a key of the log is expected beside fulcio");
      fields(*r.find("fulcio"),
             {{"caPath"}, {"caData", Is::base64}, {"oidcIssuer"}, {"subjectEmail"}});
      const Value& fulcio = *r.find("fulcio");
      if (count(fulcio, {"caPath", "caData"}) != 1)
        refuse(fulcio, "exactly one of caPath and caData is expected");
      if (count(fulcio, {"oidcIssuer", "subjectEmail"}) != 2)
        refuse(fulcio, "oidcIssuer and subjectEmail are expected");
    }
    if (is_given(r, "pki")) {
      const Value& pki = *r.find("pki");
      if (logs > 0) refuse(r, "there is no log for pki");
      fields(pki, {{"caRootsPath"},
                   {"caRootsData", Is::base64},
                   {"caIntermediatesPath"},
                   {"caIntermediatesData", Is::base64},
                   {"subjectEmail"},
                   {"subjectHostname"}});
      if (count(pki, {"caRootsPath", "caRootsData"}) != 1)
        refuse(pki, "exactly one of caRootsPath and caRootsData is expected");
      if (count(pki, {"caIntermediatesPath", "caIntermediatesData"}) > 1)
        refuse(pki, "one of caIntermediatesPath and caIntermediatesData is expected");
      if (count(pki, {"subjectEmail", "subjectHostname"}) == 0)
        refuse(pki, "subjectEmail or subjectHostname is expected");
    }
    if (r.find("signedIdentity") != nullptr) identity(r, r.find("signedIdentity"));
  }
  std::string type_of(const Value& object) {
    const Value* type = object.find("type");
    return type != nullptr && type->is(Kind::string) ? type->text : "";
  }

  // Exactly one of the keys, with something in it.
  void one_of(const Value& object, std::initializer_list<std::string_view> names) {
    size_t given = 0;
    for (const std::string_view name : names)
      if (const Value* value = object.find(name))
        given += value->is(Kind::null) || (name == "keyPath" && value->text.empty()) ? 2 : 1;
    if (given != 1) refuse(object, "exactly one of keyPath, keyPaths and keyData is expected");
  }

  void identity(const Value& owner, const Value* value) {
    if (value == nullptr || !value->is(Kind::object))
      return refuse(value ? *value : owner, "how an identity matches is expected");
    const std::string type = type_of(*value);
    bool is_name_only = false;
    const auto text = [&](std::string_view name) {
      const Value* member = value->find(name);
      return member ? member->text : std::string();
    };
    if (type == "matchExact" || type == "matchRepoDigestOrExact" || type == "matchRepository") {
      fields(*value, {{"type"}});
    } else if (type == "exactReference") {
      fields(*value, {{"type"}, {"dockerReference"}});
      if (!is_reference(text("dockerReference"), is_name_only) || is_name_only)
        refuse(*value, "dockerReference is expected to be a name with a tag or a digest");
    } else if (type == "exactRepository") {
      fields(*value, {{"type"}, {"dockerRepository"}});
      if (!is_reference(text("dockerRepository"), is_name_only))
        refuse(*value, "dockerRepository is expected to be a name");
    } else if (type == "remapIdentity") {
      fields(*value, {{"type"}, {"prefix"}, {"signedPrefix"}});
      if (!is_remapping_prefix(text("prefix")) || !is_remapping_prefix(text("signedPrefix")))
        refuse(*value, "prefix and signedPrefix are expected to be a host or a name");
    } else {
      refuse(*value, "how an identity matches is expected");
    }
  }

  File& file_;
  bool failed_ = false;
};

}  // namespace

File parse(std::string_view text) {
  File file;
  const json::Document document = json::parse(text);
  bool refused = false;
  for (const SyntaxError& error : document.errors) {
    const Effect effect = error.code == "duplicate-key" ? Effect::refused : error.effect;
    refused = refused || effect == Effect::refused;
    file.errors.add(error.code, error.span, error.message, effect);
  }
  if (!refused && document.root) Reader(file).read(*document.root);
  if (std::ranges::any_of(file.errors.list(),
                          [](const auto& e) { return e.effect == Effect::refused; }))
    file.requirements.clear();
  return file;
}

}  // namespace drydock::parsers::image_policy
