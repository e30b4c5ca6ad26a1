// What the entries of an archive become, and what damage does to it.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstring>
#include <fstream>

#include "analyzer/base/limits.h"
#include "analyzer/source/head_start.h"
#include "analyzer/source/large_file.h"
#include "analyzer/source/open_bytes.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

// An archive in memory. As a file it is read in other ways, a thread ahead of the one that makes the tree, which may
// have begun before anybody asked; both must give the same.
Result<Artifact> open_every_way(const std::string& bytes, OpenOptions how) {
  const auto seen = [](const Result<Artifact>& artifact) {
    std::string out = summary(artifact);
    // How much of a cut file libarchive has already passed on is all that may differ.
    for (size_t at = 0; (at = out.find(" (needed ", at)) != std::string::npos;)
      out.erase(at, out.find(')', at) + 1 - at);
    if (artifact) out += listing(*artifact->targets[0].tree, "u");
    return out;
  };
  TempDir dir;
  const std::string file = dir.path("memory");
  std::ofstream(file, std::ios::binary) << bytes;
  const auto from_file = [&] {
    std::string out = seen(open_artifact(file, how));
    for (size_t at = 0; (at = out.find(file, at)) != std::string::npos;)
      out.replace(at, file.size(), "memory");
    return out;
  };
  auto from_memory = open_bytes(bytes, how);
  EXPECT_EQ(seen(from_memory), from_file());
  how.started = HeadStart::on(file);
  if (how.started) {
    EXPECT_EQ(seen(from_memory), from_file()) << "with a head start";
  }
  return from_memory;
}

// The tree of an archive in memory, which must be whole.
std::string tree_of(const std::string& bytes, std::string_view with = "u",
                    std::string* said = nullptr) {
  OpenOptions how = options();
  how.scope = Scope::host;
  const auto artifact = open_every_way(bytes, how);
  if (!artifact) return summary(artifact);
  if (said)
    *said = summary(artifact);
  else
    EXPECT_TRUE(artifact->complete && artifact->diagnostics.empty()) << summary(artifact);
  return listing(*artifact->targets[0].tree, with);
}

// What open_artifact says after the line of the target.
std::string said_of(const std::string& bytes) {
  OpenOptions how = options();
  how.scope = Scope::host;
  const std::string all = summary(open_bytes(bytes, how));
  return all.starts_with("host") ? all.substr(all.find('\n') + 1) : all;
}

TEST(Entries, DirectoriesAreImplied) {
  EXPECT_EQ(tree_of(ArchiveBuilder("pax").file("etc/a/passwd", "x").bytes()),
            "directory 0755 etc\n"
            "directory 0755 etc/a\n"
            "file 0644 etc/a/passwd 1 \"x\"\n");
}

TEST(Entries, InAnyOrder) {
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .file("etc/passwd", "x")
                        .directory("etc", 0700)
                        .directory(".", 0711)
                        .bytes()),
            "directory 0700 etc\n"
            "file 0644 etc/passwd 1 \"x\"\n");
}

TEST(Entries, TheLastOfSeveralWins) {
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .file("etc/fstab", "first\n", 0600)
                        .file("./etc//fstab", "second\n")
                        .bytes()),
            "directory 0755 etc\n"
            "file 0644 etc/fstab 7 \"second\\n\"\n");
  EXPECT_EQ(tree_of(ArchiveBuilder("pax").file("etc/a", "x").file("etc/a/b", "y").bytes()),
            "directory 0755 etc\n"
            "directory 0755 etc/a\n"
            "file 0644 etc/a/b 1 \"y\"\n");
  EXPECT_EQ(tree_of(ArchiveBuilder("pax").file("etc/a/b", "y").symlink("etc/a", "/x").bytes()),
            "directory 0755 etc\n"
            "symlink 0777 etc/a -> /x\n");
  EXPECT_EQ(
      tree_of(ArchiveBuilder("pax").symlink("etc/fstab", "/x").file("etc/fstab", "y").bytes()),
      "directory 0755 etc\n"
      "file 0644 etc/fstab 1 \"y\"\n");
}

