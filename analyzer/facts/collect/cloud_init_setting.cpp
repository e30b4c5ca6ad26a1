// What cloud-init does to accounts, sshd and files at the first boot of an instance: the user data over the vendors' over
// /etc/cloud/cloud.cfg.d over /etc/cloud/cloud.cfg, as its own modules read it (cloud-init, "Module reference", "Merging
// user data sections").
#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "analyzer/facts/collect/cloud_init.h"
#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/source/tree.h"
#include "parsers/characters.h"

namespace drydock::facts {

const TableSpec kCloudInitSettingTable{
    .name = "cloud_init_setting",
    .kind = TableKind::effective,
    .doc =
        "A switch that cloud-init is given for the first boot of an instance: from user data "
        "before "
        "vendor data before /etc/cloud/cloud.cfg.d before /etc/cloud/cloud.cfg.",
    .columns = {{"key", ColumnType::text,
                 "'ssh_pwauth', 'disable_root', 'ssh_deletekeys', 'allow_public_ssh_keys', "
                 "'chpasswd.expire', 'package_update', 'package_upgrade', "
                 "'package_reboot_if_required'. What is not written has no row."},
                {"value", ColumnType::text,
                 "'true' or 'false' as cloud-init takes it; 'unchanged': ssh_pwauth that it leaves "
                 "alone."},
                {"path", ColumnType::text, "The file."},
                {"loc", ColumnType::location, "The line."}},
    .examples = {"SELECT value, loc FROM cloud_init_setting WHERE key = 'ssh_pwauth'"}};

const TableSpec kCloudInitUserTable{
    .name = "cloud_init_user",
    .kind = TableKind::effective,
    .doc = "A user that cloud-init makes, or changes, at the first boot of an instance.",
    .columns =
        {{"name", ColumnType::text, "Login name."},
         {"is_default", ColumnType::boolean, "It is the default user."},
         {"lock_passwd", ColumnType::boolean, "Its password is locked in the end."},
         {"password", ColumnType::text,
          "'plain' or 'hash': what is set for it; NULL: none. Those of chpasswd are not counted."},
         {"sudo", ColumnType::text, "Its rules of sudoers, one a line; NULL: none."},
         {"keys", ColumnType::integer, "How many ssh_authorized_keys it is given."},
         {"groups", ColumnType::text, "With commas, as written; NULL: none."},
         {"shell", ColumnType::text, "NULL: the default."},
         {"path", ColumnType::text, "The file."},
         {"loc", ColumnType::location, "Where it is named."}},
    .examples = {"SELECT name, sudo FROM cloud_init_user WHERE NOT lock_passwd"}};

const TableSpec kCloudInitFileTable{
    .name = "cloud_init_file",
    .kind = TableKind::effective,
    .doc = "A file that cloud-init writes at the first boot of an instance (write_files).",
    .columns = {{"target", ColumnType::text, "Path without the leading '/'."},
                {"mode", ColumnType::integer, "Its bits."},
                {"owner", ColumnType::text, "user:group, as written; NULL: root:root."},
                {"is_appended", ColumnType::boolean, "What is there stays."},
                {"path", ColumnType::text, "The file that says so."},
                {"loc", ColumnType::location, "Where its path stands."}},
    .examples = {"SELECT target, mode FROM cloud_init_file WHERE mode & 2"}};

namespace {

using parsers::lower;
using parsers::user_data::Kind;
using parsers::user_data::Part;
using parsers::yaml::Value;
using YamlKind = parsers::yaml::Kind;

// Of all parts together; each alone has its bound in parsers::yaml.
constexpr size_t kMostValues = 200'000;
constexpr size_t kMostUsers = 10'000;

// One configuration that was read.
struct Config {
  std::string path;
  Part part;
  parsers::yaml::Document document;
  LineIndex lines;
};

struct Found {
  const Value* value = nullptr;
  const Config* config = nullptr;
};
// What counts first; those behind it fill in what a map lacks.
using Stack = std::vector<Found>;

std::string stripped(std::string_view text) {
  while (!text.empty() && parsers::is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && parsers::is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// Written without quotes, so that YAML 1.1 may take it for a number or a switch.
bool is_plain(const Found& found) {
  const auto [begin, end] = found.config->lines.line_bounds(found.value->span.line);
  const size_t at = begin + found.value->span.column - 1;
  if (at >= found.config->part.text.size()) return true;
  const char first = found.config->part.text[at];
  return first != '"' && first != '\'' && first != '|' && first != '>' && first != '!';
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, text) != list.end();
}

// As Python takes it: what is empty, null, zero or a plain "no" is false.
bool is_truthy(const Found& found) {
  const Value& value = *found.value;
  if (value.is(YamlKind::null)) return false;
  if (!value.is(YamlKind::scalar)) return !value.items.empty();
  if (value.text.empty()) return false;
  if (!is_plain(found)) return true;
  return !is_one_of(value.text, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
                                 "0", "00", "+0", "-0", "0.0", "0x0", "~", "null", "Null", "NULL"});
}

// cloudinit.util.is_true and is_false.
bool is_true(std::string_view text) {
  return is_one_of(lower(stripped(text)), {"true", "1", "on", "yes"});
}
bool is_false(std::string_view text) {
  return is_one_of(lower(stripped(text)), {"false", "0", "off", "no"});
}

// cloudinit.util.translate_bool.
bool as_switch(const Found& found) {
  return is_truthy(found) && found.value->is(YamlKind::scalar) && is_true(found.value->text);
}

// Text also for Python: YAML 1.1 takes what is plain for a number, a switch or nothing if it can.
bool is_text(const Found& found) {
  if (!found.value->is(YamlKind::scalar)) return false;
  if (!is_plain(found)) return true;
  const std::string word = lower(found.value->text);
  const bool number = !word.empty() &&
                      word.find_first_not_of("0123456789abcdefx_.+-:") == std::string::npos &&
                      (parsers::is_digit(word[0]) || is_one_of(word.substr(0, 1), {"+", "-", "."}));
  return !number && !is_one_of(word, {"yes", "no", "true", "false", "on", "off", "null", "~", ""});
}

// cloudinit.mergers: a map takes in the members that it lacks, and takes the place of a list or a text of more weight.
Stack effective(const Stack& stack) {
  Stack out;
  for (const Found& one : stack) {
    const bool is_map = one.value->is(YamlKind::map);
    if (out.empty())
      out.push_back(one);
    else if (is_map && out[0].value->is(YamlKind::map))
      out.push_back(one);
    else if (is_map && (out[0].value->is(YamlKind::sequence) || is_text(out[0])))
      out = {one};
  }
  return out;
}

// "plain-text-passwd" is the same.
std::string normal(std::string_view key) {
  std::string out(key);
  std::ranges::replace(out, '-', '_');
  return stripped(out);
}

// cloudinit.util.uniq_merge: blanks within stay.
std::vector<std::string> split(std::string_view whole) {
  const std::string text = stripped(whole);
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

class Merged {
 public:
  explicit Merged(Context& context) : context_(context) {}

  // Of what has less weight than all that was read before. In `parts` a later one replaces the members of an earlier.
  void add(std::vector<std::unique_ptr<Config>> parts) { layers_.push_back(std::move(parts)); }

  // cloud-config of a file of configuration or of user data.
  std::vector<std::unique_ptr<Config>> read(const std::string& path, bool is_user_data) {
    std::vector<std::unique_ptr<Config>> out;
    const auto text = context_.read(path);
    if (!text) return out;
    if (!is_user_data) {
      const bool is_template = parsers::user_data::kind_of(text->text) == Kind::template_text;
      Part part;
      part.kind = is_template ? Kind::template_text : Kind::cloud_config;
      part.text = text->text;
      read_part(part, text->path, out);
      return out;
    }
    const parsers::user_data::File file = parsers::user_data::parse(text->text);
    for (const Part& part : file.parts) read_part(part, text->path, out);
    if (file.is_cut)
      context_.issue(text->path, {"too-many-parts", Span{1, 1, 1, 1},
                                  "more parts than are read, or parts in parts too deep",
                                  parsers::Effect::refused});
    return out;
  }

  Stack top(std::string_view key) const { return effective(all(key)); }

  // Each that is written, whether it counts or not.
  Stack all(std::string_view key) const {
    Stack out;
    for (const auto& layer : layers_)
      for (size_t i = layer.size(); i-- > 0;)
        if (const Value* value = layer[i]->document.root->find(key)) {
          out.push_back({value, layer[i].get()});
          break;
        }
    return out;
  }

  static Stack child(const Stack& stack, std::string_view key) {
    Stack out;
    if (stack.empty() || !stack.front().value->is(YamlKind::map)) return out;
    for (const Found& one : stack)
      if (const Value* value = one.value->find(key)) out.push_back({value, one.config});
    return effective(out);
  }

 private:
  void read_part(const Part& part, const std::string& path,
                 std::vector<std::unique_ptr<Config>>& out) {
    if (part.kind == Kind::other) return;
    Part plain = part;
    if (part.kind == Kind::template_text) {
      // Nothing to fill in: what stands behind its first line counts.
      if (part.text.find("{{") != std::string::npos || part.text.find("{%") != std::string::npos ||
          part.text.find("{#") != std::string::npos)
        return issue(path, part, "template", "a template, which is not filled in here");
      const size_t end = part.text.find('\n');
      if (end == std::string::npos) return;
      // As a line of comment, so that lines stay what they are.
      plain.text = "#" + std::string(end - 1, ' ') + part.text.substr(end);
    }
    if (part.kind == Kind::patch)
      return issue(path, part, "patch", "a patch, which is not applied here");
    parsers::yaml::Document document = parsers::yaml::parse(plain.text);
    // cloud-init passes over what is no YAML.
    if (!document.root) {
      for (parsers::SyntaxError error : document.errors) {
        error.span = place_in_file(error.span, plain);
        if (error.code == "not-yaml") error.effect = parsers::Effect::ignored;
        context_.issue(path, error);
      }
      return;
    }
    if (part.kind == Kind::archive) {
      for (const Part& inner : parts_of_archive(*document.root, plain)) read_part(inner, path, out);
      return;
    }
    if (!document.root->is(YamlKind::map)) return;
    values_ += count(*document.root);
    if (values_ > kMostValues)
      return issue(path, part, "too-many-values", "more than is kept of all parts together");
    for (const std::string_view key : {"merge_how", "merge_type"})
      if (document.root->find(key))
        issue(path, part, "merge-how", "a way of merging of its own, which is not followed here");
    LineIndex lines(plain.text);
    out.push_back(std::make_unique<Config>(
        Config{path, std::move(plain), std::move(document), std::move(lines)}));
  }

  void issue(const std::string& path, const Part& part, std::string_view code,
             const char* message) {
    context_.issue(path,
                   {code, place_in_file({1, 1, 1, 1}, part), message, parsers::Effect::refused});
  }

  // No deeper than parsers::yaml goes.
  static size_t count(const Value& value) {
    size_t out = 1;
    for (const Value& item : value.items) out += count(item);
    return out;
  }

  Context& context_;
  std::vector<std::vector<std::unique_ptr<Config>>> layers_;
  size_t values_ = 0;
};

struct User {
  std::string name;
  Stack fields;  // maps; the first that has a field counts
  Found named;
  bool is_default = false;
  std::optional<std::string> groups;  // of the default user: what its fields come to
};

class Writer {
 public:
  Writer(Context& context, const Merged& merged) : context_(context), merged_(merged) {}

  void write() {
    settings();
    users();
    files();
  }

 private:
  LocationId locate(const Found& found, bool of_key = true) {
    const Span span =
        of_key && found.value->key_span.line != 0 ? found.value->key_span : found.value->span;
    return context_.store().locate(found.config->path, place_in_file(span, found.config->part));
  }

  void setting(std::string_view key, const Stack& all,
               const std::function<std::string_view(const Found&)>& value_of) {
    const Stack counts = effective(all);
    if (counts.empty()) return;
    const Found& first = counts[0];
    const LocationId loc = locate(first);
    context_.store().insert(kCloudInitSettingTable,
                            {key, value_of(first), std::string_view(first.config->path), loc});
    for (const Found& one : all)
      if (one.value != first.value)
        context_.store().overridden(kCloudInitSettingTable, key, loc, locate(one), one.value->text,
                                    first.config->path + " counts for more");
  }

  static std::string_view switch_of(const Found& found) {
    return as_switch(found) ? "true" : "false";
  }

  void settings() {
    setting("ssh_pwauth", merged_.all("ssh_pwauth"), [](const Found& found) {
      const bool scalar = found.value->is(YamlKind::scalar);
      return std::string_view(scalar && is_true(found.value->text)    ? "true"
                              : scalar && is_false(found.value->text) ? "false"
                                                                      : "unchanged");
    });
    for (const std::string_view key : {"disable_root", "allow_public_ssh_keys"})
      setting(key, merged_.all(key), switch_of);
    setting("ssh_deletekeys", merged_.all("ssh_deletekeys"), [](const Found& found) {
      return std::string_view(is_truthy(found) ? "true" : "false");
    });
    setting("chpasswd.expire", Merged::child(merged_.top("chpasswd"), "expire"), switch_of);
    for (const std::string_view what : {"update", "upgrade", "reboot_if_required"}) {
      // Either of its names.
      const std::string key = "package_" + std::string(what);
      Stack all = merged_.all(key);
      const Stack old = merged_.top("apt_" + std::string(what));
      if (!old.empty() && (all.empty() || !as_switch(all[0]))) all.insert(all.begin(), old[0]);
      setting(key, all, switch_of);
    }
  }

  // What a user is called whose name is not said.
  static constexpr std::string_view kDefault = "default";

  // "a, b" and lists of such.
  void add_names(const Found& found, std::vector<User>& users) {
    const Value& value = *found.value;
    for (const Value& one : value.items)
      if (one.is(YamlKind::scalar)) add_name(one.text, {&one, found.config}, users);
    if (value.is(YamlKind::scalar))
      for (const std::string& name : split(value.text)) add_name(name, found, users);
  }
  User& user(const std::string& name, const Found& found, std::vector<User>& users) {
    const auto [known, is_new] = by_name_.emplace(name, users.size());
    if (is_new) users.push_back({name, {}, found, false, {}});
    return users[known->second];
  }
  // One text may name any number.
  void add_name(const std::string& name, const Found& found, std::vector<User>& users) {
    if (name.empty()) return;
    if (users.size() < kMostUsers) {
      user(name, found, users);
    } else if (!is_full_) {
      is_full_ = true;
      context_.issue(found.config->path,
                     {"too-many-users", place_in_file(found.value->span, found.config->part),
                      "more users than are read", parsers::Effect::refused});
    }
  }

  static Stack field(const Stack& fields, std::string_view name) {
    Stack out;
    for (const Found& one : fields)
      for (const Value& member : one.value->items)
        if (normal(member.key) == name) {
          out.push_back({&member, one.config});
          break;
        }
    return out;
  }

  void users() {
    std::vector<User> users;
    const Stack all = merged_.top("users");
    if (!all.empty()) {
      const Found& first = all[0];
      if (first.value->is(YamlKind::sequence))
        for (const Value& item : first.value->items) {
          const Found one{&item, first.config};
          if (!item.is(YamlKind::map)) {
            // One that is neither text, list nor map ends it all.
            if (item.is(YamlKind::null)) return;
            add_names(one, users);
            continue;
          }
          const Value* name = item.find("name");
          user(name ? name->text : std::string(kDefault), name ? Found{name, first.config} : one,
               users)
              .fields.push_back(one);
        }
      if (first.value->is(YamlKind::map)) {
        std::vector<std::string_view> order;
        std::map<std::string_view, Stack> members;
        for (const Found& layer : all) {
          if (!layer.value->is(YamlKind::map)) continue;
          for (const Value& member : layer.value->items) {
            Stack& stack = members[member.key];
            if (stack.empty()) order.push_back(member.key);
            stack.push_back({&member, layer.config});
          }
        }
        for (const std::string_view key : order) {
          const Stack& stack = members[key];
          const Found& one = stack.front();
          const std::string name(key);
          if (one.value->is(YamlKind::map)) {
            for (const Found& map : stack)
              if (map.value->is(YamlKind::map)) user(name, one, users).fields.push_back(map);
          } else if (!one.value->is(YamlKind::scalar)) {
            return;
          } else if (is_true(one.value->text)) {
            user(name, one, users);
          }
        }
      }
      if (first.value->is(YamlKind::scalar)) {
        std::vector<std::string> names = split(first.value->text);
        std::ranges::sort(names);
        for (const std::string& name : names) add_name(stripped(name), first, users);
      }
    }
    // `user:` is the default one, with what the distribution's has.
    Stack base;
    std::string base_name;
    Found named;
    bool has_old = false;
    if (const Stack old = merged_.top("user"); !old.empty()) {
      has_old = is_truthy(old[0]) && !old[0].value->is(YamlKind::sequence);
      if (has_old && old[0].value->is(YamlKind::scalar)) base_name = old[0].value->text;
      if (has_old && old[0].value->is(YamlKind::map))
        for (const Found& one : old)
          if (one.value->is(YamlKind::map)) base.push_back(one);
      named = old[0];
    }
    const Stack info = merged_.top("system_info");
    for (const Found& one : Merged::child(info, "default_user"))
      if (one.value->is(YamlKind::map)) base.push_back(one);
    if (base_name.empty())
      for (const Found& one : base)
        if (const Value* name = one.value->find("name"); name && base_name.empty()) {
          base_name = name->text;
          if (!named.value) named = {name, one.config};
        }
    // A map or text that names no "default" is given one.
    if (has_old && !by_name_.contains(std::string(kDefault))) {
      const bool is_off =
          !all.empty() && all[0].value->is(YamlKind::map) && !Merged::child(all, kDefault).empty();
      if (!is_off) user(std::string(kDefault), named, users);
    }
    if (const auto known = by_name_.find(std::string(kDefault)); known != by_name_.end()) {
      User made = users[known->second];
      std::erase_if(users, [](const User& one) { return one.name == kDefault; });
      if (!base.empty() || !base_name.empty()) {
        if (base_name.empty()) return;  // a default user without a name: nobody is made
        Stack fields = base;
        fields.insert(fields.end(), made.fields.begin(), made.fields.end());
        // The distribution's groups only join those of the user's own name.
        std::set<std::string> groups;
        const auto join = [&](const Stack& of) {
          for (const std::string& group : split(list_of(field(of, "groups"), ",")))
            if (!group.empty()) groups.insert(group);
        };
        join(base);
        for (const User& one : users)
          if (one.name == base_name) join(one.fields);
        if (field(made.fields, "groups").empty()) {
          made.groups.emplace();
          for (const std::string& group : groups)
            *made.groups += (made.groups->empty() ? "" : ",") + group;
        } else {
          made.groups = list_of(field(made.fields, "groups"), ",");
        }
        for (const User& one : users)
          if (one.name == base_name) {
            fields.insert(fields.end(), one.fields.begin(), one.fields.end());
            made.named = one.named;
          }
        std::erase_if(users, [&](const User& one) { return one.name == base_name; });
        made.name = base_name;
        made.fields = std::move(fields);
        made.is_default = true;
        users.push_back(std::move(made));
      }
    }
    for (const User& one : users) insert(one);
  }

  static std::string list_of(const Stack& found, const char* between) {
    if (found.empty()) return "";
    const Value& value = *found[0].value;
    if (value.is(YamlKind::scalar)) return is_truthy(found[0]) ? value.text : "";
    std::string out;
    for (const Value& one : value.items) {
      const std::string text = value.is(YamlKind::map) ? one.key : one.text;
      out += (out.empty() ? "" : between) + text;
    }
    return out;
  }

  void insert(const User& one) {
    const auto is_set = [&](std::string_view name) {
      const Stack found = field(one.fields, name);
      return !found.empty() && is_truthy(found[0]);
    };
    const Stack lock = field(one.fields, "lock_passwd"),
                keys = field(one.fields, "ssh_authorized_keys"), shell = field(one.fields, "shell");
    const std::string_view password = is_set("hashed_passwd")       ? "hash"
                                      : is_set("plain_text_passwd") ? "plain"
                                      : is_set("passwd")            ? "hash"
                                                                    : "";
    std::set<std::string_view> distinct;
    if (!keys.empty() && keys[0].value->is(YamlKind::scalar)) distinct.insert(keys[0].value->text);
    if (!keys.empty())
      for (const Value& key : keys[0].value->items) distinct.insert(key.text);
    const std::string sudo = list_of(field(one.fields, "sudo"), "\n"),
                      groups = one.groups ? *one.groups : list_of(field(one.fields, "groups"), ",");
    context_.store().insert(
        kCloudInitUserTable,
        {std::string_view(one.name), one.is_default, lock.empty() || is_truthy(lock[0]),
         password.empty() ? facts::Value(Null{}) : facts::Value(password), text_or_null(sudo),
         static_cast<int64_t>(distinct.size()), text_or_null(groups),
         shell.empty() ? facts::Value(Null{})
                       : facts::Value(std::string_view(shell[0].value->text)),
         std::string_view(one.named.config->path), locate(one.named)});
  }

  // `permissions`: text is octal, a number as YAML 1.1 reads it: 0644 is octal there, 644 is not.
  static int64_t mode_of(const Stack& permissions) {
    constexpr int64_t kUsual = 0644;
    if (permissions.empty() || !permissions[0].value->is(YamlKind::scalar)) return kUsual;
    std::string_view text = permissions[0].value->text;
    int base = 8;
    if (is_plain(permissions[0])) {
      if (is_one_of(text, {"~", "null", "Null", "NULL", ""})) return kUsual;
      const bool digits = std::ranges::all_of(text, parsers::is_digit);
      if (digits && (text == "0" || !text.starts_with('0'))) base = 10;
    }
    const std::string trimmed = stripped(text);
    text = trimmed;
    if (base == 8 && (text.starts_with("0o") || text.starts_with("0O"))) text.remove_prefix(2);
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? value & 07777
                                                                                  : kUsual;
  }

  void files() {
    const Stack all = merged_.top("write_files");
    if (all.empty() || !all[0].value->is(YamlKind::sequence)) return;
    for (const Value& item : all[0].value->items) {
      const Stack one{{&item, all[0].config}};
      const Stack path = Merged::child(one, "path"), owner = Merged::child(one, "owner"),
                  append = Merged::child(one, "append");
      if (path.empty() || !path[0].value->is(YamlKind::scalar) || path[0].value->text.empty())
        continue;
      const std::string target = normal_path(path[0].value->text);
      context_.store().insert(kCloudInitFileTable,
                              {std::string_view(target), mode_of(Merged::child(one, "permissions")),
                               text_or_null(owner.empty() ? "" : owner[0].value->text),
                               !append.empty() && as_switch(append[0]),
                               std::string_view(path[0].config->path), locate(path[0])});
    }
  }

  Context& context_;
  const Merged& merged_;
  std::map<std::string, size_t> by_name_;
  bool is_full_ = false;
};

void collect_cloud_init_setting(Context& context) {
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      Merged merged(context);
      merged.add(merged.read(path, file_name(path) != "cloud.cfg"));
      Writer(context, merged).write();
    }
    return;
  }
  const Tree& tree = context.tree();
  // cloud-init, "Disable cloud-init".
  if (tree.exists("etc/cloud/cloud-init.disabled")) return;
  Merged merged(context);
  const std::string instance = "var/lib/cloud/instance/";
  if (tree.exists(instance + "cloud-config.txt")) {
    for (const std::string_view file :
         {"cloud-config.txt", "vendor2-cloud-config.txt", "vendor-cloud-config.txt"})
      if (tree.exists(instance + std::string(file)))
        merged.add(merged.read(instance + std::string(file), false));
  } else {
    for (const std::string_view seed : {"nocloud", "nocloud-net"}) {
      const std::string directory = "var/lib/cloud/seed/" + std::string(seed) + "/";
      if (!tree.exists(directory + "user-data")) continue;
      merged.add(merged.read(directory + "user-data", true));
      if (tree.exists(directory + "vendor-data"))
        merged.add(merged.read(directory + "vendor-data", true));
      break;
    }
  }
  // "later trumps": the last name of the directory counts first.
  if (const auto directory = cloud_init_directory(context)) {
    std::vector<std::string> files = tree.glob(*directory, "*.cfg");
    std::ranges::reverse(files);
    for (const std::string& path : files) merged.add(merged.read(path, false));
  }
  merged.add(merged.read("etc/cloud/cloud.cfg", false));
  Writer(context, merged).write();
}

}  // namespace

const Collector kCloudInitSettingCollector{
    .name = "cloud-init-setting",
    .tables = {&kCloudInitSettingTable, &kCloudInitUserTable, &kCloudInitFileTable},
    .needs = {},
    .paths = {"etc/cloud/cloud.cfg", "etc/cloud/cloud.cfg.d/*.cfg",
              "var/lib/cloud/seed/*/user-data", "var/lib/cloud/seed/*/vendor-data",
              "var/lib/cloud/instance", "var/lib/cloud/instances/*/*",
              "etc/cloud/cloud-init.disabled"},
    .loose = {"user-data", "cloud-config.yaml", "cloud.cfg"},
    .collect = collect_cloud_init_setting};

}  // namespace drydock::facts
