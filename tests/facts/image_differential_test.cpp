// What podman and containerd say of images and what is read from the stores they keep them in. The images are made
// here, put in by the programs themselves, and asked for again.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "analyzer/engine/identity.h"
#include "tests/facts/facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Lines = std::multiset<std::string>;
using test::Random;

std::string program(const char* variable, const char* name) {
  const char* const set = std::getenv(variable);
  return set ? set : name;
}

std::string text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

std::string joined(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

Lines lines_of(const std::string& answer) {
  std::istringstream rows(answer);
  Lines out;
  for (std::string line; std::getline(rows, line);) out.insert(line);
  return out;
}

// One regular file of a ustar archive (pax, "ustar Interchange Format").
std::string tar_entry(const std::string& name, const std::string& content, unsigned mode) {
  std::string head(512, '\0');
  const auto put = [&](size_t at, const std::string& value) {
    head.replace(at, value.size(), value);
  };
  const auto octal = [](uint64_t value, int digits) {
    char out[24];
    std::snprintf(out, sizeof out, "%0*llo", digits, static_cast<unsigned long long>(value));
    return std::string(out);
  };
  put(0, name), put(100, octal(mode, 7)), put(108, octal(0, 7)), put(116, octal(0, 7));
  put(124, octal(content.size(), 11)), put(136, octal(1700000000, 11)), put(148, "        ");
  put(156, "0"), put(257, std::string("ustar\0"
                                      "00",
                                      8));
  uint64_t sum = 0;
  for (const char byte : head) sum += static_cast<unsigned char>(byte);
  put(148, octal(sum, 6) + '\0');
  return head + content + std::string((512 - content.size() % 512) % 512, '\0');
}

struct MadeImage {
  std::string name;
  std::string config;               // its text
  std::vector<std::string> layers;  // tars
  std::string id() const { return "sha256:" + engine::sha256(config); }
};

std::string layer(int kind) {
  const std::string passwd =
      "root:x:0:0::/root:/bin/sh\napp:x:101:101::/:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n";
  std::string out;
  if (kind <= 1) out = tar_entry("etc/group", "app:x:101:\n", 0644);
  if (kind == 0) out += tar_entry("etc/passwd", passwd, 0644) + tar_entry("bin/su", "su", 04755);
  if (kind == 1)
    out += tar_entry("etc/passwd", "web:x:33:33::/:/bin/sh\n" + passwd + "app:x:202::::\n", 0644) +
           tar_entry("usr/bin/gcc", "gcc", 0755);
  if (kind == 2) out = tar_entry("etc/.wh.passwd", "", 0644) + tar_entry("bin/.wh.su", "", 0644);
  if (kind == 3) out = tar_entry("srv/data", "x", 0644) + tar_entry("usr/bin/write", "w", 02755);
  return out + std::string(1024, '\0');
}

MadeImage make_image(Random& random, int number) {
  MadeImage out;
  out.name = "registry.example/team" + std::to_string(random.below(5)) + "/app" +
             std::to_string(number) + ":" + random.pick({"latest", "1.0", "v2-rc1"});
  Json config = {{"os", "linux"},
                 {"architecture", random.pick({"amd64", "amd64", "arm64"})},
                 {"created", "2024-0" + std::to_string(1 + random.below(9)) + "-11T10:09:08Z"}};
  Json inner = Json::object();
  const std::string user = random.pick({"", "", "root", "0", "0:0", "app", "app:app", "1000",
                                        "1000:50", "web", "ghost", "toor", "7:app", "daemon:x"});
  if (!user.empty() || random.one_in(2)) inner["User"] = user;
  Json variables = Json::array({"PATH=/usr/bin:/bin"});
  for (int i = random.below(4); i > 0; --i)
    variables.push_back(random.pick({"LANG", "DB_PASSWORD", "API_TOKEN", "HOME", "EMPTY", "X.Y"}) +
                        std::to_string(i) + "=" + random.pick({"", "x", "a=b", "/run/secrets/x"}));
  if (!random.one_in(5)) inner["Env"] = variables;
  if (random.one_in(2)) inner["Cmd"] = Json::array({random.pick({"sh", "/app"}), "-c", "a b"});
  if (random.one_in(3)) inner["Entrypoint"] = Json::array({"/entry", random.pick({"--x", "y"})});
  for (int i = random.below(3); i > 0; --i)
    inner["ExposedPorts"][std::to_string(20 + random.below(80)) + random.pick({"/tcp", "/udp"})] =
        Json::object();
  const int check = random.below(5);
  if (check == 0) inner["Healthcheck"]["Test"] = Json::array({"NONE"});
  if (check == 1)
    inner["Healthcheck"] = {{"Test", {"CMD-SHELL", "true"}}, {"Interval", 30000000000}};
  config["config"] = inner;
  Json history = Json::array();
  for (int i = 0, count = 1 + random.below(3); i < count; ++i) {
    out.layers.push_back(layer(i == 0 ? random.below(2) : random.below(4)));
    config["rootfs"]["diff_ids"].push_back("sha256:" + engine::sha256(out.layers.back()));
    history.push_back({{"created", "2024-01-01T00:00:00Z"},
                       {"created_by", random.pick({"/bin/sh -c #(nop) ADD file:1 in / ",
                                                   "RUN /bin/sh -c apt-get update # buildkit",
                                                   "COPY . /srv # buildkit"})}});
    if (random.one_in(2))
      history.push_back({{"created_by", "CMD [\"sh\"]"}, {"empty_layer", true}});
  }
  config["rootfs"]["type"] = "layers";
  if (!random.one_in(6)) config["history"] = history;
  config["comment"] = "image " + std::to_string(number);
  out.config = config.dump(random.one_in(2) ? 1 : -1);
  return out;
}

std::vector<MadeImage> make_images(unsigned seed, int count) {
  Random random(seed);
  std::vector<MadeImage> out;
  for (int i = 0; i < count; ++i) out.push_back(make_image(random, i));
  return out;
}

// Copies what lies below `from` into `tree` below `to`.
void take_in(const fs::path& from, const std::string& to, MemoryTree& tree) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const std::string path = to + "/" + entry.path().lexically_relative(from).string();
    struct stat found {};
    if (lstat(entry.path().c_str(), &found) != 0) continue;
    const auto mode = static_cast<uint16_t>(found.st_mode & 07777);
    if (S_ISREG(found.st_mode)) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::ostringstream content;
      content << in.rdbuf();
      tree.file(path, content.str(), mode);
    } else if (S_ISDIR(found.st_mode)) {
      tree.directory(path, mode);
    } else if (S_ISCHR(found.st_mode)) {
      tree.node(path, NodeType::char_device, mode);
    }
  }
}

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "root:x:0:0::/root:/bin/sh\n").file("usr/bin/podman", "", 0755);
  return tree;
}