// As tar extracts it: what lies "in" a link lies where the link leads.
TEST(Entries, BelowALink) {
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .directory("usr/bin")
                        .symlink("bin", "usr/bin")
                        .file("bin/sh", "x")
                        .bytes()),
            "symlink 0777 bin -> usr/bin\n"
            "directory 0755 usr\n"
            "directory 0755 usr/bin\n"
            "file 0644 usr/bin/sh 1 \"x\"\n");
  EXPECT_EQ(said_of(ArchiveBuilder("pax").symlink("bin", "bin").file("bin/sh", "x").bytes()),
            "incomplete\n"
            "not-read: 'bin/sh' was left out: its directory is a link to nowhere\n");
}

TEST(Entries, PathsThatLeaveTheArchive) {
  std::string said;
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .file("../etc/passwd", "1")
                        .file("a/../../b", "2")
                        .file("/etc/passwd", "3")
                        .file("./etc/./x..", "4")
                        .bytes(),
                    "u", &said),
            "directory 0755 etc\n"
            "file 0644 etc/passwd 1 \"3\"\n"
            "file 0644 etc/x.. 1 \"4\"\n");
  EXPECT_EQ(said.substr(said.find('\n') + 1),
            "incomplete\n"
            "not-read: '../etc/passwd' was left out: its path leads out of the archive\n"
            "not-read: 'a/../../b' was left out: its path leads out of the archive\n");
}

TEST(Entries, HardLinks) {
  const std::string expected =
      "directory 0755 etc links 1\n"
      "file 0600 etc/a 7 links 3 \"shared\\n\"\n"
      "file 0600 etc/b 7 links 3 \"shared\\n\"\n"
      "file 0600 etc/c 7 links 3 \"shared\\n\"\n";
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .file("etc/a", "shared\n", 0600)
                        .hard_link("etc/b", "etc/a")
                        .hard_link("etc/c", "etc/b")
                        .bytes(),
                    "ul"),
            expected);
  // The name before the file it means.
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .hard_link("etc/c", "./etc/b")
                        .hard_link("etc/b", "etc/a")
                        .file("etc/a", "shared\n", 0600)
                        .bytes(),
                    "ul"),
            expected);
}

TEST(Entries, HardLinksToNothing) {
  std::string said;
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .hard_link("etc/a", "etc/b")
                        .hard_link("etc/b", "etc/a")
                        .hard_link("etc/passwd", "etc/none")
                        .hard_link("etc/d", "../x")
                        .bytes(),
                    "u", &said),
            "directory 0755 etc\n"
            "file 0000 etc/a 0 ('etc/a' is a hard link to a file that is not there)\n"
            "file 0000 etc/b 0 ('etc/b' is a hard link to a file that is not there)\n"
            "file 0000 etc/passwd 0 ('etc/passwd' is a hard link to a file that is not there)\n");
  EXPECT_EQ(said.substr(said.find('\n') + 1),
            "not-read: 'etc/d' is a hard link that leads out of the archive\n"
            "not-read: 'etc/a' is a hard link to a file that is not in the archive\n"
            "not-read: 'etc/b' is a hard link to a file that is not in the archive\n"
            "not-read: 'etc/passwd' is a hard link to a file that is not in the archive\n");
}

// GNU cpio keeps the data with the last name.
TEST(Entries, HardLinksOfCpio) {
  TempDir dir;
  dir.file("d/etc/a", "shared\n").file("d/etc/passwd", "");
  run("cd d/etc && ln a b && ln a fstab && touch -d @1700000000 * && cd .. && "
      "find etc | sort | cpio -o -H newc --quiet > ../x",
      dir.path());
  EXPECT_EQ(tree_of(read_file(dir.path("x")), "ul"),
            "directory 0755 etc links 1\n"
            "file 0644 etc/a 7 links 3 \"shared\\n\"\n"
            "file 0644 etc/b 7 links 3 \"shared\\n\"\n"
            "file 0644 etc/fstab 7 links 3 \"shared\\n\"\n"
            "file 0644 etc/passwd 0 links 1 \"\"\n");
}

TEST(Entries, DevicesAndPipes) {
  EXPECT_EQ(tree_of(ArchiveBuilder("pax")
                        .device("dev/sda", 'b', 8, 1)
                        .device("dev/null", 'c', 1, 3)
                        .device("run/pipe", 'p', 0, 0)
                        .bytes()),
            "directory 0755 dev\n"
            "char-device 0600 dev/null 1:3\n"
            "block-device 0600 dev/sda 8:1\n"
            "directory 0755 run\n"
            "fifo 0600 run/pipe\n");
}

