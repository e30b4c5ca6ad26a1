#include "parsers/resolv_conf.h"

#include <gtest/gtest.h>

namespace drydock::parsers {
namespace {

std::string read(std::string_view text) {
  const resolv_conf::File file = resolv_conf::parse(text);
  std::string out;
  for (const auto& [name, all] :
       {std::pair("server", &file.name_servers), std::pair("search", &file.searches),
        std::pair("option", &file.options)})
    for (const resolv_conf::Entry& entry : *all)
      out += std::string(name) + " " + entry.value + " " + std::to_string(entry.value_span.line) +
             ":" + std::to_string(entry.value_span.column) + "\n";
  for (const SyntaxError& error : file.errors)
    out += std::string(error.code) + " " + std::to_string(error.span.line) + ":" +
           std::to_string(error.span.column) + "\n";
  return out;
}

TEST(ResolvConf, TellsWhereEachValueStands) {
  EXPECT_EQ(read("nameserver\t0x7f.1 # x\nsearch  a  b \noptions rotate ndots: 3\n"),
            "server 127.0.0.1 1:12\nsearch a b 2:9\noption rotate 3:9\noption ndots:3 3:16\n"
            "unknown-option 3:23\n");
}

TEST(ResolvConf, TellsWhatIsNotRead) {
  EXPECT_EQ(read(" nameserver 1.1.1.1\nnameserver x\nNameserver 1.1.1.1\nsortlist 10/8\r\n"),
            "unknown-keyword 1:1\nbad-address 2:12\nunknown-keyword 3:1\nendless-sortlist 4:1\n");
  EXPECT_EQ(read("nameserver ::1\nnameserver ::2\nnameserver ::3\nnameserver ::4\n"),
            "server ::1 1:12\nserver ::2 2:12\nserver ::3 3:12\nsurplus-server 4:12\n");
}

}  // namespace
}  // namespace drydock::parsers
