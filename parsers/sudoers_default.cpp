#include "parsers/sudoers_default.h"

#include <algorithm>

namespace drydock::parsers::sudoers {
namespace {

enum class Type : uint8_t {
  flag,
  text,
  path,       // absolute
  directory,  // absolute, or "~…", or "*" for any
  signed_int,
  unsigned_int,
  mode,     // octal, at most 0777
  minutes,  // of minutes, with a fraction; negative for ever
  timeout,
  list,
  limit,     // of setrlimit(2), soft and hard
  facility,  // of syslog
  priority,
  word,  // one of a few
};

struct Known {
  std::string_view name;
  Type type;
  bool may_be_off;  // "!name" stands for none
  std::string_view words = {};
};

// A word alone, without a value, means yes for those of `kAloneIsOn`.
constexpr std::string_view kAloneIsOn[] = {"lecture", "listpw", "verifypw", "fdexec", "syslog"};

constexpr Known kKnown[] = {
    {"admin_flag", Type::directory, true},
    {"always_query_group_plugin", Type::flag, true},
    {"always_set_home", Type::flag, true},
    {"apparmor_profile", Type::text, false},
    {"authenticate", Type::flag, true},
    {"authfail_message", Type::text, false},
    {"badpass_message", Type::text, false},
    {"case_insensitive_group", Type::flag, true},
    {"case_insensitive_user", Type::flag, true},
    {"closefrom", Type::signed_int, false},
    {"closefrom_override", Type::flag, true},
    {"cmddenial_message", Type::text, true},
    {"command_timeout", Type::timeout, true},
    {"compress_io", Type::flag, true},
    {"editor", Type::path, false},
    {"env_check", Type::list, true},
    {"env_delete", Type::list, true},
    {"env_editor", Type::flag, true},
    {"env_file", Type::path, true},
    {"env_keep", Type::list, true},
    {"env_reset", Type::flag, true},
    {"exec_background", Type::flag, true},
    {"exempt_group", Type::text, true},
    {"fast_glob", Type::flag, true},
    {"fdexec", Type::word, true, "never always digest_only"},
    {"fqdn", Type::flag, true},
    {"group_plugin", Type::text, false},
    {"ignore_audit_errors", Type::flag, true},
    {"ignore_dot", Type::flag, true},
    {"ignore_iolog_errors", Type::flag, true},
    {"ignore_local_sudoers", Type::flag, true},
    {"ignore_logfile_errors", Type::flag, true},
    {"ignore_unknown_defaults", Type::flag, true},
    {"insults", Type::flag, true},
    {"intercept", Type::flag, true},
    {"intercept_allow_setid", Type::flag, true},
    {"intercept_authenticate", Type::flag, true},
    {"intercept_type", Type::word, true, "trace dso"},
    {"intercept_verify", Type::flag, true},
    {"iolog_dir", Type::path, false},
    {"iolog_file", Type::text, false},
    {"iolog_flush", Type::flag, true},
    {"iolog_group", Type::text, true},
    {"iolog_mode", Type::mode, false},
    {"iolog_user", Type::text, true},
    {"lecture", Type::word, true, "never once always"},
    {"lecture_file", Type::path, true},
    {"lecture_status_dir", Type::path, false},
    {"limitprivs", Type::text, false},
    {"listpw", Type::word, true, "never any all always"},
    {"log_allowed", Type::flag, true},
    {"log_denied", Type::flag, true},
    {"log_exit_status", Type::flag, true},
    {"log_format", Type::word, true, "sudo json json_compact json_pretty"},
    {"log_host", Type::flag, true},
    {"log_input", Type::flag, true},
    {"log_output", Type::flag, true},
    {"log_passwords", Type::flag, true},
    {"log_server_cabundle", Type::path, true},
    {"log_server_keepalive", Type::flag, true},
    {"log_server_peer_cert", Type::path, true},
    {"log_server_peer_key", Type::path, true},
    {"log_server_timeout", Type::timeout, true},
    {"log_server_verify", Type::flag, true},
    {"log_servers", Type::list, true},
    {"log_stderr", Type::flag, true},
    {"log_stdin", Type::flag, true},
    {"log_stdout", Type::flag, true},
    {"log_subcmds", Type::flag, true},
    {"log_ttyin", Type::flag, true},
    {"log_ttyout", Type::flag, true},
    {"log_year", Type::flag, true},
    {"logfile", Type::path, true},
    {"loglinelen", Type::unsigned_int, true},
    {"long_otp_prompt", Type::flag, true},
    {"mail_all_cmnds", Type::flag, true},
    {"mail_always", Type::flag, true},
    {"mail_badpass", Type::flag, true},
    {"mail_no_host", Type::flag, true},
    {"mail_no_perms", Type::flag, true},
    {"mail_no_user", Type::flag, true},
    {"mailerflags", Type::text, true},
    {"mailerpath", Type::path, true},
    {"mailfrom", Type::text, true},
    {"mailsub", Type::text, false},
    {"mailto", Type::text, true},
    {"match_group_by_gid", Type::flag, true},
    {"maxseq", Type::text, false},
    {"netgroup_tuple", Type::flag, true},
    {"noexec", Type::flag, true},
    {"noninteractive_auth", Type::flag, true},
    {"pam_acct_mgmt", Type::flag, true},
    {"pam_askpass_service", Type::text, false},
    {"pam_login_service", Type::text, false},
    {"pam_rhost", Type::flag, true},
    {"pam_ruser", Type::flag, true},
    {"pam_service", Type::text, false},
    {"pam_session", Type::flag, true},
    {"pam_setcred", Type::flag, true},
    {"pam_silent", Type::flag, true},
    {"passprompt", Type::text, false},
    {"passprompt_override", Type::flag, true},
    {"passprompt_regex", Type::list, true},
    {"passwd_timeout", Type::minutes, true},
    {"passwd_tries", Type::unsigned_int, false},
    {"path_info", Type::flag, true},
    {"preserve_groups", Type::flag, true},
    {"privs", Type::text, false},
    {"pwfeedback", Type::flag, true},
    {"requiretty", Type::flag, true},
    {"restricted_env_file", Type::path, true},
    {"rlimit_as", Type::limit, true},
    {"rlimit_core", Type::limit, true},
    {"rlimit_cpu", Type::limit, true},
    {"rlimit_data", Type::limit, true},
    {"rlimit_fsize", Type::limit, true},
    {"rlimit_locks", Type::limit, true},
    {"rlimit_memlock", Type::limit, true},
    {"rlimit_nofile", Type::limit, true},
    {"rlimit_nproc", Type::limit, true},
    {"rlimit_rss", Type::limit, true},
    {"rlimit_stack", Type::limit, true},
    {"role", Type::text, false},
    {"root_sudo", Type::flag, true},
    {"rootpw", Type::flag, true},
    {"runas_allow_unknown_id", Type::flag, true},
    {"runas_check_shell", Type::flag, true},
    {"runas_default", Type::text, false},
    {"runaspw", Type::flag, true},
    {"runchroot", Type::directory, true},
    {"runcwd", Type::directory, true},
    {"secure_path", Type::text, true},
    {"selinux", Type::flag, true},
    {"set_home", Type::flag, true},
    {"set_logname", Type::flag, true},
    {"set_utmp", Type::flag, true},
    {"setenv", Type::flag, true},
    {"shell_noargs", Type::flag, true},
    {"stay_setuid", Type::flag, true},
    {"sudoedit_checkdir", Type::flag, true},
    {"sudoedit_follow", Type::flag, true},
    {"sudoers_locale", Type::text, false},
    {"syslog", Type::facility, true},
    {"syslog_badpri", Type::priority, true},
    {"syslog_goodpri", Type::priority, true},
    {"syslog_maxlen", Type::unsigned_int, false},
    {"syslog_pid", Type::flag, true},
    {"targetpw", Type::flag, true},
    {"timestamp_timeout", Type::minutes, true},
    {"timestamp_type", Type::word, true, "global ppid tty kernel"},
    {"timestampdir", Type::path, false},
    {"timestampowner", Type::text, false},
    {"tty_tickets", Type::flag, true},
    {"type", Type::text, false},
    {"umask", Type::mode, true},
    {"umask_override", Type::flag, true},
    {"use_loginclass", Type::flag, true},
    {"use_netgroups", Type::flag, true},
    {"use_pty", Type::flag, true},
    {"user_command_timeouts", Type::flag, true},
    {"utmp_runas", Type::flag, true},
    {"verifypw", Type::word, true, "never all any always"},
    {"visiblepw", Type::flag, true},
};
static_assert(std::ranges::is_sorted(kKnown, {}, &Known::name));

bool has_word(std::string_view words, std::string_view word) {
  for (size_t begin = 0; begin <= words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    if (words.substr(begin, end - begin) == word) return true;
    begin = end + 1;
  }
  return false;
}

bool is_digits(std::string_view text, char last = '9') {
  return !text.empty() && std::ranges::all_of(text, [&](char c) { return c >= '0' && c <= last; });
}

std::string_view without_sign(std::string_view text, std::string_view signs) {
  if (!text.empty() && signs.find(text[0]) != std::string_view::npos) text.remove_prefix(1);
  return text;
}

// A number that fits in 32 bits, which is what sudo takes.
bool is_number(std::string_view text, std::string_view signs) {
  text = without_sign(text, signs);
  if (!is_digits(text)) return false;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  return text.size() < 10 || (text.size() == 10 && text <= "2147483647");
}

bool is_minutes(std::string_view text) {
  text = without_sign(text, "+-");
  const size_t dot = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, dot);
  const std::string_view rest = text.substr(std::min(dot + 1, text.size()));
  return (whole.empty() || is_digits(whole)) && (rest.empty() || is_digits(rest)) &&
         !(whole.empty() && rest.empty());
}

// sudoers(5) "rlimit_core" …: "default", "user", or a soft and a hard limit.
bool is_limit(std::string_view text) {
  if (text == "default" || text == "user") return true;
  const auto is_one = [](std::string_view one) { return one == "infinity" || is_digits(one); };
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos) return is_one(text);
  return is_one(text.substr(0, comma)) && is_one(text.substr(comma + 1));
}