// A line for each thing that a configuration says, as `podman image inspect` shows it.
void say(Lines& out, const std::string& id, const Json& config, const Json& check) {
  const auto add = [&](const std::string& line) { out.insert(id.substr(0, 19) + " " + line); };
  add("user=" + text(config.value("User", Json())));
  for (const Json& item : config.value("Env", Json::array()))
    add("variable=" + text(item).substr(0, text(item).find('=')));
  const Json ports = config.value("ExposedPorts", Json::object());
  for (const auto& [port, nothing] : ports.items()) add("port=" + port);
  std::string command;
  for (const char* key : {"Entrypoint", "Cmd"}) {
    const Json words = config.value(key, Json::array());
    for (const Json& word : words) command += (command.empty() ? "" : " ") + text(word);
  }
  add("command=" + command);
  const bool checks = check.is_object() && check.contains("Test") && check["Test"][0] != "NONE";
  add(checks ? "check=1" : "check=0");
}

std::string read(const std::shared_ptr<MemoryTree>& tree) {
  return test::facts(
      tree,
      "SELECT substr(id, 1, 19) || ' user=' || user FROM image UNION ALL "
      "SELECT substr(id, 1, 19) || ' command=' || coalesce(command, '') FROM image UNION ALL "
      "SELECT substr(id, 1, 19) || ' check=' || has_health_check FROM image UNION ALL "
      "SELECT substr(id, 1, 19) || ' architecture=' || architecture FROM image UNION ALL "
      "SELECT substr(id, 1, 19) || ' created=' || created FROM image UNION ALL "
      "SELECT substr(id, 1, 19) || ' layers=' || layers FROM image UNION ALL "
      "SELECT substr(image, 1, 19) || ' name=' || reference FROM image_reference "
      "WHERE NOT is_digest UNION ALL "
      "SELECT substr(image, 1, 19) || ' port=' || port FROM image_port UNION ALL "
      "SELECT substr(image, 1, 19) || ' variable=' || variable FROM image_variable UNION ALL "
      "SELECT substr(image, 1, 19) || ' steps=' || count(*) FROM image_history GROUP BY image");
}

