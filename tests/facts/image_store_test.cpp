// Images in the stores of containerd and Podman, put there by hand: what the programs themselves make is in
// image_differential_test.
#include <gtest/gtest.h>

#include "analyzer/source/large_file.h"
#include "tests/facts/facts.h"
#include "tests/parsers/bolt_writer.h"

namespace drydock {
namespace {

const std::string kBlobs = "io.containerd.content.v1.content/blobs/sha256/";

std::string digest(char digit) {
  return "sha256:" + std::string(64, digit);
}

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  return tree;
}

// A store with one name that leads to blob 'a'.
struct Store {
  explicit Store(const std::string& where = "var/lib/containerd") : root(where + "/") {}

  Store& name(const std::string& space, const std::string& image, char blob) {
    return name(space, image, digest(blob));
  }
  Store& name(const std::string& space, const std::string& image, const std::string& target) {
    metadata.buckets["v1"].buckets[space].buckets["images"].buckets[image].buckets["target"].keys =
        {{"digest", target}, {"mediatype", "x"}};
    return *this;
  }
  Store& blob(char name, const std::string& content) {
    tree->file(root + kBlobs + std::string(64, name), content);
    return *this;
  }
  std::shared_ptr<MemoryTree> done() {
    tree->file(root + "io.containerd.metadata.v1.bolt/meta.db",
               test::BoltWriter(true).write(metadata));
    return tree;
  }

