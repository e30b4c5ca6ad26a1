#include "analyzer/facts/collect/containerd_state.h"

#include <map>

#include "analyzer/facts/collect/containerd_metadata.h"
#include "analyzer/facts/collect/image_model.h"
#include "analyzer/facts/collect/oci_spec.h"
#include "parsers/json.h"

namespace drydock::facts {
namespace {

using parsers::Effect;

constexpr Span kFile{1, 1, 1, 1};

// As nerdctl and kubectl show it.
std::string name_of(const ContainerdMetadata::Container& record, const std::string& id) {
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

// The ids of the images that names lead to: "root namespace name".
std::map<std::string, std::string> ids_by_name(Context& context) {
  std::map<std::string, std::string> out;
  for (const Image& image : images(context))
    for (const std::string& name : image.names) out.emplace(image.store + " " + name, image.id);
  return out;
}

}  // namespace

std::vector<ContainerModel> containerd_containers(Context& context) {
  std::vector<ContainerModel> out;
  for (const ContainerdMetadata& metadata : containerd_metadata(context)) {
    const auto ids = ids_by_name(context);
    for (const auto& [key, record] : metadata.containers) {
      const auto& [space, id] = key;
      const auto kind = record.labels.find("io.cri-containerd.kind");
      if (space == "moby" || (kind != record.labels.end() && kind->second == "sandbox")) continue;
      ContainerModel model;
      model.id = id;
      model.name = name_of(record, id);
      model.engine = "containerd";
      model.source = "state";
      model.store = metadata.root;
      model.image = record.image;
      if (const auto found = ids.find(metadata.root + " " + space + " " + record.image);
          found != ids.end())
        model.image_id = found->second;
      model.place = {metadata.path, Span{}};
      model.set("image", model.image, model.place);
      const parsers::json::Document spec = parsers::json::parse(record.spec);
      if (!spec.root || !spec.root->is(parsers::json::Kind::object)) {
        context.issue(
            metadata.path,
            {"broken-record", kFile, "the specification of container " + model.name + " is no JSON",
             Effect::refused});
        continue;
      }
      // runc gets the user as a number: names were looked up before.
      if (const auto* uid = spec.root->find({"process", "user", "uid"})) model.uid = uid->integer();
      model.user = model.uid.value_or(0) == 0 ? "" : std::to_string(*model.uid);
      model.set("user", model.user, model.place);
      add_oci_spec(*spec.root, model.place, model);
      if (!metadata.is_host_root) model.is_host_root = false;
      out.push_back(std::move(model));
    }
  }
  return out;
}

}  // namespace drydock::facts
