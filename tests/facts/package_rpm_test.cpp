// RPM's databases against rpm itself: packages built and installed by it, and headers it imported, read back
// from the SQLite database it made, and from the two older kinds, which hold the same headers in other files.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "analyzer/source/artifact.h"
#include "parsers/rpm_header.h"
#include "tests/facts/facts.h"
#include "tests/facts/random.h"
#include "tests/facts/rpm_headers.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

std::string program(const char* variable, const char* name) {
  const char* set = std::getenv(variable);
  return set ? set : name;
}

std::string rpm() {
  return program("DRYDOCK_RPM", "rpm");
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string sorted(std::string text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at) + "\n");
    at = end + 1;
  }
  std::ranges::sort(lines);
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

constexpr int kPackages = 201 + 247;  // of the spec file, and of rpm_headers()

// Two hundred packages in every shape of version, with files for some.
std::string spec() {
  std::string out =
      "Name: base\nVersion: 1.0\nRelease: 1\nSummary: x\nLicense: MIT\nVendor: Some One\n"
      "BuildArch: noarch\n%description\nx\n%install\nmkdir -p %{buildroot}/etc/base.d\n"
      "echo a > %{buildroot}/etc/base.d/a.conf\necho b > %{buildroot}/etc/base.d/b\n";
  std::string files =
      "%files\n%config(noreplace) /etc/base.d/a.conf\n%attr(2755,root,mail) /etc/base.d/b\n";
  const char* const versions[] = {"1", "2.0~rc1", "3^git20240101.abc", "0.0.1", "20240229"};
  for (int i = 0; i < 200; ++i) {
    const std::string name = "p" + std::to_string(i);
    out += "%package -n " + name + "\nSummary: x\nVersion: " + versions[i % 5] +
           "\nRelease: " + std::to_string(i) + ".el9\n" +
           (i % 3 ? "" : "Epoch: " + std::to_string(i % 7) + "\n") + "%description -n " + name +
           "\nx\n";
    files += "%files -n " + name + "\n";
  }
  return out + files;
}

void import(const test::ScratchDirectory& directory, const std::string& path,
            const std::string& headers) {
  test::ask(program("DRYDOCK_RPMDB", "rpmdb") + " --define '_db_backend sqlite' --dbpath " + path +
            " --importdb <" + directory.write("headers", headers));
}

// One that names no source is its own.
constexpr const char* kAll =
    "%{NAME} | %{EVR} | %|EPOCH?{%{EPOCH}}:{-}| | %|ARCH?{%{ARCH}}:{-}| | installed | "
    "%|SOURCERPM?{%{SOURCERPM}}:{%{NAME}-%{VERSION}-%{RELEASE}.src.rpm}| | "
    "%|VENDOR?{%{VENDOR}}:{-}| | %|MODULARITYLABEL?{%{MODULARITYLABEL}}:{-}| | rpm\\n";

// What rpm says of a database.
std::string query(const std::string& path, const std::string& backend, const char* format = kAll) {
  return sorted(test::ask(rpm() + " --define '_db_backend " + backend + "' --dbpath " + path +
                          " -qa --qf '" + format + "'")
                    .value_or(""));
}

