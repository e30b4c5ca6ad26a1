// The same policy.json to drydock and to skopeo, which copies an image where the policy lets it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr std::string_view kConfig =
    R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}})";
constexpr std::string_view kDigest =
    "7a19147749ce097f32b13072bccba494b5e717d4f23fbde50f7514059e109ad1";

const std::string kAny = R"({"type":"insecureAcceptAnything"})";
const std::string kReject = R"({"type":"reject"})";

std::string identity(test::Random& random) {
  return random.pick(
      {R"({"type":"matchExact"})",
       R"({"type":"matchRepoDigestOrExact"})",
       R"({"type":"matchRepository"})",
       R"({"type":"exactReference","dockerReference":"a/b:1"})",
       R"({"type":"exactReference","dockerReference":"r.example:5000/a/b:v_1.2-x"})",
       R"({"type":"exactReference","dockerReference":"a/b"})",
       R"({"type":"exactReference","dockerReference":"A/b:1"})",
       R"({"type":"exactReference","dockerReference":"a__b/c---d.e:1"})",
       R"({"type":"exactReference","dockerReference":"a..b:1"})",
       R"({"type":"exactReference","dockerReference":"localhost/a:-x"})",
       R"({"type":"exactReference"})",
       R"({"type":"exactRepository","dockerRepository":"a/b"})",
       R"({"type":"exactRepository","dockerRepository":"R.example/a"})",
       R"({"type":"exactRepository","dockerRepository":"-r.example/a"})",
       R"({"type":"exactRepository","dockerRepository":""})",
       R"({"type":"remapIdentity","prefix":"r.example","signedPrefix":"v.example/a"})",
       R"({"type":"remapIdentity","prefix":"r.example:50/a","signedPrefix":"a"})",
       R"({"type":"remapIdentity","prefix":"r.example/","signedPrefix":"a"})",
       R"({"type":"remapIdentity","prefix":"r.example"})",
       R"({"type":"matchAny"})",
       "{}",
       "null",
       R"({"type":"matchExact","x":1})",
       R"("matchExact")"});
}

// containers-policy.json(5), "sigstoreSigned".
std::string sigstore(test::Random& random) {
  const auto members = [&](std::initializer_list<const char*> each, int leave_out) {
    std::string text;
    for (const char* member : each)
      if (!random.one_in(leave_out)) text += (text.empty() ? "" : ",") + std::string(member);
    return "{" + text + "}";
  };
  std::string text = R"({"type":"sigstoreSigned")";
  switch (random.below(4)) {
    case 0:
      text += ",\"fulcio\":" + members({R"("caPath":"/ca")", R"("oidcIssuer":"https://i.example")",
                                        R"("subjectEmail":"a@example")"},
                                       12);
      if (random.one_in(8))
        text.insert(text.size() - 1,
                    random.pick({R"(,"caData":"eHh4")", R"(,"x":1)", R"(,"caData":"-")"}));
      if (!random.one_in(4)) text += R"(,"rekorPublicKeyPath":"/r")";
      break;
    case 1:
      text += ",\"pki\":" +
              members({R"("caRootsPath":"/ca")", R"("caIntermediatesPath":"/i")",
                       R"("subjectEmail":"a@example")", R"("subjectHostname":"h.example")"},
                      4);
      if (random.one_in(8))
        text.insert(text.size() - 1,
                    random.pick({R"(,"caRootsData":"eHh4")", R"(,"caIntermediatesData":"eHh4")"}));
      break;
    default:
      text += "," + random.pick({R"("keyPath":"/k")", R"("keyPath":"/k")", R"("keyData":"eHh4")",
                                 R"("keyPaths":["/k","/l"])", R"("keyDatas":["eHh4"])",
                                 R"("keyPaths":[])", R"("keyDatas":[])", R"("keyDatas":["-"])",
                                 R"("keyPath":7)", R"("keyData":"-")", R"("keyData":"")",
                                 R"("keyPath":"/k","keyData":"eHh4")", R"("fulcio":null)",
                                 R"("keyPath":"/k","pki":null)", R"("keyPaths":null)"});
  }
  if (random.one_in(4))
    text +=
        "," + random.pick({R"("rekorPublicKeyPath":"/r")", R"("rekorPublicKeyData":"eHh4")",
                           R"("rekorPublicKeyPaths":["/r"])", R"("rekorPublicKeyDatas":["eHh4"])",
                           R"("rekorPublicKeyPaths":[])", R"("rekorPublicKeyDatas":["-"])",
                           R"("rekorPublicKeyData":"eHh4","rekorPublicKeyPaths":["/x"])",
                           R"("rekorPublicKeyPath":"")"});
  if (random.one_in(3)) text += ",\"signedIdentity\":" + identity(random);
  return text + "}";
}