TEST(Entries, ExtendedAttributes) {
  const std::string capability("\x01\x00\x00\x02\x00\x20\x00\x00", 8);
  EXPECT_EQ(
      tree_of(ArchiveBuilder("pax").xattr("bin/ping", "security.capability", capability).bytes()),
      "directory 0755 bin\n"
      "file 0755 bin/ping 0 \"\" security.capability=\\x01\\x00\\x00\\x02\\x00 \\x00\\x00\n");
}

// setfacl -m u:1000:rw by star's pax header, which GNU tar, bsdtar and star write. The bytes are what
// getfattr -e hex shows on ext4: version 2, then (tag, permissions, id) sorted by tag.
TEST(Entries, AccessLists) {
  const std::string text = "user::rw-,group::r--,mask::rw-,other::---,user:1000:rw-:1000";
  TempDir dir;
  dir.file("x.py",
           "import tarfile, io\n"
           "t = tarfile.open('x.tar', 'w', format=tarfile.PAX_FORMAT)\n"
           "i = tarfile.TarInfo('etc/shadow'); i.mode = 0o660; i.size = 1\n"
           "i.pax_headers = {'SCHILY.acl.access': '" +
               text +
               "'}\n"
               "t.addfile(i, io.BytesIO(b'x')); t.close()\n");
  run("python3 x.py", dir.path());
  EXPECT_EQ(tree_of(read_file(dir.path("x.tar"))),
            "directory 0755 etc\n"
            "file 0660 etc/shadow 1 \"x\" system.posix_acl_access=\\x02\\x00\\x00\\x00"
            "\\x01\\x00\\x06\\x00\\xff\\xff\\xff\\xff"
            "\\x02\\x00\\x06\\x00\\xe8\\x03\\x00\\x00"
            "\\x04\\x00\\x04\\x00\\xff\\xff\\xff\\xff"
            "\\x10\\x00\\x06\\x00\\xff\\xff\\xff\\xff"
            " \\x00\\x00\\x00\\xff\\xff\\xff\\xff\n");
}

TEST(Entries, SparseFiles) {
  TempDir dir;
  dir.file("d/etc/passwd", "").file("d/etc/sub/small", "");
  run("cd d/etc/sub && truncate -s 100K small && printf end | dd of=small bs=1 seek=70000 "
      "conv=notrunc status=none && "
      "truncate -s 5G huge && cd ../.. && tar --sparse -cf ../gnu etc && tar --format=pax --sparse "
      "-cf ../pax etc",
      dir.path());
  for (const char* name : {"gnu", "pax"}) {
    SCOPED_TRACE(name);
    OpenOptions how = options();
    how.scope = Scope::host;
    const auto artifact = open_artifact(dir.path(name), how);
    ASSERT_TRUE(artifact) << summary(artifact);
    const Tree& tree = *artifact->targets[0].tree;
    std::string expected(100 * 1024, '\0');
    expected.replace(70000, 3, "end");
    const auto small = tree.read("etc/sub/small");
    ASSERT_TRUE(small) << small.error().message;
    EXPECT_TRUE(*small == expected);
    EXPECT_EQ(tree.lstat("etc/sub/huge")->size, uint64_t{5} << 30);
    EXPECT_EQ(tree.read("etc/sub/huge").error().message, "'etc/sub/huge' is larger than 16 MiB");
  }
}