// rpm's own database of those packages, made once; empty: no rpm here.
class RpmDatabases : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::ask(rpm() + " --version") ||
        !test::ask(program("DRYDOCK_RPMBUILD", "rpmbuild") + " --version"))
      return;
    directory_ = std::make_unique<test::ScratchDirectory>();
    const std::string root = directory_->path();
    test::ask("(" + program("DRYDOCK_RPMBUILD", "rpmbuild") + " -bb --define '_topdir " + root +
              "/top' --define '_rpmdir " + root + "/rpms' " + directory_->write("x.spec", spec()) +
              " && mkdir " + root + "/db && " + rpm() + " --define '_db_backend sqlite' --dbpath " +
              root + "/db --justdb --nodeps --noscripts -i " + root + "/rpms/noarch/*.rpm) 2>&1");
    std::string headers;
    for (const test::RpmHeader& header : test::rpm_headers()) headers += header.with_magic();
    import(*directory_, root + "/db", headers);
    database_ = content_of(root + "/db/rpmdb.sqlite");
  }
  static void TearDownTestSuite() { directory_.reset(); }

  void SetUp() override {
    if (!directory_) GTEST_SKIP() << "rpm and rpmbuild are not installed";
    ASSERT_FALSE(database_.empty()) << "rpm made no database";
  }

  // What drydock reads of it.
  static std::string ours(const std::string& file, std::string_view content,
                          std::string_view log = {}) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file(file, std::string(content));
    if (!log.empty()) tree->file(file + "-wal", std::string(log));
    return sorted(test::facts(tree,
                              "SELECT name, version, epoch, architecture, status, source || '-' || "
                              "substr(source_version, instr(source_version, ':') + 1) || "
                              "'.src.rpm', vendor, module, manager FROM package")) +
           test::facts(tree, "SELECT code, message FROM parse_issue WHERE table_name = 'package'");
  }

  static std::unique_ptr<test::ScratchDirectory> directory_;
  static std::string database_;
};

std::unique_ptr<test::ScratchDirectory> RpmDatabases::directory_;
std::string RpmDatabases::database_;

TEST_F(RpmDatabases, SqliteIsReadAsRpmReadsIt) {
  const std::string said = query(directory_->path() + "/db", "sqlite");
  EXPECT_EQ(std::ranges::count(said, '\n'), kPackages);
  EXPECT_EQ(ours("var/lib/rpm/rpmdb.sqlite", database_), said);
  EXPECT_EQ(ours("usr/lib/sysimage/rpm/rpmdb.sqlite", database_), said);
}

// A host that was switched off: the last transaction is in the log only.
TEST_F(RpmDatabases, TheWriteAheadLogCounts) {
  if (!test::ask("sqlite3 --version")) GTEST_SKIP() << "sqlite3 is not installed";
  const std::string path = directory_->write("wal/rpmdb.sqlite", database_);
  const std::string copies = directory_->path() + "/wal/";
  test::ask("sqlite3 " + path +
            " 'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; "
            "DELETE FROM Packages WHERE hnum > 5;' '.shell cp " +
            path + " " + copies + "a' '.shell cp " + path + "-wal " + copies + "b'");
  const std::string before = content_of(copies + "a"), log = content_of(copies + "b");
  ASSERT_FALSE(log.empty());
  EXPECT_EQ(std::ranges::count(ours("var/lib/rpm/rpmdb.sqlite", before), '\n'), kPackages);
  EXPECT_EQ(std::ranges::count(ours("var/lib/rpm/rpmdb.sqlite", before, log), '\n'), 5);
  // A log that was cut within the transaction holds none.
  EXPECT_EQ(std::ranges::count(
                ours("var/lib/rpm/rpmdb.sqlite", before, log.substr(0, log.size() - 1)), '\n'),
            kPackages);
}

// As on a server of some years: the packages lie behind the first 16 MiB.
TEST_F(RpmDatabases, LargeOnesAreReadFromEveryArtifact) {
  if (!test::ask("sqlite3 --version")) GTEST_SKIP() << "sqlite3 is not installed";
  const std::string root = directory_->path() + "/large";
  test::ask("mkdir -p " + root + "/etc " + root + "/var/lib/rpm; echo x > " + root +
            "/etc/passwd; sqlite3 " + root +
            "/var/lib/rpm/rpmdb.sqlite 'CREATE TABLE old(x); INSERT INTO old "
            "VALUES(zeroblob(20000000));' "
            "\"ATTACH '" +
            directory_->path() + "/db/rpmdb.sqlite' AS before\" " + "\"$(sqlite3 " +
            directory_->path() +
            "/db/rpmdb.sqlite .schema | grep -v sqlite_)\" "
            "'INSERT INTO Packages SELECT * FROM before.Packages;'; cd " +
            root + " && tar czf ../large.tgz .");
  const std::string said = query(root + "/var/lib/rpm", "sqlite", "%{NAME} | %{EVR}\\n");
  EXPECT_EQ(std::ranges::count(said, '\n'), kPackages);
  for (const std::string& path : {root, root + "/../large.tgz"}) {
    OpenOptions how;
    how.interest = facts::interest_for({"package"});
    how.scope = Scope::host;
    const auto artifact = open_artifact(path, how);
    ASSERT_TRUE(artifact) << artifact.error().message;
    const auto store = facts::Store::create(facts::all_tables());
    facts::collect(artifact->targets[0], **store, {"package"});
    const auto rows = (*store)->select(
        "SELECT name || ' | ' || version FROM package UNION ALL SELECT message FROM parse_issue");
    ASSERT_TRUE(rows) << rows.error().message;
    std::string read;
    for (const auto& row : rows->rows) read += row[0].value_or("-") + "\n";
    EXPECT_EQ(sorted(read), said) << path;
  }
}

