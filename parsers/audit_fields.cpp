#include "parsers/audit_fields.h"

#include <algorithm>
#include <charconv>

#include "parsers/audit_rules.h"

namespace drydock::parsers::audit_rules {
namespace {

// The fields of auditctl(8) -F.
constexpr std::array kFieldNames = {
    FieldName{"pid", FieldType::number},
    FieldName{"ppid", FieldType::number, true},
    FieldName{"uid", FieldType::user},
    FieldName{"euid", FieldType::user},
    FieldName{"suid", FieldType::user},
    FieldName{"fsuid", FieldType::user},
    FieldName{"auid", FieldType::user},
    FieldName{"obj_uid", FieldType::user},
    FieldName{"gid", FieldType::group},
    FieldName{"egid", FieldType::group},
    FieldName{"sgid", FieldType::group},
    FieldName{"fsgid", FieldType::group},
    FieldName{"obj_gid", FieldType::group},
    FieldName{"pers", FieldType::number},
    FieldName{"arch", FieldType::arch},
    FieldName{"msgtype", FieldType::message},
    FieldName{"sessionid", FieldType::session},
    FieldName{"subj_user", FieldType::text},
    FieldName{"subj_role", FieldType::text},
    FieldName{"subj_type", FieldType::text},
    FieldName{"subj_sen", FieldType::text},
    FieldName{"subj_clr", FieldType::text},
    FieldName{"obj_user", FieldType::text, true},
    FieldName{"obj_role", FieldType::text, true},
    FieldName{"obj_type", FieldType::text, true},
    FieldName{"obj_lev_low", FieldType::text, true},
    FieldName{"obj_lev_high", FieldType::text, true},
    FieldName{"devmajor", FieldType::number, true},
    FieldName{"devminor", FieldType::number, true},
    FieldName{"inode", FieldType::number, true},
    FieldName{"exit", FieldType::exit, true},
    FieldName{"success", FieldType::number, true},
    FieldName{"path", FieldType::path, true},
    FieldName{"dir", FieldType::path, true},
    FieldName{"perm", FieldType::perm, true},
    FieldName{"filetype", FieldType::file_type, true},
    FieldName{"fstype", FieldType::fs_type},
    FieldName{"a0", FieldType::argument},
    FieldName{"a1", FieldType::argument},
    FieldName{"a2", FieldType::argument},
    FieldName{"a3", FieldType::argument},
    FieldName{"exe", FieldType::text},
    FieldName{"saddr_fam", FieldType::number},
    FieldName{"key", FieldType::key},
};

}  // namespace

const FieldName* field_name(std::string_view written) {
  std::string wanted = lower(written);
  if (wanted == "loginuid") wanted = "auid";
  const auto* it = std::find_if(kFieldNames.begin(), kFieldNames.end(),
                                [&](const FieldName& f) { return f.name == wanted; });
  return it == kFieldNames.end() ? nullptr : it;
}

std::pair<size_t, std::string_view> find_operator(std::string_view text) {
  for (const std::string_view op : {"!=", ">=", "<=", "&=", "=", ">", "<", "&"})
    if (const size_t at = text.find(op); at != std::string_view::npos) return {at, op};
  return {std::string_view::npos, {}};
}

bool is_number(std::string_view value, bool negative_too) {
  if (negative_too && value.size() > 1 && value[0] == '-') value.remove_prefix(1);
  return !value.empty() && is_digit(value[0]);
}

bool is_arch(std::string_view value) {
  static constexpr std::string_view kNames[] = {
      "aarch64", "arm",     "armeb", "armv5tejl", "armv6l", "armv7l",  "armv8l", "b32",
      "b64",     "i386",    "i486",  "i586",      "i686",   "ppc",     "ppc64",  "ppc64le",
      "riscv32", "riscv64", "s390",  "s390x",     "x86_64", "c000003e"};
  // EM_ of <elf.h>, with the kernel's bits for 64 bits and little endian.
  static constexpr uint64_t kNumbers[] = {0xC000003E, 0x40000003, 0x80000015, 0xC0000015,
                                          0x14,       0x80000016, 0x16,       0x40000028,
                                          0x28,       0xC00000B7};
  const std::string text = lower(value);
  if (std::ranges::find(kNames, text) != std::end(kNames)) return true;
  if (!is_number(text, false)) return false;
  const uint64_t number = std::strtoull(text.c_str(), nullptr, 0);
  return std::ranges::find(kNumbers, number) != std::end(kNumbers);
}

bool is_word(std::string_view value, std::string_view more) {
  return std::all_of(value.begin(), value.end(), [&](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           static_cast<unsigned char>(c) >= 0x80 || more.find(c) != std::string_view::npos;
  });
}

std::string normal_value(std::string_view field, std::string_view value) {
  const FieldName* known = field_name(field);
  if (!known) return std::string(value);
  switch (known->type) {
    case FieldType::perm: {
      std::string out;
      for (const char c : std::string_view("rwxa"))
        if (lower(value).find(c) != std::string::npos) out += c;
      return out;
    }
    case FieldType::arch: {
      const std::string text = lower(value);
      const uint64_t number = is_number(text, false) ? std::strtoull(text.c_str(), nullptr, 0) : 0;
      if (text == "x86_64" || text == "c000003e" || number == 0xC000003E) return "b64";
      if (text == "i386" || text == "i486" || text == "i586" || text == "i686" ||
          number == 0x40000003)
        return "b32";
      return text;
    }
    case FieldType::user:
    case FieldType::group:
    case FieldType::session:
    case FieldType::number:
    case FieldType::argument:
    case FieldType::exit: {
      std::string_view digits = value;
      const bool negative = digits.starts_with('-');
      if (negative) digits.remove_prefix(1);
      if (digits.empty() || !is_digit(digits[0])) return std::string(value);
      int base = 10;  // strtol(3) with base 0
      if (digits.size() > 1 && digits[0] == '0') {
        base = lower(digits[1]) == 'x' ? 16 : 8;
        digits.remove_prefix(base == 16 ? 2 : 1);
      }
      uint64_t number = 0;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
      if (read.ec != std::errc() || read.ptr != digits.data() + digits.size())
        return std::string(value);
      if (known->type == FieldType::user || known->type == FieldType::session) {
        if ((negative && number == 1) || (!negative && number == 4294967295)) return "unset";
      }
      return (negative && number != 0 ? "-" : "") + std::to_string(number);
    }
    default:
      return std::string(value);
  }
}

std::string_view name(List list) {
  switch (list) {
    case List::task:
      return "task";
    case List::exit:
      return "exit";
    case List::user:
      return "user";
    case List::exclude:
      return "exclude";
    case List::filesystem:
      return "filesystem";
    case List::io_uring:
      break;
  }
  return "io_uring";
}

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::rule:
      return "rule";
    case Kind::delete_all:
      return "delete-all";
    case Kind::enabled:
      return "enabled";
    case Kind::failure:
      return "failure";
    case Kind::backlog:
      return "backlog";
    case Kind::rate:
      return "rate";
    case Kind::backlog_wait_time:
      return "backlog-wait-time";
    case Kind::loginuid_immutable:
      return "loginuid-immutable";
    case Kind::ignore_errors:
      return "ignore-errors";
    case Kind::continue_on_errors:
      return "continue-on-errors";
    case Kind::other:
      return "other";
    case Kind::refused:
      break;
  }
  return "refused";
}

}  // namespace drydock::parsers::audit_rules