// One entry of a tar by hand: a header with its checksum, `stored` and what fills its last block.
std::string tar_entry(char type, const std::string& name, std::string stored, char filling) {
  char header[513] = {};
  std::snprintf(header, 101, "%s", name.c_str());
  std::snprintf(header + 100, 37, "0000644%c0000000%c0000000%c%011zo", 0, 0, 0, stored.size());
  std::snprintf(header + 136, 13, "%011o", 0);
  std::memset(header + 148, ' ', 8);
  header[156] = type;
  std::memcpy(header + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (int i = 0; i < 512; ++i) sum += static_cast<unsigned char>(header[i]);
  std::snprintf(header + 148, 7, "%06o", sum);
  stored.resize((stored.size() + 511) / 512 * 512, filling);
  return std::string(header, 512) + stored;
}

std::string pax_record(const std::string& text) {
  size_t length = text.size() + 3;
  while (std::to_string(length).size() + text.size() + 2 != length) ++length;
  return std::to_string(length) + " " + text + "\n";
}

// What is stored fills as many blocks as the file would, but is not the file.
TEST(Entries, HolesSmallerThanABlock) {
  const auto content = [](const std::string& records, const std::string& stored) {
    const std::string bytes = tar_entry('0', "etc/passwd", "", 0) +
                              tar_entry('x', "pax", records, 0) +
                              tar_entry('0', "etc/group", stored, 'Z') +
                              tar_entry('0', "etc/shadow", "", 0) + std::string(1024, '\0');
    OpenOptions how = options();
    how.scope = Scope::host;
    const auto artifact = open_every_way(bytes, how);
    EXPECT_TRUE(artifact) << summary(artifact);
    return std::string(*artifact->targets[0].tree->read("etc/group"));
  };
  EXPECT_EQ(content(pax_record("GNU.sparse.size=512") + pax_record("GNU.sparse.numblocks=1") +
                        pax_record("GNU.sparse.map=256,256"),
                    std::string(256, 'd')),
            std::string(256, '\0') + std::string(256, 'd'));
  EXPECT_EQ(content(pax_record("GNU.sparse.realsize=500"), std::string(300, 'd')),
            std::string(300, 'd') + std::string(200, '\0'));
}

// The first entry that the thread ahead reads has more text than it made room for.
TEST(Entries, LongNamesAtOnce) {
  const std::string long_path = "etc/" + std::string(30'000, 'p'), target(40'000, 't');
  const std::string bytes = ArchiveBuilder("pax")
                                .file("etc/passwd", "")
                                .symlink(long_path, target)
                                .file("etc/group", "")
                                .bytes();
  OpenOptions how = options();
  how.scope = Scope::host;
  const auto artifact = open_every_way(bytes, how);
  ASSERT_TRUE(artifact);
  ASSERT_EQ(artifact->diagnostics.size(), 1u);
  EXPECT_EQ(artifact->diagnostics[0].message,
            "'" + long_path.substr(0, 200) + "' was left out: its path is too long");
  EXPECT_TRUE(artifact->targets[0].tree->read("etc/group"));
}

TEST(Entries, NamesAreBytes) {
  const std::string expected =
      "directory 0755 etc\n"
      "file 0644 etc/caf\\xc3\\xa9 1 \"y\"\n"
      "file 0644 etc/\\xe9\\xff\\x01 1 \"x\"\n";
  for (const char* format : {"pax", "gnutar", "ustar", "newc"})
    EXPECT_EQ(tree_of(ArchiveBuilder(format)
                          .file("etc/\xe9\xff\x01", "x")
                          .file("etc/caf\xc3\xa9", "y")
                          .bytes()),
              expected)
        << format;
}

TEST(Entries, TooLongPaths) {
  std::string path = "etc";
  for (int i = 0; i < 50; ++i) path += "/" + std::string(100, 'd');
  std::string said;
  EXPECT_EQ(
      tree_of(ArchiveBuilder("pax").file(path, "x").file("etc/passwd", "x").bytes(), "u", &said),
      "directory 0755 etc\n"
      "file 0644 etc/passwd 1 \"x\"\n");
  EXPECT_NE(said.find("was left out: its path is too long"), std::string::npos) << said;
}

// ── what is kept ──

TEST(Contents, LargeAndUnwantedFilesAreNot) {
  std::string bytes = ArchiveBuilder("pax", "gzip")
                          .zeros("etc/passwd", limits::kFileContent)
                          .zeros("etc/group", limits::kFileContent + 1)
                          .file("usr/bin/x", "found again")
                          .bytes();
  OpenOptions how = options();
  how.scope = Scope::host;
  const auto artifact = open_bytes(bytes, how);
  ASSERT_TRUE(artifact);
  const Tree& tree = *artifact->targets[0].tree;
  EXPECT_EQ(tree.read("etc/passwd")->size(), limits::kFileContent);
  EXPECT_EQ(tree.read("etc/group").error().kind, TreeError::Kind::too_large);
  EXPECT_EQ(*tree.read("usr/bin/x"), "found again");  // by a second pass
}

// Of containerd's store the JSON is kept and not the layers, also if those are more than there is room for.
TEST(Contents, LayersOfImagesAreNot) {
  const std::string blobs = "var/lib/containerd/io.containerd.content.v1.content/blobs/sha256/";
  ArchiveBuilder builder("pax", "gzip");
  for (int i = 0; i < 70; ++i) builder.zeros(blobs + std::to_string(i), limits::kBlob);
  const std::string bytes = builder.zeros(blobs + "large", limits::kBlob + 1)
                                .file(blobs + "config", "{}")
                                .file("etc/passwd", "root\n")
                                .bytes();
  OpenOptions how = options();
  how.scope = Scope::host;
  how.interest.add(blobs + "*");
  const auto artifact = open_bytes(bytes, how);
  ASSERT_TRUE(artifact);
  const Tree& tree = *artifact->targets[0].tree;
  EXPECT_EQ(*tree.read(blobs + "config"), "{}");
  EXPECT_EQ(*tree.read("etc/passwd"), "root\n");
}

TEST(Contents, LinksLeadToFilesNobodyNamed) {
  for (const char* filter : {"none", "gzip"}) {
    const std::string bytes = ArchiveBuilder("pax", filter)
                                  .file("srv/conf/table", "target\n")
                                  .symlink("etc/fstab", "../srv/conf/table")
                                  .file("opt/g", "hard\n")
                                  .hard_link("etc/group", "opt/g")
                                  .bytes();
    OpenOptions how = options();
    how.scope = Scope::host;
    const auto artifact = open_bytes(bytes, how);
    ASSERT_TRUE(artifact);
    EXPECT_EQ(*artifact->targets[0].tree->read_resolved("etc/fstab"), "target\n");
    EXPECT_EQ(*artifact->targets[0].tree->read("etc/group"), "hard\n");
  }
}

TEST(Contents, NotMoreThanTheBoundAltogether) {
  ArchiveBuilder builder("pax", "gzip");
  for (int i = 0; i < 6; ++i) builder.zeros("etc/sub/" + std::to_string(i), limits::kFileContent);
  const std::string bytes = builder.bytes();
  OpenOptions how = options();
  how.scope = Scope::host;
  const auto artifact = open_bytes(bytes, how);
  ASSERT_TRUE(artifact);
  int read = 0;
  for (int i = 0; i < 6; ++i) {
    const auto content = artifact->targets[0].tree->read("etc/sub/" + std::to_string(i));
    read += content.ok();
    if (!content) {
      EXPECT_EQ(content.error().kind, TreeError::Kind::unreadable);
    }
  }
  EXPECT_EQ(read, 4);  // 4 × 16 MiB
}

// ── damage ──

std::string three_files(const char* filter = "none") {
  return ArchiveBuilder("ustar", filter)
      .file("etc/passwd", "first\n")
      .file("etc/group", std::string(3000, 'g'))
      .file("etc/fstab", "third\n")
      .bytes();
}

TEST(Damage, CutAnywhereKeepsWhatCameBefore) {
  for (const char* filter : {"none", "gzip", "zstd", "xz", "bzip2", "lz4"}) {
    SCOPED_TRACE(filter);
    const std::string whole = three_files(filter);
    EXPECT_EQ(said_of(whole), "");
    // A tar is whole with the first of its two zero blocks.
    const size_t end = filter == std::string_view("none") ? 512 * (2 + 7 + 2 + 1) : whole.size();
    int opened = 0;
    for (size_t size = 1; size<end; size += whole.size()> 1000 ? 64 : 1) {
      OpenOptions how = options();
      how.scope = Scope::host;
      const std::string cut = whole.substr(0, size);
      const auto artifact = open_every_way(cut, how);
      if (!artifact) continue;
      ++opened;
      EXPECT_FALSE(artifact->complete) << size;
      EXPECT_FALSE(artifact->diagnostics.empty()) << size;
      const auto first = artifact->targets[0].tree->read("etc/passwd");
      if (first) {
        EXPECT_TRUE(*first == "first\n") << size;
      }
    }
    // zstd gives nothing before its block of up to 128 KiB is whole.
    if (filter != std::string_view("zstd")) {
      EXPECT_GT(opened, 0);
    }
  }
}

TEST(Damage, ACutFileIsNotTakenForWhole) {
  const std::string cut = three_files().substr(0, 512 * 3 + 700);  // inside the data of etc/group
  std::string said;
  EXPECT_EQ(tree_of(cut, "u", &said),
            "directory 0755 etc\n"
            "file 0644 etc/group 3000 ('etc/group' cannot be read: Truncated tar archive)\n"
            "file 0644 etc/passwd 6 \"first\\n\"\n");
  EXPECT_EQ(said.substr(said.find('\n') + 1),
            "incomplete\n"
            "artifact: 'memory' is damaged at byte 2236, after 'etc/group': Truncated input file "
            "(needed 2372 bytes, only 0 available)\n");
}

TEST(Damage, AHeaderInTheMiddle) {
  std::string bytes = three_files();
  bytes.replace(1024, 512, std::string(512, 'Z'));  // the header of etc/group
  std::string said;
  EXPECT_EQ(tree_of(bytes, "u", &said),
            "directory 0755 etc\n"
            "file 0644 etc/fstab 6 \"third\\n\"\n"
            "file 0644 etc/passwd 6 \"first\\n\"\n");
  EXPECT_EQ(
      said.substr(said.find('\n') + 1),
      "incomplete\n"
      "artifact: 'memory' is damaged at byte 1536, after 'etc/passwd': Damaged tar archive\n");
}

TEST(Damage, ANameOfManyMegabytes) {
  TempDir dir;
  // newc: magic, then thirteen fields of eight hexadecimal digits; the twelfth is the size of the name.
  run("{ printf 070701; for i in 1 2 3 4 5 6 7 8 9 10 11; do printf 000081A4; done; printf "
      "3FFFFFFF00000000; "
      "head -c 200M /dev/zero; } | zstd -q > x",
      dir.path());
  const std::string said = said_of(read_file(dir.path("x")));
  EXPECT_NE(said.find("a header claims more than 4 MiB"), std::string::npos) << said;
}

TEST(Damage, WrongChecksumOfTheCompressedData) {
  std::string bytes = three_files("gzip");
  bytes[bytes.size() - 6] = static_cast<char>(bytes[bytes.size() - 6] ^ 0x55);
  EXPECT_NE(said_of(bytes), "");
}

TEST(Damage, NoArchiveInside) {
  TempDir dir;
  dir.file("text", "no archive\n").file("passwd", "root:x:0:0::/root:/bin/sh\n");
  run("gzip -k text && xz -k text && printf '\\037\\213\\010broken' > broken.gz && gzip -k passwd "
      "&& tar -cf none.tar -T /dev/null && "
      "truncate -s 0 empty && head -c 100000 /dev/urandom > noise",
      dir.path());
  const std::pair<const char*, const char*> cases[] = {
      {"text.gz", " is compressed (gz), but no archive is inside"},
      {"text.xz", " is compressed (xz), but no archive is inside"},
      {"none.tar", " is an archive without entries"},
      {"empty", " is empty"},
      {"noise", " is neither an archive nor a file drydock knows"},
      {"text", " is neither an archive nor a file drydock knows"},
      {"missing", " does not exist"}};
  for (const auto& [name, message] : cases)
    EXPECT_EQ(summary(open_artifact(dir.path(name), options())),
              "error: '" + dir.path(name) + "'" + message + "\n");
  EXPECT_EQ(summary(open_artifact(dir.path("broken.gz"), options()))
                .find("error: '" + dir.path("broken.gz") +
                      "' is compressed (gz), but it cannot be decompressed: "),
            0u);
}

// Gibibytes of zeros in an entry, in some kilobytes of zstd.
TEST(Damage, ABombCostsNoMemory) {
  TempDir dir;
  run("{ printf 'root:x:0:0::/root:/bin/sh\\n' > passwd; truncate -s 2G zeros; "
      "tar -cf - --transform 's,^,etc/,' passwd zeros | zstd -q -1 > bomb; }",
      dir.path());
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  OpenOptions how = options();
  how.scope = Scope::host;
  const auto artifact = open_artifact(dir.path("bomb"), how);
  getrusage(RUSAGE_SELF, &after);
  ASSERT_TRUE(artifact) << summary(artifact);
  EXPECT_TRUE(artifact->complete);
  EXPECT_EQ(artifact->targets[0].tree->lstat("etc/zeros")->size, uint64_t{2} << 30);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10) << "KiB";
}

