// Stands in for the kernel behind auditctl(8): preloaded, it takes what libaudit would send over
// netlink and writes it down, one line for each request, to the file that AUDIT_LOG names. So the
// real auditctl tells how it understands a file of rules without root and without touching the
// machine's audit system.
#include <fcntl.h>
#include <linux/netlink.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

extern "C" {
// Of libaudit, which auditctl is linked to.
const char* audit_field_to_name(int field);
const char* audit_operator_to_symbol(int op);
const char* audit_flag_to_name(int flag);
const char* audit_syscall_to_name(int number, int machine);
int audit_elf_to_machine(unsigned elf);
}

namespace {

constexpr int kPrepend = 0x10;         // AUDIT_FILTER_PREPEND
constexpr unsigned kArch = 11;         // AUDIT_ARCH
constexpr unsigned kComparison = 111;  // AUDIT_FIELD_COMPARE
constexpr unsigned kPerm = 106;        // AUDIT_PERM
constexpr unsigned kWords = 64;        // AUDIT_BITMASK_SIZE

// struct audit_rule_data of <linux/audit.h>.
struct Rule {
  uint32_t flags, action, field_count, mask[kWords], fields[64], values[64], ops[64], length;
  char text[1];
};

void say(const std::string& line) {
  static FILE* const file = fopen(getenv("AUDIT_LOG"), "w");
  if (file == nullptr) abort();
  fputs((line + "\n").c_str(), file);
  fflush(file);
}

bool is_text(unsigned field) {
  return (field >= 13 && field <= 17) || (field >= 19 && field <= 23) || field == 105 ||
         field == 107 || field == 112 || field == 210;
}

void describe(const char* what, const Rule& rule, int flags, int action) {
  std::string line = what;
  line += std::string(" ") + audit_flag_to_name(flags & ~kPrepend);
  line += action == 0 ? " never" : " always";
  if (flags & kPrepend) line += " first";
  int machine = audit_elf_to_machine(0xC000003E);
  size_t offset = 0;
  std::string fields;
  for (unsigned i = 0; i < rule.field_count; ++i) {
    const unsigned field = rule.fields[i];
    if (field == kArch) machine = audit_elf_to_machine(rule.values[i]);
    if (field == kComparison) {
      fields += " compare";
      continue;
    }
    fields += std::string(" ") + audit_field_to_name(static_cast<int>(field)) +
              audit_operator_to_symbol(static_cast<int>(rule.ops[i]));
    if (is_text(field)) {
      for (unsigned j = 0; j < rule.values[i]; ++j)
        fields += rule.text[offset + j] == 1 ? '|' : rule.text[offset + j];
      offset += rule.values[i];
    } else if (field == kArch) {
      fields += rule.values[i] & 0x80000000 ? "b64" : "b32";
    } else if (field == kPerm) {
      constexpr std::pair<unsigned, char> kLetters[] = {{4, 'r'}, {2, 'w'}, {1, 'x'}, {8, 'a'}};
      for (const auto& [bit, letter] : kLetters)
        if (rule.values[i] & bit) fields += letter;
    } else {
      fields += std::to_string(static_cast<int32_t>(rule.values[i]));
    }
  }
  line += " -S ";
  bool all = true;
  for (unsigned i = 0; i + 1 < kWords; ++i) all = all && rule.mask[i] == ~0U;
  if (all) line += "all,";
  for (int i = 0; !all && i < 2048; ++i)
    if (rule.mask[i / 32] & (1U << (i % 32))) {
      const char* name = audit_syscall_to_name(i, machine);
      line += (name ? std::string(name) : std::to_string(i)) + ",";
    }
  say(line + fields);
}

int set(const char* what, uint32_t value) {
  say(what + (" " + std::to_string(value)));
  return 1;
}

}  // namespace

extern "C" {
int audit_open() {
  return open("/dev/null", O_RDWR);
}
void audit_close(int) {}
int audit_can_control() {
  return 1;
}
int audit_is_enabled(int) {
  errno = 0;
  return 1;
}
uint32_t audit_get_features() {
  return ~0U;
}
int audit_request_status(int) {
  return 1;
}
int audit_request_rules_list_data(int) {
  return 1;
}
struct Reply {
  int type, length;
  nlmsghdr* header;
};
// The list of rules is always empty.
int audit_get_reply(int, Reply* reply, int, int) {
  static nlmsghdr header{};
  header.nlmsg_seq = 1;
  reply->type = NLMSG_DONE;
  reply->header = &header;
  return 1;
}
int audit_send(int, int, const void*, unsigned) {
  return 1;
}
int audit_add_rule_data(int, Rule* rule, int flags, int action) {
  describe("add", *rule, flags, action);
  return 1;
}
int audit_delete_rule_data(int, Rule* rule, int flags, int action) {
  describe("delete", *rule, flags, action);
  return 1;
}
int audit_set_enabled(int, uint32_t value) {
  return set("enabled", value);
}
int audit_set_failure(int, uint32_t value) {
  return set("failure", value);
}
int audit_set_rate_limit(int, uint32_t value) {
  return set("rate", value);
}
int audit_set_backlog_limit(int, uint32_t value) {
  return set("backlog", value);
}
int audit_set_backlog_wait_time(int, uint32_t value) {
  return set("backlog-wait-time", value);
}
int audit_set_loginuid_immutable(int) {
  return set("loginuid-immutable", 1);
}
int audit_reset_lost(int) {
  return 0;
}
}
