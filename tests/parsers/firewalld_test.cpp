// firewalld.zone(5), firewalld.policy(5), firewalld.service(5), firewalld.direct(5).
// tests/facts/firewalld_differential_test.cpp asks firewalld itself.
#include "parsers/firewalld.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::firewalld {
namespace {

std::string render(std::string_view text, Kind kind = Kind::zone) {
  const File file = parse(text, kind);
  std::string out = file.target;
  if (!file.target.empty()) out += "\n";
  for (const Word& word : file.interfaces)
    out += "interface " + word.text + " " + test::place(word.span) + "\n";
  for (const Word& word : file.sources)
    out += "source " + word.text + " " + test::place(word.span) + "\n";
  for (const Entry& one : file.entries)
    out += (one.is_rich ? "rule" + std::to_string(one.priority) + " " : "") + one.family + " " +
           (one.not_source ? "not " : "") + one.source + " > " + one.destination + " " + one.kind +
           " " + one.value + " " + one.protocol + " " + one.to + " " + one.action + " " +
           test::place(one.span) + "\n";
  for (const Port& port : file.ports) out += "port " + port.port + "/" + port.protocol + "\n";
  for (const Word& word : file.includes) out += "include " + word.text + "\n";
  for (const Word& word : file.ipset_entries) out += "entry " + word.text + "\n";
  for (const DirectRule& rule : file.direct)
    out += "direct " + rule.ipv + " " + rule.table + " " + rule.chain + " " +
           std::to_string(rule.priority) + (rule.is_passthrough ? " through" : "") + ": " +
           rule.arguments + "\n";
  return out + test::errors(file.errors);
}

TEST(FirewalldFile, AZone) {
  EXPECT_EQ(
      render(
          "<zone target=\"DROP\">\n <interface name=\"eth0\"/>\n <source address=\"10.0.0.0/8\"/>\n"
          " <source ipset=\"bad\"/>\n <service name=\"ssh\"/>\n <port protocol=\"tcp\" "
          "port=\"90-80\"/>\n"
          " <forward-port port=\"1\" protocol=\"udp\" to-port=\"2\"/>\n</zone>\n"),
      "DROP\ninterface eth0 2:19-2:23\nsource 10.0.0.0/8 3:19-3:29\nsource ipset:bad 4:17-4:20\n"
      "  >  service ssh   accept 5:2-5:23\n  >  port 80-90 tcp  accept 6:2-6:37\n"
      "  >  forward-port 1 udp :2 accept 7:2-7:53\n");
}

TEST(FirewalldFile, RichRules) {
  EXPECT_EQ(
      render(
          "<zone>\n<rule family=\"ipv4\" priority=\"-2\"><source address=\"10.0.0.1\" "
          "invert=\"yes\"/>"
          "<port port=\"22\" protocol=\"tcp\"/><log><limit value=\"1/m\"/></log><accept/></rule>\n"
          "<rule><service name=\"ftp\"/><drop/></rule>\n</zone>"),
      "default\nrule-2 ipv4 not 10.0.0.1 >  port 22 tcp  accept 2:1-2:35\n"
      "rule0   >  service ftp   drop 3:1-3:7\n");
}

TEST(FirewalldFile, ARuleThatIsNoneIsPassedOver) {
  EXPECT_EQ(render("<zone><rule><source address=\"10.0.0.1\"/><drop/></rule><port port=\"1\" "
                   "protocol=\"tcp\"/></zone>"),
            "default\n  >  port 1 tcp  accept 1:55-1:86\n"
            "error bad-rule 1:13-1:41 an address needs the family of the rule (ignored)\n");
  EXPECT_EQ(render("<zone><rule><service name=\"a\"/><port port=\"1\" "
                   "protocol=\"tcp\"/><accept/></rule></zone>"),
            "default\nerror bad-rule 1:32-1:63 more than one element in a rule (ignored)\n");
  // What stands in the wrong place takes all with it up to the end of the next rule.
  EXPECT_EQ(render("<zone><accept/><service name=\"a\"/><rule><service name=\"b\"/><drop/></rule>"
                   "<service name=\"c\"/></zone>"),
            "default\n  >  service c   accept 1:74-1:93\n"
            "error misplaced 1:7-1:16 <accept> means nothing outside a rule (ignored)\n");
}

TEST(FirewalldFile, AMistakeCostsTheFile) {
  const auto error = [](const std::string& inside) {
    return render("<zone>" + inside + "</zone>");
  };
  EXPECT_EQ(error("<port port=\"70000\" protocol=\"tcp\"/>"),
            "error bad-port 1:19-1:24 not a port: '70000' (refused)\n");
  EXPECT_EQ(error("<port port=\"7\" protocol=\"icmp\"/>"),
            "error bad-protocol 1:32-1:36 not tcp, udp, sctp or dccp (refused)\n");
  EXPECT_EQ(error("<port port=\"7\"/>"),
            "error missing-attribute 1:7-1:23 <port> needs protocol (refused)\n");
  EXPECT_EQ(error("<service name=\"a\" x=\"\"/>"),
            "error unknown-attribute 1:25-1:29 <service> has no attribute x (refused)\n");
  EXPECT_EQ(error("<ports/>"),
            "error unknown-element 1:7-1:15 unknown element <ports> (refused)\n");
  EXPECT_EQ(error("<source address=\"host\"/>"),
            "error bad-address 1:24-1:28 not an address: 'host' (refused)\n");
  EXPECT_EQ(error("<b></a>"),
            "error wrong-end 1:10-1:14 </a> ends an element that is not open (refused)\n");
  EXPECT_EQ(render("<zone target=\"LOG\"/>"),
            "error bad-target 1:15-1:18 unknown target 'LOG' (refused)\n");
  EXPECT_EQ(render("<rule/>"), "error unknown-element 1:1-1:8 expected <zone> (refused)\n");
  EXPECT_EQ(
      render("<policy target=\"DROP\" priority=\"0\"/>", Kind::policy),
      "error bad-priority 1:33-1:34 not a priority from -32768 to 32767 without 0 (refused)\n");
}

TEST(FirewalldFile, ServicesSetsAndDirectRules) {
  EXPECT_EQ(render("<service><port port=\"22\" protocol=\"tcp\"/><port port=\"\" "
                   "protocol=\"gre\"/><include service=\"b\"/></service>",
                   Kind::service),
            "port 22/tcp\nport /gre\ninclude b\n");
  EXPECT_EQ(render("<ipset type=\"hash:net\"><entry>10.0.0.0/8</entry></ipset>", Kind::ipset),
            "entry 10.0.0.0/8\n");
  EXPECT_EQ(render("<direct><rule ipv=\"ipv4\" table=\"filter\" chain=\"INPUT\" priority=\"1\">-j "
                   "DROP</rule>"
                   "<passthrough ipv=\"ipv6\">-I INPUT -j ACCEPT</passthrough></direct>",
                   Kind::direct),
            "direct ipv4 filter INPUT 1: -j DROP\ndirect ipv6   0 through: -I INPUT -j ACCEPT\n");
}

}  // namespace
}  // namespace drydock::parsers::firewalld
