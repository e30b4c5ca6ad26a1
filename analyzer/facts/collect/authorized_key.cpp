// sshd(8), "AUTHORIZED_KEYS FILE FORMAT", and sshd_config(5), "AuthorizedKeysFile": who may log in with which key.
#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/collect/permission.h"
#include "analyzer/facts/collect/ssh_user.h"
#include "parsers/authorized_keys.h"
#include "parsers/characters.h"

namespace drydock::facts {

const TableSpec kAuthorizedKeysFileTable{
    .name = "authorized_keys_file",
    .kind = TableKind::effective,
    .doc =
        "A file of keys that is there: one that AuthorizedKeysFile names for a user, or one in the "
        "usual place, ~/.ssh/authorized_keys or authorized_keys2, that it does not name "
        "(sshd_config(5)).",
    .columns =
        {{"user", ColumnType::text, "The account."},
         {"path", ColumnType::text, "The file, with links followed."},
         {"is_read", ColumnType::boolean,
          "sshd takes keys from it when the user logs in; NULL: in a Match block that something "
          "else than the user decides."},
         {"reason", ColumnType::text,
          "Why not: 'not-named' (AuthorizedKeysFile names other files), 'not-trusted' "
          "(StrictModes: "
          "somebody else may write it, or a directory over it), 'not-readable' (by the user, as "
          "whom "
          "sshd reads it), 'not-a-file', 'bad-token' (named behind a % that sshd does not know, "
          "which "
          "ends the login); "
          "NULL if it is read."},
         {"why", ColumnType::text, "The same in words; NULL if it is read."},
         {"context", ColumnType::text,
          "The Match block that names it, if is_read is NULL; else ''."},
         {"setting_loc", ColumnType::location,
          "The line AuthorizedKeysFile that decides; NULL for the default."},
         {"loc", ColumnType::location, "The file as a whole."}},
    .indexes = {"user", "path"},
    .examples = {"SELECT user, path, why FROM authorized_keys_file WHERE NOT is_read"}};

const TableSpec kAuthorizedKeyTable{
    .name = "authorized_key",
    .kind = TableKind::effective,
    .doc =
        "A key of a file of `authorized_keys_file` whose type is one that OpenSSH knows, and whose "
        "options are.",
    .columns = {{"user", ColumnType::text, "Who logs in with it."},
                {"path", ColumnType::text, "The file."},
                {"type", ColumnType::text, "ssh-ed25519, ssh-rsa and so on."},
                {"bits", ColumnType::integer, "The size of the key, as `ssh-keygen -l` prints it."},
                {"comment", ColumnType::text, "What is written behind the key; NULL if nothing."},
                {"options", ColumnType::text, "As they are written; NULL if there are none."},
                {"command", ColumnType::text, "The command it is for (command=); else NULL."},
                {"hosts", ColumnType::text, "From where it may be used (from=); else NULL."},
                {"is_restricted", ColumnType::boolean, "The option restrict is given."},
                {"is_ca", ColumnType::boolean, "It signs certificates of others (cert-authority)."},
                {"is_let_in", ColumnType::boolean,
                 "sshd lets in who has it (of one that signs: whom it vouches for), from one host "
                 "at least, as far as files decide; NULL if a Match block or RevokedKeys does."},
                {"why_not", ColumnType::text, "Why it does not, in words; else NULL."},
                {"loc", ColumnType::location, "The line."}},
    .indexes = {"user", "type"},
    .examples = {"SELECT user, type, bits, comment FROM authorized_key WHERE is_let_in IS NOT 0"}};

namespace {

constexpr size_t kKeys = 50'000;
constexpr size_t kFiles = 20'000;  // that are looked for
constexpr std::string_view kUsual[] = {".ssh/authorized_keys", ".ssh/authorized_keys2"};

// auth.c, expand_authorized_keys(): a path relative to the home is below it; nullopt: a % that sshd does not know.
std::optional<std::string> expand(std::string_view written, const SshUser& user) {
  std::string out;
  for (size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '%') {
      out += written[i];
      continue;
    }
    switch (++i < written.size() ? written[i] : '\0') {
      case '%':
        out += '%';
        break;
      case 'h':
        out += user.home;
        break;
      case 'u':
        out += user.name;
        break;
      case 'U':
        out += std::to_string(user.uid);
        break;
      default:
        return std::nullopt;
    }
  }
  return out.starts_with('/') ? out : user.home + "/" + out;
}

Value text_or_null(std::string_view text) {
  return text.empty() ? Value(Null{}) : Value(text);
}

class Collection {
 public:
  explicit Collection(Context& context) : context_(context), users_(context) {}

  void run() {
    for (const SshUser& user : users_.users()) {
      if (!user.home.starts_with('/') && !user.home.empty()) continue;
      if (!of(user)) return;
    }
  }

