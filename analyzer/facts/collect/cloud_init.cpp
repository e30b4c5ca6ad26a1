// cloud-init's modules "Set Passwords" and "Users and Groups": `password:`, `plain_text_passwd:`, the lines
// "user:password" of `chpasswd: list:` and the users of type "text" of `chpasswd: users:` hold passwords as they are
// typed. The files stay on the disk.
#include "analyzer/facts/collect/cloud_init.h"

#include <algorithm>

#include "analyzer/source/tree.h"

namespace drydock::facts {

const TableSpec kCloudInitPasswordTable{
    .name = "cloud_init_password",
    .kind = TableKind::raw,
    .doc =
        "A place in cloud-init's user data or configuration that gives a password in plain text. "
        "The "
        "password itself is not kept.",
    .columns = {{"key", ColumnType::text, "'password', 'plain_text_passwd' or 'chpasswd'."},
                {"path", ColumnType::text, "The file."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT key, path, loc FROM cloud_init_password"}};

namespace {

using parsers::user_data::Kind;
using parsers::user_data::Part;
using parsers::yaml::Value;

constexpr uint32_t kLines = 20'000;

// What "Set Passwords" takes for a hash: "$6$salt$hash" and the like. Another one, as "$y$…", it gives to chpasswd(8)
// as a password, which then is what stands here.
bool is_hash(std::string_view text) {
  for (const std::string_view method : {"$1$", "$2a$", "$2y$", "$5$", "$6$"})
    if (text.starts_with(method)) {
      const size_t dollar = text.find('$', method.size() + 1);
      return dollar != std::string_view::npos && dollar + 1 < text.size() &&
             text.find(':') == std::string_view::npos;
    }
  return false;
}

bool is_password(const Value* value) {
  return value && value->is(parsers::yaml::Kind::scalar) && !value->text.empty() &&
         value->text != "R" && value->text != "RANDOM" && !is_hash(value->text);
}

// "plain-text-passwd" is the same.
std::string normal(std::string_view key) {
  std::string out(key);
  std::ranges::replace(out, '-', '_');
  return out;
}

class Reader {
 public:
  Reader(Context& context, std::string_view path) : context_(context), path_(path) {}

  void read(const Part& part) {
    if (part.kind == Kind::other) return;
    if (part.kind == Kind::template_text || part.kind == Kind::patch) return read_lines(part);
    const parsers::yaml::Document document = parsers::yaml::parse(part.text);
    if (!document.root) {
      for (parsers::SyntaxError error : document.errors) {
        error.span = place(error.span, part);
        // cloud-init goes on without the file, which holds the text all the same.
        if (error.code == "not-yaml") error.effect = parsers::Effect::ignored;
        context_.issue(path_, error);
      }
      return read_lines(part);
    }
    if (part.kind == Kind::archive) return read_archive(*document.root, part);
    read_config(*document.root, part);
  }

 private:
  static Span place(Span span, const Part& part) { return place_in_file(span, part); }
  void add(std::string_view key, const Span& span, const Part& part) {
    context_.store().insert(kCloudInitPasswordTable,
                            {key, path_, context_.store().locate(path_, place(span, part))});
  }

  void read_config(const Value& root, const Part& part) {
    for (const Value& member : root.items) {
      if (member.key == "password" && is_password(&member)) add("password", member.key_span, part);
      if (member.key == "chpasswd") read_chpasswd(member, part);
      if (member.key == "users") read_users(member, part);
      if (member.key == "user") read_user(member, part);
      if (member.key != "system_info") continue;
      if (const Value* user = member.find("default_user")) read_user(*user, part);
    }
  }

  void read_users(const Value& users, const Part& part) {
    for (const Value& user : users.items) read_user(user, part);
  }

  void read_user(const Value& user, const Part& part) {
    if (!user.is(parsers::yaml::Kind::map)) return;
    for (const Value& member : user.items)
      if (normal(member.key) == "plain_text_passwd" && member.is(parsers::yaml::Kind::scalar) &&
          !member.text.empty())
        add("plain_text_passwd", member.key_span, part);
  }

  void read_chpasswd(const Value& chpasswd, const Part& part) {
    if (const Value* users = chpasswd.find("users"))
      for (const Value& user : users->items) {
        const Value* type = user.find("type");
        const Value* password = user.find("password");
        if (type && type->text == "text" && password && !password->text.empty())
          add("chpasswd", password->key_span, part);
      }
    const Value* list = chpasswd.find("list");
    if (!list) return;
    for (const Value& line : list->items)
      if (is_entry(line.text)) add("chpasswd", line.span, part);
    if (!list->is(parsers::yaml::Kind::scalar)) return;
    // The lines of a block of text, each looked for behind the one before.
    std::string_view rest = list->text;
    std::string_view unseen = part.text;
    uint32_t number = 1;
    for (; number < list->span.line && !unseen.empty(); ++number)
      unseen.remove_prefix(std::min(unseen.find('\n'), unseen.size() - 1) + 1);
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      const std::string_view entry = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      if (is_entry(entry)) add("chpasswd", line_of(entry, number, unseen, list->span), part);
    }
  }

  static bool is_entry(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view password = line.substr(colon + 1);
    return !password.empty() && password != "R" && password != "RANDOM" && !is_hash(password);
  }

  // The first line of `unseen`, which is line `number` on, that has the entry; both are set behind it.
  static Span line_of(std::string_view entry, uint32_t& number, std::string_view& unseen,
                      const Span& list) {
    std::string_view rest = unseen;
    for (uint32_t line = number; !rest.empty(); ++line) {
      const size_t end = rest.find('\n');
      const std::string_view content = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      const size_t at = content.find(entry);
      if (at == std::string_view::npos) continue;
      number = line + 1;
      unseen = rest;
      const auto column = static_cast<uint32_t>(at) + 1;
      return {line, column, line, column + static_cast<uint32_t>(entry.size())};
    }
    unseen = {};  // it is written otherwise, as those behind it may be
    return list;
  }

  void read_archive(const Value& root, const Part& part) {
    for (const Part& inner : parts_of_archive(root, part)) read(inner);
  }

  // What cannot be read as YAML: a member on a line of its own.
  void read_lines(const Part& part) {
    std::string_view rest = part.text;
    for (uint32_t number = 1; !rest.empty(); ++number) {
      if (number > kLines) {
        context_.issue(path_, {"too-many-lines", place({number, 1, number, 1}, part),
                               "what follows is not searched", parsers::Effect::refused});
        return;
      }
      const size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const size_t first = line.find_first_not_of(" \t-{,\"");
      if (first == std::string_view::npos || line[first] == '#') continue;
      const std::string_view words = line.substr(first);
      for (const std::string_view key : {"password", "plain_text_passwd"}) {
        if (!words.starts_with(key)) continue;
        const size_t colon = words.find_first_not_of(" \t\"", key.size());
        if (colon == std::string_view::npos || words[colon] != ':') continue;
        const size_t value = words.find_first_not_of(" \t\r\"'", colon + 1);
        if (value == std::string_view::npos || words[value] == '#') continue;
        const std::string_view secret = words.substr(value);
        // A hash of crypt(5), a password made at random, a variable, a lock.
        if (secret[0] == '$' || secret[0] == '{' || secret[0] == '!' || secret[0] == '*' ||
            secret.starts_with("RANDOM") || secret.starts_with("R\r") || secret == "R" ||
            secret.starts_with("null") || secret.starts_with("~"))
          continue;
        const auto column = static_cast<uint32_t>(first) + 1;
        add(key, {number, column, number, static_cast<uint32_t>(line.size()) + 1}, part);
      }
    }
  }

  Context& context_;
  std::string_view path_;
};

// A file of configuration: YAML whatever it begins with, or a template.
void read_config(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return;
  const bool is_template = parsers::user_data::kind_of(text->text) == Kind::template_text;
  Reader(context, text->path)
      .read({.kind = is_template ? Kind::template_text : Kind::cloud_config,
             .text = std::string(text->text)});
}

void read_user_data(Context& context, const std::string& path) {
  const auto text = context.read(path);
  if (!text) return;
  Reader reader(context, text->path);
  const parsers::user_data::File file = parsers::user_data::parse(text->text);
  for (const Part& part : file.parts) reader.read(part);
  if (file.is_cut)
    context.issue(text->path, {"too-many-parts", Span{1, 1, 1, 1},
                               "more parts than are read, or parts in parts too deep",
                               parsers::Effect::refused});
}

void collect_cloud_init(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose())
      file_name(path) == "cloud.cfg" ? read_config(context, path) : read_user_data(context, path);
    return;
  }
  const Tree& tree = context.tree();
  read_config(context, "etc/cloud/cloud.cfg");
  if (const auto directory = cloud_init_directory(context))
    for (const std::string& path : tree.glob(*directory, "*.cfg")) read_config(context, path);
  for (const std::string_view seed : {"nocloud", "nocloud-net"})
    read_user_data(context, "var/lib/cloud/seed/" + std::string(seed) + "/user-data");
  if (const auto instances = tree.list("var/lib/cloud/instances"))
    for (const std::string& name : *instances)
      for (const std::string_view file : {"user-data.txt", "user-data.txt.i", "cloud-config.txt"})
        read_user_data(context, "var/lib/cloud/instances/" + name + "/" + std::string(file));
}

}  // namespace

std::optional<std::string> cloud_init_directory(Context& context) {
  std::string directory = "etc/cloud/cloud.cfg.d";
  if (const auto text = context.read("etc/cloud/cloud.cfg"))
    if (const auto document = parsers::yaml::parse(text->text); document.root)
      if (const parsers::yaml::Value* named = document.root->find("conf_d"))
        directory = named->text;
  const size_t first = directory.find_first_not_of("/ ");
  return first == std::string::npos ? std::nullopt : std::optional(directory.substr(first));
}

Span place_in_file(Span span, const Part& part) {
  if (part.is_coded) return {part.line, 1, part.line, 1};
  span.line += part.line - 1;
  span.end_line += part.line - 1;
  return span;
}

std::vector<Part> parts_of_archive(const parsers::yaml::Value& root, const Part& part) {
  std::vector<Part> out;
  if (!root.is(parsers::yaml::Kind::sequence)) return out;
  for (const parsers::yaml::Value& item : root.items) {
    const parsers::yaml::Value* content =
        item.is(parsers::yaml::Kind::map) ? item.find("content") : &item;
    const parsers::yaml::Value* type =
        item.is(parsers::yaml::Kind::map) ? item.find("type") : nullptr;
    if (!content) continue;
    const Span at = place_in_file(content->span, part);
    Part inner{
        .kind = Kind::cloud_config, .text = content->text, .line = at.line, .is_coded = true};
    if (type && !type->text.empty())
      inner.kind = type->text == "text/cloud-config" ? Kind::cloud_config
                   : type->text == "text/jinja2"     ? Kind::template_text
                                                     : Kind::other;
    else
      inner.kind = parsers::user_data::kind_of(content->text).value_or(Kind::cloud_config);
    if (inner.kind != Kind::archive) out.push_back(std::move(inner));
  }
  return out;
}

const Collector kCloudInitCollector{
    .name = "cloud-init",
    .tables = {&kCloudInitPasswordTable},
    .needs = {},
    .paths = {"etc/cloud/cloud.cfg", "etc/cloud/cloud.cfg.d/*.cfg",
              "var/lib/cloud/seed/*/user-data", "var/lib/cloud/instances/*/*"},
    .loose = {"user-data", "cloud-config.yaml", "cloud.cfg"},
    .collect = collect_cloud_init};

}  // namespace drydock::facts
