#include "analyzer/facts/collect/containerd_metadata.h"

#include <algorithm>
#include <memory>

#include "analyzer/facts/collect/containerd_config.h"
#include "analyzer/facts/file_bytes.h"
#include "analyzer/source/tree.h"
#include "parsers/bolt.h"

namespace drydock::facts {
namespace {

using parsers::bolt::Path;

constexpr size_t kRecords = 10'000;     // containers; images
constexpr size_t kSnapshots = 200'000;  // layers of all images, and of containers
constexpr std::string_view kSnapshotLabel = "containerd.io/gc.ref.snapshot.";

struct Databases {
  std::vector<ContainerdMetadata> list;
};

// The value of a google.protobuf.Any: field 2, bytes (protobuf.dev/programming-guides/encoding).
std::string_view any_value(std::string_view bytes) {
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0; at < bytes.size() && shift < 63; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      value |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.size()) {
    const uint64_t tag = varint();
    if ((tag & 7) != 2) return {};
    const uint64_t length = varint();
    if (length > bytes.size() - at) return {};
    if (tag >> 3 == 2) return bytes.substr(at, length);
    at += length;
  }
  return {};
}

// v1/<namespace>/containers/<id>/{spec,image,labels/…}, images/<name>/target/digest,
// content/blob/<digest>/labels/…, snapshots/<snapshotter>/<key>/{name,parent}.
bool enters(Path bucket) {
  if (bucket[0] != "v1" || bucket.size() > 6) return false;
  if (bucket.size() <= 2) return true;
  const std::string& kind = bucket[2];
  if (kind == "containers")
    return bucket.size() <= 4 || (bucket.size() == 5 && bucket[4] == "labels");
  if (kind == "images") return bucket.size() <= 4 || (bucket.size() == 5 && bucket[4] == "target");
  if (kind == "snapshots") return bucket.size() <= 5;
  return kind == "content" && (bucket.size() == 3 || bucket[3] == "blob") &&
         (bucket.size() <= 5 || bucket[5] == "labels");
}

// The record of that key; nullptr: it is new and there is no room for more.
template <class Key, class Record>
Record* record_of(std::map<Key, Record>& records, const Key& key, size_t limit, bool& is_cut) {
  if (const auto known = records.find(key); known != records.end()) return &known->second;
  if (records.size() < limit) return &records[key];
  is_cut = true;
  return nullptr;
}

// `is_cut` becomes true where one of the bounds leaves something out.
void take(ContainerdMetadata& out, Path key, std::string_view value, bool& is_cut) {
  if (key.size() < 5) return;
  const std::string& kind = key[2];
  const ContainerdMetadata::Name name{key[1], key[3]};
  if (kind == "containers") {
    if (auto* record = record_of(out.containers, name, kRecords, is_cut)) {
      if (key.size() == 6) record->labels[key[5]] = value;
      if (key.size() == 5 && key[4] == "spec") record->spec = any_value(value);
      if (key.size() == 5 && key[4] == "image") record->image = value;
    }
  } else if (kind == "images" && key.size() == 6 && key[5] == "digest") {
    if (auto* digest = record_of(out.images, name, kRecords, is_cut)) *digest = value;
  } else if (kind == "content" && key.size() == 7 && key[6].starts_with(kSnapshotLabel)) {
    if (auto* top =
            record_of(out.unpacked, {{key[1], key[4]}, key[6].substr(kSnapshotLabel.size())},
                      kSnapshots, is_cut))
      *top = value;
  } else if (kind == "snapshots" && key.size() == 6) {
    if (auto* snapshot = record_of(out.snapshots, {{key[1], key[4]}, key[3]}, kSnapshots, is_cut)) {
      if (key[5] == "name") snapshot->name = value;
      if (key[5] == "parent") snapshot->parent = value;
    }
  }
}

void add(Context& context, const std::string& directory, bool is_host_root,
         std::vector<ContainerdMetadata>& out) {
  const auto file = FileBytes::open(context, directory + "/io.containerd.metadata.v1.bolt/meta.db");
  if (!file || std::ranges::any_of(out, [&](const ContainerdMetadata& known) {
        return known.path == file->path();
      }))
    return;
  ContainerdMetadata metadata;
  metadata.root = directory;
  metadata.path = file->path();
  metadata.is_host_root = is_host_root;
  bool is_cut = false;
  const auto errors = parsers::bolt::read(*file, {enters, [&](Path key, std::string_view value) {
                                                    take(metadata, key, value, is_cut);
                                                  }});
  if (!file->failed()) context.issues(file->path(), errors);
  if (is_cut)
    context.issue(file->path(), {"too-many-records",
                                 {1, 1, 1, 1},
                                 "the database has more containers, images or snapshots than are "
                                 "read; the rest is left out",
                                 parsers::Effect::refused});
  out.push_back(std::move(metadata));
}

}  // namespace

const std::vector<std::string>& containerd_roots() {
  // containerd-config.toml(5) root; dockerd's own containerd; K3s and RKE2; nerdctl and dockerd of users.
  static const std::vector<std::string> kRoots = {
      "var/lib/containerd", "var/lib/docker/containerd/daemon",
      "var/lib/rancher/*/agent/containerd", "home/*/.local/share/containerd",
      "home/*/.local/share/docker/containerd/daemon"};
  return kRoots;
}

const std::vector<ContainerdMetadata>& containerd_metadata(Context& context) {
  return context
      .shared<Databases>([&] {
        Databases all;
        if (context.is_fragment()) return all;
        const Tree& tree = context.tree();
        // containerd-config.toml(5): root, "The root directory for containerd metadata".
        if (const ContainerdEntry* root = containerd_config(context).find("root"))
          add(context, normal_path(root->entry.value), true, all.list);
        else
          add(context, "var/lib/containerd", true, all.list);
        add(context, "var/lib/docker/containerd/daemon", true, all.list);
        if (const auto names = tree.list("var/lib/rancher"))
          for (const std::string& name : *names)
            add(context, "var/lib/rancher/" + name + "/agent/containerd", true, all.list);
        if (const auto homes = tree.list("home"))
          for (const std::string& home : *homes)
            for (const char* below : {"containerd", "docker/containerd/daemon"})
              add(context, "home/" + home + "/.local/share/" + below, false, all.list);
        return all;
      })
      .list;
}

}  // namespace drydock::facts