TEST(ImageDifferential, PodmanInspectSaysTheSame) {
  const std::string podman = program("DRYDOCK_PODMAN", "podman");
  const auto version = test::ask(podman + " --version 2>/dev/null");
  if (!version || version->find("podman version") == std::string::npos)
    GTEST_SKIP() << "podman is not installed";
  test::ScratchDirectory scratch;
  const std::vector<MadeImage> made = make_images(11, 40);
  Json manifest = Json::array();
  std::string names, checked;
  for (const MadeImage& image : made) {
    if (image.config.find("CMD-SHELL") != std::string::npos && checked.empty())
      checked += " " + image.name;
    Json entry = {{"Config", image.id().substr(7) + ".json"}, {"RepoTags", {image.name}}};
    scratch.write("archive/" + image.id().substr(7) + ".json", image.config);
    for (const std::string& tar : image.layers) {
      const std::string name = engine::sha256(tar) + ".tar";
      scratch.write("archive/" + name, tar);
      entry["Layers"].push_back(name);
    }
    manifest.push_back(entry);
    names += " " + image.name;
  }
  scratch.write("archive/manifest.json", manifest.dump());
  const std::string ask = podman + " --root " + scratch.path() + "/store --runroot " +
                          scratch.path() + "/run --storage-driver vfs ";
  scratch.write(".config/containers/policy.json",
                "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}\n");
  const auto answer = test::ask(
      "export HOME=" + scratch.path() + " && cd " + scratch.path() +
      " && tar -C archive -cf archive.tar . && " + ask + "load -i archive.tar >load.log 2>&1 && " +
      ask + "tag " + made[3].name + " alias:1 && " + ask + "untag " + made[4].name + " && " +
      // A health check is not for an image in OCI's format.
      "for name in" + checked + "; do " + ask +
      "save --format oci-archive -o oci.tar $name >/dev/null 2>&1 && " + ask +
      "rmi $name >/dev/null && " + ask + "load -i oci.tar >>load.log 2>&1; rm oci.tar; done; " +
      ask + "image inspect " + made[4].id().substr(7) +
      names.substr(0, names.find(" " + made[4].name)) +
      names.substr(names.find(" " + made[5].name)) + " 2>>load.log");
  ASSERT_TRUE(answer && answer->starts_with("["))
      << test::ask("cat " + scratch.path() + "/load.log").value_or("");
  const Json inspected = Json::parse(*answer);
  ASSERT_EQ(inspected.size(), made.size());
  Lines said;
  for (const Json& image : inspected) {
    const std::string id = "sha256:" + text(image["Id"]);
    say(said, id, image["Config"], image.value("Healthcheck", Json()));
    const auto add = [&](const std::string& line) { said.insert(id.substr(0, 19) + " " + line); };
    for (const Json& name : image["RepoTags"]) add("name=" + text(name));
    add("architecture=" + text(image["Architecture"]));
    add("created=" + text(image["Created"]));
    add("layers=" + std::to_string(image["RootFS"]["Layers"].size()));
    if (image["History"].is_array() && !image["History"].empty())
      add("steps=" + std::to_string(image["History"].size()));
  }
  EXPECT_GE(said.size(), 400u);
  const auto with_check = std::ranges::count_if(made, [](const MadeImage& image) {
    return image.config.find("CMD-SHELL") != std::string::npos;
  });
  EXPECT_EQ(std::ranges::count_if(
                said, [](const std::string& line) { return line.ends_with("check=1"); }),
            with_check - 1);  // the one in OCI's format
  auto tree = host();
  take_in(scratch.path() + "/store", "var/lib/containers/storage", *tree);
  EXPECT_EQ(joined(lines_of(read(tree))), joined(said));
  EXPECT_EQ(test::facts(tree, "SELECT DISTINCT engine, is_host_root FROM image"), "podman | 1\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, message FROM parse_issue WHERE path LIKE 'var/lib/%'"),
            "");
}