std::string requirement(test::Random& random) {
  switch (random.below(20)) {
    case 0:
    case 1:
    case 2:
      return kAny;
    case 3:
      return kReject;
    case 4: {
      std::string text =
          R"({"type":"signedBy",)" +
          random.pick({R"("keyType":"GPGKeys")", R"("keyType":"GPGKeys")", R"("keyType":"GPGKeys")",
                       R"("keyType":"signedByGPGKeys")", R"("keyType":"gpgkeys")",
                       R"("keyType":null)"}) +
          "," +
          random.pick({R"("keyPath":"/k")", R"("keyPath":"/k")", R"("keyPaths":["/k","/l"])",
                       R"("keyPaths":[])", R"("keyPaths":"/k")", R"("keyData":"eHh4")",
                       R"("keyData":"eHh")", R"("keyData":"")", R"("keyPath":"")",
                       R"("keyPath":"/k","keyData":"eHh4")"});
      if (random.one_in(2)) text += ",\"signedIdentity\":" + identity(random);
      return text + "}";
    }
    case 5:
    case 7:
    case 8:
      return sigstore(random);
    case 6:
      return R"({"type":"signedBaseLayer","baseLayerIdentity":)" + identity(random) + "}";
    default:
      return random.one_in(12) ? random.pick({R"({"type":"accept"})", R"({"Type":"reject"})",
                                              R"({"type":"reject","type":"reject"})",
                                              R"({"type":"reject","reason":"x"})", "{}", "null",
                                              R"("reject")", R"({"type":["reject"]})"})
                               : random.pick({kAny.c_str(), kReject.c_str()});
  }
}

std::string list(test::Random& random) {
  if (random.one_in(40)) return random.pick({"[]", "null", "{}", R"("reject")"});
  std::string text = "[" + requirement(random);
  while (random.one_in(4)) text += ", " + requirement(random);
  return text + "]";
}

std::string policy(test::Random& random, const std::string& image) {
  const std::string image_parent = image.substr(0, image.rfind('/'));
  const std::string top = image_parent.substr(0, image_parent.rfind('/'));
  std::string text;
  if (!random.one_in(30)) text += "\"default\": " + list(random);
  std::string transports;
  for (const char* name : {"dir", "docker", "docker-daemon", "oci", "containers-storage",
                           "docker-archive", "atomic", "future"}) {
    if (std::string_view(name) == "dir" ? random.one_in(3) : !random.one_in(7)) continue;
    std::string scopes;
    const int count = random.below(3) + (random.one_in(8) ? 0 : 1);
    for (int i = 0; i < count; ++i) {
      std::string scope;
      if (std::string_view(name) == "dir") {
        const std::string above = top.substr(0, top.rfind('/'));
        const std::string choices[] = {
            image, image_parent, top,          above.empty() ? "/x" : above,      "",
            "",    image + "/x", "/elsewhere", image.substr(0, image.size() - 1), image_parent,
            top,   image};
        scope = choices[random.below(12)];
        if (random.one_in(25))
          scope = random.pick({"/", "relative", "/a/../b", "/a//b", "/a/", "/."});
      } else if (std::string_view(name) == "docker") {
        scope = random.pick({"", "r.example", "r.example/a", "*.example", "r.example/a:1"});
      } else if (std::string_view(name) == "containers-storage") {
        scope =
            random.pick({"", "[/var/lib/c]", "[overlay@/var/lib/c]a", "[overlay@x]", "a", "[]"});
      } else if (std::string_view(name) == "docker-daemon") {
        scope = random.pick({"", "a/b:1"});
        if (random.one_in(6)) scope = "sha256:" + std::string(64, 'a');
      } else {
        scope = random.one_in(8) ? "a" : random.pick({"", "/srv/a"});
        if (std::string_view(name) == "docker-archive" && !random.one_in(6)) scope.clear();
      }
      scopes += (scopes.empty() ? "\"" : ", \"") + scope + "\": " + list(random);
    }
    transports +=
        (transports.empty() ? "\"" : ",\n  \"") + std::string(name) + "\": {" + scopes + "}";
  }
  if (!random.one_in(4))
    text += (text.empty() ? "\"transports\": {" : ",\n \"transports\": {") + transports + "}";
  text = "{" + text + "}";
  if (random.one_in(25))
    text = random.pick({"", "[]", "null", "{\"default\": 1}"}) +
           std::string(random.one_in(2) ? "" : text);
  return text + random.pick({"\n", "\n", "\n", "", "\n\n "});
}

std::vector<std::string> known_policies(const std::string& image) {
  const auto dir = [&](const std::string& scope, const std::string& what) {
    return "{\"default\": [" + kReject + "], \"transports\": {\"dir\": {\"" + scope + "\": [" +
           what + "]}}}";
  };
  return {"{\"default\": [" + kAny + "]}",
          "{\"default\": [" + kReject + "]}",
          "{\"default\": [" + kAny + ", " + kReject + "]}",
          "{\"default\": [" + kAny + "],\n\"default\": [" + kAny + "]}",
          "{\"Default\": [" + kAny + "]}",
          "{\"default\": [" + kAny + "], // all\n}",
          "{\"default\": [" + kAny + "], \"transports\": {\"dir\": {}}}",
          "{\"default\": [" + kAny + "], \"transports\": {}}",
          "{\"default\": [" + kAny + "], \"transports\": null}",
          "{\"default\": [" + kAny + "], \"comment\": \"all\"}",
          "{\"default\": [" + kAny + "]} x",
          "\xef\xbb\xbf{\"default\": [" + kAny + "]}",
          dir(image, kAny),
          dir(image.substr(0, image.rfind('/')), kAny),
          dir("", kAny),
          dir("*", kAny),
          dir(image + "/", kAny),
          dir("", kAny + "," + kAny)};
}

