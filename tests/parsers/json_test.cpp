#include "parsers/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/parsers/render.h"

namespace drydock::parsers::json {
namespace {

void render(const Value& value, std::string& out, int depth) {
  out += std::string(static_cast<size_t>(depth) * 2, ' ');
  if (value.key_span.line != 0) out += test::place(value.key_span) + " " + value.key + ": ";
  out += test::place(value.span) + " " + std::string(name(value.kind));
  if (!value.text.empty()) out += " [" + value.text + "]";
  out += "\n";
  for (const Value& item : value.items) render(item, out, depth + 1);
}

// The whole visible outcome of a parse, a line a value.
std::string parsed(std::string_view text) {
  const Document document = parse(text);
  std::string out;
  if (document.root) render(*document.root, out, 0);
  return out + test::errors(document.errors);
}

TEST(JsonParser, EveryKeyAndValueKnowsItsPlace) {
  EXPECT_EQ(parsed("{\n  \"icc\" : false,\r\n  \"hosts\": [\n    \"fd://\", \"tcp://:1\"\n  ],\n  "
                   "\"n\":-1.5e+3 }\n"),
            "1:1-6:16 object\n"
            "  2:3-2:8 icc: 2:11-2:16 boolean [false]\n"
            "  3:3-3:10 hosts: 3:12-5:4 array\n"
            "    4:5-4:12 string [fd://]\n"
            "    4:14-4:24 string [tcp://:1]\n"
            "  6:3-6:6 n: 6:7-6:14 number [-1.5e+3]\n");
}

TEST(JsonParser, StringsAreDecodedAsGoDoes) {
  EXPECT_EQ(parsed(R"("a\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00")"),
            "1:1-1:39 string [a\"\\/\b\f\n\r\tA\xC3\xA9\xF0\x9F\x98\x80]\n");
  // encoding/json: "invalid UTF-8 or invalid UTF-16 surrogate pairs are … replaced by U+FFFD".
  EXPECT_EQ(parsed(R"("\ud800x\udc00\ud800\ud83d\ude00")"),
            "1:1-1:34 string [\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80]\n");
  EXPECT_EQ(parsed("\"a\xFF\xC0\xAF\""),
            "1:1-1:7 string [a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD]\n"
            "error invalid-utf8 1:3-1:4 bytes that are not UTF-8; they are replaced (ignored)\n");
}

TEST(JsonParser, TheLastOfEqualKeysCounts) {
  const std::string_view text = "{\"icc\":false,\n \"a\":1,\n \"i\\u0063c\":true}";
  EXPECT_EQ(parsed(text),
            "1:1-3:18 object\n"
            "  1:2-1:7 icc: 1:8-1:13 boolean [false]\n"
            "  2:2-2:5 a: 2:6-2:7 number [1]\n"
            "  3:2-3:12 icc: 3:13-3:17 boolean [true]\n"
            "error duplicate-key 1:2-1:7 this key stands again in line 3, and the last one counts "
            "(ignored)\n");
  EXPECT_TRUE(parse(text).root->find("icc")->is_true());
}

// Each was given to dockerd 20.10.24 as --config-file; it refused all but trailing data.
TEST(JsonParser, WhatGoRefusesIsRefusedAndWhatStoodBeforeIsKept) {
  EXPECT_EQ(parsed("{\"icc\": true,}"),
            "1:1-1:14 object\n"
            "  1:2-1:7 icc: 1:9-1:13 boolean [true]\n"
            "error unexpected-character 1:14-1:15 expected a key in double quotes (refused)\n");
  EXPECT_EQ(parsed("// c\n{}"), "error unexpected-character 1:1-1:2 expected a value (refused)\n");
  EXPECT_EQ(parsed(""), "error empty-document 1:1-1:1 expected a value (refused)\n");
  EXPECT_EQ(parsed("{a:1}"),
            "1:1-1:2 object\n"
            "error unexpected-character 1:2-1:3 expected a key in double quotes (refused)\n");
  EXPECT_EQ(parsed("\xEF\xBB\xBF{}"),
            "1:4-1:6 object\n"
            "error byte-order-mark 1:1-1:4 a byte order mark before the document (refused)\n");
  EXPECT_EQ(parsed("{} x"),
            "1:1-1:3 object\n"
            "error trailing-data 1:4-1:5 expected nothing behind the value (refused)\n");
}

TEST(JsonParser, ACutDocumentKeepsItsCompletePart) {
  EXPECT_EQ(parsed("{\"a\":{\"b\":1,\"c\":[1,2"),
            "1:1-1:21 object\n"
            "  1:2-1:5 a: 1:6-1:21 object\n"
            "    1:7-1:10 b: 1:11-1:12 number [1]\n"
            "    1:13-1:16 c: 1:17-1:21 array\n"
            "      1:18-1:19 number [1]\n"
            "      1:20-1:21 number [2]\n"
            "error unterminated 1:21-1:21 the text ends; expected ',' or ']' after the element "
            "(refused)\n");
}

TEST(JsonParser, DepthAndNumberOfValuesAreBounded) {
  const auto codes = [](const std::string& text) {
    std::string out;
    for (const SyntaxError& error : parse(text).errors) out += std::string(error.code) + " ";
    return out;
  };
  EXPECT_EQ(codes(std::string(200, '[') + std::string(200, ']')), "");
  EXPECT_EQ(codes(std::string(201, '[') + std::string(201, ']')), "too-deep ");
  EXPECT_EQ(codes(std::string(5'000'000, '[')), "too-deep ");
  std::string many = "[0";
  for (size_t i = 0; i < limits::kJsonValues; ++i) many += ",0";
  EXPECT_EQ(codes(many + "]"), "too-many-values ");
}

TEST(JsonParser, IntegersAreIntegersOnly) {
  const auto integer = [](std::string_view text) { return parse(text).root->integer(); };
  EXPECT_EQ(integer("-7"), -7);
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(integer("1e2"),
            std::nullopt);  // "json: cannot unmarshal number 1e2 into Go struct field"
  EXPECT_EQ(integer("1.0"), std::nullopt);
}

// The cases of RFC 8259's grammar on which another parser has to agree; the fuzz target asks it
// about more.
TEST(JsonParser, AgreesWithAnotherParserOnWhatIsJson) {
  for (const char* text : {"0",
                           "-0",
                           "01",
                           "-",
                           "+1",
                           ".5",
                           "1.",
                           "1.e1",
                           "1e",
                           "1e+",
                           "1E-2",
                           "0x1",
                           "tru",
                           "true",
                           "nul",
                           "True",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"a",
                           "'a'",
                           "[",
                           "]",
                           "[1",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\" 1}",
                           "{1:2}",
                           "{}",
                           "[]",
                           " \t\r\n[ ] ",
                           "\f1",
                           "1 2",
                           "NaN",
                           "[\"\t\"]",
                           "\"\x7f\"",
                           "null",
                           "{\"a\":{},\"b\":[]}"}) {
    EXPECT_EQ(parse(text).errors.empty(), nlohmann::json::accept(text)) << text;
  }
}

}  // namespace
}  // namespace drydock::parsers::json
