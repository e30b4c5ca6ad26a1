#include "parsers/certificate.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/oracle.h"
#include "tests/paths.h"

namespace drydock {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string read(std::string_view text) {
  const auto file = parsers::certificate::parse(text);
  return file.errors.empty() ? file.not_before + " " + file.not_after
                             : std::string(file.errors.begin()->code);
}

TEST(Certificate, DatesAreWhatOpensslSays) {
  for (const char* name : {"short.pem", "long.pem"}) {
    const std::string path = test::source_dir() + "/fixtures/corpus/certificate/" + name;
    const auto said =
        test::ask("openssl x509 -noout -startdate -enddate -dateopt iso_8601 -in '" + path + "'");
    if (!said || said->empty()) GTEST_SKIP() << "openssl is not installed";
    const auto file = parsers::certificate::parse(slurp(path));
    std::string ours = "notBefore=" + file.not_before + "\nnotAfter=" + file.not_after + "\n";
    for (char& c : ours)
      if (c == 'T') c = ' ';
    EXPECT_EQ(ours, *said);
  }
}

TEST(Certificate, WhatIsNoneSaysWhy) {
  EXPECT_EQ(read(""), "no-certificate");
  EXPECT_EQ(read("-----BEGIN CERTIFICATE-----\nAAAA\n"), "no-certificate");
  EXPECT_EQ(read("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"), "not-base64");
  EXPECT_EQ(read("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"), "not-x509");
  EXPECT_EQ(read("-----BEGIN CERTIFICATE-----\nMIT/////\n-----END CERTIFICATE-----\n"), "not-x509");
}

}  // namespace
}  // namespace drydock
