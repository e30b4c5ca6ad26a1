// inetd.conf(5), xinetd.conf(5)
#include "parsers/inetd_conf.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::inetd_conf {
namespace {

TEST(InetdConf, AServiceALine) {
  const File file = parse_inetd(
      "#<off># ftp stream tcp nowait root /usr/sbin/ftpd\n127.0.0.1:\n"
      "telnet\tstream\ttcp,rcvbuf=1m nowait.40 root.wheel /usr/sbin/tcpd /usr/sbin/in.telnetd -h\n"
      "[::1]:time dgram udp6 wait root internal\nshort line\nx stream tcp maybe root y\n");
  std::string out;
  for (const Service& one : file.services)
    out += one.name + " " + one.addresses + " " + one.protocol + " " + one.user + " " +
           one.program + " [" + one.arguments + "] " + test::place(one.span) + "\n";
  EXPECT_EQ(out + test::errors(file.errors),
            "telnet 127.0.0.1 tcp,rcvbuf=1m root.wheel /usr/sbin/tcpd [/usr/sbin/in.telnetd -h] "
            "3:1-3:88\n"
            "time ::1 udp6 root internal [] 4:1-4:41\n"
            "x 127.0.0.1 tcp root y [] 6:1-6:26\n"
            "error too-few-fields 5:1-5:11 expected six fields and more (ignored)\n"
            "error bad-wait 6:14-6:19 expected wait or nowait (ignored)\n");
}

TEST(InetdConf, SectionsOfXinetd) {
  const XinetdFile file = parse_xinetd(
      "defaults\n{\n  disabled += a b\n}\n\nservice telnet\n{\n disable = no\n server_args -= x\n "
      "what\n}\nservice time {\n disable = no\n}\nservice ftp\n{\n user = x\n disable=yes\n}\n"
      "includedir /etc/xinetd.d\ninclude /etc/x\nfoo bar\nservice open\n{\n disable = yes\n");
  std::string out;
  for (const Section& section : file.sections) {
    out += (section.is_defaults ? "defaults " : "service " + section.name + " ") +
           test::place(section.span) + "\n";
    for (const Attribute& one : section.attributes) {
      out += "  " + one.name + " " + one.op;
      for (const std::string& value : one.values) out += " " + value;
      out += "\n";
    }
  }
  for (const Include& one : file.includes)
    out += (one.is_directory ? "directory " : "file ") + one.path + "\n";
  EXPECT_EQ(out + test::errors(file.errors),
            "defaults 1:1-1:9\n  disabled += a b\nservice telnet 6:1-6:15\n  disable = no\n  "
            "server_args -= x\n"
            "directory /etc/xinetd.d\nfile /etc/x\n"
            "error bad-attribute 10:2-10:6 expected an attribute with '=' (ignored)\n"
            "error missing-brace 13:2-13:14 expected '{' (ignored)\n"
            "error bad-attribute 18:2-18:13 expected white space before the operator (ignored)\n"
            "error bad-section 22:1-22:8 expected defaults, service NAME, include or includedir "
            "(ignored)\n"
            "error missing-brace 23:1-23:13 the section does not end (ignored)\n");
}

TEST(InetdConf, AnOperatorNeedsAName) {
  const XinetdFile file = parse_xinetd("defaults\n{\n+==a b\n+= c\n-=\n=\n = d\n}\n");
  ASSERT_EQ(file.sections.size(), 1u);
  EXPECT_TRUE(file.sections[0].attributes.empty());
  EXPECT_EQ(file.errors.list().size(), 5u) << test::errors(file.errors);
}

// inetd.conf(5) of openbsd-inetd: fgets() into 1024 bytes, and a line that begins with white space goes on.
TEST(InetdConf, LinesOfTheTwoInetds) {
  const std::string text =
      "a stream tcp4\n nowait root\n /x y\n# c\nb stream tcp nowait \"r t\" '/b c'\"d\" \"e f\n";
  const auto services = [](const File& file) {
    std::string out;
    for (const Service& one : file.services)
      out += one.name + " " + one.user + " " + one.program + " [" + one.arguments + "] " +
             test::place(one.span) + "\n";
    return out + test::errors(file.errors);
  };
  EXPECT_EQ(services(parse_inetd(text)),
            "a root /x [y] 1:1-3:6\nb \"r t\" ['/b c'\"d\" \"e f] 5:1-5:41\n");
  EXPECT_EQ(services(parse_inetd(text, Inetd::inetutils)),
            "b r t /b c [d \"e f] 5:1-5:41\nerror too-few-fields 1:1-1:14 expected six fields and "
            "more (ignored)\n"
            "error too-few-fields 2:2-2:13 expected six fields and more (ignored)\n"
            "error too-few-fields 3:2-3:6 expected six fields and more (ignored)\n");
  const std::string long_line =
      "a stream tcp nowait root /x " + std::string(995, 'y') + "b stream tcp nowait root /z\n";
  EXPECT_EQ(parse_inetd(long_line).services.size(), 2u);
  EXPECT_EQ(parse_inetd(long_line, Inetd::inetutils).services.size(), 1u);
}

}  // namespace
}  // namespace drydock::parsers::inetd_conf