bool suits(const Known& known, std::string_view value) {
  switch (known.type) {
    case Type::flag:
      return false;
    case Type::text:
    case Type::list:
      return true;
    case Type::path:
      return value.starts_with('/');
    case Type::directory:
      return value.starts_with('/') || value.starts_with('~') || value == "*";
    case Type::signed_int:
      return is_number(value, "+-");
    case Type::unsigned_int:
      return is_number(value, "+");
    case Type::mode:
      return is_digits(value, '7') &&
             value.substr(std::min(value.find_first_not_of('0'), value.size())).size() <= 3;
    case Type::minutes:
      return is_minutes(value);
    case Type::timeout:
      return is_timeout(value);
    case Type::limit:
      return is_limit(value);
    case Type::facility:
      return has_word(
          "authpriv auth daemon user local0 local1 local2 local3 local4 local5 local6 local7",
          value);
    case Type::priority:
      return has_word("alert crit debug emerg err info notice warning none", value);
    case Type::word:
      return has_word(known.words, value);
  }
  return true;
}

}  // namespace

bool is_timeout(std::string_view value) {
  static constexpr std::string_view kUnits = "dhms";
  size_t unit = 0;
  for (size_t i = 0; i < value.size();) {
    const size_t begin = i;
    while (i < value.size() && value[i] >= '0' && value[i] <= '9') ++i;
    if (!is_number(value.substr(begin, i - begin), "")) return false;
    if (i == value.size()) return true;  // seconds
    const size_t found = kUnits.find(static_cast<char>(value[i] | 0x20), unit);
    if (found == std::string_view::npos) return false;
    unit = found + 1;
    ++i;
  }
  return !value.empty();
}

std::optional<SyntaxError> mistake_of(const Setting& setting) {
  using Operator = Setting::Operator;
  const auto known = std::ranges::lower_bound(kKnown, setting.name, {}, &Known::name);
  if (known == std::end(kKnown) || known->name != setting.name)
    return SyntaxError{"unknown-default", setting.span,
                       "sudo knows no setting " + setting.name + " and leaves it out"};
  const auto bad = [&](std::string_view why) {
    return SyntaxError{"bad-default", setting.span,
                       setting.name + " " + std::string(why) + ", so sudo leaves it out"};
  };
  switch (setting.op) {
    case Operator::on:
      if (known->type != Type::flag &&
          std::ranges::find(kAloneIsOn, known->name) == std::end(kAloneIsOn))
        return bad("needs a value");
      break;
    case Operator::off:
      if (!known->may_be_off) return bad("cannot be switched off");
      break;
    case Operator::set:
      if (known->type == Type::flag) return bad("takes no value");
      if (!suits(*known, setting.value)) return bad("does not take this value");
      break;
    case Operator::add:
    case Operator::remove:
      if (known->type != Type::list) return bad("is no list");
      break;
  }
  return std::nullopt;
}

}  // namespace drydock::parsers::sudoers
