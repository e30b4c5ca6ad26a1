// More files that include one another than are read: what is not read is said, once, and is unknown.
#include "tests/facts/facts.h"

namespace drydock::test {
namespace {

struct Case {
  const char* first;      // the file that includes
  const char* includes;   // what stands in it
  const char* directory;  // whose files it includes
  const char* suffix;
  const char* content;
  int files;
  const char* table;
};

TEST(IncludeLimit, IsSaid) {
  const Case cases[] = {
      {"etc/rsyslog.conf", "$IncludeConfig /etc/rsyslog.d/*.conf\n", "etc/rsyslog.d/", ".conf",
       "$FileCreateMode 0600\n", 501, "rsyslog_setting"},
      {"etc/logrotate.conf", "include /etc/logrotate.d\n", "etc/logrotate.d/", "",
       "/var/log/x {\n daily\n}\n", 501, "logrotate_log"},
      {"etc/network/interfaces", "source /etc/network/interfaces.d/*\n",
       "etc/network/interfaces.d/", "", "auto lo\n", 201, "network_interface"},
      {"etc/chrony/chrony.conf", "confdir /etc/chrony/conf.d\n", "etc/chrony/conf.d/", ".conf",
       "cmdport 0\n", 501, "setting"},
      {"etc/nftables.conf", "include \"/etc/nftables.d/*.nft\"\n", "etc/nftables.d/", ".nft",
       "table inet x {}\n", 201, "firewall_policy"},
      {"etc/xinetd.conf", "includedir /etc/xinetd.d\n", "etc/xinetd.d/", "",
       "service x\n{\n disable = yes\n}\n", 501, "inet_service"},
      {"etc/sudoers", "@includedir /etc/sudoers.d\n", "etc/sudoers.d/", "", "# x\n", 1001,
       "sudo_rule"},
      {"etc/containerd/config.toml", "version = 2\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n",
       "etc/containerd/conf.d/", ".toml", "version = 2\n", 101, "containerd_config"},
      {"etc/profile", "for i in /etc/profile.d/*.sh; do . $i; done\n", "etc/profile.d/", ".sh",
       "umask 027\n", 301, "shell_setting"}};
  for (const Case& c : cases) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file(c.first, c.includes);
    tree->file("etc/passwd", "root:x:0:0::/root:/bin/bash\n").file("usr/bin/bash", "");
    for (int i = 0; i < c.files; ++i)
      tree->file(c.directory + std::to_string(1000 + i) + c.suffix, c.content);
    EXPECT_EQ(facts(tree,
                    "SELECT effect, count(DISTINCT loc), count(*) FROM parse_issue WHERE "
                    "code = 'too-many-includes' AND table_name = '" +
                        std::string(c.table) + "' AND (SELECT count(*) FROM " + c.table +
                        ") >= 0 GROUP BY effect"),
              "unknown | 1 | 1\n")
        << c.first;
  }
}

}  // namespace
}  // namespace drydock::test
