#include "parsers/auditd_conf.h"
#include "parsers/characters.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace drydock::parsers::auditd_conf {
namespace {

constexpr size_t kLineBytes =
    159;  // "Each line should be limited to 160 characters or the line will be skipped."

enum class Type : uint8_t { text, number, percentage, ports, word, action };

struct Keyword {
  std::string_view key;
  Type type;
  std::string_view value;       // the default
  std::string_view words = {};  // of word and action: what is allowed, each between blanks
  uint64_t most = INT32_MAX;    // of number
  uint64_t least = 0;
};

constexpr std::string_view kYesNo = " yes no ";
constexpr std::string_view kSpaceActions = " ignore syslog rotate email exec suspend single halt ";

// auditd.conf(5), in its order.
constexpr std::array kKeywords = {
    Keyword{"local_events", Type::word, "yes", kYesNo},
    Keyword{"log_file", Type::text, "/var/log/audit/audit.log"},
    Keyword{"write_logs", Type::word, "yes", kYesNo},
    Keyword{"log_format", Type::word, "", " raw enriched nolog "},
    Keyword{"log_group", Type::text, "root"},
    Keyword{"priority_boost", Type::number, "4"},
    Keyword{"flush", Type::word, "incremental_async",
            " none incremental incremental_async data sync "},
    Keyword{"freq", Type::number, ""},
    Keyword{"num_logs", Type::number, "0", {}, 999},
    Keyword{"name_format", Type::word, "none", " none hostname fqd numeric user "},
    Keyword{"name", Type::text, ""},
    Keyword{"max_log_file", Type::number, "0"},
    Keyword{"max_log_file_action", Type::word, "ignore",
            " ignore syslog suspend rotate keep_logs "},
    Keyword{"verify_email", Type::word, "yes", kYesNo},
    Keyword{"action_mail_acct", Type::text, "root"},
    Keyword{"space_left", Type::percentage, "0"},
    Keyword{"space_left_action", Type::action, "ignore", kSpaceActions},
    Keyword{"admin_space_left", Type::percentage, "0"},
    Keyword{"admin_space_left_action", Type::action, "ignore", kSpaceActions},
    Keyword{"disk_full_action", Type::action, "ignore",
            " ignore syslog rotate exec suspend single halt "},
    Keyword{"disk_error_action", Type::action, "syslog",
            " ignore syslog exec suspend single halt "},
    Keyword{"tcp_listen_port", Type::number, "", {}, 65535},
    Keyword{"tcp_listen_queue", Type::number, "5"},
    Keyword{"tcp_max_per_addr", Type::number, "1", {}, 1024, 1},
    Keyword{"use_libwrap", Type::word, "yes", kYesNo},
    Keyword{"tcp_client_ports", Type::ports, ""},
    Keyword{"tcp_client_max_idle", Type::number, "0"},
    Keyword{"transport", Type::word, "tcp", " tcp krb5 "},
    Keyword{"enable_krb5", Type::word, "no", kYesNo},
    Keyword{"krb5_principal", Type::text, "auditd"},
    Keyword{"krb5_key_file", Type::text, "/etc/audit/audit.key"},
    Keyword{"distribute_network", Type::word, "no", kYesNo},
    Keyword{"q_depth", Type::number, "2000", {}, 99999},
    Keyword{"overflow_action", Type::word, "", " ignore syslog suspend single halt "},
    Keyword{"max_restarts", Type::number, "10"},
    Keyword{"plugin_dir", Type::text, ""},
    Keyword{"end_of_event_timeout", Type::number, ""},
    Keyword{"report_interval", Type::text, ""},
    // Of earlier versions: taken with a warning.
    Keyword{"dispatcher", Type::text, ""},
    Keyword{"disp_qos", Type::text, ""},
};

bool is_number(std::string_view text, uint64_t most, uint64_t least = 0) {
  uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && number <= most &&
         number >= least;
}

uint64_t number_of(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Why the value is none of this keyword; empty if it is.
std::string complaint(const Keyword& keyword, std::string_view value, std::string_view option) {
  switch (keyword.type) {
    case Type::text:
      break;
    case Type::number:
      if (!is_number(value, keyword.most, keyword.least))
        return "'" + std::string(value) + "' is no number from " + std::to_string(keyword.least) +
               " to " + std::to_string(keyword.most);
      break;
    case Type::ports: {
      // One, or "first-last".
      const size_t dash = value.find('-');
      const std::string_view first = value.substr(0, dash);
      const std::string_view last = dash == value.npos ? first : value.substr(dash + 1);
      if (!is_number(first, 65535) || !is_number(last, 65535) || number_of(first) > number_of(last))
        return "'" + std::string(value) + "' is no port, nor two with a dash between";
      break;
    }
    case Type::percentage:
      // Behind the first '%' nothing is looked at, and before it there may be nothing.
      if (const size_t sign = value.find('%');
          sign == value.npos ? !is_number(value, keyword.most)
                             : sign > 0 && !is_number(value.substr(0, sign), 99))
        return "'" + std::string(value) + "' is neither a number nor a percentage up to 99%";
      break;
    case Type::word:
    case Type::action: {
      const std::string wanted = lower(value);
      if (keyword.words.find(" " + wanted + " ") == std::string_view::npos)
        return "'" + std::string(value) +
               "' is none of:" + std::string(keyword.words.substr(0, keyword.words.size() - 1));
      if (keyword.type == Type::action && wanted == "exec" &&
          (!option.starts_with('/') || option.ends_with('\r')))
        return "exec needs the path of a program";
      break;
    }
  }
  return {};
}

}  // namespace

std::vector<Default> defaults() {
  std::vector<Default> out;
  for (const Keyword& keyword : kKeywords) out.push_back({keyword.key, keyword.value});
  return out;
}

std::string normal_value(std::string_view key, std::string_view value) {
  for (const Keyword& keyword : kKeywords)
    if (keyword.key == key && (keyword.type == Type::word || keyword.type == Type::action))
      return lower(value.substr(0, value.find(' ')));
  return std::string(value);
}

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    // A carriage return is part of the last word.
    if (text.substr(end).starts_with('\r')) ++end;
    if (end - begin > kLineBytes) {
      file.errors.add("long-line", lines.span(begin, end),
                      "more than 160 bytes: auditd skips the line");
      continue;
    }
    if (const size_t nul = text.substr(begin, end - begin).find('\0');
        nul != std::string_view::npos) {
      file.errors.add("nul-byte", lines.span(begin + nul, begin + nul + 1),
                      "a NUL byte: auditd does not see the rest of the line");
      end = begin + nul;
    }
    // Words are separated by spaces only. A name, "=", a value, and perhaps the program of "exec".
    std::array<std::pair<size_t, size_t>, 5> words;
    size_t count = 0;
    for (size_t i = begin; i < end && count < words.size();) {
      while (i < end && text[i] == ' ') ++i;
      if (i == end) break;
      const size_t stop = std::min(text.find(' ', i), end);
      words[count++] = {i, stop};
      i = stop;
    }
    if (count == 0 || text[words[0].first] == '#') continue;
    const auto word = [&](size_t i) {
      return text.substr(words[i].first, words[i].second - words[i].first);
    };
    const Span span = lines.span(words[0].first, words[count - 1].second);
    if (count < 2 || word(1) != "=") {
      file.errors.add("missing-equals", span, "expected '=' between blanks after the keyword",
                      Effect::refused);
      continue;
    }
    if (count < 3) {
      file.errors.add("missing-value", span, "expected a value after '='", Effect::refused);
      continue;
    }
    const std::string key = lower(word(0));
    const auto* keyword = std::find_if(kKeywords.begin(), kKeywords.end(),
                                       [&](const Keyword& k) { return k.key == key; });
    if (keyword == kKeywords.end()) {
      file.errors.add("unknown-keyword", lines.span(words[0].first, words[0].second),
                      "auditd.conf has no keyword '" + key + "'", Effect::refused);
      continue;
    }
    // Behind the program of an action auditd only complains.
    const bool is_action = keyword->type == Type::action;
    if (count > (is_action ? 4U : 3U)) {
      const size_t extra = is_action ? 4 : 3;
      file.errors.add("extra-word", lines.span(words[extra].first, words[extra].second),
                      "expected nothing more after the value",
                      is_action ? Effect::ignored : Effect::refused);
      if (!is_action) continue;
      count = 4;
    }
    const Span value_span = lines.span(words[2].first, words[count - 1].second);
    if (std::string why = complaint(*keyword, word(2), count == 4 ? word(3) : std::string_view());
        !why.empty()) {
      file.errors.add("bad-value", value_span, std::move(why), Effect::refused);
      continue;
    }
    file.settings.push_back({.key = key,
                             .value = std::string(text.substr(
                                 words[2].first, words[count - 1].second - words[2].first)),
                             .span = span,
                             .value_span = value_span});
  }
  return file;
}

}  // namespace drydock::parsers::auditd_conf