// It only hurries; what an artifact is, is found out by whoever opens it.
TEST(HeadStart, IsOnlyOnWhatBeginsAsATar) {
  TempDir dir;
  dir.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
      .symlink("link.tar", "gnu.tar")
      .directory("dir.tar");
  run("tar -cf gnu.tar etc; tar --posix -cf pax.tar etc; tar --format=v7 -cf v7.tar etc; gzip -k "
      "gnu.tar; "
      "truncate -s 0 empty; head -c 257 gnu.tar > short; mkfifo pipe",
      dir.path());
  const std::pair<const char*, bool> cases[] = {
      {"gnu.tar", true},     {"pax.tar", true},  {"link.tar", true}, {"v7.tar", false},
      {"gnu.tar.gz", false}, {"dir.tar", false}, {"empty", false},   {"short", false},
      {"pipe", false},       {"missing", false}};
  for (const auto& [name, begun] : cases)
    EXPECT_EQ(HeadStart::on(dir.path(name)) != nullptr, begun) << name;
}

TEST(HeadStart, MayHaveBeenForNothing) {
  TempDir dir;
  std::string text = "# " + std::string(255, 'x') + "ustar  \nroot:x:0:0::/root:/bin/sh\n";
  text.resize(4096, '#');
  dir.file("etc/passwd", text).file("etc/group", "root:x:0:\n");
  run("tar -cf other.tar etc", dir.path());
  OpenOptions how = options();
  const std::string without = summary(open_artifact(dir.path("etc/passwd"), how));
  how.started = HeadStart::on(dir.path("etc/passwd"));
  ASSERT_NE(how.started, nullptr);
  EXPECT_EQ(summary(open_artifact(dir.path("etc/passwd"), how)), without);
  EXPECT_EQ(without.substr(0, 8), "fragment");
  // Nor does it say anything of another file.
  how.started = HeadStart::on(dir.path("etc/passwd"));
  const std::string other = summary(open_artifact(dir.path("other.tar"), how));
  how.started = nullptr;
  EXPECT_EQ(other, summary(open_artifact(dir.path("other.tar"), how)));
}

