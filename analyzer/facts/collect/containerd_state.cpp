#include "analyzer/facts/collect/containerd_state.h"

#include <map>
#include <set>

#include "analyzer/facts/collect/container.h"
#include "analyzer/facts/collect/containerd_config.h"
#include "analyzer/facts/collect/image_rows.h"
#include "analyzer/facts/collect/oci_spec.h"
#include "analyzer/facts/file_bytes.h"
#include "analyzer/source/tree.h"
#include "parsers/bolt.h"
#include "parsers/json.h"

namespace drydock::facts {
namespace {

using parsers::Effect;
using parsers::bolt::Path;

constexpr Span kFile{1, 1, 1, 1};
constexpr size_t kContainers = 10'000;

struct Record {
  std::string spec, image;
  std::map<std::string, std::string> labels;
};

struct Metadata {
  std::map<std::pair<std::string, std::string>, Record> containers;  // namespace, id
  std::set<std::string> image_namespaces;
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

// v1/<namespace>/containers/<id>/{spec,image,labels/…}, v1/<namespace>/images/<name>.
Metadata read_metadata(Context& context, FileBytes& file) {
  Metadata out;
  const auto enter = [&](Path bucket) {
    if (bucket[0] != "v1" || bucket.size() > 5) return false;
    if (bucket.size() <= 2) return true;
    if (bucket[2] == "images") {
      if (bucket.size() == 4) out.image_namespaces.insert(bucket[1]);
      return bucket.size() == 3;
    }
    return bucket[2] == "containers" && (bucket.size() <= 4 || bucket[4] == "labels");
  };
  const auto take = [&](Path key, std::string_view value) {
    if (key.size() < 5 || key[2] != "containers" || out.containers.size() >= kContainers) return;
    Record& record = out.containers[{key[1], key[3]}];
    if (key.size() == 6) record.labels[key[5]] = value;
    if (key.size() == 5 && key[4] == "spec") record.spec = any_value(value);
    if (key.size() == 5 && key[4] == "image") record.image = value;
  };
  const auto errors = parsers::bolt::read(file, {enter, take});
  if (!file.failed()) context.issues(file.path(), errors);
  return out;
}

// As nerdctl and kubectl show it.
std::string name_of(const Record& record, const std::string& id) {
  const auto label = [&](const char* key) {
    const auto found = record.labels.find(key);
    return found == record.labels.end() ? std::string() : found->second;
  };
  if (const std::string name = label("nerdctl/name"); !name.empty()) return name;
  const std::string name = label("io.kubernetes.container.name");
  const std::string pod = label("io.kubernetes.pod.name");
  if (!name.empty()) return pod.empty() ? name : pod + "/" + name;
  return id.substr(0, 12);
}

void say_images(Context& context, const std::string& path, const Metadata& metadata) {
  std::string names;
  for (const std::string& name : metadata.image_namespaces)
    names += (names.empty() ? "'" : ", '") + name + "'";
  if (names.empty()) return;
  context.issue(
      path,
      {"images-not-read", kFile,
       "containerd has images (namespace " + names + "); what is in its content store is not read",
       Effect::refused},
      {&kImageTable, &kImageReferenceTable, &kImageHistoryTable, &kImageVariableTable,
       &kImagePortTable});
}

}  // namespace

std::vector<ContainerModel> containerd_containers(Context& context) {
  std::vector<ContainerModel> out;
  if (context.is_fragment()) return out;
  // containerd-config.toml(5): root, "The root directory for containerd metadata".
  const ContainerdEntry* root = containerd_config(context).find("root");
  const std::string directory = root ? normal_path(root->entry.value) : "var/lib/containerd";
  const auto file = FileBytes::open(context, directory + "/io.containerd.metadata.v1.bolt/meta.db");
  if (!file) return out;
  const Metadata metadata = read_metadata(context, *file);
  say_images(context, file->path(), metadata);
  for (const auto& [key, record] : metadata.containers) {
    const auto& [space, id] = key;
    const auto kind = record.labels.find("io.cri-containerd.kind");
    if (space == "moby" || (kind != record.labels.end() && kind->second == "sandbox")) continue;
    ContainerModel model;
    model.id = id;
    model.name = name_of(record, id);
    model.engine = "containerd";
    model.source = "state";
    model.image = record.image;
    model.place = {file->path(), Span{}};
    model.set("image", model.image, model.place);
    const parsers::json::Document spec = parsers::json::parse(record.spec);
    if (!spec.root || !spec.root->is(parsers::json::Kind::object)) {
      context.issue(file->path(), {"broken-record", kFile,
                                   "the specification of container " + model.name + " is no JSON",
                                   Effect::refused});
      continue;
    }
    // runc gets the user as a number: names were looked up before.
    if (const auto* uid = spec.root->find({"process", "user", "uid"})) model.uid = uid->integer();
    model.user = model.uid.value_or(0) == 0 ? "" : std::to_string(*model.uid);
    model.set("user", model.user, model.place);
    add_oci_spec(*spec.root, model.place, model);
    out.push_back(std::move(model));
  }
  return out;
}

std::vector<std::string_view> containerd_state_paths() {
  return {"var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db"};
}

}  // namespace drydock::facts