  std::string root;
  test::BoltBucket metadata;
  std::shared_ptr<MemoryTree> tree = host();
};

std::string manifest(char config) {
  return "{\"config\": {\"mediaType\": \"application/vnd.oci.image.config.v1+json\", \"digest\": "
         "\"" +
         digest(config) + "\"}}";
}

const std::string kImages =
    "SELECT engine, substr(id, 1, 9), reference, user, uid, is_host_root, layers FROM image "
    "ORDER BY 1, 2";
const std::string kIssues =
    "SELECT DISTINCT code, message FROM parse_issue WHERE path LIKE '%containerd%' AND "
    "table_name = 'image'";

TEST(ImageStore, ContainerdFollowsIndexesToTheMachinesThatAreThere) {
  Store store;
  store.name("k8s.io", "docker.io/library/web:1", 'a').name("k8s.io", digest('c'), 'a');
  store.blob(
      'a', "{\"manifests\": [{\"digest\": \"" + digest('b') + "\"}, {\"digest\": \"" + digest('9') +
               "\", \"platform\": {\"architecture\": \"s390x\"}}, {\"digest\": \"" + digest('8') +
               "\", \"annotations\": {\"vnd.docker.reference.type\": "
               "\"attestation-manifest\"}}]}");
  store.blob('b', manifest('c')).blob('8', manifest('7')).blob('7', "{}");
  store.blob('c',
             "{\"config\": {\"User\": \"web\", \"Healthcheck\": {\"Test\": [\"CMD\", \"x\"]}},"
             " \"rootfs\": {\"diff_ids\": [\"sha256:d1\"]}}");
  // Its only layer, unpacked.
  auto& space = store.metadata.buckets["v1"].buckets["k8s.io"];
  space.buckets["content"].buckets["blob"].buckets[digest('c')].buckets["labels"].keys = {
      {"containerd.io/gc.ref.snapshot.overlayfs", "sha256:d1"}};
  space.buckets["snapshots"].buckets["overlayfs"].buckets["sha256:d1"].keys = {
      {"name", "k8s.io/3/sha256:d1"}};
  test::BoltBucket snapshots;
  snapshots.buckets["v1"].buckets["snapshots"].buckets["k8s.io/3/sha256:d1"].keys = {
      {"id", "\xac\x02"}};
  const std::string driver = store.root + "io.containerd.snapshotter.v1.overlayfs/";
  store.tree->file(driver + "metadata.db", test::BoltWriter(true).write(snapshots));
  store.tree->file(driver + "snapshots/300/fs/etc/passwd", "web:x:33:33::/:/bin/sh\n");
  store.tree->file(driver + "snapshots/300/fs/bin/su", "", 04755);
  const auto tree = store.done();
  EXPECT_EQ(test::facts(tree, kImages),
            "containerd | sha256:cc | docker.io/library/web:1 | web | 33 | 1 | 1\n");
  EXPECT_EQ(test::facts(tree, "SELECT reference, registry, tag FROM image_reference"),
            "docker.io/library/web:1 | docker.io | 1\n");
  EXPECT_EQ(test::facts(tree, "SELECT reference, path FROM image_file"),
            "docker.io/library/web:1 | bin/su\n");
  EXPECT_EQ(test::facts(tree, "SELECT has_health_check FROM image"), "0\n");  // CRI has its own
  EXPECT_EQ(test::facts(tree, kIssues), "");
}

// moby/daemon/containerd: its namespace is "moby", and `docker images` shows what a name leads to.
TEST(ImageStore, DockerKeepsImagesInContainerd) {
  Store store("var/lib/docker/containerd/daemon");
  store.name("moby", "docker.io/library/web:1", 'a').name("moby", "docker.io/corp/web:2", 'a');
  store.name("moby", "moby-dangling@" + digest('d'), 'd');
  store.blob('a', manifest('c'))
      .blob('c', "{\"config\": {\"Healthcheck\": {\"Test\": [\"CMD\"]}}}");
  store.blob('d', manifest('e')).blob('e', "{}");
  const auto tree = store.done();
  EXPECT_EQ(test::facts(tree, kImages),
            "docker | sha256:aa | corp/web:2 |  | 0 | 1 | 0\n"
            "docker | sha256:dd | sha256:dddddddddddd |  | 0 | 1 | 0\n");
  EXPECT_EQ(test::facts(tree, "SELECT is_tagged, has_health_check FROM image ORDER BY 1"),
            "0 | 0\n1 | 1\n");
  EXPECT_EQ(test::facts(tree, "SELECT reference FROM image_reference ORDER BY 1"),
            "corp/web:2\nweb:1\n");
}

TEST(ImageStore, ContainerdOfAUserIsNotRootOfTheHost) {
  Store store("home/al/.local/share/containerd");
  store.name("default", "web", 'a').blob('a', manifest('c')).blob('c', "{}");
  EXPECT_EQ(test::facts(store.done(), "SELECT is_host_root FROM image"), "0\n");
}

TEST(ImageStore, WhatContainerdLacksIsSaid) {
  Store store;
  store.name("default", "pulled/in/part:1", 'a');
  store.name("default", "to/nowhere:1", "sha256:../../../../etc/shadow");
  store.name("default", "loop:1", 'f')
      .blob('f', "{\"manifests\": [{\"digest\": \"" + digest('f') + "\"}]}");
  store.name("default", "chart:1", 'b')
      .blob('b',
            "{\"config\": {\"mediaType\": \"application/vnd.cncf.helm.config.v1+json\", "
            "\"digest\": \"" +
                digest('c') + "\"}}");
  EXPECT_EQ(test::facts(store.done(), kIssues),
            "images-not-read | what is in each of the images 'loop:1', 'pulled/in/part:1', "
            "'to/nowhere:1' is not known: no configuration of it is in the content store\n");
}

TEST(ImageStore, LargeBlobsOfContainerdAreNotRead) {
  Store store;
  store.name("default", "web:1", 'a').blob('a', manifest('c'));
  store.blob('c', std::string(limits::kBlob + 1, ' '));
  const auto tree = store.done();
  EXPECT_EQ(
      test::facts(tree, kIssues),
      "too-large | a manifest or configuration of 1048577 bytes is not read; honest ones have "
      "some thousand\n");
  for (const std::string& path : tree->reads()) EXPECT_FALSE(path.ends_with("cccc")) << path;
}

TEST(ImageStore, PodmanWithoutAConfiguration) {
  auto tree = host();
  const std::string images = "var/lib/containers/storage/overlay-images/";
  tree->file(images + "images.json",
             "[{\"id\": \"0123456789ab\", \"names\": [\"localhost/app:1\"]},\n"
             " {\"id\": \"1123456789ab\", \"names\": [\"localhost/list:1\"]},\n"
             " {\"id\": \"../../../etc\", \"names\": [\"x\"]}]\n");
  tree->file(images + "1123456789ab/manifest", "{\"manifests\": []}");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT DISTINCT code, message, loc FROM parse_issue WHERE table_name = "
                  "'image'"),
      "image-without-configuration | what is in image 0123456789ab is not known: this storage "
      "has no configuration of it | "
      "var/lib/containers/storage/overlay-images/images.json:1:3\n");
}