 private:
  // What holds for a user, whichever the file and the key.
  struct Settings {
    std::string refusal;
    bool is_strict = true, may_be_revoked = false;
    std::vector<SshdValue> root_login, algorithms, rsa_sizes;
  };
  struct Found {
    std::string path;     // behind all links
    std::string context;  // of the block that names it
    std::string reason, why;
    std::optional<LocationId> setting;
  };

  // False: enough was looked at.
  bool of(const SshUser& user) {
    std::vector<SshdValue> named = users_.values("authorizedkeysfile", user);
    if (named.empty())
      named.push_back({std::string(kUsual[0]) + " " + std::string(kUsual[1]), "", {}});
    std::set<std::string> seen;
    std::vector<Found> files;
    std::string broken;
    for (const SshdValue& value : named)
      for (size_t begin = 0; begin < value.value.size();) {
        const size_t end = std::min(value.value.find(' ', begin), value.value.size());
        const std::string word = value.value.substr(begin, end - begin);
        begin = end + 1;
        if (word.empty() || parsers::lower(word) == "none") continue;
        if (++looked_ > kFiles) return stop(user);
        const auto path = expand(word, user);
        if (!path) {
          if (value.context.empty()) broken = word;
        } else if (const auto real = context_.tree().resolve(normal_path(*path));
                   real && seen.insert(*real).second) {
          files.push_back({*real, value.context, {}, {}, value.loc});
          if (broken.empty()) continue;
          // A key that stands in a file before it has let the user in by then.
          files.back().reason = "bad-token";
          files.back().why = "sshd does not know what " + broken + " means, and ends the login";
        }
      }
    if (users_.is_spent()) return stop(user);
    for (const std::string_view name : kUsual)
      if (const auto real = context_.tree().resolve(join_path(normal_path(user.home), name));
          real && seen.insert(*real).second)
        files.push_back(
            {*real, "", "not-named", "AuthorizedKeysFile names other files", named.back().loc});
    if (files.empty()) return true;
    const Settings settings = settings_of(user);
    if (users_.is_spent()) return stop(user);
    for (Found& file : files) {
      if (file.reason.empty()) judge(file, user, settings);
      write(file, user);
      if (!keys(file, user, settings)) return false;
    }
    return true;
  }

  Settings settings_of(const SshUser& user) const {
    Settings out;
    out.refusal = users_.refusal(user);
    const std::vector<SshdValue> strict = users_.values("strictmodes", user);
    out.is_strict = strict.empty() || strict.back().value != "no";
    const std::vector<SshdValue> revoked = users_.values("revokedkeys", user);
    out.may_be_revoked =
        std::ranges::any_of(revoked, [](const SshdValue& one) { return one.value != "none"; });
    out.root_login = users_.values("permitrootlogin", user);
    out.algorithms = users_.values("pubkeyacceptedalgorithms", user);
    out.rsa_sizes = users_.values("requiredrsasize", user);
    return out;
  }

  bool stop(const SshUser& user) {
    context_.issue("etc/passwd",
                   {"too-many-files", Span{1, 1, 1, 1},
                    "more users, files of keys and Match blocks than are looked at: users from " +
                        user.name + " on are left out",
                    parsers::Effect::refused});
    return false;
  }

  void judge(Found& file, const SshUser& user, const Settings& settings) {
    const auto stat = context_.tree().lstat(file.path);
    if (!stat || stat->type != NodeType::file) {
      file.reason = "not-a-file";
      file.why = "it is no regular file";
      return;
    }
    if (!users_.may_read(file.path, user)) {
      file.reason = "not-readable";
      file.why = user.name + ", as whom sshd reads it, may not";
      return;
    }
    if (!settings.is_strict) return;
    file.why = users_.distrust(file.path, user);
    if (file.why.empty()) return;
    file.reason = "not-trusted";
    file.why += ", and StrictModes is yes";
  }

  void write(const Found& file, const SshUser& user) {
    const Value is_read = !file.reason.empty()    ? Value(false)
                          : !file.context.empty() ? Value(Null{})
                                                  : Value(true);
    context_.store().insert(
        kAuthorizedKeysFileTable,
        {std::string_view(user.name), std::string_view(file.path), is_read,
         text_or_null(file.reason), text_or_null(file.why), std::string_view(file.context),
         file.setting ? Value(*file.setting) : Value(Null{}),
         context_.store().locate(file.path, Span{})});
  }