// The program in `container` of `ctr containers info`, and what the images of its store are read as.
class Containerd {
 public:
  Containerd() : containerd_(program("DRYDOCK_CONTAINERD", "containerd")) {
    scratch_.write("config.toml",
                   "version = 2\nroot = \"" + path() + "/root\"\nstate = \"" + path() +
                       "/state\"\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\n"
                       "address = \"" +
                       path() + "/c.sock\"\n");
  }
  const std::string& path() const { return scratch_.path(); }
  const test::ScratchDirectory& scratch() const { return scratch_; }

  // Runs `commands` with $ctr while the daemon does; nullopt: it cannot be had, or may not run here.
  std::optional<std::string> ask(const std::string& commands) const {
    const auto answer = test::ask(
        "cd " + path() + " && " + containerd_ +
        " -c config.toml >daemon.log 2>&1 & daemon=$!; cd " + path() + "; ctr='" +
        program("DRYDOCK_CTR", "ctr") + " -a " + path() + "/c.sock'\n" +
        "for i in $(seq 50); do [ -S c.sock ] && break; kill -0 $daemon 2>/dev/null || break; "
        "sleep 0.1; done\n[ -S c.sock ] || exit 0\necho started\n" +
        commands + "\nkill $daemon; wait $daemon 2>/dev/null");
    if (!answer || !answer->starts_with("started\n")) return std::nullopt;
    return answer->substr(8);
  }

 private:
  std::string containerd_;
  test::ScratchDirectory scratch_;
};

std::string blob(const test::ScratchDirectory& scratch, const std::string& content) {
  const std::string digest = engine::sha256(content);
  scratch.write("layout/blobs/sha256/" + digest, content);
  return "sha256:" + digest;
}

// An OCI layout (image-spec, image-layout.md) of the images; every third is one of an index with manifests for
// machines that are not there and an attestation of BuildKit's.
void write_layout(const test::ScratchDirectory& scratch, const std::vector<MadeImage>& made) {
  const std::string kManifest = "application/vnd.oci.image.manifest.v1+json";
  const std::string kIndex = "application/vnd.oci.image.index.v1+json";
  Json top = {{"schemaVersion", 2}, {"manifests", Json::array()}};
  for (size_t i = 0; i < made.size(); ++i) {
    const MadeImage& image = made[i];
    Json manifest = {{"schemaVersion", 2},
                     {"mediaType", kManifest},
                     {"config",
                      {{"mediaType", "application/vnd.oci.image.config.v1+json"},
                       {"digest", blob(scratch, image.config)},
                       {"size", image.config.size()}}}};
    for (const std::string& tar : image.layers)
      manifest["layers"].push_back({{"mediaType", "application/vnd.oci.image.layer.v1.tar"},
                                    {"digest", blob(scratch, tar)},
                                    {"size", tar.size()}});
    std::string bytes = manifest.dump(1);
    Json descriptor = {
        {"mediaType", kManifest}, {"digest", blob(scratch, bytes)}, {"size", bytes.size()}};
    if (i % 3 == 0) {
      descriptor["platform"] = {{"os", "linux"}, {"architecture", "amd64"}};
      Json away = {{"mediaType", kManifest},
                   {"digest", "sha256:" + engine::sha256("away" + std::to_string(i))},
                   {"size", 4},
                   {"platform", {{"os", "linux"}, {"architecture", "s390x"}}}};
      Json note = descriptor;
      note["platform"] = {{"os", "unknown"}, {"architecture", "unknown"}};
      note["annotations"] = {{"vnd.docker.reference.type", "attestation-manifest"}};
      const Json index = {{"schemaVersion", 2},
                          {"mediaType", kIndex},
                          {"manifests", Json::array({away, descriptor, note})}};
      bytes = index.dump();
      descriptor = {
          {"mediaType", kIndex}, {"digest", blob(scratch, bytes)}, {"size", bytes.size()}};
    }
    descriptor["annotations"] = {{"io.containerd.image.name", image.name}};
    top["manifests"].push_back(descriptor);
  }
  scratch.write("layout/index.json", top.dump());
  scratch.write("layout/oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}");
}