// An additional store (containers-storage.conf(5)) and layers that hide each other.
TEST(ImageStore, PodmanWithAnAdditionalStore) {
  auto tree = host();
  tree->file("etc/containers/storage.conf",
             "[storage.options]\nadditionalimagestores = [\"/srv/images\"]\n");
  tree->directory("var/lib/containers/storage");
  const std::string root = "srv/images/";
  tree->file(root + "overlay-images/images.json",
             "[{\"id\": \"0123456789ab\", \"layer\": \"bbbbbbbbbbbb\", \"names\": "
             "[\"localhost/app:1\"], \"big-data-names\": [\"sha256:0123456789ab\"]}]\n");
  tree->file(root + "overlay-images/0123456789ab/=c2hhMjU2OjAxMjM0NTY3ODlhYg==",
             "{\"config\": {\"User\": \"app\"}, \"rootfs\": {\"diff_ids\": [\"x\", \"y\"]}}\n");
  tree->file(root + "overlay-layers/layers.json",
             "[{\"id\": \"aaaaaaaaaaaa\"}, {\"id\": \"bbbbbbbbbbbb\", \"parent\": "
             "\"aaaaaaaaaaaa\"}]\n");
  tree->file(root + "overlay/aaaaaaaaaaaa/diff/etc/passwd", "app:x:7:7::/:/bin/sh\n");
  tree->file(root + "overlay/aaaaaaaaaaaa/diff/bin/su", "", 04755);
  tree->directory(root + "overlay/bbbbbbbbbbbb/diff/srv");
  EXPECT_EQ(test::facts(tree, kImages), "podman | sha256:01 | localhost/app:1 | app | 7 | 1 | 2\n");
  EXPECT_EQ(test::facts(tree, "SELECT registry FROM image_reference"), "-\n");
  EXPECT_EQ(test::facts(tree, "SELECT path FROM image_file"), "bin/su\n");
  // A layer whose parent nobody knows.
  tree->file(root + "overlay-layers/layers.json", "[]\n");
  EXPECT_EQ(test::facts(tree, "SELECT uid FROM image"), "-\n");
}

TEST(ImageStore, WhatContainerdHasTooManyOfIsSaid) {
  // An index of 201 manifests, of which the first can be read.
  Store store;
  store.name("default", "web:1", 'a').blob('b', manifest('c')).blob('c', "{}");
  std::string manifests = "{\"digest\": \"" + digest('b') + "\"}";
  for (int i = 0; i < 200; ++i) manifests += ", {\"digest\": \"" + digest('d') + "\"}";
  store.blob('a', "{\"manifests\": [" + manifests + "]}");
  EXPECT_EQ(test::facts(store.done(), kIssues),
            "too-many-records | image 'web:1' leads to more manifests than are read; the rest is "
            "left out\n");

  // Containers of Docker, which are read elsewhere, and one more than there is room for.
  Store many;
  for (size_t i = 0; i <= 10'000; ++i)
    many.metadata.buckets["v1"]
        .buckets["moby"]
        .buckets["containers"]
        .buckets[std::to_string(i)]
        .keys["image"] = "x";
  const auto tree = many.done();
  EXPECT_EQ(test::facts(tree, kIssues),
            "too-many-records | the database has more containers, images or snapshots than are "
            "read; the rest is left out\n");
  EXPECT_EQ(test::facts(tree, "SELECT effect FROM parse_issue WHERE table_name = 'container'"),
            "unknown\n");
}

// Configurations of almost a megabyte each, which add up to more than is read.
TEST(ImageStore, ConfigurationsThatAddUpToTooMuchAreSaid) {
  const auto numbered = [](char kind, int n) {
    const std::string number = std::to_string(1000 + n);
    return std::string(1, kind) + std::string(63 - number.size(), '0') + number;
  };
  Store store;
  for (int n = 0; n < 40; ++n) {
    store.name("default", "x" + std::to_string(1000 + n), "sha256:" + numbered('a', n));
    store.tree->file(store.root + kBlobs + numbered('a', n),
                     "{\"config\": {\"mediaType\": \"application/vnd.oci.image.config.v1+json\", "
                     "\"digest\": \"sha256:" +
                         numbered('c', n) + "\"}}");
    store.tree->file(store.root + kBlobs + numbered('c', n),
                     "{\"config\": {\"User\": \"0\"}, \"author\": \"" +
                         std::string((1u << 20) - 100, 'x') + "\"}");
  }
  const auto tree = store.done();
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM image"), "32\n");
  EXPECT_NE(
      test::facts(tree, kIssues).find("too-many-images | the images of this host are too many"),
      std::string::npos);
}

TEST(ImageStore, LargePasswdOfAnImageIsNotRead) {
  auto tree = host();
  const std::string root = "var/lib/containers/storage/";
  tree->file(root + "overlay-images/images.json",
             "[{\"id\": \"0123456789ab\", \"layer\": \"aaaaaaaaaaaa\", \"names\": "
             "[\"localhost/app:1\"], \"big-data-names\": [\"sha256:0123456789ab\"]}]\n");
  tree->file(root + "overlay-images/0123456789ab/=c2hhMjU2OjAxMjM0NTY3ODlhYg==",
             "{\"config\": {\"User\": \"app\"}, \"rootfs\": {\"diff_ids\": [\"x\"]}}\n");
  tree->file(root + "overlay-layers/layers.json", "[{\"id\": \"aaaaaaaaaaaa\"}]\n");
  const std::string passwd = root + "overlay/aaaaaaaaaaaa/diff/etc/passwd";
  tree->file(passwd, "app:x:0:0::/:/bin/sh\n" + std::string(1 << 20, '\n'));
  EXPECT_EQ(test::facts(tree, kImages), "podman | sha256:01 | localhost/app:1 | app | - | 1 | 1\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'image'"),
      "too-large | unknown | " + passwd + ":1:1\n");
  for (const std::string& path : tree->reads()) EXPECT_NE(path, passwd);
}