  // Read once, however many users have it; what sshd passes over is not kept.
  const std::vector<parsers::authorized_keys::Key>& keys_of(const std::string& path) {
    const auto [known, is_new] = parsed_.try_emplace(path);
    if (!is_new) return known->second;
    if (const auto text = context_.read(path)) {
      parsers::authorized_keys::File file = parsers::authorized_keys::parse(text->text);
      context_.issues(text->path, file.errors);
      std::erase_if(file.keys, [](const auto& key) { return !key.is_taken; });
      known->second = std::move(file.keys);
      known->second.shrink_to_fit();
    }
    return known->second;
  }

  bool keys(const Found& found, const SshUser& user, const Settings& settings) {
    const auto stat = context_.tree().lstat(found.path);
    if (!stat || stat->type != NodeType::file) return true;
    for (const auto& key : keys_of(found.path)) {
      if (++keys_ > kKeys) {
        context_.issue(found.path, {"too-many-keys", key.span, "more keys than are read",
                                    parsers::Effect::refused});
        return false;
      }
      const auto option = [&](std::string_view name) {
        const auto at =
            std::ranges::find(key.options, name, &parsers::authorized_keys::Option::name);
        return at == key.options.end() ? nullptr : &*at;
      };
      const auto value = [&](std::string_view name) {
        const auto* at = option(name);
        return at && at->value ? Value(std::string_view(*at->value)) : Value(Null{});
      };
      std::string why = found.why.empty() ? settings.refusal : found.why;
      const bool is_ca = option("cert-authority") != nullptr;
      if (why.empty()) why = refused(key, is_ca, option("command") != nullptr, user, settings);
      const Value is_let_in = !why.empty()                                        ? Value(false)
                              : !found.context.empty() || settings.may_be_revoked ? Value(Null{})
                                                                                  : Value(true);
      context_.store().insert(
          kAuthorizedKeyTable,
          {std::string_view(user.name), std::string_view(found.path), std::string_view(key.type),
           int64_t{key.bits}, text_or_null(key.comment), text_or_null(key.written_options),
           value("command"), value("from"), option("restrict") != nullptr, is_ca, is_let_in,
           text_or_null(why), context_.store().locate(found.path, key.span)});
    }
    return true;
  }

  // auth2-pubkey.c: why sshd does not take that key from the user, in words; empty: it does.
  static std::string refused(const parsers::authorized_keys::Key& key, bool is_ca, bool has_command,
                             const SshUser& user, const Settings& settings) {
    if (key.type.find("-cert-v0") != std::string::npos) return "a certificate is no key";
    const auto of_all = [](const std::vector<SshdValue>& all, auto keeps_out) {
      return !all.empty() &&
             std::ranges::all_of(all, [&](const SshdValue& one) { return keeps_out(one.value); });
    };
    if (user.uid == 0 && !has_command && of_all(settings.root_login, [](const std::string& value) {
          return value == "forced-commands-only";
        }))
      return "PermitRootLogin wants a command, and the key names none";
    if (is_ca) return {};  // what counts is the certificate's key
    if (of_all(settings.algorithms,
               [&](const std::string& list) { return !is_accepted(key.type, list); }))
      return "PubkeyAcceptedAlgorithms does not name its type";
    if (key.type == "ssh-rsa" && of_all(settings.rsa_sizes, [&](const std::string& least) {
          return key.bits < std::strtoul(least.c_str(), nullptr, 10);
        }))
      return "RequiredRSASize wants a longer one";
    return {};
  }

  // An RSA key may sign in three ways.
  static bool is_accepted(const std::string& type, const std::string& list) {
    const auto has = [&](std::string_view name) {
      for (size_t at = list.find(name); at != std::string::npos; at = list.find(name, at + 1)) {
        const size_t end = at + name.size();
        if ((at == 0 || list[at - 1] == ',') && (end == list.size() || list[end] == ','))
          return true;
      }
      return false;
    };
    return has(type) || (type == "ssh-rsa" && (has("rsa-sha2-256") || has("rsa-sha2-512")));
  }

  Context& context_;
  SshUsers users_;
  std::map<std::string, std::vector<parsers::authorized_keys::Key>> parsed_;
  size_t looked_ = 0, keys_ = 0;
};

void collect_authorized_keys(Context& context) {
  if (context.scope() == Scope::host) Collection(context).run();
}

}  // namespace

const Collector kAuthorizedKeyCollector{
    .name = "authorized-key",
    .tables = {&kAuthorizedKeyTable, &kAuthorizedKeysFileTable},
    .needs = {"account", "account_group", "group_member", "sshd", "sshd_line"},
    .paths = {"home/*/.ssh/authorized_keys", "home/*/.ssh/authorized_keys2",
              "root/.ssh/authorized_keys", "root/.ssh/authorized_keys2", "etc/ssh/*/*",
              "etc/ssh/keys-*", "etc/ssh/authorized_keys*"},
    .loose = {},
    .collect = collect_authorized_keys};

}  // namespace drydock::facts