// Berkeley DB's own loader writes the file, rpm reads it too.
TEST_F(RpmDatabases, BerkeleyDbIsReadAsRpmReadsIt) {
  const std::string load = program("DRYDOCK_DB_LOAD", "db5.3_load");
  if (!test::ask(load + " -V") || !test::ask("sqlite3 --version"))
    GTEST_SKIP() << "db5.3_load and sqlite3 are not installed";
  const std::string path = directory_->path() + "/db/rpmdb.sqlite";
  const std::string root = directory_->path() + "/bdb";
  for (const char* page_size : {"512", "4096"}) {
    test::ask("rm -rf " + root + "; mkdir " + root +
              "; (printf 'VERSION=3\\nformat=bytevalue\\ntype=hash\\n"
              "db_pagesize=" +
              page_size + "\\nHEADER=END\\n 00000000\\n ff000000\\n'; sqlite3 " + path +
              " \"SELECT printf(' %02x%02x0000', hnum % 256, hnum / 256) || char(10) || ' ' || "
              "lower(hex(blob)) FROM Packages\"; echo DATA=END) | " +
              load + " " + root + "/Packages");
    const std::string said = query(root, "bdb_ro");
    EXPECT_EQ(std::ranges::count(said, '\n'), kPackages);
    EXPECT_EQ(ours("var/lib/rpm/Packages", content_of(root + "/Packages")), said);
  }
}

void append(std::string& out, std::initializer_list<uint32_t> words) {
  for (const uint32_t word : words)
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(word >> shift & 0xff);
}

// No rpm of Debian writes ndb: the file is laid out here as lib/backend/ndb/rpmpkg.c has it.
TEST_F(RpmDatabases, NdbHoldsTheSameHeaders) {
  std::vector<std::string> headers;
  const auto rows = test::ask("sqlite3 " + directory_->path() +
                              "/db/rpmdb.sqlite 'SELECT hex(blob) FROM Packages'");
  if (!rows || rows->empty()) GTEST_SKIP() << "sqlite3 is not installed";
  for (size_t at = 0; at < rows->size(); at = rows->find('\n', at) + 1) {
    std::string& header = headers.emplace_back();
    for (size_t i = at; (*rows)[i] != '\n'; i += 2)
      header += static_cast<char>(std::stoi(rows->substr(i, 2), nullptr, 16));
  }
  std::string slots = "RpmP", blobs;
  constexpr uint32_t kSlotPages = 2, kSlots = kSlotPages * 4096;
  append(slots, {0, 1, kSlotPages, 600, 0, 0, 0});  // version, generation, pages, next package
  for (uint32_t i = 0; i < headers.size(); ++i) {
    const auto length = static_cast<uint32_t>(headers[i].size());
    const uint32_t blocks = (16 + length + 12 + 15) / 16;
    slots += "Slot";
    append(slots, {i + 1, static_cast<uint32_t>((kSlots + blobs.size()) / 16), blocks});
    std::string blob = "BlbS";
    append(blob, {i + 1, 1, length});
    blob += headers[i];
    blob.resize(blocks * size_t{16} - 12);
    append(blob, {0, length});
    blobs += blob + "BlbE";
  }
  while (slots.size() < kSlots) slots += "Slot" + std::string(12, '\0');
  EXPECT_EQ(ours("usr/lib/sysimage/rpm/Packages.db", slots + blobs),
            query(directory_->path() + "/db", "sqlite"));

  // A slot that points nowhere costs its own package.
  slots[2 * 16 + 8] = static_cast<char>(0xff);
  slots[2 * 16 + 10] = static_cast<char>(0xff);
  EXPECT_EQ(std::ranges::count(ours("usr/lib/sysimage/rpm/Packages.db", slots + blobs), '\n'),
            kPackages);
}