// A list that names one image over and over, and a manifest that is no manifest.
TEST(ImageStore, PodmanImagesAreReadOnceAndLargeManifestsNotAtAll) {
  auto tree = host();
  const std::string images = "var/lib/containers/storage/overlay-images/";
  tree->file(images + "images.json",
             "[{\"id\": \"0123456789ab\"},\n {\"id\": \"0123456789ab\"},\n {\"id\": "
             "\"1123456789ab\"}]\n");
  tree->file(images + "0123456789ab/manifest",
             "{\"config\": {\"digest\": \"sha256:ffffffffffff\"}}");
  tree->file(images + "0123456789ab/=c2hhMjU2OmZmZmZmZmZmZmZmZg==", "{\"config\": {}}");
  tree->file(images + "1123456789ab/manifest", std::string(limits::kBlob + 1, ' '));
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM image"), "1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT DISTINCT code, loc FROM parse_issue WHERE table_name = 'image' "
                        "ORDER BY code, loc"),
            "image-listed-twice | " + images + "images.json:2:3\n" +
                "image-without-configuration | " + images + "images.json:3:3\n" + "too-large | " +
                images + "1123456789ab/manifest:1:1\n");
  for (const std::string& path : tree->reads())
    EXPECT_FALSE(path.ends_with("1123456789ab/manifest")) << path;
}

// 300 images that all have the same 1,000 layers are as many places to look at as 300,000.
TEST(ImageStore, PodmanLayersAreBounded) {
  auto tree = host();
  const std::string root = "var/lib/containers/storage/";
  const auto hex = [](size_t number) {
    const std::string digits = std::to_string(number);
    return std::string(12 - digits.size(), '0') + digits;
  };
  std::string layers = "[", images = "[";
  for (size_t i = 0; i < 1000; ++i)
    layers += std::string(i == 0 ? "" : ",\n") + "{\"id\": \"" + hex(i) + "\", \"parent\": \"" +
              hex((i + 1) % 1000) + "\"}";
  for (size_t i = 0; i < 300; ++i) {
    images += std::string(i == 0 ? "" : ",\n") + "{\"id\": \"" + hex(i) +
              "\", \"layer\": \"000000000000\", \"big-data-names\": [\"sha256:" + hex(i) + "\"]}";
  }
  const auto encoded = [](const std::string& digits) {  // of "sha256:" and decimal digits
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    const std::string text = "sha256:" + digits;
    uint32_t bits = 0;
    int have = 0;
    for (const char c : text) {
      bits = bits << 8 | static_cast<unsigned char>(c);
      for (have += 8; have >= 6; have -= 6) out += kDigits[bits >> (have - 6) & 63];
    }
    if (have > 0) out += kDigits[bits << (6 - have) & 63];
    while (out.size() % 4 != 0) out += '=';
    return "=" + out;
  };
  for (size_t i = 0; i < 300; ++i)
    tree->file(root + "overlay-images/" + hex(i) + "/" + encoded(hex(i)), "{}");
  tree->file(root + "overlay-images/images.json", images + "]\n");
  tree->file(root + "overlay-layers/layers.json", layers + "]\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT (SELECT count(*) FROM image), code, loc FROM parse_issue WHERE "
                        "table_name = 'image'"),
            "300 | too-many-layers | " + root + "overlay-images/images.json:201:1\n");
}

}  // namespace
}  // namespace drydock