TEST(HeadStart, WaitsAndIsGivenUp) {
  ArchiveBuilder builder("ustar");
  for (int i = 0; i < 60'000; ++i) builder.file("etc/d" + std::to_string(i), "");
  TempDir dir;
  std::ofstream(dir.path("many.tar"), std::ios::binary) << builder.bytes();
  { const auto unused = HeadStart::on(dir.path("many.tar")); }
  OpenOptions how = options();
  how.scope = Scope::host;
  how.started = HeadStart::on(dir.path("many.tar"));
  const auto artifact = open_artifact(dir.path("many.tar"), how);
  ASSERT_TRUE(artifact) << summary(artifact);
  EXPECT_EQ(artifact->entries, 60'000u);
  EXPECT_TRUE(artifact->complete);
}

TEST(Progress, CountsTheBytesOfTheArtifact) {
  TempDir dir;
  std::string noise;
  for (uint32_t i = 0, x = 1; i < 3'000'000; ++i)
    noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  std::ofstream(dir.path("x"), std::ios::binary) << ArchiveBuilder("pax", "gzip")
                                                        .file("etc/passwd", "x")
                                                        .file("etc/group", "x")
                                                        .file("usr/bin/a", noise)
                                                        .bytes();
  OpenOptions how = options();
  std::vector<uint64_t> seen;
  uint64_t of = 0;
  how.progress = [&](uint64_t done, uint64_t total) { seen.push_back(done), of = total; };
  ASSERT_TRUE(open_artifact(dir.path("x"), how));
  EXPECT_EQ(of, std::filesystem::file_size(dir.path("x")));
  EXPECT_GE(seen.size(), 3u);
  EXPECT_LE(seen.size(), 20u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_LE(seen.back(), of);

  std::ofstream(dir.path("tar"), std::ios::binary)
      << ArchiveBuilder("pax").file("etc/passwd", "x").file("a", noise).file("b", "x").bytes();
  how.started = HeadStart::on(dir.path("tar"));
  seen.clear();
  ASSERT_TRUE(open_artifact(dir.path("tar"), how));
  EXPECT_EQ(of, std::filesystem::file_size(dir.path("tar")));
  EXPECT_GE(seen.size(), 1u);
  EXPECT_GE(seen.back(), 3'000'000u);
}

}  // namespace
}  // namespace drydock::test