// Files of 200 packages in every state, with every kind of flag, each with a name of its own.
struct Generated {
  std::vector<test::RpmHeader> headers;
  std::vector<std::vector<test::RpmFile>> files;
  std::vector<std::pair<std::string, std::string>> tree;  // path, content
};

// `digests`: of the contents "0" to "3", by the number of the algorithm.
Generated packages_with_files(const std::map<uint32_t, std::vector<std::string>>& digests) {
  Generated out;
  test::Random random(5);
  out.headers = test::rpm_headers();
  out.headers.resize(200);
  for (size_t i = 0; i < out.headers.size(); ++i) {
    auto algorithm = digests.begin();
    std::advance(algorithm, random.below(static_cast<int>(digests.size())));
    if (algorithm->first != 1 || random.one_in(2)) out.headers[i].numbers(5011, {algorithm->first});
    std::vector<test::RpmFile>& files = out.files.emplace_back();
    for (int n = random.below(7); n >= 0; --n) {
      const int content = random.below(4);
      test::RpmFile file;
      file.path = random.pick({"etc/", "etc/ssh/", "etc/X11/xinit/", "usr/bin/"}) + "f" +
                  std::to_string(i) + "." + std::to_string(n);
      file.digest = algorithm->second[static_cast<size_t>(content)];
      // %config, doc, missingok, noreplace, ghost
      for (const uint32_t flag : {1U, 2U, 8U, 16U, 64U})
        if (flag == 1 ? !random.one_in(3) : random.one_in(7)) file.flags |= flag;
      if (random.one_in(5)) file.verify &= ~1U;  // %verify(not filedigest)
      if (random.one_in(5)) file.state = static_cast<uint32_t>(1 + random.below(4));
      if (random.one_in(6)) {
        file.digest = "";
        file.mode = random.one_in(2) ? 040755 : 0120777;
      } else {
        file.mode = 0100000 | static_cast<uint32_t>(random.below(010000));
        if (random.one_in(4)) file.capabilities = random.pick({"cap_net_raw=ep", "="});
        file.user = random.pick({"root", "daemon"});
        file.group = random.pick({"root", "mail"});
      }
      if (!random.one_in(4))
        out.tree.emplace_back(file.path,
                              std::to_string(random.one_in(3) ? random.below(4) : content));
      files.push_back(file);
    }
  }
  return out;
}

std::string export_of(Generated generated, const std::string& root) {
  std::string out;
  for (size_t i = 0; i < generated.headers.size(); ++i) {
    put_files(generated.headers[i], root, generated.files[i]);
    out += generated.headers[i].with_magic();
  }
  return out;
}

