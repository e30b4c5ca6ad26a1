#include "tests/facts/rpm_headers.h"

#include <algorithm>
#include <optional>

#include "tests/facts/random.h"

namespace drydock::test {
namespace {

std::string big(uint32_t number, size_t width) {
  std::string out;
  for (size_t i = width; i > 0; --i) out += static_cast<char>(number >> (i - 1) * 8 & 0xff);
  return out;
}

enum Tag : uint32_t {
  kName = 1000,
  kVersion = 1001,
  kRelease = 1002,
  kEpoch = 1003,
  kInstallTime = 1008,
  kVendor = 1011,
  kOs = 1021,
  kArch = 1022,
  kFileSizes = 1028,
  kFileStates = 1029,
  kFileModes = 1030,
  kFileDigests = 1035,
  kFileFlags = 1037,
  kFileUserName = 1039,
  kFileGroupName = 1040,
  kSourceRpm = 1044,
  kFileVerifyFlags = 1045,
  kDirIndexes = 1116,
  kBaseNames = 1117,
  kDirNames = 1118,
  kFileCaps = 5010,
  kModularityLabel = 5096,
};

// rpm-version(7): letters, digits and "._+~^".
std::string version(Random& random) {
  std::string out = random.pick({"0", "1", "2.0", "20240229", "5.14.0", "a", "1_2", "V3"});
  for (int parts = random.below(4); parts > 0; --parts)
    out += random.pick({".", "~", "^", "+", "_", "~~", ".0."}) +
           random.pick({"0", "rc1", "git20240101.abc", "007", "4294967296", "b", "Z"});
  return out;
}

RpmHeader package(const std::string& name, const std::string& version, const std::string& release,
                  const std::string& arch) {
  RpmHeader out;
  out.text(kName, name).text(kVersion, version).text(kRelease, release);
  if (!arch.empty()) out.text(kArch, arch).text(kOs, "linux");
  return out;
}

}  // namespace

RpmHeader& RpmHeader::text(uint32_t tag, std::string_view value) {
  tags_[tag] = {6, 1, 1, std::string(value) + '\0'};
  return *this;
}

RpmHeader& RpmHeader::texts(uint32_t tag, const std::vector<std::string>& values) {
  Value value{8, static_cast<uint32_t>(values.size()), 1, ""};
  for (const std::string& one : values) value.data += one + '\0';
  tags_[tag] = value;
  return *this;
}

RpmHeader& RpmHeader::put(uint32_t tag, uint32_t type, size_t width,
                          const std::vector<uint32_t>& values) {
  Value value{type, static_cast<uint32_t>(values.size()), static_cast<uint32_t>(width), ""};
  for (const uint32_t one : values) value.data += big(one, width);
  tags_[tag] = value;
  return *this;
}

RpmHeader& RpmHeader::numbers(uint32_t tag, const std::vector<uint32_t>& values) {
  return put(tag, 4, 4, values);
}
RpmHeader& RpmHeader::shorts(uint32_t tag, const std::vector<uint32_t>& values) {
  return put(tag, 3, 2, values);
}
RpmHeader& RpmHeader::bytes(uint32_t tag, const std::vector<uint32_t>& values) {
  return put(tag, 1, 1, values);
}

std::string RpmHeader::with_magic() const {
  std::string index, data;
  for (const auto& [tag, value] : tags_) {
    data.resize((data.size() + value.alignment - 1) / value.alignment * value.alignment);
    index += big(tag, 4) + big(value.type, 4) + big(static_cast<uint32_t>(data.size()), 4) +
             big(value.count, 4);
    data += value.data;
  }
  return big(0x8eade801, 4) + big(0, 4) + big(static_cast<uint32_t>(tags_.size()), 4) +
         big(static_cast<uint32_t>(data.size()), 4) + index + data;
}

void put_files(RpmHeader& header, std::string_view root, const std::vector<RpmFile>& files) {
  std::vector<std::string> names, directories, digests, users, groups, capabilities;
  std::vector<uint32_t> indexes, modes, flags, verify, states;
  for (const RpmFile& file : files) {
    const size_t slash = file.path.rfind('/');
    const std::string directory = std::string(root) + "/" + file.path.substr(0, slash + 1);
    auto at = std::ranges::find(directories, directory);
    if (at == directories.end()) at = directories.insert(at, directory);
    indexes.push_back(static_cast<uint32_t>(at - directories.begin()));
    names.push_back(file.path.substr(slash + 1));
    digests.push_back(file.digest);
    users.push_back(file.user);
    groups.push_back(file.group);
    capabilities.push_back(file.capabilities);
    modes.push_back(file.mode);
    flags.push_back(file.flags);
    verify.push_back(file.verify);
    states.push_back(file.state);
  }
  header.texts(kBaseNames, names).texts(kDirNames, directories).numbers(kDirIndexes, indexes);
  header.texts(kFileDigests, digests).texts(kFileUserName, users).texts(kFileGroupName, groups);
  header.texts(kFileCaps, capabilities).shorts(kFileModes, modes).numbers(kFileFlags, flags);
  header.numbers(kFileVerifyFlags, verify).bytes(kFileStates, states);
  header.numbers(kFileSizes, std::vector<uint32_t>(files.size(), 1));
}

std::vector<RpmHeader> rpm_headers() {
  std::vector<RpmHeader> out;
  Random random(20261122);
  for (int i = 0; i < 240; ++i) {
    // Two or three of one name, as of the kernel.
    const std::string name = random.pick({"g", "lib", "R-", "x++", "9base_", "a.b-c-"}) +
                             std::to_string(i / (1 + random.below(3)));
    const std::string number = version(random),
                      release = version(random) + ".el9_" + std::to_string(i);
    RpmHeader header = package(name, number, release,
                               random.pick({"x86_64", "noarch", "aarch64", "i686", "s390x",
                                            "ppc64le", "riscv64", "(none)"}));
    header.numbers(kInstallTime, {1600000000U + static_cast<uint32_t>(i)});
    if (random.one_in(3))
      header.numbers(kEpoch,
                     {static_cast<uint32_t>(random.below(random.one_in(4) ? 20240229 : 3))});
    if (!random.one_in(4))
      header.text(kVendor, random.pick({"Red Hat, Inc.", "Fedora Project", "A | B", "Jos\xc3\xa9",
                                        "(none)", "a\tb", "SUSE LLC <https://www.suse.com/>"}));
    if (!random.one_in(5))
      header.text(kSourceRpm,
                  (random.one_in(2) ? name : random.pick({"gcc", "java-11-open", "a"})) + "-" +
                      (random.one_in(2) ? number : version(random)) + "-" +
                      (random.one_in(2) ? release : version(random)) + ".src.rpm");
    if (random.one_in(6))
      header.text(kModularityLabel, random.pick({"nodejs:18:9020231110:rhel9", "perl:5.26:80:x"}));
    out.push_back(header);
  }
  // What `rpmkeys --import` makes: no architecture, no source, hexadecimal numbers.
  out.push_back(package("gpg-pubkey", "fd431d51", "4ae0493b", ""));
  out.push_back(package("gpg-pubkey", "5a6340b3", "6229229e", "").text(kVendor, "(none)"));
  out.push_back(package("epoch-max", "1", "1", "noarch").numbers(kEpoch, {0xffffffff}));
  out.push_back(package("epoch-sign", "1", "1", "noarch").numbers(kEpoch, {0x80000000}));
  out.push_back(package("epoch-zero", "1", "1", "noarch").numbers(kEpoch, {0}));
  out.push_back(package("long", std::string(3000, '1'), "1", "noarch"));
  out.push_back(package("latin", "1", "1", "noarch").text(kVendor, "Jos\xe9"));
  return out;
}

}  // namespace drydock::test