// For all images, so that what it says of the one requirement decides.
std::vector<std::string> sigstore_policies(test::Random& random) {
  std::vector<std::string> out;
  for (int i = 0; i < 60; ++i) out.push_back("{\"default\": [" + sigstore(random) + "]}");
  return out;
}

TEST(ImagePolicyDifferential, SkopeoTakesAndRefusesTheSame) {
  const char* const unpacked = std::getenv("DRYDOCK_SKOPEO");
  const std::string skopeo = unpacked ? unpacked : "skopeo";
  // Before 1.18 (containers-image 5.34) it does not know all that sigstoreSigned has.
  const std::string version = test::ask(skopeo + " --version").value_or("");
  const size_t minor = version.find(" 1.");
  if (minor == std::string::npos || std::atoi(version.c_str() + minor + 3) < 18)
    GTEST_SKIP() << "skopeo is not installed, or older than 1.18";
  const test::ScratchDirectory directory = test::directory_in_memory();
  const std::string top = std::filesystem::canonical(directory.path()).string();
  const std::string image = top + "/images/a/b";
  directory.write("images/a/b/version", "Directory Transport Version: 1.1\n");
  directory.write("images/a/b/" + std::string(kDigest), kConfig);
  directory.write(
      "images/a/b/manifest.json",
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",)"
      R"("config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":)" +
          std::to_string(kConfig.size()) + R"(,"digest":"sha256:)" + std::string(kDigest) +
          R"("},"layers":[]})");
  std::vector<std::string> cases = known_policies(image);
  test::Random random(20267);
  for (std::string& text : sigstore_policies(random)) cases.push_back(std::move(text));
  while (cases.size() < 300) cases.push_back(policy(random, image));
  std::string lanes[2];
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = std::to_string(i);
    directory.write(name + ".json", cases[i]);
    lanes[i % 2] += skopeo + " --policy " + name + ".json copy dir:" + image + " dir:out" +
                    std::to_string(i % 2) + " >" + name + ".says 2>&1; echo \"= $?\" >>" + name +
                    ".says\n";
  }
  const std::string go = "cd " + top + " && sh ";
  const auto said =
      test::ask("{ " + go + directory.write("one", lanes[0]) + "; } & { " + go +
                directory.write("two", lanes[1]) + "; }; wait; cd " + top + "; for i in $(seq 0 " +
                std::to_string(cases.size() - 1) + "); do cat $i.says; echo ==; done");
  ASSERT_TRUE(said);
  std::istringstream lines(*said);
  size_t malformed = 0, accepted = 0, rejected = 0;
  for (const std::string& text : cases) {
    std::string answer;
    for (std::string line; std::getline(lines, line) && line != "==";) answer += line + "\n";
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/containers/policy.json", text);
    const test::FewFacts facts(tree, {"podman_", "image_policy"}, {"image_policy"});
    const std::string issues = facts.text("SELECT message, loc FROM parse_issue");
    const std::string about = text + answer + issues;
    if (answer.find("Error loading trust policy") != std::string::npos) {
      ++malformed;
      EXPECT_NE(issues, "") << about;
      EXPECT_EQ(facts.text("SELECT * FROM image_policy"), "") << about;
      continue;
    }
    EXPECT_EQ(issues, "") << about;
    // containers-policy.json(5): the scope of the path or of the nearest directory above it, then that of the
    // transport, then the default; all of its requirements are to be met.
    std::vector<std::string> where;
    for (std::string path = image; !path.empty(); path.resize(path.rfind('/')))
      where.push_back("transport = 'dir' AND scope = '" + path + "'");
    where.emplace_back("transport = 'dir' AND scope = ''");
    where.emplace_back("transport IS NULL");
    std::string types;
    for (size_t i = 0; i < where.size() && types.empty(); ++i)
      types = facts.text("SELECT DISTINCT type FROM image_policy WHERE " + where[i]);
    const bool accepts = types == "insecureAcceptAnything\n";
    EXPECT_EQ(accepts, answer.ends_with("= 0\n")) << about;
    EXPECT_TRUE(accepts || answer.find("Source image rejected") != std::string::npos) << about;
    ++(accepts ? accepted : rejected);
  }
  EXPECT_GE(malformed, 80u);
  EXPECT_GE(accepted, 30u);
  EXPECT_GE(rejected, 40u);
}

}  // namespace
}  // namespace drydock