// The packages' files as rpm lists them, and the configuration files that it calls changed or missing.
TEST(RpmFiles, AreWhatRpmSaysOfThem) {
  if (!test::ask(rpm() + " --version") ||
      !test::ask(program("DRYDOCK_RPMDB", "rpmdb") + " --version"))
    GTEST_SKIP() << "rpm is not installed";
  const test::ScratchDirectory directory;
  const std::string& root = directory.path();
  std::map<uint32_t, std::vector<std::string>> digests;
  for (const auto& [number, name] : std::map<uint32_t, std::string>{
           {1, "md5"}, {2, "sha1"}, {8, "sha256"}, {9, "sha384"}, {10, "sha512"}, {11, "sha224"}}) {
    const auto said =
        test::ask("for i in 0 1 2 3; do printf $i | " + name + "sum | cut -d' ' -f1; done");
    ASSERT_TRUE(said);
    std::istringstream lines(*said);
    for (std::string line; std::getline(lines, line);) digests[number].push_back(line);
    ASSERT_EQ(digests[number].size(), 4U);
  }
  const Generated generated = packages_with_files(digests);

  // rpm looks below the scratch directory, without chroot(2): its database has the longer paths.
  import(directory, root + "/theirs", export_of(generated, root + "/tree"));
  import(directory, root + "/ours", export_of(generated, ""));
  auto tree = std::make_shared<MemoryTree>();
  for (const auto& [path, content] : generated.tree) {
    tree->file(path, content);
    directory.write("tree/" + path, content);
  }
  tree->file("var/lib/rpm/rpmdb.sqlite", content_of(root + "/ours/rpmdb.sqlite"));

  std::string files;
  for (size_t i = 0; i < generated.headers.size(); ++i) {
    test::RpmHeader header = generated.headers[i];
    put_files(header, "", generated.files[i]);
    const std::string blob = header.with_magic().substr(8);
    const auto package = parsers::rpm_header::parse(blob);
    ASSERT_TRUE(package);
    for (const auto& file : parsers::rpm_header::files(blob))
      files += std::string(package->name) + " " + std::string(file.directory) +
               std::string(file.name) + " " + std::string(file.digest) + " " +
               std::string(file.user) + " " + std::string(file.group) + " " +
               std::string(file.capabilities) + " " + std::to_string(file.mode) + " " +
               std::to_string(file.flags) + " " + std::to_string(file.verify) + " " +
               std::to_string(static_cast<int>(file.state)) + "\n";
  }
  EXPECT_GT(std::ranges::count(files, '\n'), 500);
  EXPECT_EQ(sorted(files),
            query(root + "/ours", "sqlite",
                  "[%{=NAME} %{FILENAMES} %{FILEDIGESTS} %{FILEUSERNAME} %{FILEGROUPNAME} "
                  "%{FILECAPS} %{FILEMODES} %{FILEFLAGS} %{FILEVERIFYFLAGS} %{FILESTATES}\\n]"));

  std::set<std::string> configuration;
  for (const auto& of_one : generated.files)
    for (const test::RpmFile& file : of_one)
      if ((file.flags & 1) != 0 && file.path.starts_with("etc/")) configuration.insert(file.path);
  // "S.5....T.  c /path" and "missing   c /path (replaced)"; all dots are no problem.
  std::string problems;
  std::istringstream said(
      test::ask(rpm() + " --define '_db_backend sqlite' --dbpath " + root +
                "/theirs -Va --nodeps --noscripts --nouser --nogroup --nomode --nomtime --nosize "
                "--nordev --nocaps --nolinkto")
          .value_or(""));
  for (std::string line; std::getline(said, line);) {
    const size_t begin = line.find(root);
    ASSERT_NE(begin, std::string::npos) << line;
    std::string path = line.substr(begin + (root + "/tree/").size());
    path = path.substr(0, path.find(' '));
    if (!configuration.contains(path) || line.starts_with(".........")) continue;
    problems += path + (line.starts_with("missing")     ? " | missing\n"
                        : line.starts_with("..5......") ? " | changed\n"
                                                        : " | " + line + "\n");
  }
  EXPECT_GT(std::ranges::count(problems, '\n'), 100);
  EXPECT_EQ(
      sorted(test::facts(tree, "SELECT path, state FROM conffile WHERE state <> 'unchanged'")),
      sorted(problems));
  EXPECT_EQ(test::facts(tree, "SELECT count(*) > 100 FROM conffile WHERE state = 'unchanged'"),
            "1\n");
}

TEST(RpmDatabase, DamageIsSaid) {
  const auto issues = [](std::string_view file, std::string_view content) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file(std::string(file), std::string(content));
    return test::facts(tree,
                       "SELECT path, code, effect FROM parse_issue WHERE table_name = 'package'");
  };
  EXPECT_EQ(issues("var/lib/rpm/Packages", "no database"),
            "var/lib/rpm/Packages | not-a-database | unknown\n");
  EXPECT_EQ(issues("var/lib/rpm/rpmdb.sqlite",
                   std::string("SQLite format 3\0", 16) + std::string(4080, 'x')),
            "var/lib/rpm/rpmdb.sqlite | broken-database | unknown\n");
}

}  // namespace
}  // namespace drydock