TEST(ImageDifferential, ContainerdListsAndStartsTheSame) {
  const Containerd containerd;
  std::vector<MadeImage> made = make_images(23, 40);
  std::erase_if(made, [](const MadeImage& image) {
    return Json::parse(image.config)["architecture"] != "amd64";  // of those ctr makes containers
  });
  write_layout(containerd.scratch(), made);
  // overlayfs does not work on every file system; native does.
  std::string commands =
      "tar -C layout -cf layout.tar .\n"
      "driver=native; $ctr plugins ls | grep -q '\\boverlayfs .* ok' && driver=overlayfs\n"
      "$ctr images import --snapshotter $driver layout.tar >import.log 2>&1 || "
      "{ driver=native; $ctr images import --snapshotter $driver layout.tar >import.log 2>&1; }\n"
      "$ctr images ls | awk 'NR > 1 {print $1, $3}'\n";
  for (size_t i = 0; i < made.size(); ++i) {
    const std::string id = "c" + std::to_string(i);
    commands += "echo ==; echo " + id + "; $ctr containers create --snapshotter $driver " +
                made[i].name + " " + id + " >/dev/null 2>>create.log && $ctr containers info " +
                id + "\n";
  }
  const auto answer = containerd.ask(commands);
  if (!answer) GTEST_SKIP() << "containerd is not installed, or may not run here";

  // What it lists, and what it would run.
  std::istringstream rows(*answer);
  Lines said;
  std::map<std::string, std::string> by_container;
  std::string container;
  for (std::string line; std::getline(rows, line);) {
    if (line == "==") {
      std::getline(rows, container);
      by_container[container];
    } else if (container.empty()) {
      said.insert("name " + line.substr(0, line.find(' ')));
    } else {
      by_container[container] += line + "\n";
    }
  }
  ASSERT_EQ(by_container.size(), made.size());
  size_t created = 0;
  for (size_t i = 0; i < made.size(); ++i) {
    const std::string& info = by_container["c" + std::to_string(i)];
    const Json config = Json::parse(made[i].config)["config"];
    if (info.empty()) {
      said.insert(made[i].name + " uid=-");  // no such user in the image
      continue;
    }
    ++created;
    const Json process = Json::parse(info)["Spec"]["process"];
    said.insert(made[i].name + " uid=" + process["user"]["uid"].dump());
    std::string command;
    for (const Json& word : process.value("args", Json::array()))
      command += (command.empty() ? "" : " ") + text(word);
    said.insert(made[i].name + " command=" + command);
    for (const Json& item : process.value("env", Json::array()))
      if (config.contains("Env"))  // else it sets a PATH
        said.insert(made[i].name + " variable=" + text(item).substr(0, text(item).find('=')));
  }
  EXPECT_GE(created, 10u) << "containerd made next to no container";
  EXPECT_GE(said.size(), 100u);

  auto tree = host();
  take_in(containerd.path() + "/root", "var/lib/containerd", *tree);
  const Lines read = lines_of(
      test::facts(tree,
                  "SELECT 'name ' || reference FROM image_reference UNION ALL "
                  "SELECT reference || ' uid=' || coalesce(uid, '-') FROM image UNION ALL "
                  "SELECT i.reference || ' command=' || coalesce(i.command, '') FROM image i "
                  "JOIN container c ON c.image_id = i.id UNION ALL "
                  "SELECT v.reference || ' variable=' || v.variable FROM image_variable v "
                  "JOIN container c ON c.image_id = v.image"));
  EXPECT_EQ(joined(read), joined(said));
  // A container is made with the user of its image.
  EXPECT_EQ(test::facts(tree,
                        "SELECT c.name, c.uid, i.uid FROM container c JOIN image i "
                        "ON i.id = c.image_id WHERE c.uid IS NOT i.uid"),
            "");
  EXPECT_EQ(test::facts(tree, "SELECT path, message FROM parse_issue WHERE path LIKE 'var/lib/%'"),
            "");
}

}  // namespace
}  // namespace drydock
